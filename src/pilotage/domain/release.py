"""A release on its way: the state folded from its events. Only ``pilotage.decisions.evolve`` makes new ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pilotage.domain.events import HoldCause, QuestionKind
from pilotage.domain.exposure import NOBODY, Exposure
from pilotage.domain.plan import Plan


class Status(StrEnum):
    """Where a release stands as a whole. Legal moves: ``pilotage.decisions.transitions``."""

    PLANNED = "planned"
    RUNNING = "running"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    COMPLETED = "completed"
    ABORTED = "aborted"


ON_THEIR_WAY = tuple(str(status) for status in Status if status not in (Status.COMPLETED, Status.ABORTED))
"""Statuses in which something can still happen by itself, or somebody be asked."""


class StepStatus(StrEnum):
    """Where a step stands. A step without state has not begun."""

    RUNNING = "running"
    VERIFYING = "verifying"
    WAITING = "waiting to be tried again"
    UNKNOWN = "outcome unknown"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class StepState:
    """One step's progress. ``option`` is what a ``choose`` took; ``again_at`` when a failed step is tried again.

    ``held_for`` seconds of hold since it began do not count for a ``wait``.
    """

    status: StepStatus
    started: datetime
    attempt: int = 1
    effect: str = ""
    option: str = ""
    ended: datetime | None = None
    again_at: datetime | None = None
    detail: str = ""
    held_for: float = 0.0

    @property
    def over(self) -> bool:
        """Whether what comes after it may begin (the plan itself may undo a step that has passed)."""
        return self.status in (StepStatus.PASSED, StepStatus.SKIPPED, StepStatus.UNDONE)


@dataclass(frozen=True, slots=True)
class StageState:
    """One stage's progress. ``rung`` counts its audiences from 0; -1 before the first rise.

    ``bake_from`` is when the present rung's watched time began; ``held_for`` seconds of hold since then do not count.
    """

    entered: datetime
    rung: int = -1
    bake_from: datetime | None = None
    held_for: float = 0.0
    gate_passed: bool = False
    completed: datetime | None = None
    skipped: str = ""
    top: bool = False
    """Whether a range (``5% to 10%``) has been raised to its top."""


@dataclass(frozen=True, slots=True)
class CheckState:
    """The last answer to a gate line that is remembered (ticked, approved, overridden; measured lines are judged anew)."""

    passed: bool
    at: datetime
    by: str = ""
    evidence: str = ""
    overridden: bool = False
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """An open question to people; fields as in ``events.Asked``. ``asked_also`` are roles it was escalated to."""

    id: str
    kind: QuestionKind
    text: str
    roles: tuple[str, ...]
    about: str
    asked: datetime
    needed: int = 1
    until: datetime | None = None
    then: str = ""
    options: tuple[str, ...] = ()
    asked_also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's yes, for the plan digest and version it was given for."""

    about: str
    person: str
    role: str
    at: datetime
    plan_digest: str
    version: str


@dataclass(frozen=True, slots=True)
class HoldState:
    """The hold in force."""

    cause: HoldCause
    reason: str
    since: datetime
    about: str = ""
    page: bool = False


@dataclass(frozen=True, slots=True)
class RollbackState:
    """The rollback under way or last done. ``number`` counts the rollbacks of this release, and starts their step keys."""

    number: int
    procedure: str
    reason: str
    started: datetime
    stage: str
    trigger: str = ""
    automatic: bool = False
    segment: str = ""
    steps: tuple[str, ...] = ()
    blocked_by: str = ""
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageState:
    """How one message stands: ``queued``, ``sent``, ``failed``, ``unknown`` or ``skipped``; ``again_at`` if it is tried again."""

    status: str
    row: str
    to: str
    channel: str
    attempt: int = 1
    effect: str = ""
    again_at: datetime | None = None
    notice: str = ""
    """The text, where no row of the plan has it (Pilotage's own notices to the people it asks)."""


@dataclass(frozen=True, slots=True)
class FollowUpState:
    """A follow-up opened by a rollback."""

    id: str
    text: str
    due: datetime
    by: tuple[str, ...] = ()
    done: datetime | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The state of one release. ``number`` counts its events (its version in the store's sense).

    ``plan`` is not part of the stored state: it is pinned by ``plan.digest`` and put back when the state is read.
    ``passed`` lists the keys of machine steps that passed, in order, for undoing. ``anchors`` remembers when named
    moments happened. ``exposure`` is what was decided last; ``exposure_effect`` is set until that is confirmed.
    """

    id: str
    plan: Plan
    number: int = 0
    status: Status = Status.PLANNED
    version: str = ""
    previous: str = ""
    type: str = ""
    system: str = ""
    title: str = ""
    created_by: str = ""
    started_by: str = ""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    planned_at: datetime | None = None
    rehearsal: bool = False
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    traits: dict[str, bool] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    named_segments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stage: str = ""
    stages: dict[str, StageState] = field(default_factory=dict)
    steps: dict[str, StepState] = field(default_factory=dict)
    checks: dict[str, CheckState] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    exposure: Exposure = NOBODY
    exposure_effect: str = ""
    exposure_again: datetime | None = None
    exposure_raised: datetime | None = None
    exposure_lowered: datetime | None = None
    flag_retired: bool = False
    chosen_audiences: dict[str, str] = field(default_factory=dict)
    hold: HoldState | None = None
    unsettled: datetime | None = None
    """When the release was last held, rolled back or off target; ``stable for`` counts from here."""
    judged_anew: datetime | None = None
    """When a person last let it go on after a guard or trigger held it: the sequential tests begin again there."""
    rollback: RollbackState | None = None
    doors: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    captured: dict[str, str] = field(default_factory=dict)
    anchors: dict[str, datetime] = field(default_factory=dict)
    guards: dict[str, str] = field(default_factory=dict)
    fired: dict[str, datetime] = field(default_factory=dict)
    reported: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Who reported each ``report`` trigger."""
    numbers_reported: dict[str, datetime] = field(default_factory=dict)
    incidents: tuple[str, ...] = ()
    messages: dict[str, MessageState] = field(default_factory=dict)
    follow_ups: dict[str, FollowUpState] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing can happen any more (a rollback that may be taken up again is not over)."""
        if self.status is Status.ROLLED_BACK:
            return self.hold is None
        return self.status in (Status.COMPLETED, Status.ABORTED)
