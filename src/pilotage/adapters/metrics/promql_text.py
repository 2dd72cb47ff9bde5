"""PromQL as text: its tokens, the names it mentions, and the same query kept apart by a label.

Works on any PromQL, also on what ``promql`` has no tree for.
Sources: https://prometheus.io/docs/prometheus/latest/querying/basics/ and /querying/operators/#aggregation-operators.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_AGGREGATORS = frozenset(
    ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile", "topk", "bottomk")
)
_GROUPING = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right"))
_NEVER_A_METRIC = frozenset(("and", "or", "unless", "bool", "offset", "atan2", "inf", "nan")) | _GROUPING
_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
      | (?P<duration>(?:\d+(?:ms|[smhdwy]))+(?![\w.]))
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_:][\w:]*)
      | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){}\[\],=<>@:])""",
    re.VERBOSE,
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}


class NotUnderstood(ValueError):
    """The text is not PromQL as Pilotage reads it; the message says where it leaves it."""


class Token(NamedTuple):
    """A piece of PromQL: ``kind`` is space, string, duration, number, word or sign."""

    kind: str
    text: str


END = Token("end", "")


def tokens(text: str) -> list[Token]:
    """Every token, spaces and comments included; raises ``NotUnderstood``."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            raise NotUnderstood(f'cannot read "{text[place : place + 20]}" in "{text.strip()}"')
        found.append(Token(str(match.lastgroup), match[0]))
        place = match.end()
    return found


def seconds(span: str) -> float:
    """The length of a Prometheus duration such as ``1h30m`` or ``500ms``; raises ``NotUnderstood``."""
    if not re.fullmatch(r"(?:\d+(?:ms|[smhdwy]))+", span):
        raise NotUnderstood(f'expected a span such as 5m or 1h30m; found "{span}"')
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", span))


def escaped(value: str) -> str:
    """``value`` as it stands between double quotes in PromQL."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def names(text: str) -> tuple[str, ...]:
    """The metric names in any PromQL, in order of first use; what cannot be read has none."""
    try:
        found = [token for token in tokens(text) if token.kind != "space"]
    except NotUnderstood:
        return ()
    wanted: dict[str, None] = {}
    braces = 0
    grouping = False
    for token, following in zip(found, [*found[1:], END], strict=True):
        braces += (token.text == "{") - (token.text == "}")
        if token.text in _GROUPING:
            grouping = following.text == "("
        elif token.text == ")":
            grouping = False
        elif token.kind == "word" and not braces and not grouping:
            aggregating = token.text in _AGGREGATORS and following.text in _GROUPING
            if following.text != "(" and not aggregating:
                wanted[token.text] = None
    return tuple(name for name in wanted if name.lower() not in _NEVER_A_METRIC)


def split(text: str, label: str) -> str:
    """``text`` with every aggregation kept apart by ``label``: ``sum(x)`` becomes ``sum by (label) (x)``.

    An aggregation that already has ``by`` gets the label added; ``without`` keeps it anyway. A query that aggregates
    nothing carries its labels already and stays as it is. Raises ``NotUnderstood``.
    """
    found = tokens(text)
    insertions: dict[int, str] = {}
    for place, token in enumerate(found):
        if token.kind != "word" or token.text not in _AGGREGATORS:
            continue
        following = _next(found, place + 1)
        if _is(found, following, "("):
            modifier = _next(found, _closing(found, following) + 1)
            if _is(found, modifier, "by"):
                _add_label(found, modifier, label, insertions)
            elif not _is(found, modifier, "without"):
                insertions[place + 1] = f" by ({label}) "
        elif _is(found, following, "by"):
            _add_label(found, following, label, insertions)
    return "".join(insertions.get(place, "") + token.text for place, token in enumerate(found))


def _add_label(found: Sequence[Token], by: int, label: str, insertions: dict[int, str]) -> None:
    opening = _next(found, by + 1)
    present = [token.text for token in found[opening : _closing(found, opening)] if token.kind == "word"]
    if label not in present:
        insertions[opening + 1] = f"{label}, " if present else label


def _next(found: Sequence[Token], place: int) -> int:
    while place < len(found) and found[place].kind == "space":
        place += 1
    return place


def _is(found: Sequence[Token], place: int, text: str) -> bool:
    return place < len(found) and found[place].text == text


def _closing(found: Sequence[Token], opening: int) -> int:
    """The place of the parenthesis that closes the one at ``opening``; the end where there is none."""
    depth = 0
    for place in range(opening, len(found)):
        depth += (found[place].text == "(") - (found[place].text == ")")
        if depth == 0:
            return place
    return len(found)
