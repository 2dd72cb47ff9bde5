"""Events: what became true. Stored for ever; state, telemetry, KPIs, ``why`` and the audit pack are derived from them.

The name of an event in the log is its class name in snake case. Names and fields are a public seam: adding a field
with a default is fine, anything else needs an ADR and a migration.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pilotage.domain.exposure import Exposure
from pilotage.domain.metrics import Arm
from pilotage.domain.people import Actor


class QuestionKind(StrEnum):
    """What a person is asked for."""

    GO = "go"
    APPROVAL = "approval"
    CHECK = "check"
    WORK = "work"
    VOTE = "vote"
    CHOICE = "choice"
    AUDIENCE = "audience"
    CONFIRM = "confirm"
    DISCUSS = "discuss"
    FAILED_STEP = "failed step"
    UNKNOWN_OUTCOME = "unknown outcome"
    ONE_WAY_DOOR = "one-way door"
    LONG_BAKE = "long bake"
    NUMBER = "number"
    TRAIT = "trait"


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


# --- the release ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReleaseCreated:
    """A release exists, with the plan it will be held to. ``plan_file`` is where that was read, if it was a file here."""

    version: str
    previous: str
    plan: str
    plan_digest: str
    type: str
    system: str
    title: str = ""
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    traits: dict[str, bool] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    segments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    planned_at: datetime | None = None
    plan_file: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseStarted:
    """The release is on its way. ``seeds`` is where the exposure starts."""

    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseCompleted:
    """The last stage was passed."""


@dataclass(frozen=True, slots=True)
class ReleaseAborted:
    """The release was stopped for good."""

    reason: str


# --- stages -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageEntered:
    """A stage was entered (again, after a rollback)."""

    stage: str


@dataclass(frozen=True, slots=True)
class StageSkipped:
    """A stage was passed over."""

    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageCompleted:
    """A stage was left through its gate."""

    stage: str


@dataclass(frozen=True, slots=True)
class BakeStarted:
    """The watched time of a stage (or of one rung of its ramp) began."""

    stage: str
    rung: int = 0


@dataclass(frozen=True, slots=True)
class GatePassed:
    """Everything a gate asks for holds; ``checks`` lists the lines with what they passed on."""

    stage: str
    rung: int = 0
    checks: tuple[str, ...] = ()


# --- steps ------------------------------------------------------------------------------------------------------


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


# --- people -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """People are asked. ``question`` is the id; ``until`` is when ``then`` is asked as well.

    ``roles``: who can answer. ``needed``: how many distinct persons (0: every role). ``about``: step or check key, stage,
    trigger or metric. ``options``: the answers, where it is a choice.
    """

    question: str
    kind: QuestionKind
    text: str
    roles: tuple[str, ...]
    about: str
    needed: int = 1
    until: datetime | None = None
    then: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalated:
    """Nobody answered in time; ``to`` is asked as well, until ``until``."""

    question: str
    to: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A question was answered (finally); ``answer`` is ``yes``, ``no``, ``done``, ``not done`` or the option taken."""

    question: str
    answer: str
    comment: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class QuestionWithdrawn:
    """A question no longer needs an answer."""

    question: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """One person's yes towards ``about`` (a check key, ``STAGE/go/RUNG``, or a vote), for this plan and this content (S6)."""

    about: str
    person: str
    role: str
    plan_digest: str
    version: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRejected:
    """One person's no."""

    about: str
    person: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalWithdrawn:
    """A yes was taken back before it was used."""

    about: str
    person: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CheckPassed:
    """A line of a gate holds; ``evidence`` says on what."""

    check: str
    evidence: str
    proof: str = ""


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """A line of a gate was answered with no, or its measure is broken."""

    check: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CheckOverridden:
    """A line of a gate was overridden by someone allowed to."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActionRefused:
    """Somebody asked for something the rules do not allow."""

    action: str
    reason: str


# --- exposure ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExposureChanged:
    """Who can meet the change was decided anew; it takes hold when ``exposure_confirmed`` follows. ``raised`` tells the direction."""

    before: Exposure
    after: Exposure
    raised: bool
    stage: str
    rung: int = 0
    effect: str = ""


@dataclass(frozen=True, slots=True)
class ExposureConfirmed:
    """The flag (or what moves the share) took the change."""

    effect: str


@dataclass(frozen=True, slots=True)
class ExposureFailed:
    """The flag (or what moves the share) did not take the change; it is asked again at ``again_at``."""

    effect: str
    detail: str
    again_at: datetime


@dataclass(frozen=True, slots=True)
class AudienceChosen:
    """The owner picked one of a stage's audiences."""

    stage: str
    rung: int
    option: str


