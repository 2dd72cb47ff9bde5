"""When a moment is: from what a plan says (``1d before pilot starts``) to a time, as far as it can be known yet.

A moment that depends on something that has neither happened nor been planned has no time yet (None).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

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
)  # fmt: skip
from pilotage.domain.release import Release

MOST_OCCURRENCES = 10_000
"""A repeated moment is never followed further than this; a plan that needs more is a plan with a mistake."""


def resolve(moment: Moment, release: Release) -> datetime | None:
    """The (first) time of ``moment`` in UTC, or None while it cannot be known."""
    zone = ZoneInfo(release.plan.timezone)
    match moment:
        case AtAnchor(anchor=anchor, offset=offset, before=before):
            base = when(anchor, release)
            if base is None or offset is None:
                return base
            return offset.before(base, zone) if before else offset.after(base, zone)
        case AtTime(local=local):
            return _utc(local, zone)
        case AtInput(name=name):
            return _input_time(release, name, zone)
        case InReleaseWeek(weekday=weekday, clock=clock):
            planned = release.planned_at or release.started
            return _weekday_of_week(planned, weekday, clock, zone) if planned else None
        case WeekOfRelease(number=number):
            start = release.started or release.planned_at
            if start is None:
                return None
            local = start.astimezone(zone) + timedelta(days=7 * (number - 1))
            return local.replace(fold=0).astimezone(UTC)
        case NextWeekday(weekday=weekday, clock=clock, after=anchor):
            base = when(anchor, release)
            return _next_weekday(base, weekday, clock, zone) if base else None
        case Repeated():
            return next(occurrences(moment, release), None)


def when(anchor: Anchor, release: Release, _seen: frozenset[str] = frozenset()) -> datetime | None:
    """When an anchor happened, or when the plan says its stage will start; None while neither is known."""
    known = release.anchors.get(anchor.name)
    if known is not None:
        return known
    if anchor.subject == "release" and anchor.edge == "starts":
        return release.started or release.planned_at
    if not anchor.is_stage or anchor.edge != "starts" or anchor.name in _seen:
        return None
    return _planned_start(anchor, release, _seen)


def _planned_start(anchor: Anchor, release: Release, seen: frozenset[str]) -> datetime | None:
    """A stage that has not started yet: its own ``at``, or the release's planned date where it is the one planned for."""
    stage = next((s for s in release.plan.stages if s.id == anchor.subject), None)
    if stage is None:
        return None
    if stage.at is None:
        guarded = next((s.id for s in release.plan.stages if s.environment == "production"), None)
        return release.planned_at if stage.id == guarded else None
    if isinstance(stage.at, AtAnchor):
        base = when(stage.at.anchor, release, seen | {anchor.name})
        zone = ZoneInfo(release.plan.timezone)
        if base is None or stage.at.offset is None:
            return base
        return stage.at.offset.before(base, zone) if stage.at.before else stage.at.offset.after(base, zone)
    return resolve(stage.at, release)


def occurrences(moment: Repeated, release: Release) -> Iterator[datetime]:
    """The times of a repeated moment, oldest first, as far as its end is known.

    Without an end yet (``during pilot`` while the pilot runs) it goes on; the caller stops at the present.
    """
    zone = ZoneInfo(release.plan.timezone)
    start = when(moment.starts, release) if moment.starts else release.started
    if start is None:
        return
    end = when(moment.ends, release) if moment.ends else None
    if moment.lasts is not None:
        end = moment.lasts.after(start, zone)
    if release.ended is not None:
        end = min(end, release.ended) if end else release.ended
    at = start
    for number in range(1, MOST_OCCURRENCES):
        if end is not None and at > end:
            return
        yield at
        if moment.months:
            at = _add_months(start, moment.months * number, zone)
        elif not moment.every:
            return
        else:
            at = moment.every.after(at, zone)


def _utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _input_time(release: Release, name: str, zone: ZoneInfo) -> datetime | None:
    try:
        local = datetime.fromisoformat(release.inputs.get(name, ""))
    except ValueError:
        return None
    return local.astimezone(UTC) if local.tzinfo else _utc(local, zone)


def _weekday_of_week(moment: datetime, weekday: int, clock: time, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=weekday - local.weekday())
    return _utc(datetime.combine(day, clock), zone)


def _next_weekday(moment: datetime, weekday: int, clock: time, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=(weekday - local.weekday()) % 7)
    at = _utc(datetime.combine(day, clock), zone)
    return at if at > moment else _utc(datetime.combine(day + timedelta(days=7), clock), zone)


def _add_months(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    month = local.month - 1 + months
    year, month = local.year + month // 12, month % 12 + 1
    for day in range(local.day, 27, -1):
        try:
            return local.replace(year=year, month=month, day=day, fold=0).astimezone(UTC)
        except ValueError:
            continue
    return local.replace(year=year, month=month, day=min(local.day, 28), fold=0).astimezone(UTC)
