"""Moments: what ``at`` (not before) and ``due`` (at the latest) may say.

    moment   = anchor | duration , ( " before " | " after " ) , anchor | "before " , anchor
             | weekday , " of release week " , clock | "week " , number
             | "next " , weekday , " after " , stage , " " , clock
             | date , " " , clock | "{{" , input , "}}" | repeated ;
    repeated = "every " , ( duration | "hour" | "day" | "week" | "month" | "quarter" ) , [ span ] ;
    span     = " during " , ( stage | "the release" ) | " for " , duration , " after " , anchor
             | " from " , anchor , [ " until " , anchor ] | " until " , anchor ;
    anchor   = stage , ( " starts" | " ends" ) | event ;

The events are fixed words (``EVENTS``) and win over a stage of the same name, so that they mean the same in every plan.
Clock times are in the plan's zone. A stage is resolved to its id here; ``pilotage.decisions`` finds the time.
"""

from __future__ import annotations

import re
from datetime import datetime

from pilotage.adapters.plans_yaml.grammar.clocks import WEEKDAYS, scan_clock, scan_date, scan_weekday
from pilotage.adapters.plans_yaml.grammar.durations import scan_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.grammar.names import Names
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.moments import (
    Anchor,
    AtAnchor,
    AtInput,
    AtTime,
    InReleaseWeek,
    Moment,
    NextWeekday,
    Repeated,
    WeekOfRelease,
)
from pilotage.domain.time import Duration

EVENTS = (
    "release starts", "release ends", "code freeze", "approval", "go decision", "deployment starts", "deployment ends",
    "deployment fails", "rollback starts", "rollback ends", "gate fails", "hold starts", "incident opens",
    "incident closes", "issue reported", "plan changes",
)  # fmt: skip
"""What happens to every release, whatever its stages are called."""

RELEASE_STARTS = Anchor("release", "starts")
RELEASE_ENDS = Anchor("release", "ends")

_EDGES = ("starts", "ends", "fails", "opens", "closes", "reported", "changes")
_RHYTHMS = {
    "hour": (Duration(seconds=3600), 0),
    "day": (Duration(days=1), 0),
    "week": (Duration(days=7), 0),
    "month": (Duration(), 1),
    "quarter": (Duration(), 3),
}
_SPANS = '"during STAGE", "for 48h after EVENT" or "until EVENT"'
_END_OF_ANCHOR = stops("until")
_END_OF_FOR = stops("after")
_INPUT = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_WEEK = re.compile(r"week\s+([0-9]{1,4})(?!\w)")
_STAGE_AND_CLOCK = re.compile(r"\s+(?=[0-9]{1,2}:[0-9]{2}\b)")


def parse_moment(text: str, names: Names) -> Moment:
    """Read a moment. Raises GrammarError; UnknownName of kind ``stage`` where the plan has no such stage."""
    scan = Scanner(text)
    whole = text.strip()
    moment = (
        _anchored(scan, names, whole)
        or _on_a_date(scan, whole)
        or _from_input(scan, names, whole)
        or _by_week(scan, names, whole)
        or (_repeated(scan, names, whole) if scan.word("every") else None)
    )
    if moment is None:
        raise _unreadable(scan, names)
    if not scan.done:
        raise scan.fail(f'cannot read "{scan.rest}" after "{scan.since(0).strip()}"')
    return moment


def parse_anchor(text: str, names: Names) -> Anchor:
    """``pilot starts``, ``code freeze``: something that happens. Raises GrammarError."""
    scan = Scanner(text)
    return _scan_anchor(scan, names, stops())


def find_anchor(text: str, names: Names) -> Anchor | None:
    """The anchor ``text`` names, or None where it names none."""
    words = " ".join(text.split())
    for event in EVENTS:
        if words == event:
            subject, _, edge = event.rpartition(" ")
            return Anchor(subject, edge) if edge in _EDGES else Anchor(event, "")
    stage, _, edge = words.rpartition(" ")
    if edge in ("starts", "ends") and stage in names.stages:
        return Anchor(names.stages.get(stage), edge, is_stage=True)
    return None


def _scan_anchor(scan: Scanner, names: Names, stop: re.Pattern[str]) -> Anchor:
    start = scan.at
    written = scan.until(stop)
    if anchor := find_anchor(written, names):
        scan.at += len(written)
        scan.skip()
        return anchor
    stage, _, edge = written.rpartition(" ")
    if edge in ("starts", "ends") and stage:
        raise UnknownName("stage", stage.strip(), names.stages, start)
    if written in names.stages:
        raise scan.fail(f'"{written}" is a stage; say "{written} starts" or "{written} ends"')
    raise UnknownName("event", written, (*EVENTS, *(f"{stage} starts" for stage in names.stages)), start)


def _anchored(scan: Scanner, names: Names, whole: str) -> AtAnchor | None:
    if anchor := find_anchor(whole, names):
        scan.at = scan.end
        return AtAnchor(anchor, text=whole)
    if scan.word("before"):
        return AtAnchor(_scan_anchor(scan, names, stops()), before=True, text=whole)
    start = scan.at
    if (offset := scan_duration(scan)) is None:
        return None
    before = scan.word("before")
    if not before and not scan.word("after"):
        raise scan.fail(
            f'expected "before" or "after" and an event, such as "{scan.since(start)} after pilot starts"'
        )
    return AtAnchor(_scan_anchor(scan, names, stops()), offset, before, text=whole)