@dataclass(frozen=True, slots=True)
class FlagRetired:
    """The flag ended: the change is for everyone, and no switch is left."""

    flag: str


# --- judging ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GuardChanged:
    """A guarded metric moved between on target, watch, alert, no data and unsure. ``because`` gives the numbers."""

    metric: str
    state: str
    because: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class TriggerFired:
    """A rollback trigger's condition holds; ``because`` gives the numbers it was decided on."""

    trigger: str
    kind: str
    because: str
    segment: str = ""


@dataclass(frozen=True, slots=True)
class MetricReported:
    """A person brought a number."""

    metric: str
    value: float
    count: float | None = None
    arm: Arm = Arm.CANARY
    dimension: str = ""
    segment: str = ""


@dataclass(frozen=True, slots=True)
class ProblemReported:
    """A person or an alert told what no metric sees; ``trigger`` is the plan's line it matches (empty: none)."""

    text: str
    trigger: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """An incident was opened on this release."""

    title: str
    severity: str = ""


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """An incident was closed."""

    title: str


@dataclass(frozen=True, slots=True)
class TraitAnswered:
    """A trait's question was answered."""

    trait: str
    value: bool


@dataclass(frozen=True, slots=True)
class InputGiven:
    """An input was given."""

    name: str
    value: str


# --- holding and going back ---------------------------------------------------------------------------------------


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


# --- messages ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """A message is on its way; ``key`` is row, occurrence, audience and channel, and never comes twice (S9)."""

    key: str
    row: str
    to: str
    channel: str
    subject: str
    text: str
    effect: str = ""
    attempt: int = 1
    late_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MessageSent:
    """The channel took the message."""

    key: str


@dataclass(frozen=True, slots=True)
class MessageFailed:
    """The channel did not take it; ``unknown`` when it may have been delivered all the same."""

    key: str
    detail: str
    unknown: bool = False
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageSkipped:
    """A message was left out, with the reason."""

    key: str
    row: str
    reason: str


Event = (
    ReleaseCreated | ReleaseStarted | ReleaseCompleted | ReleaseAborted | StageEntered | StageSkipped | StageCompleted
    | BakeStarted | GatePassed | StepStarted | StepPassed | StepFailed | StepSkipped | StepVerifying | StepUndone
    | OutcomeUnknown | DoorPassed | Asked | Escalated | Answered | QuestionWithdrawn | ApprovalGiven | ApprovalRejected
    | ApprovalWithdrawn | CheckPassed | CheckFailed | CheckOverridden | ActionRefused | ExposureChanged
    | ExposureConfirmed | ExposureFailed | AudienceChosen | FlagRetired | GuardChanged | TriggerFired | MetricReported | ProblemReported
    | IncidentOpened | IncidentClosed | TraitAnswered | InputGiven | Held | Resumed | RollbackStarted
    | RollbackCompleted | FollowUpOpened | FollowUpDone | MessageQueued | MessageSent | MessageFailed | MessageSkipped
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its circumstances: when (aware, UTC), by whom or by which rule, and why in words."""

    at: datetime
    by: Actor
    event: Event
    because: str = ""
