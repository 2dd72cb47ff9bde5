"""How much an event matters to somebody who reads the log, so that a list of them can leave the quiet ones out."""

from __future__ import annotations

from enum import IntEnum

from pilotage.domain import events as e


class Importance(IntEnum):
    """Least first. ``QUIET`` is bookkeeping that another line tells too; ``TURN`` is where the release changed its course."""

    QUIET = 0
    USUAL = 1
    TURN = 2


_QUIET: tuple[type, ...] = (
    e.BakeStarted, e.StepVerifying, e.QuestionWithdrawn, e.ExposureConfirmed, e.MessageQueued,
)  # fmt: skip
_TURNS: tuple[type, ...] = (
    e.ReleaseCreated, e.ReleaseStarted, e.ReleaseCompleted, e.ReleaseAborted, e.StageEntered, e.GatePassed,
    e.OutcomeUnknown, e.DoorPassed, e.ApprovalRejected, e.CheckOverridden, e.ExposureChanged, e.FlagRetired,
    e.TriggerFired, e.IncidentOpened, e.Held, e.Resumed, e.RollbackStarted, e.RollbackCompleted,
)  # fmt: skip


def importance(event: e.Event) -> Importance:
    """How much ``event`` matters."""
    match event:
        case e.StepStarted(attempt=1, option=""):
            return Importance.QUIET  # its end is told
        case e.Answered(answer="yes" | "go" | "done"):
            return Importance.QUIET  # what it allowed is told
        case e.GuardChanged(state="alert" | "worse" | "no data"):
            return Importance.TURN
        case e.MessageSent(key=key) | e.MessageSkipped(key=key) if key.startswith("notice/"):
            return Importance.QUIET  # the question it tells of has a line of its own
        case e.StepFailed(again_at=None):
            return Importance.TURN
    if isinstance(event, _QUIET):
        return Importance.QUIET
    return Importance.TURN if isinstance(event, _TURNS) else Importance.USUAL