def _on_a_date(scan: Scanner, whole: str) -> AtTime | None:
    if (day := scan_date(scan)) is None:
        return None
    clock = scan_clock(scan)
    if clock is None:
        raise scan.fail(f'a moment has a time of day; did you mean "{day} 09:00"?')
    return AtTime(datetime.combine(day, clock), text=whole)


def _from_input(scan: Scanner, names: Names, whole: str) -> AtInput | None:
    start = scan.at
    if not (found := scan.match(_INPUT)):
        return None
    if found[1] not in names.inputs:
        raise UnknownName("input", found[1], names.inputs, start)
    return AtInput(names.inputs.get(found[1]), text=whole)


def _by_week(scan: Scanner, names: Names, whole: str) -> InReleaseWeek | WeekOfRelease | NextWeekday | None:
    if week := scan.match(_WEEK):
        if int(week[1]) < 1:
            raise GrammarError("the weeks of a release are counted from 1")
        return WeekOfRelease(int(week[1]), text=whole)
    if scan.word("next"):
        return _next_weekday(scan, names, whole)
    if (weekday := scan_weekday(scan)) is None:
        return None
    if not scan.word("of release week"):
        raise scan.fail(f'expected "{WEEKDAYS[weekday]} of release week 09:00"; found "{whole}"')
    if (clock := scan_clock(scan)) is None:
        raise scan.fail(
            f'a moment has a time of day; did you mean "{WEEKDAYS[weekday]} of release week 09:00"?'
        )
    return InReleaseWeek(weekday, clock, text=whole)


def _next_weekday(scan: Scanner, names: Names, whole: str) -> NextWeekday:
    weekday = scan_weekday(scan)
    if weekday is None or not scan.word("after"):
        raise scan.fail(f'expected "next Monday after STAGE 10:00"; found "{whole}"')
    start = scan.at
    written = scan.until(_STAGE_AND_CLOCK)
    after = find_anchor(written, names)
    if after is None and written in names.stages:
        after = Anchor(names.stages.get(written), "ends", is_stage=True)
    if after is None:
        raise UnknownName("stage", written, names.stages, start)
    scan.at += len(written)
    scan.skip()
    if (clock := scan_clock(scan)) is None:
        raise scan.fail(f'a moment has a time of day; did you mean "{whole} 10:00"?')
    return NextWeekday(weekday, clock, after, text=whole)


def _repeated(scan: Scanner, names: Names, whole: str) -> Repeated:
    every, months = _rhythm(scan)
    starts = ends = None
    lasts: Duration | None = None
    if scan.word("during"):
        starts, ends = _during(scan, names)
    elif scan.sees("for"):
        starts, lasts = _for_a_while(scan, names)
    else:
        starts = _scan_anchor(scan, names, _END_OF_ANCHOR) if scan.word("from") else None
        ends = _scan_anchor(scan, names, stops()) if scan.word("until") else None
    if not scan.done:
        raise scan.fail(f'cannot read "{scan.rest}"; a repeated moment ends in {_SPANS}')
    return Repeated(every, starts, ends, lasts, months, text=whole)


def _rhythm(scan: Scanner) -> tuple[Duration, int]:
    for word, rhythm in _RHYTHMS.items():
        if scan.word(word):
            return rhythm
    start = scan.at
    every = scan_duration(scan)
    if every is None:
        found = scan.until(stops("during", "for", "from", "until"))
        raise scan.fail(
            f'expected "every day", "every week", "every month", "every quarter" or "every 2h"; found "every {found}"'
        )
    if not every:
        raise scan.fail("a repeated moment needs some time between two times", start)
    return every, 0


def _during(scan: Scanner, names: Names) -> tuple[Anchor, Anchor]:
    if scan.ends_with("the release"):
        return RELEASE_STARTS, RELEASE_ENDS
    stage = scan.name(names.stages, stops())
    return Anchor(stage, "starts", is_stage=True), Anchor(stage, "ends", is_stage=True)


def _for_a_while(scan: Scanner, names: Names) -> tuple[Anchor, Duration]:
    start = scan.at
    scan.word("for")
    lasts = scan_duration(scan)
    if lasts is None or not scan.word("after"):
        scan.at = start
        raise scan.fail(f'cannot read "{scan.rest}"; a repeated moment ends in {_SPANS}')
    return _scan_anchor(scan, names, stops()), lasts


def _unreadable(scan: Scanner, names: Names) -> GrammarError:
    text = scan.rest
    if text in names.traits:
        return scan.fail(f'"{text}" is a condition, and "at" asks for a time; write "when: {text}"')
    if text == "at once":
        return scan.fail(
            '"at once" is no moment; leave "at" out, or name what it follows, such as "incident opens"'
        )
    if scan.word("after"):
        return scan.fail(f'"{text}" does not say how long after; write "{scan.rest}", or "1h {text}"')
    stage, _, edge = text.rpartition(" ")
    if edge in ("starts", "ends") and stage:
        return UnknownName("stage", stage.strip(), names.stages, scan.at)
    if text in names.stages:
        return scan.fail(f'"{text}" is a stage; write "{text} starts" or "{text} ends"')
    example = 'such as "pilot starts", "1d before pilot starts", "week 3" or "2025-01-15 02:00"'
    return scan.fail(f'expected a moment {example}; found "{text}"')
