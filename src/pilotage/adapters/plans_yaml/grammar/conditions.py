"""Conditions: the lines of gates and triggers that a machine judges.

    condition  = term , { " and " , term } ;
    term       = comparison | relative | approval | "step " , name , " passed" | "stable for " , duration
               | metric , " on target" ;
    comparison = metric , ( "<" | "<=" | ">" | ">=" | "=" ) , value , [ scope ] , [ " for " , duration ] ;
    relative   = metric , " worse than baseline by " , percent , [ scope ] , [ " for " , duration ] ;
    scope      = ( " in any " | " in every " ) , dimension ;
    approval   = "approved by " , ( "matrix" | ask ) ;

There is no "or": gates need every line of a list, triggers fire on any. ``values`` has the values, ``asks`` the asks.
"""

from __future__ import annotations

import re

from pilotage.adapters.plans_yaml.grammar.asks import scan_ask
from pilotage.adapters.plans_yaml.grammar.durations import duration_after
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.grammar.names import Measurable, Names, known
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.adapters.plans_yaml.grammar.values import scan_value
from pilotage.domain.conditions import (
    ApprovedBy,
    Comparison,
    Condition,
    Every,
    OnTarget,
    Operator,
    Scope,
    StableFor,
    StepPassed,
    Term,
    WorseThanBaseline,
)
from pilotage.domain.people import Ask
from pilotage.domain.time import Duration

_SIGNS = re.compile(r"[<>=!~≤≥]+")
_PERCENT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)%(?![\w%])")
_END_OF_METRIC = re.compile(r"\s*[<>=!~≤≥]|\s+worse\s+than(?!\w)|\s+on\s+target(?!\w)")
_END_OF_TERM = stops("and", "or")
_END_OF_DIMENSION = stops("for", "and", "or")
_END_OF_STEP = stops("passed")
_SPACE = re.compile(r"\s+")
_IN_WORDS = {
    ">": ("above", "over", "more than", "greater than", "higher than", "exceeds"),
    "<": ("below", "under", "less than", "fewer than", "lower than"),
    ">=": ("at least", "no less than"),
    "<=": ("at most", "no more than"),
    "=": ("is", "equals", "equal to"),
}
_SIGN_OF = {words: sign for sign, spellings in _IN_WORDS.items() for words in spellings}
_WORDED = re.compile(rf"\s({'|'.join(sorted(_SIGN_OF, key=len, reverse=True))})\s+-?[0-9]")


def parse_condition(text: str, names: Names) -> Condition:
    """Read a whole condition. Raises GrammarError with the character where it goes wrong."""
    scan = Scanner(text)
    terms = [_scan_term(scan, names)]
    while scan.word("and"):
        terms.append(_scan_term(scan, names))
    return Condition(tuple(terms), text.strip())


def scan_operator(scan: Scanner) -> Operator:
    """Read one of the five signs. Raises GrammarError for another one."""
    start = scan.at
    sign = scan.match(_SIGNS)
    if sign is None or sign[0] not in set(Operator):
        found = sign[0] if sign else scan.rest
        raise scan.fail(f'unknown operator "{found}"; use one of {", ".join(Operator)}', start)
    return Operator(sign[0])


def _scan_term(scan: Scanner, names: Names) -> Term:
    start = scan.at
    if scan.word("approved by"):
        term: Term = _approval(scan, names, start)
        follow = '"within DURATION" and then "then ROLE"'
    elif scan.word("stable for"):
        term = StableFor(duration_after(scan, "stable for", _END_OF_TERM), scan.since(start))
        follow = '"and" and another condition'
    elif not _measured_here(scan, names) and scan.sees("step"):
        term = _step_passed(scan, names, start)
        follow = '"and" and another condition'
    else:
        term = _measured(scan, names, start)
        on_target = isinstance(term, OnTarget)
        follow = '"and" and another condition' if on_target else '"in any SEGMENT" and then "for DURATION"'
    if not scan.done and not scan.sees("and"):
        if scan.sees("or"):
            raise scan.fail('"or" is not used in conditions; write two lines (any one of them fires)')
        raise scan.fail(f'cannot read "{scan.rest}" after "{scan.since(start)}"; what may follow is {follow}')
    return term


