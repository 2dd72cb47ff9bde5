"""Steps: begun, passed, failed, undone, and the doors they close."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step was begun; ``effect`` is the id of what was asked of the world (empty for people's work and groups)."""

    step: str
    attempt: int = 1
    effect: str = ""
    option: str = ""


@dataclass(frozen=True, slots=True)
class StepPassed:
    """A step succeeded. ``output`` is the capped end of what it printed."""

    step: str
    detail: str = ""
    seconds: float = 0.0
    captured: dict[str, str] = field(default_factory=dict)
    output: str = ""


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step failed; ``again_at`` is when it is tried again, if it is."""

    step: str
    detail: str
    seconds: float = 0.0
    output: str = ""
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """A step did not apply, or somebody allowed to said to go on without it."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepVerifying:
    """A step's own work is done; its ``verify`` commands run."""

    step: str
    effect: str
    captured: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True, slots=True)
class StepUndone:
    """A step was undone by a rollback; ``by_step`` is the rollback's step that did it."""

    step: str
    by_step: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """It cannot be told whether an effect happened."""

    step: str
    effect: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DoorPassed:
    """A one-way door was passed: no code rollback below it."""

    step: str
