"""Sentences: what happened, to whom, by whom and why, told from events alone; and how a release stands.

Rule for this package: it tells what the events hold and decides nothing. Every event has its own function, found through
one table; a new event without one is an error the tests find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pilotage.decisions.evolve import evolve
from pilotage.decisions.explain import course, people, turns
from pilotage.decisions.explain.headline import headline
from pilotage.decisions.explain.importance import Importance, importance
from pilotage.decisions.explain.words import one_line
from pilotage.domain import events as e
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release

Teller = Callable[[Release, Any, e.Happened], str]


def sentence(happened: e.Happened, before: Release) -> str:
    """One plain sentence, on one line and without a full stop. ``before`` is the release as it was until then."""
    return one_line(TELLERS[type(happened.event)](before, happened.event, happened))


def story(release_id: str, plan: Plan, history: Iterable[e.Happened]) -> list[tuple[datetime, str]]:
    """A release's whole history as moments and sentences, in order."""
    release, told = Release(id=release_id, plan=plan), []
    for happened in history:
        told.append((happened.at, sentence(happened, release)))
        release = evolve(release, happened)
    return told


TELLERS: dict[type, Teller] = {
    e.ReleaseCreated: course.created,
    e.ReleaseStarted: course.started,
    e.ReleaseCompleted: course.completed,
    e.ReleaseAborted: course.aborted,
    e.StageEntered: course.stage_entered,
    e.StageSkipped: course.stage_skipped,
    e.StageCompleted: course.stage_completed,
    e.BakeStarted: course.bake_started,
    e.GatePassed: course.gate_passed,
    e.StepStarted: course.step_started,
    e.StepPassed: course.step_passed,
    e.StepFailed: course.step_failed,
    e.StepSkipped: course.step_skipped,
    e.StepVerifying: course.step_verifying,
    e.StepUndone: course.step_undone,
    e.OutcomeUnknown: course.outcome_unknown,
    e.DoorPassed: course.door_passed,
    e.ExposureChanged: course.exposure_changed,
    e.ExposureConfirmed: course.exposure_confirmed,
    e.ExposureFailed: course.exposure_failed,
    e.AudienceChosen: course.audience_chosen,
    e.FlagRetired: course.flag_retired,
    e.Asked: people.asked,
    e.Escalated: people.escalated,
    e.Answered: people.answered,
    e.QuestionWithdrawn: people.question_withdrawn,
    e.ApprovalGiven: people.approval_given,
    e.ApprovalRejected: people.approval_rejected,
    e.ApprovalWithdrawn: people.approval_withdrawn,
    e.CheckPassed: people.check_passed,
    e.CheckFailed: people.check_failed,
    e.CheckOverridden: people.check_overridden,
    e.ActionRefused: people.action_refused,
    e.TraitAnswered: people.trait_answered,
    e.InputGiven: people.input_given,
    e.GuardChanged: turns.guard_changed,
    e.TriggerFired: turns.trigger_fired,
    e.MetricReported: turns.metric_reported,
    e.ProblemReported: turns.problem_reported,
    e.IncidentOpened: turns.incident_opened,
    e.IncidentClosed: turns.incident_closed,
    e.Held: turns.held,
    e.Resumed: turns.resumed,
    e.RollbackStarted: turns.rollback_started,
    e.RollbackCompleted: turns.rollback_completed,
    e.FollowUpOpened: turns.follow_up_opened,
    e.FollowUpDone: turns.follow_up_done,
    e.MessageQueued: turns.message_queued,
    e.MessageSent: turns.message_sent,
    e.MessageFailed: turns.message_failed,
    e.MessageSkipped: turns.message_skipped,
}
"""Who tells what. ``ReleaseCreated`` and its like are told from the state before, where the release is still empty."""

__all__ = ["TELLERS", "Importance", "headline", "importance", "sentence", "story"]
