"""Weekdays, dates and times of day, as moments and windows share them.

weekday = "Monday" | … | "Sunday" ;
date    = year , "-" , month , "-" , day ;                    (* 2026-12-19 *)
clock   = hour , ":" , minute ;                               (* 09:00 *)
"""

from __future__ import annotations

import re
from datetime import date, time

from pilotage.adapters.plans_yaml.grammar.scanner import Scanner

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_WEEKDAY = re.compile(rf"({'|'.join(WEEKDAYS)})(?!\w)", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![\w-])")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?![\w:])")
_MIDNIGHT = re.compile(r"24:00(?![\w:])")


def scan_weekday(scan: Scanner) -> int | None:
    """Read a weekday if one stands here; 0 is Monday."""
    found = scan.match(_WEEKDAY)
    return WEEKDAYS.index(found[1].capitalize()) if found else None


def scan_date(scan: Scanner) -> date | None:
    """Read a date if one stands here. Raises GrammarError for a day no calendar has."""
    start = scan.at
    if not (found := scan.match(_DATE)):
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise scan.fail(f'"{found[0]}" is no day of the calendar', start) from None


def scan_clock(scan: Scanner) -> time | None:
    """Read a time of day if one stands here. Raises GrammarError for one no clock shows."""
    start = scan.at
    if not (found := scan.match(_CLOCK)):
        return None
    hour, minute = int(found[1]), int(found[2])
    if hour > 23 or minute > 59:
        raise scan.fail(f'"{found[0]}" is no time of day; they run from 00:00 to 23:59', start)
    if len(found[1]) == 1:
        raise scan.fail(f'a time of day has two digits for the hour; did you mean "0{found[0]}"?', start)
    return time(hour, minute)


def scan_midnight(scan: Scanner) -> bool:
    """Read ``24:00``, the end of the day, if it stands here."""
    return scan.match(_MIDNIGHT) is not None
