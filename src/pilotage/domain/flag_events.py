"""What became true of a flag: its own stream of events, from which the flag can be folded again.

The same public seam as ``pilotage.domain.events``: the name in the log is the class name in snake case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pilotage.domain.exposure import Exposure, Segment
from pilotage.domain.people import Actor


@dataclass(frozen=True, slots=True)
class FlagExposureSet:
    """A release let exactly ``exposure`` meet the change; the first one creates the flag. ``effect`` asked for it."""

    exposure: Exposure
    segments: dict[str, Segment] = field(default_factory=dict)
    seed: str = ""
    effect: str = ""


@dataclass(frozen=True, slots=True)
class FlagKilled:
    """The kill switch: off for everybody at once."""


@dataclass(frozen=True, slots=True)
class FlagRevived:
    """The kill switch was taken back; the exposure counts again."""


@dataclass(frozen=True, slots=True)
class FlagUserSwitched:
    """One user was switched on or off by hand, or (None) is again as the exposure says."""

    user: str
    on: bool | None = None


@dataclass(frozen=True, slots=True)
class FlagEnded:
    """The flag is retired: everybody gets this variant for good."""

    variant: str
    effect: str = ""


FlagEvent = FlagExposureSet | FlagKilled | FlagRevived | FlagUserSwitched | FlagEnded


@dataclass(frozen=True, slots=True)
class FlagHappened:
    """A flag's event with its circumstances: when (aware, UTC), by whom or by which rule, and why in words."""

    at: datetime
    by: Actor
    event: FlagEvent
    because: str = ""
