"""The value of a small PromQL tree over what was scraped, by the rules of Prometheus.

Two things differ from Prometheus, both towards what really happened: growth is not extrapolated to the edges of the
span, and a series that appears within it grew from nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from pilotage.adapters.metrics.counting import NO_TIME
from pilotage.adapters.metrics.history import History
from pilotage.adapters.metrics.promql import (
    Aggregate,
    Binary,
    Growth,
    Latest,
    Matcher,
    Node,
    Number,
    OverTime,
    Selector,
)
from pilotage.adapters.metrics.promql_text import NotUnderstood, seconds
from pilotage.adapters.metrics.questions import Found, Series

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: (
        left / right if right else math.nan if not left else math.copysign(math.inf, left)
    ),
}
_TOGETHER: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "avg": lambda values: math.fsum(values) / len(values),
    "min": min,
    "max": max,
    "count": lambda values: float(len(values)),
}


class NotEnoughHistory(Exception):
    """A growth was asked for and there are not yet two readings to tell it from."""


def evaluate(node: Node, histories: Mapping[str, History]) -> Found:
    """The answer to ``node`` over all addresses; each series also carries its address as ``instance``."""
    known = {name for history in histories.values() if history.page for name in history.page.names}
    if unknown := tuple(selector.name for selector in selectors(node) if selector.name not in known):
        return Found(unknown=unknown)
    try:
        value = _value(node, histories)
    except NotEnoughHistory as lack:
        return Found(problem=str(lack))
    except NotUnderstood as error:
        return Found(problem=str(error))
    return Found((Series({}, value),)) if isinstance(value, float) else Found(tuple(value))


def grown_since(
    selector: Selector, histories: Mapping[str, History], since: datetime, together: frozenset[str]
) -> tuple[Found, datetime, datetime]:
    """The growth of counters over all addresses, and from when to when it was seen; ``together``: see ``History``."""
    known = {name for history in histories.values() if history.page for name in history.page.names}
    if selector.name not in known:
        return Found(unknown=(selector.name,)), since, since
    series: list[Series] = []
    spans: list[tuple[datetime, datetime]] = []
    for address, history in histories.items():
        growth = history.growth_since(_without_instance(selector), since, together)
        if growth is None:
            first = len(history.readings) < 2
            lack = (
                f"not enough history yet: {address} was read for the first time; it comes with the next look"
            )
            return Found(problem=lack if first else NO_TIME), since, since
        spans.append((growth.begun, growth.ended))
        for labels, value in growth.series:
            series += _placed(selector, address, labels, value)
    return Found(tuple(series)), min(begun for begun, _ in spans), max(ended for _, ended in spans)


def selectors(node: Node) -> Iterator[Selector]:
    """Every selector in the tree, from left to right."""
    for part in _leaves(node):
        if not isinstance(part, Number):
            yield part if isinstance(part, Selector) else part.selector


def spans(node: Node) -> Iterator[float]:
    """The seconds every growth in the tree looks back."""
    for part in _leaves(node):
        if isinstance(part, OverTime):
            yield seconds(part.span)


def _leaves(node: Node) -> Iterator[Selector | OverTime | Latest | Growth | Number]:
    match node:
        case Aggregate(of=of):
            yield from _leaves(of)
        case Binary(left=left, right=right):
            yield from _leaves(left)
            yield from _leaves(right)
        case _:
            yield node


def _value(node: Node, histories: Mapping[str, History]) -> float | list[Series]:
    match node:
        case Number(value=value):
            return value
        case Selector():
            return list(_instant(node, histories))
        case OverTime():
            return list(_growth(node, histories))
        case Latest() | Growth():
            raise NotUnderstood("a count is asked of a history by itself")
        case Aggregate(function=function, of=of, by=by):
            inner = _value(of, histories)
            if isinstance(inner, float):
                raise NotUnderstood(f"{function} puts series together, and {of} is a number")
            return list(aggregated(function, by, inner))
        case Binary(sign=sign, left=left, right=right):
            return _calculated(sign, _value(left, histories), _value(right, histories))


def _instant(selector: Selector, histories: Mapping[str, History]) -> Iterator[Series]:
    for address, history in histories.items():
        for labels, value in history.values(_without_instance(selector)):
            yield from _placed(selector, address, labels, value)


def _growth(node: OverTime, histories: Mapping[str, History]) -> Iterator[Series]:
    for address, history in histories.items():
        growth = history.growth(_without_instance(node.selector), seconds(node.span))
        if growth is None:
            raise NotEnoughHistory(_lack(node, address, history))
        divisor = growth.seconds if node.function == "rate" else 1.0
        for labels, value in growth.series:
            yield from _placed(node.selector, address, labels, value / divisor)


def _lack(node: OverTime, address: str, history: History) -> str:
    """Why a growth cannot be told: too soon after the start, or the readings are too far apart."""
    needs = f"{node.selector.name} needs two readings within {node.span}"
    gap = history.gap(node.selector)
    if gap is None:
        return f"not enough history yet: {needs}, and {address} has one so far; it comes with the next"
    return f"{needs}, and the last two of {address} are {gap:g} s apart; look more often, or make its span longer"


def _without_instance(selector: Selector) -> Selector:
    """What a page itself can match: the address is a label we add."""
    return Selector(
        selector.name, tuple(matcher for matcher in selector.matchers if matcher.label != "instance")
    )


def _placed(selector: Selector, address: str, labels: dict[str, str], value: float) -> Iterator[Series]:
    placed = {"instance": address, **labels}
    own: Iterable[Matcher] = (matcher for matcher in selector.matchers if matcher.label == "instance")
    if all(matcher.holds(placed) for matcher in own):
        yield Series(placed, value)


def aggregated(function: str, by: Sequence[str], series: Sequence[Series]) -> Iterator[Series]:
    """The series put together by ``function`` (one of ``promql.AGGREGATORS``), apart only by the labels in ``by``."""
    groups: dict[tuple[tuple[str, str], ...], list[float]] = {}
    for one in series:
        kept = tuple((label, one.labels[label]) for label in sorted(by) if one.labels.get(label))
        groups.setdefault(kept, []).append(one.value)
    for kept, values in groups.items():
        yield Series(dict(kept), float(_TOGETHER[function](values)))


def _calculated(sign: str, left: float | list[Series], right: float | list[Series]) -> float | list[Series]:
    """Numbers with numbers, a number with every series, or series with the series of the same labels."""
    calculate = _ARITHMETIC[sign]
    if isinstance(left, float):
        if isinstance(right, float):
            return calculate(left, right)
        return [Series(series.labels, calculate(left, series.value)) for series in right]
    if isinstance(right, float):
        return [Series(series.labels, calculate(series.value, right)) for series in left]
    others = {tuple(sorted(series.labels.items())): series.value for series in right}
    return [
        Series(series.labels, calculate(series.value, others[labels]))
        for series in left
        if (labels := tuple(sorted(series.labels.items()))) in others
    ]
