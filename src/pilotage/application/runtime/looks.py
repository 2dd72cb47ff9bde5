"""When a release is looked at next."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from pilotage.domain.decision import Decision
from pilotage.domain.release import Release

_SHORTEST = 0.05
"""Seconds: no plan makes the runtime look more often than 20 times a second."""

SMALL_STEP = timedelta(minutes=5)
"""Clocks of machines differ, and are set back a little now and then: up to this much, a release's time stands still
until the clock has caught up, so that its events stay in order. More than that was a wrong clock that was mended."""


def next_look(release: Release, decision: Decision, watching: bool, at: datetime) -> datetime | None:
    """The next look at a release after ``decision``: what it asked for, or the next tick while metrics are watched.

    None: nothing will happen unless somebody says something or an effect ends. Ticks keep the release's own grid,
    counted from its start, so that many releases spread over time and a late tick makes no later one.
    """
    looks = [] if decision.look_again is None else [decision.look_again]
    if watching:
        looks.append(_next_on_grid(release, at))
    return max(min(looks), at + timedelta(seconds=_SHORTEST)) if looks else None


def _next_on_grid(release: Release, at: datetime) -> datetime:
    every = max(release.plan.evidence.every.approximate_seconds, _SHORTEST)
    origin = release.started or release.created or at
    passed = math.floor((at - origin).total_seconds() / every)
    return origin + timedelta(seconds=every * (passed + 1))


def time_of(now: datetime, last: datetime) -> datetime:
    """The moment of a new fact about a release whose last event was at ``last``: now, never a little before that."""
    return last if timedelta() < last - now <= SMALL_STEP else now
