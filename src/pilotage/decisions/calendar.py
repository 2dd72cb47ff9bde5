"""Windows and freezes: whether the guarded environment may change at a moment, and when it next may.

Spans are half-open and judged in their own zone; a missing local time takes the earlier offset. Only ``only`` windows
and freezes block; ``prefer`` and ``avoid`` are warnings (ruling 9).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pilotage.domain.calendar import Dates, NotYet, Weekly, Window, WindowKind

HORIZON = timedelta(days=400)
"""How far ahead the next opening is looked for."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why nothing may start now (empty when it may), when it may again (None: not within the horizon), and warnings."""

    blocked: str = ""
    again: datetime | None = None
    warnings: tuple[str, ...] = ()


OPEN = Verdict()


def judge(windows: Iterable[Window], named: Iterable[str], at: datetime, tags: frozenset[str]) -> Verdict:
    """May a change start at ``at``? ``named`` windows are those the stage and the type ask for; ``tags`` are the release's
    type, system and environment, for ``for`` and ``except``.

    >>> judge([], [], datetime(2026, 1, 1, tzinfo=UTC), frozenset()).blocked
    ''
    """
    rules = [w for w in windows if not isinstance(w.span, NotYet)]
    wanted = set(named)
    opening = [w for w in rules if w.name in wanted and w.kind is WindowKind.ONLY]
    freezes = [w for w in rules if w.kind is WindowKind.FREEZE and _concerns(w, tags)]
    warnings = tuple(_warnings(rules, wanted, at, tags))
    blocked = _blocked(opening, freezes, at)
    if not blocked:
        return Verdict(warnings=warnings)
    return Verdict(blocked, _next_free(opening, freezes, at), warnings)


def _blocked(opening: list[Window], freezes: list[Window], at: datetime) -> str:
    for freeze in freezes:
        if contains(freeze, at):
            return f'the freeze "{freeze.name}" ({freeze.text}) is in force' + (
                f": {freeze.because}" if freeze.because else ""
            )
    if opening and not any(contains(w, at) for w in opening):
        return "outside the window " + " and ".join(f'"{w.name}" ({w.text})' for w in opening)
    return ""


def _next_free(opening: list[Window], freezes: list[Window], at: datetime) -> datetime | None:
    """The first moment after ``at`` at which nothing blocks: only edges of spans can be it."""
    moment = at
    limit = at + HORIZON
    while moment < limit:
        edges = [edge for w in (*opening, *freezes) if (edge := next_edge(w, moment)) is not None]
        if not edges:
            return None
        moment = min(edges)
        if not _blocked(opening, freezes, moment):
            return moment
    return None


def _warnings(rules: list[Window], wanted: set[str], at: datetime, tags: frozenset[str]) -> Iterable[str]:
    preferred = [w for w in rules if w.name in wanted and w.kind is WindowKind.PREFER]
    if preferred and not any(contains(w, at) for w in preferred):
        yield "outside the preferred time " + " and ".join(f'"{w.name}" ({w.text})' for w in preferred)
    for window in rules:
        if window.kind is WindowKind.AVOID and _concerns(window, tags) and contains(window, at):
            yield f'inside "{window.name}" ({window.text}), a time to avoid' + (
                f": {window.because}" if window.because else ""
            )


def _concerns(window: Window, tags: frozenset[str]) -> bool:
    if window.only_for and not tags & set(window.only_for):
        return False
    return not tags & set(window.but_not)


def contains(window: Window, at: datetime) -> bool:
    """Whether ``at`` lies inside the window's span."""
    zone = ZoneInfo(window.zone)
    match window.span:
        case Weekly() as weekly:
            local = at.astimezone(zone)
            return any(
                start <= at < end for start, end in _spans(weekly, local.date() - timedelta(days=1), 2, zone)
            )
        case Dates() as dates:
            start, end = _bounds(dates, zone)
            return start <= at < end
        case _:
            return False


def next_edge(window: Window, at: datetime) -> datetime | None:
    """The next moment after ``at`` at which the window opens or closes; None when it never does again."""
    zone = ZoneInfo(window.zone)
    match window.span:
        case Weekly() as weekly:
            first = at.astimezone(zone).date() - timedelta(days=1)
            edges = [edge for span in _spans(weekly, first, 10, zone) for edge in span]
        case Dates() as dates:
            edges = list(_bounds(dates, zone))
        case _:
            return None
    return min((edge for edge in edges if edge > at), default=None)


def closes(window: Window, at: datetime) -> datetime | None:
    """When the opening that ``at`` lies in ends; days that touch are one opening. None when it never does."""
    moment = at
    while (edge := next_edge(window, moment)) is not None and edge < at + HORIZON:
        if not contains(window, edge):
            return edge
        moment = edge
    return None


def opens(window: Window, after: datetime) -> datetime | None:
    """When the window next opens, at or after ``after``; None when it does not within the horizon."""
    moment: datetime | None = after
    while moment is not None and moment < after + HORIZON:
        if contains(window, moment):
            return moment
        moment = next_edge(window, moment)
    return None


def _spans(weekly: Weekly, first: date, days: int, zone: ZoneInfo) -> Iterable[tuple[datetime, datetime]]:
    for number in range(days):
        day = first + timedelta(days=number)
        if day.weekday() not in weekly.weekdays:
            continue
        ends_next_day = weekly.ends is None or weekly.ends <= weekly.starts
        last = day + timedelta(days=1) if ends_next_day else day
        yield _utc(day, weekly.starts, zone), _utc(last, weekly.ends or time(0), zone)


def _bounds(dates: Dates, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, last = dates.first, dates.last
    start = _moment(first, zone) if isinstance(first, datetime) else _utc(first, time(0), zone)
    end = _moment(last, zone) if isinstance(last, datetime) else _utc(last + timedelta(days=1), time(0), zone)
    return start, end


def _moment(value: datetime, zone: ZoneInfo) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=zone, fold=0)).astimezone(UTC)


def _utc(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).replace(fold=0).astimezone(UTC)
