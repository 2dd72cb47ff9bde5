"""What a simulation tells: every event with the release before it, what blocked, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotage.application.simulation.scenario import Scenario
from pilotage.domain.decision import Wait
from pilotage.domain.events import Happened
from pilotage.domain.plan import NotYet
from pilotage.domain.release import Release, Status


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of the simulation, with the release as it was before it."""

    happened: Happened
    before: Release


@dataclass(frozen=True, slots=True)
class Blocked:
    """What the release waited for, from when to when."""

    text: str
    who: tuple[str, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of it. ``stuck`` is what it waits for at the end, if it did not end by itself."""

    release: Release
    moments: tuple[Moment, ...]
    blocked: tuple[Blocked, ...]
    not_yet: tuple[NotYet, ...]
    scenario: Scenario
    began: datetime
    ended: datetime
    stuck: tuple[Wait, ...] = ()
    fault_at: datetime | None = None
    """When the first fault of the scenario began; None when none did."""

    @property
    def outcome(self) -> str:
        """``completed``, ``rolled back``, ``aborted``, or ``stuck``."""
        return (
            str(self.release.status)
            if self.release.status not in (Status.RUNNING, Status.ROLLING_BACK)
            else "stuck"
        )
