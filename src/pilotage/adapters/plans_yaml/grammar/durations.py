"""Lengths of time.

    duration = part , { " " , part } ;                  (* larger units first, each once: "1h 30m" *)
    part     = number , ( "w" | "d" | "h" | "m" | "s" | "ms" ) ;
    range    = duration | duration , " to " , duration | "up to " , duration | duration , " or more" ;
    bake     = "ongoing" | duration | duration , " to " , duration ;
    within   = ( "at once" | duration ) , [ " then " , role ] ;

Days and weeks are calendar units and come whole; hours and shorter are exact, down to a millisecond.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Names
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.time import DAY, Bake, Duration, DurationRange

LONGEST_IN_DAYS = 36_525
"""A hundred years: no plan is longer, and calendar arithmetic stays within what dates can hold."""

_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ms|s|m|h|d|w)(?![\w.%])")
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_MILLISECOND = Decimal("0.001")
_ORDER = ("w", "d", "h", "m", "s", "ms")
_SPELLED = re.compile(
    r"([0-9]+)[ \t]*(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?!\w)",
    re.IGNORECASE,
)


class Within(NamedTuple):
    """``1d then manager``: how long a person may take, then which role is asked as well (None: escalation)."""

    duration: Duration
    then: str | None


def scan_duration(scan: Scanner) -> Duration | None:
    """Read a duration if one stands here. Raises GrammarError for one that is written wrongly, such as ``30m 1h``."""
    start, days, seconds, last = scan.at, 0, Decimal(0), -1
    while part := scan.match(_PART):
        number, unit = part.groups()
        if _ORDER.index(unit) <= last:
            raise scan.fail(
                f'write a duration largest unit first and each unit once; found "{scan.since(start)}"', start
            )
        last = _ORDER.index(unit)
        if unit in _SECONDS:
            seconds += Decimal(number) * _SECONDS[unit]
        elif "." in number:
            hours = float(number) * 24 * (7 if unit == "w" else 1)
            raise scan.fail(
                f'days and weeks are calendar units and come whole; found "{part[0]}"; did you mean "{hours:g}h"?',
                start,
            )
        else:
            days += int(number) * (7 if unit == "w" else 1)
    if last < 0:
        return None
    if seconds % _MILLISECOND:
        raise scan.fail(f'a duration comes in whole milliseconds; found "{scan.since(start)}"', start)
    duration = Duration(days, float(seconds))
    if duration.approximate_seconds > LONGEST_IN_DAYS * DAY:
        raise scan.fail(f'a duration is at most 100 years; found "{scan.since(start)}"', start)
    return duration


def parse_duration(text: str) -> Duration:
    """``15m``, ``1h 30m``, ``7d``. Raises GrammarError."""
    scan = Scanner(text)
    found = scan_duration(scan)
    if found is None or not scan.done:
        raise _expected("a duration such as 30s, 15m, 2h, 7d, 2w or 1h 30m", text, scan)
    return found


def parse_duration_range(text: str) -> DurationRange:
    """``30m``, ``7d to 14d``, ``up to 5m``, ``1w or more``. Raises GrammarError."""
    scan = Scanner(text)
    open_below = scan.word("up to")
    least = most = scan_duration(scan)
    if open_below:
        least = None
    elif least is not None and scan.word("or more"):
        most = None
    elif least is not None and scan.word("to"):
        most = scan_duration(scan)
        least = least if most is not None else None
    if (least is None and most is None) or not scan.done:
        raise _expected("a duration or a range such as 30m, 1d to 2d, up to 5m", text, scan)
    _forwards(least, most)
    return DurationRange(least, most)


def parse_bake(text: str) -> Bake:
    """``1d``, ``7d to 14d`` or ``ongoing``. Raises GrammarError."""
    scan = Scanner(text)
    if scan.ends_with("ongoing"):
        return Bake(Duration(), ongoing=True)
    least = scan_duration(scan)
    ranged = least is not None and scan.word("to")
    most = scan_duration(scan) if ranged else None
    if least is None or (ranged and most is None) or not scan.done:
        raise _expected("a bake time such as 1d, 7d to 14d, or ongoing", text, scan)
    _forwards(least, most)
    return Bake(least, most)


def parse_within(text: str, names: Names) -> Within:
    """``15m``, ``at once``, ``1d then manager``: the ``within`` of a check, step or trigger. Raises GrammarError."""
    scan = Scanner(text)
    duration = Duration() if scan.word("at once") else scan_duration(scan)
    if duration is None or not (scan.done or scan.sees("then")):
        raise _expected('a time such as 15m, at once, or "1d then manager"', text, scan)
    then = scan.name(names.roles, stops()) if scan.word("then") else None
    return Within(duration, then)


def duration_after(scan: Scanner, keyword: str, stop: re.Pattern[str]) -> Duration:
    """The duration that must follow a keyword just read. Raises GrammarError."""
    duration = scan_duration(scan)
    if duration is None:
        raise scan.fail(f'expected a duration such as 5m or 3d after "{keyword}"; found "{scan.until(stop)}"')
    return duration


def _expected(what: str, text: str, scan: Scanner) -> GrammarError:
    respelled = _SPELLED.sub(lambda part: part[1] + _short(part[2]), text.strip())
    # A suggestion must itself be right, so it is read once more before it is made.
    hint = f'; did you mean "{respelled}"?' if respelled != text.strip() and _reads(respelled) else ""
    return GrammarError(f'expected {what}; found "{text.strip()}"{hint}', 0 if hint else scan.at)


def _short(unit: str) -> str:
    return "ms" if unit.lower().startswith(("ms", "milli")) else unit[0].lower()


def _reads(text: str) -> bool:
    scan = Scanner(text)
    try:
        found = scan_duration(scan)
        if found is not None and scan.word("to"):
            found = scan_duration(scan)
    except GrammarError:
        return False
    return found is not None and scan.done


def _forwards(least: Duration | None, most: Duration | None) -> None:
    if least is not None and most is not None and most.approximate_seconds < least.approximate_seconds:
        raise GrammarError(f'"{least} to {most}" runs backwards; did you mean "{most} to {least}"?')
