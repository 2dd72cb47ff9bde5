"""Guardrails and what they are compared with.

guard    = "target " , op , value , [ ", alert " , op , value ] | "alert " , op , value ;
same     = "same as " , stage ;                               (* the guards of another stage *)
baseline = "control" | "previous" | "fixed " , value | "last " , duration ;
"""

from __future__ import annotations

import re

from pilotage.adapters.plans_yaml.grammar.conditions import scan_operator
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Measurable, Names
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.adapters.plans_yaml.grammar.values import parse_value, scan_value
from pilotage.domain.conditions import Comparison, Operator
from pilotage.domain.metrics import Baseline, BaselineKind, Guard

_COMMA = re.compile(r",")
_UPWARD = (Operator.ABOVE, Operator.AT_LEAST)
_DOWNWARD = (Operator.BELOW, Operator.AT_MOST)


def parse_guard(text: str, metric: Measurable) -> Guard:
    """``target < 1%, alert > 5%``, or one of the two. Raises GrammarError.

    The text of each comparison reads on its own: "error rate < 1%".
    """
    scan = Scanner(text)
    target = _limit(scan, "target", metric)
    more = target is None or scan.match(_COMMA) is not None
    alert = _limit(scan, "alert", metric) if more else None
    if not scan.done or (more and alert is None):
        raise scan.fail(f'expected "target < 1%, alert > 2%"; found "{text.strip()}"')
    if target is not None and alert is not None:
        _apart(target, alert, text.strip())
    return Guard(metric.name, target, alert)


def parse_same_as(text: str, names: Names) -> str | None:
    """The id of the stage whose guards ``same as pilot`` repeats; None for another text. Raises UnknownName."""
    scan = Scanner(text)
    return scan.name(names.stages, stops()) if scan.word("same as") else None


def parse_baseline(text: str, metric: Measurable) -> Baseline:
    """``control``, ``previous``, ``fixed 300ms`` (in the metric's unit), ``last 7d``. Raises GrammarError."""
    scan = Scanner(text)
    for kind in (BaselineKind.CONTROL, BaselineKind.PREVIOUS):
        if scan.ends_with(kind):
            return Baseline(kind)
    for kind in (BaselineKind.FIXED, BaselineKind.LAST):
        if scan.word(kind):
            start = scan.at
            try:
                if kind is BaselineKind.FIXED:
                    return Baseline(kind, value=parse_value(scan.rest, metric))
                return Baseline(kind, span=parse_duration(scan.rest))
            except GrammarError as wrong:
                raise GrammarError(wrong.message, start + wrong.offset) from None
    raise GrammarError(f'expected one of control, previous, "fixed 300ms", "last 7d"; found "{text.strip()}"')


def _limit(scan: Scanner, word: str, metric: Measurable) -> Comparison | None:
    if not scan.word(word):
        return None
    start = scan.at
    operator = scan_operator(scan)
    value = scan_value(scan, metric)
    text = f"{metric.name} {scan.since(start)}"
    return Comparison(metric.name, operator, value.limit, value.of_baseline, text=text)


def _apart(target: Comparison, alert: Comparison, text: str) -> None:
    """Refuse a guard whose alert fires while its target still holds; it was written the wrong way round."""
    if target.of_baseline != alert.of_baseline:
        return
    same_way = any(target.operator in way and alert.operator in way for way in (_UPWARD, _DOWNWARD))
    too_low = target.operator in _DOWNWARD and alert.operator in _UPWARD and alert.limit < target.limit
    too_high = target.operator in _UPWARD and alert.operator in _DOWNWARD and alert.limit > target.limit
    if same_way or too_low or too_high:
        raise GrammarError(
            f'in "{text}" the alert fires while the target still holds; turn the sign or the numbers round'
        )
