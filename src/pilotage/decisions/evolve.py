"""``evolve``: the state of a release after one more event. Live running, replay and simulation all fold with it (S7).

Rule for this file: an event says what became true, so nothing is decided, checked or computed from the plan here
beyond naming moments; one small function an event, found through one table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pilotage.decisions.folds import course, way_back, word, work, world
from pilotage.domain import events as e
from pilotage.domain.plan import Plan
from pilotage.domain.release import (
    Release,
)  # fmt: skip

Fold = Callable[[Release, Any, e.Happened], Release]


def evolve(release: Release, happened: e.Happened) -> Release:
    """The release after ``happened``; its ``number`` grows by one."""
    after = _FOLDS[type(happened.event)](release, happened.event, happened)
    if after is release:
        return replace(release, number=release.number + 1)
    # Nobody else has seen this new value yet; copying its forty fields once more would be half the cost of a fold.
    object.__setattr__(after, "number", release.number + 1)
    return after


def fold(release_id: str, plan: Plan, history: Iterable[e.Happened]) -> Release:
    """The state of a release from its whole history."""
    release = Release(id=release_id, plan=plan)
    for happened in history:
        release = evolve(release, happened)
    return release


_FOLDS: dict[type, Fold] = {
    e.ReleaseCreated: course.created,
    e.ReleaseStarted: course.started,
    e.ReleaseCompleted: course.completed,
    e.ReleaseAborted: course.aborted,
    e.StageEntered: course.stage_entered,
    e.StageSkipped: course.stage_skipped,
    e.StageCompleted: course.stage_completed,
    e.BakeStarted: course.bake_started,
    e.GatePassed: course.gate_passed,
    e.StepStarted: work.step_started,
    e.StepPassed: work.step_passed,
    e.StepFailed: work.step_failed,
    e.StepSkipped: work.step_skipped,
    e.StepVerifying: work.step_verifying,
    e.StepUndone: work.step_undone,
    e.OutcomeUnknown: work.outcome_unknown,
    e.DoorPassed: work.door_passed,
    e.Asked: word.asked,
    e.Escalated: word.escalated,
    e.Answered: word.answered,
    e.QuestionWithdrawn: word.question_withdrawn,
    e.ApprovalGiven: word.approval_given,
    e.ApprovalRejected: word.approval_gone,
    e.ApprovalWithdrawn: word.approval_gone,
    e.CheckPassed: word.check_passed,
    e.CheckFailed: word.check_failed,
    e.CheckOverridden: word.check_overridden,
    e.ActionRefused: word.same,
    e.ExposureChanged: world.exposure_changed,
    e.ExposureConfirmed: world.exposure_confirmed,
    e.ExposureFailed: world.exposure_failed,
    e.AudienceChosen: world.audience_chosen,
    e.FlagRetired: world.flag_retired,
    e.GuardChanged: world.guard_changed,
    e.TriggerFired: world.trigger_fired,
    e.MetricReported: world.metric_reported,
    e.ProblemReported: world.problem_reported,
    e.IncidentOpened: world.incident_opened,
    e.IncidentClosed: world.incident_closed,
    e.TraitAnswered: world.trait_answered,
    e.InputGiven: world.input_given,
    e.Held: way_back.held,
    e.Resumed: way_back.resumed,
    e.RollbackStarted: way_back.rollback_started,
    e.RollbackCompleted: way_back.rollback_completed,
    e.FollowUpOpened: way_back.follow_up_opened,
    e.FollowUpDone: way_back.follow_up_done,
    e.MessageQueued: work.message_queued,
    e.MessageSent: work.message_sent,
    e.MessageFailed: work.message_failed,
    e.MessageSkipped: work.message_skipped,
}
