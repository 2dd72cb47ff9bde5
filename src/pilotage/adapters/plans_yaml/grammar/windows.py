"""Spans of time in which something may, should or must not happen.

    span  = days , " " , hours | date , " to " , date | date | date , " " , clock , " to " , date , " " , clock
          | ( "events" | "weeks" ) , " of " , calendar , [ " titled " , text ] ;
    days  = "every day" | weekday , [ " to " , weekday ] ;
    hours = clock , " to " , ( clock | "24:00" ) ;
    away  = date , [ " to " , date ] ;

Weekly spans are half-open; dates include both days. A span over midnight (``22:00 to 02:00``) belongs to the day it
starts on. Events of a calendar are read and kept, not yet carried out.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time

from pilotage.adapters.plans_yaml.grammar.clocks import (
    scan_clock,
    scan_date,
    scan_midnight,
    scan_weekday,
)
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Names
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.calendar import Dates, NotYet, Weekly
from pilotage.domain.people import Absence

_END_OF_CALENDAR = stops("titled")
_DASH = re.compile(r"(?<=[0-9a-z])\s*[-–—]\s*(?=[A-Z]|[0-9]{1,2}:[0-9]{2}|[0-9]{4}-[0-9]{2})")
_EXAMPLES = '"Thursday 14:00 to 16:00", "every day 01:00 to 05:00" or "2026-12-19 to 2027-01-04"'


def parse_span(text: str, names: Names) -> Weekly | Dates | NotYet:
    """What ``only``, ``prefer``, ``avoid`` and ``freeze`` take. Raises GrammarError."""
    scan = Scanner(text)
    if scan.sees("events of") or scan.sees("weeks of"):
        return _of_calendar(scan, names)
    start = scan.at
    if scan_date(scan) is not None:
        scan.at = start
        return _between_dates(scan)
    return _weekly(scan)


def parse_hours(text: str) -> Weekly:
    """``Monday to Friday 09:00 to 17:00``, as ``hours`` names them. Raises GrammarError."""
    return _weekly(Scanner(text))


def parse_absence(text: str) -> Absence:
    """``2026-12-20 to 2027-01-02`` (both days included), or one day. Raises GrammarError."""
    scan = Scanner(text)
    start = scan.at
    if scan_date(scan) is None:
        raise _unreadable(scan, '"2026-12-20 to 2027-01-02"')
    scan.at = start
    span = _between_dates(scan)
    if isinstance(span.first, datetime) or isinstance(span.last, datetime):
        raise GrammarError("people are away for whole days; leave the times of day out")
    return Absence(span.first, span.last)


def _weekly(scan: Scanner) -> Weekly:
    days = _weekdays(scan)
    if days is None:
        raise _unreadable(scan, _EXAMPLES)
    written = scan.since(0).strip()
    if scan.done:
        raise scan.fail(f'a window has times of day; did you mean "{written} 00:00 to 24:00"?')
    starts = scan_clock(scan)
    if starts is None or not scan.word("to"):
        raise _unreadable(scan, _EXAMPLES)
    ends: time | None = None
    if not scan_midnight(scan) and (ends := scan_clock(scan)) is None:
        raise _unreadable(scan, _EXAMPLES)
    _finish(scan)
    return Weekly(days, starts, ends)


def _weekdays(scan: Scanner) -> frozenset[int] | None:
    if scan.word("every day"):
        return frozenset(range(7))
    if (first := scan_weekday(scan)) is None:
        return None
    if not scan.word("to"):
        return frozenset({first})
    if (last := scan_weekday(scan)) is None:
        raise _unreadable(scan, _EXAMPLES)
    # Saturday to Monday runs over the end of the week.
    return frozenset((first + offset) % 7 for offset in range((last - first) % 7 + 1))


def _between_dates(scan: Scanner) -> Dates:
    first = _day_or_time(scan)
    last = _day_or_time(scan) if scan.word("to") else first
    if first is None or last is None:
        raise _unreadable(scan, _EXAMPLES)
    _finish(scan)
    if isinstance(first, datetime) != isinstance(last, datetime):
        raise GrammarError("give both ends of the span a time of day, or neither")
    if isinstance(first, datetime) and first == last:
        raise GrammarError('a span has two ends, such as "2026-12-24 18:00 to 2026-12-27 06:00"')
    if last < first:
        raise GrammarError(f'"{scan.text.strip()}" runs backwards; write the earlier end first')
    return Dates(first, last)


def _day_or_time(scan: Scanner) -> date | datetime | None:
    if (day := scan_date(scan)) is None:
        return None
    clock = scan_clock(scan)
    return day if clock is None else datetime.combine(day, clock)


def _of_calendar(scan: Scanner, names: Names) -> NotYet:
    whole = scan.rest
    scan.word("events of")
    scan.word("weeks of")
    scan.name(names.calendars, _END_OF_CALENDAR)
    if scan.word("titled") and scan.done:
        raise scan.fail('expected the title of an event after "titled"; found nothing')
    return NotYet(" ".join(whole.split()))


def _finish(scan: Scanner) -> None:
    if not scan.done:
        raise _dashed(scan) or scan.fail(f'cannot read "{scan.rest}" after "{scan.since(0).strip()}"')


def _unreadable(scan: Scanner, examples: str) -> GrammarError:
    return _dashed(scan) or scan.fail(
        f'expected a span of time such as {examples}; found "{scan.text.strip()}"'
    )


def _dashed(scan: Scanner) -> GrammarError | None:
    """The error for a span written with a dash; None where there is none."""
    if not (dash := _DASH.search(scan.text)):
        return None
    meant = _DASH.sub(" to ", scan.text.strip())
    return GrammarError(f'a span of time is written with "to"; did you mean "{meant}"?', dash.start())
