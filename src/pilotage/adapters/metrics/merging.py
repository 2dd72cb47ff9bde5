"""Many queries in one: those that differ in the value of a single label are asked together and told apart by it.

``sum(increase(requests{variant="on"}[5m]))`` and the same of ``off`` become
``sum by (variant) (increase(requests{variant=~"on|off"}[5m]))``. That is the same numbers only where

* the query is one aggregation, perhaps times or divided by constants, over one selector: each group of the merged
  query then holds exactly the series of one of the single ones;
* the label is matched by ``=`` with a value that is not empty (an empty value also matches series without the label);
* the aggregation does not already keep the label.

Counts (``Growth``) are merged alike; a replica then counts as watched before if any of the merged queries watched it.
Everything else is asked by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
    parse,
)
from pilotage.adapters.metrics.promql_text import NotUnderstood
from pilotage.adapters.metrics.questions import Found, Series

MOST_TOGETHER = 100
"""Values in one merged query; a regular expression of thousands is slower than a few requests."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One query to send. ``members`` maps the single queries it answers to their value of ``label``."""

    text: str
    members: dict[str, str]
    label: str = ""

    def share(self, found: Found) -> Iterator[tuple[str, Found]]:
        """What each single query would have been answered."""
        for text, value in self.members.items():
            if not self.label or found.problem:
                yield text, found
                continue
            own = (series for series in found.series if series.labels.get(self.label) == value)
            yield text, Found(tuple(Series(_without(series, self.label), series.value) for series in own))


def batches(texts: Iterable[str] | Mapping[str, Node | None]) -> list[Batch]:
    """The fewest queries this finds that answer every one of ``texts``, equal ones once.

    A mapping gives the trees of those texts that are known as one (None: not yet).
    """
    trees = dict(texts) if isinstance(texts, Mapping) else dict.fromkeys(texts)
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for text, known in trees.items():
        trees[text] = tree = known or _read(text)
        for label, value, rest in _shapes(tree) if tree else ():
            groups.setdefault((label, rest), {})[text] = value
    merged: list[Batch] = []
    done: set[str] = set()
    for (label, _), members in sorted(groups.items(), key=lambda group: -len(group[1])):
        open_members = [(text, value) for text, value in members.items() if text not in done]
        for start in range(0, len(open_members), MOST_TOGETHER):
            some = dict(open_members[start : start + MOST_TOGETHER])
            tree = trees[next(iter(some))]
            if len(some) > 1 and tree is not None:
                merged.append(Batch(_merged(tree, label, list(some.values())), some, label))
                done |= some.keys()
    return merged + [Batch(text, {text: ""}) for text in trees if text not in done]


def _read(text: str) -> Node | None:
    try:
        return parse(text)
    except NotUnderstood:
        return None


def _shapes(tree: Node) -> Iterator[tuple[str, str, str]]:
    """For each label the query could be merged by: the label, its value, and the query without that value."""
    found = _aggregation(tree)
    if found is None:
        return
    selector = _selector(found)
    assert selector is not None
    for matcher in selector.matchers:
        alone = sum(other.label == matcher.label for other in selector.matchers) == 1
        if alone and matcher.sign == "=" and matcher.value and matcher.label not in found.by:
            yield matcher.label, matcher.value, _merged(tree, matcher.label, [""])


def _merged(tree: Node, label: str, values: Sequence[str]) -> str:
    pattern = Matcher(label, "=~", "|".join(re.escape(value) for value in values))

    def any_of_them(selector: Selector) -> Selector:
        return replace(
            selector, matchers=tuple(pattern if m.label == label else m for m in selector.matchers)
        )

    def rewritten(node: Node) -> Node:
        match node:
            case Selector():
                return any_of_them(node)
            case OverTime(selector=selector) | Latest(selector=selector):
                return replace(node, selector=any_of_them(selector))
            case Growth(selector=selector, known=known):
                return replace(
                    node, selector=any_of_them(selector), known=tuple(dict.fromkeys(map(any_of_them, known)))
                )
            case Aggregate(of=of, by=by):
                return replace(node, of=rewritten(of), by=(*by, label))
            case Binary(left=left, right=right):
                return replace(node, left=rewritten(left), right=rewritten(right))
            case Number():
                return node

    return str(rewritten(tree))


def _aggregation(node: Node) -> Aggregate | None:
    """The one aggregation over one selector in a query that is nothing else but constants around it."""
    match node:
        case Aggregate() if _selector(node) is not None:
            return node
        case Binary(left=Number(), right=other) | Binary(left=other, right=Number()):
            return _aggregation(other)
        case _:
            return None


def _selector(node: Aggregate) -> Selector | None:
    match node.of:
        case Selector() as selector:
            return selector
        case OverTime(selector=selector) | Latest(selector=selector) | Growth(selector=selector):
            return selector
        case _:
            return None


def _without(series: Series, label: str) -> dict[str, str]:
    return {name: value for name, value in series.labels.items() if name != label}
