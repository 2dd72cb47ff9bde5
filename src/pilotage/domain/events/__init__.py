"""Events: what became true. Stored for ever; state, telemetry, KPIs, ``why`` and the audit pack are derived from them.

The name of an event in the log is its class name in snake case. Names and fields are a public seam: adding a field
with a default is fine, anything else needs an ADR and a migration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotage.domain.events.exposure import (
    AudienceChosen,
    ExposureChanged,
    ExposureConfirmed,
    ExposureFailed,
    FlagRetired,
)
from pilotage.domain.events.going_back import (
    FollowUpDone,
    FollowUpOpened,
    Held,
    HoldCause,
    Resumed,
    RollbackCompleted,
    RollbackStarted,
)
from pilotage.domain.events.judging import (
    GuardChanged,
    IncidentClosed,
    IncidentOpened,
    InputGiven,
    MetricReported,
    ProblemReported,
    TraitAnswered,
    TriggerFired,
)
from pilotage.domain.events.messages import (
    MessageFailed,
    MessageQueued,
    MessageSent,
    MessageSkipped,
)
from pilotage.domain.events.people import (
    ActionRefused,
    Answered,
    ApprovalGiven,
    ApprovalRejected,
    ApprovalWithdrawn,
    Asked,
    CheckFailed,
    CheckOverridden,
    CheckPassed,
    Escalated,
    QuestionKind,
    QuestionWithdrawn,
)
from pilotage.domain.events.release import (
    ReleaseAborted,
    ReleaseCompleted,
    ReleaseCreated,
    ReleaseStarted,
)
from pilotage.domain.events.stages import (
    BakeStarted,
    GatePassed,
    StageCompleted,
    StageEntered,
    StageSkipped,
)
from pilotage.domain.events.steps import (
    DoorPassed,
    OutcomeUnknown,
    StepFailed,
    StepPassed,
    StepSkipped,
    StepStarted,
    StepUndone,
    StepVerifying,
)
from pilotage.domain.people import Actor

Event = (
    ReleaseCreated | ReleaseStarted | ReleaseCompleted | ReleaseAborted | StageEntered | StageSkipped | StageCompleted
    | BakeStarted | GatePassed | StepStarted | StepPassed | StepFailed | StepSkipped | StepVerifying | StepUndone
    | OutcomeUnknown | DoorPassed | Asked | Escalated | Answered | QuestionWithdrawn | ApprovalGiven | ApprovalRejected
    | ApprovalWithdrawn | CheckPassed | CheckFailed | CheckOverridden | ActionRefused | ExposureChanged
    | ExposureConfirmed | ExposureFailed | AudienceChosen | FlagRetired | GuardChanged | TriggerFired | MetricReported | ProblemReported
    | IncidentOpened | IncidentClosed | TraitAnswered | InputGiven | Held | Resumed | RollbackStarted
    | RollbackCompleted | FollowUpOpened | FollowUpDone | MessageQueued | MessageSent | MessageFailed | MessageSkipped
)  # fmt: skip
"""Everything that can become true."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its circumstances: when (aware, UTC), by whom or by which rule, and why in words."""

    at: datetime
    by: Actor
    event: Event
    because: str = ""


__all__ = [
    "ActionRefused",
    "Answered",
    "ApprovalGiven",
    "ApprovalRejected",
    "ApprovalWithdrawn",
    "Asked",
    "AudienceChosen",
    "BakeStarted",
    "CheckFailed",
    "CheckOverridden",
    "CheckPassed",
    "DoorPassed",
    "Escalated",
    "Event",
    "ExposureChanged",
    "ExposureConfirmed",
    "ExposureFailed",
    "FlagRetired",
    "FollowUpDone",
    "FollowUpOpened",
    "GatePassed",
    "GuardChanged",
    "Happened",
    "Held",
    "HoldCause",
    "IncidentClosed",
    "IncidentOpened",
    "InputGiven",
    "MessageFailed",
    "MessageQueued",
    "MessageSent",
    "MessageSkipped",
    "MetricReported",
    "OutcomeUnknown",
    "ProblemReported",
    "QuestionKind",
    "QuestionWithdrawn",
    "ReleaseAborted",
    "ReleaseCompleted",
    "ReleaseCreated",
    "ReleaseStarted",
    "Resumed",
    "RollbackCompleted",
    "RollbackStarted",
    "StageCompleted",
    "StageEntered",
    "StageSkipped",
    "StepFailed",
    "StepPassed",
    "StepSkipped",
    "StepStarted",
    "StepUndone",
    "StepVerifying",
    "TraitAnswered",
    "TriggerFired",
]
