"""Holding and going back: holds, rollbacks, and what must be done afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldCause(StrEnum):
    """Why a release is held; decides who or what lifts it."""

    PERSON = "person"
    GUARD = "guard"
    NO_DATA = "no data"
    FAILED_STEP = "failed step"
    VERIFY = "verify"
    NO_GO = "no-go"
    REJECTED = "rejected"
    TRIGGER = "trigger"
    ROLLED_BACK = "rolled back"
    ONE_WAY_DOOR = "one-way door"
    KILL_SWITCH = "kill switch"
    OUTSIDE = "outside system"
    GATE = "gate"


@dataclass(frozen=True, slots=True)
class Held:
    """Nobody new gets in, the bake clock stops, automatic steps wait, people's work goes on. ``page``: people are paged."""

    cause: HoldCause
    reason: str
    about: str = ""
    page: bool = False


@dataclass(frozen=True, slots=True)
class Resumed:
    """The hold was lifted (by a person, or by the rule that caused it). ``version`` when taken up with another one."""

    reason: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class RollbackStarted:
    """Moving exposure and version back. ``steps`` are the keys of what is done, in order; ``undoes`` what they undo.

    ``blocked_by`` names the step where the way back ends: a one-way door, or a step whose undo is unknown.
    """

    procedure: str
    from_version: str
    to_version: str
    reason: str
    trigger: str = ""
    automatic: bool = False
    segment: str = ""
    steps: tuple[str, ...] = ()
    blocked_by: str = ""


@dataclass(frozen=True, slots=True)
class RollbackCompleted:
    """The way back is done. ``seconds`` since it started; ``then`` what the plan does next."""

    from_version: str
    to_version: str
    seconds: float
    then: str


@dataclass(frozen=True, slots=True)
class FollowUpOpened:
    """Something that must be done after a rollback."""

    follow_up: str
    text: str
    due: datetime
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUpDone:
    """A follow-up was done."""

    follow_up: str
    comment: str = ""