def _measured_here(scan: Scanner, names: Names) -> bool:
    """Whether a declared metric begins here, even one whose name begins like another form (``step count``)."""
    return scan.stands_for(names.metrics, _END_OF_METRIC)


def _measured(scan: Scanner, names: Names, start: int) -> Term:
    metric = _scan_metric(scan, names, start)
    if scan.word("on target"):
        return OnTarget(metric.name, scan.since(start))
    if scan.word("worse than"):
        percent = _worse_by(scan)
        scope, sustained = _scope(scan, metric), _sustained(scan)
        return WorseThanBaseline(metric.name, percent, scope, sustained, scan.since(start))
    operator = scan_operator(scan)
    if scan.done:
        raise scan.fail(f'expected a value after "{scan.since(start)}"; found nothing')
    value = scan_value(scan, metric)
    scope, sustained = _scope(scan, metric), _sustained(scan)
    return Comparison(
        metric.name, operator, value.limit, value.of_baseline, scope, sustained, scan.since(start)
    )


def _scan_metric(scan: Scanner, names: Names, start: int) -> Measurable:
    if _measured_here(scan, names):
        return scan.name(names.metrics, _END_OF_METRIC)
    line = scan.until(_END_OF_TERM)
    written = scan.until(_END_OF_METRIC)
    if len(written) >= len(line):
        raise _shapeless(scan, start, line)
    if written in ("", "target", "alert"):
        raise scan.fail(
            'begin with the metric, such as "error rate > 5%"; "target" and "alert" belong in a guard', start
        )
    raise UnknownName("metric", written, names.metrics, start)


def _shapeless(scan: Scanner, start: int, line: str) -> GrammarError:
    """No sign, and no other form of a condition: the nearest thing that could have been meant."""
    if worded := _WORDED.search(line):
        return scan.fail(f'write {_SIGN_OF[worded[1]]} instead of "{worded[1]}"', start + worded.start(1))
    if not line:
        return scan.fail('expected a condition such as "error rate < 1%"; found nothing', start)
    return scan.fail(
        f'"{line}" is neither a comparison nor an approval; for a line a person ticks write "check: {line}"',
        start,
    )


def _worse_by(scan: Scanner) -> float:
    start = scan.at
    if scan.word("baseline by") and (percent := scan.match(_PERCENT)):
        return float(percent[1])
    scan.at = start
    found = f"worse than {scan.until(_END_OF_DIMENSION)}".strip()
    amount = re.search(r"[0-9]+(?:\.[0-9]+)?", found)
    raise scan.fail(
        f'expected "worse than baseline by {amount[0] if amount else 20}%"; found "{found}"', start
    )


def _scope(scan: Scanner, metric: Measurable) -> Scope | None:
    if scan.word("in any"):
        every = Every.ANY
    elif scan.word("in every"):
        every = Every.ALL
    else:
        return None
    if not metric.split:
        written = scan.until(_END_OF_DIMENSION) or "region"
        raise scan.fail(f'{metric.name} is not split; declare "split: [{written}]" on the metric')
    return Scope(every, scan.name(known(f"dimension of {metric.name}", metric.split), _END_OF_DIMENSION))


def _sustained(scan: Scanner) -> Duration | None:
    return duration_after(scan, "for", _END_OF_TERM) if scan.word("for") else None


def _approval(scan: Scanner, names: Names, start: int) -> ApprovedBy:
    if "matrix" not in names.roles and scan.word("matrix"):
        return ApprovedBy(Ask(()), matrix=True, text=scan.since(start))
    ask = scan_ask(scan, names)
    return ApprovedBy(ask, text=scan.since(start))


def _step_passed(scan: Scanner, names: Names, start: int) -> StepPassed:
    scan.word("step")
    written = scan.until(_END_OF_STEP)
    if not written or _END_OF_STEP.match(scan.text, scan.at + len(written), scan.end) is None:
        raise scan.fail(
            f'expected "step NAME passed", such as "step smoke passed"; found "{scan.text[start : scan.end]}"',
            start,
        )
    step = written
    if names.steps is not None:
        step = scan.name(names.steps, _END_OF_STEP)
    else:
        scan.at += len(written)
        scan.match(_SPACE)
    scan.word("passed")
    return StepPassed(step, scan.since(start))
