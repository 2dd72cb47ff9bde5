"""``evolve``: the state of a release after one more event. Live running, replay and simulation all fold with it (S7).

Rule for this file: an event says what became true, so nothing is decided, checked or computed from the plan here
beyond naming moments; one small function an event, found through one table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pilotage.domain import events as e
from pilotage.domain.plan import Plan
from pilotage.domain.release import (
    Approval,
    CheckState,
    FollowUpState,
    HoldState,
    MessageState,
    Question,
    Release,
    RollbackState,
    StageState,
    Status,
    StepState,
    StepStatus,
)  # fmt: skip
from pilotage.domain.steps import Deploy

Fold = Callable[[Release, Any, e.Happened], Release]


def evolve(release: Release, happened: e.Happened) -> Release:
    """The release after ``happened``; its ``number`` grows by one."""
    after = _FOLDS[type(happened.event)](release, happened.event, happened)
    return replace(after, number=release.number + 1)


def fold(release_id: str, plan: Plan, history: Iterable[e.Happened]) -> Release:
    """The state of a release from its whole history."""
    release = Release(id=release_id, plan=plan)
    for happened in history:
        release = evolve(release, happened)
    return release


def _anchor(release: Release, name: str, happened: e.Happened) -> dict[str, Any]:
    return {**release.anchors, name: happened.at}


# --- the release ------------------------------------------------------------------------------------------------


def _created(r: Release, ev: e.ReleaseCreated, h: e.Happened) -> Release:
    return replace(
        r, version=ev.version, previous=ev.previous, type=ev.type, system=ev.system, title=ev.title, roles=ev.roles,
        traits=ev.traits, inputs=ev.inputs, named_segments=ev.segments, planned_at=ev.planned_at, created=h.at,
        created_by=h.by.person,
        exposure=r.plan.exposure.starts if r.plan.exposure else r.exposure,
    )  # fmt: skip


def _started(r: Release, ev: e.ReleaseStarted, h: e.Happened) -> Release:
    return replace(
        r, status=Status.RUNNING, started=h.at, started_by=h.by.person, rehearsal=ev.rehearsal,
        anchors=_anchor(r, "release starts", h),
    )  # fmt: skip


def _completed(r: Release, ev: e.ReleaseCompleted, h: e.Happened) -> Release:
    return replace(
        r, status=Status.COMPLETED, ended=h.at, questions={}, hold=None, anchors=_anchor(r, "release ends", h)
    )


def _aborted(r: Release, ev: e.ReleaseAborted, h: e.Happened) -> Release:
    return replace(
        r, status=Status.ABORTED, ended=h.at, questions={}, hold=None, anchors=_anchor(r, "release ends", h)
    )


# --- stages -----------------------------------------------------------------------------------------------------


def _stage_entered(r: Release, ev: e.StageEntered, h: e.Happened) -> Release:
    """Entering begins the stage anew: whatever it and the stages after it remembered from an earlier pass is gone."""
    order = [s.id for s in r.plan.stages]
    fresh = set(order[order.index(ev.stage) :]) if ev.stage in order and ev.stage in r.stages else set()
    kept = {k: s for k, s in r.stages.items() if k not in fresh}
    anchors = _anchor(r, f"{ev.stage} starts", h)
    if any(stage.id == ev.stage and stage.marks == "deployment" for stage in r.plan.stages):
        anchors["deployment starts"] = h.at
    return replace(
        r,
        stage=ev.stage,
        stages={**kept, ev.stage: StageState(entered=h.at)},
        steps={k: s for k, s in r.steps.items() if k.split("/", 1)[0] not in fresh},
        checks={k: c for k, c in r.checks.items() if k.split("/", 1)[0] not in fresh},
        approvals=tuple(a for a in r.approvals if a.about.split("/", 1)[0] not in fresh),
        questions={k: q for k, q in r.questions.items() if q.about.split("/", 1)[0] not in fresh},
        passed=tuple(k for k in r.passed if k.split("/", 1)[0] not in fresh),
        doors=tuple(k for k in r.doors if k.split("/", 1)[0] not in fresh),
        chosen_audiences={k: v for k, v in r.chosen_audiences.items() if k.split("/", 1)[0] not in fresh},
        anchors=anchors,
    )


def _stage_skipped(r: Release, ev: e.StageSkipped, h: e.Happened) -> Release:
    state = StageState(entered=h.at, completed=h.at, skipped=ev.reason, gate_passed=True)
    return replace(r, stages={**r.stages, ev.stage: state})


def _with_stage(r: Release, stage: str, **changes: Any) -> Release:
    return replace(r, stages={**r.stages, stage: replace(r.stages[stage], **changes)})


def _stage_completed(r: Release, ev: e.StageCompleted, h: e.Happened) -> Release:
    return replace(_with_stage(r, ev.stage, completed=h.at), anchors=_anchor(r, f"{ev.stage} ends", h))


def _bake_started(r: Release, ev: e.BakeStarted, h: e.Happened) -> Release:
    """The machine's part of the stage is done: where the stage itself is the deployment, it has ended."""
    after = _with_stage(r, ev.stage, bake_from=h.at, held_for=0.0, rung=ev.rung, gate_passed=False)
    deploys = any(stage.id == ev.stage and stage.marks == "deployment" for stage in r.plan.stages)
    return replace(after, anchors=_anchor(r, "deployment ends", h)) if deploys else after


def _gate_passed(r: Release, ev: e.GatePassed, h: e.Happened) -> Release:
    return _with_stage(r, ev.stage, gate_passed=True)


# --- steps ------------------------------------------------------------------------------------------------------


def _with_step(r: Release, key: str, h: e.Happened, status: StepStatus, **changes: Any) -> Release:
    state = r.steps.get(key) or StepState(status=status, started=h.at)
    return replace(r, steps={**r.steps, key: replace(state, status=status, **changes)})


def _deployment(r: Release, key: str, edge: str, h: e.Happened) -> dict[str, datetime]:
    """The moments a step marks: ``deployment starts|ends|fails`` for a deploy, or what its ``marks`` names."""
    step = r.plan.step_by_key.get(key)
    if step is None:
        return r.anchors
    anchors = r.anchors
    deploys = (
        isinstance(step.action, Deploy)
        and step.action.environment == "production"
        and not key.startswith("rollback")
    )
    if deploys or step.marks == "deployment":
        anchors = {**anchors, f"deployment {edge}": h.at}
    if edge == "ends" and step.marks and step.marks != "deployment":
        anchors = {**anchors, step.marks: h.at}
    return anchors


def _step_started(r: Release, ev: e.StepStarted, h: e.Happened) -> Release:
    state = StepState(
        StepStatus.RUNNING, started=h.at, attempt=ev.attempt, effect=ev.effect, option=ev.option
    )
    return replace(r, steps={**r.steps, ev.step: state}, anchors=_deployment(r, ev.step, "starts", h))


def _step_passed(r: Release, ev: e.StepPassed, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.PASSED, ended=h.at, detail=ev.detail, effect="")
    questions = {k: q for k, q in r.questions.items() if q.about != ev.step}
    return replace(
        after, passed=(*r.passed, ev.step), captured={**r.captured, **ev.captured}, questions=questions,
        anchors=_deployment(r, ev.step, "ends", h),
    )  # fmt: skip


def _step_failed(r: Release, ev: e.StepFailed, h: e.Happened) -> Release:
    status = StepStatus.WAITING if ev.again_at else StepStatus.FAILED
    after = _with_step(r, ev.step, h, status, ended=h.at, again_at=ev.again_at, detail=ev.detail)
    return after if ev.again_at else replace(after, anchors=_deployment(r, ev.step, "fails", h))


def _step_skipped(r: Release, ev: e.StepSkipped, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.SKIPPED, ended=h.at, detail=ev.reason)
    return replace(after, questions={k: q for k, q in r.questions.items() if q.about != ev.step})


def _step_verifying(r: Release, ev: e.StepVerifying, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.VERIFYING, effect=ev.effect)
    return replace(after, captured={**r.captured, **ev.captured})


def _step_undone(r: Release, ev: e.StepUndone, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.UNDONE, ended=h.at)
    return replace(
        after,
        passed=tuple(k for k in r.passed if k != ev.step),
        doors=tuple(k for k in r.doors if k != ev.step),
    )


def _outcome_unknown(r: Release, ev: e.OutcomeUnknown, h: e.Happened) -> Release:
    return _with_step(r, ev.step, h, StepStatus.UNKNOWN, detail=ev.detail)


def _door_passed(r: Release, ev: e.DoorPassed, h: e.Happened) -> Release:
    return replace(r, doors=(*r.doors, ev.step))


# --- people -----------------------------------------------------------------------------------------------------


def _asked(r: Release, ev: e.Asked, h: e.Happened) -> Release:
    question = Question(
        id=ev.question, kind=ev.kind, text=ev.text, roles=ev.roles, about=ev.about, asked=h.at, needed=ev.needed,
        until=ev.until, then=ev.then, options=ev.options,
    )  # fmt: skip
    return replace(r, questions={**r.questions, ev.question: question})


def _escalated(r: Release, ev: e.Escalated, h: e.Happened) -> Release:
    question = r.questions[ev.question]
    also = question.asked_also if ev.to in question.asked_also else (*question.asked_also, ev.to)
    changed = replace(question, asked_also=also, until=ev.until)
    return replace(r, questions={**r.questions, ev.question: changed})


def _answered(r: Release, ev: e.Answered, h: e.Happened) -> Release:
    question = r.questions.get(ev.question)
    decided = question is not None and question.kind is e.QuestionKind.GO and ev.answer == "yes"
    anchors = _anchor(r, "go decision", h) if decided else r.anchors
    return replace(r, questions={k: q for k, q in r.questions.items() if k != ev.question}, anchors=anchors)


def _question_withdrawn(r: Release, ev: e.QuestionWithdrawn, h: e.Happened) -> Release:
    return replace(r, questions={k: q for k, q in r.questions.items() if k != ev.question})


def _approval_given(r: Release, ev: e.ApprovalGiven, h: e.Happened) -> Release:
    approval = Approval(ev.about, ev.person, ev.role, h.at, ev.plan_digest, ev.version)
    others = tuple(a for a in r.approvals if (a.about, a.person, a.role) != (ev.about, ev.person, ev.role))
    return replace(r, approvals=(*others, approval), anchors=_anchor(r, "approval", h))


def _approval_gone(r: Release, ev: e.ApprovalRejected | e.ApprovalWithdrawn, h: e.Happened) -> Release:
    return replace(r, approvals=tuple(a for a in r.approvals if (a.about, a.person) != (ev.about, ev.person)))


def _with_check(r: Release, key: str, h: e.Happened, passed: bool, **changes: Any) -> Release:
    state = CheckState(passed=passed, at=h.at, by=h.by.person, **changes)
    questions = {k: q for k, q in r.questions.items() if q.about != key}
    return replace(r, checks={**r.checks, key: state}, questions=questions)


def _check_passed(r: Release, ev: e.CheckPassed, h: e.Happened) -> Release:
    return _with_check(r, ev.check, h, True, evidence=ev.evidence, proof=ev.proof)


def _check_failed(r: Release, ev: e.CheckFailed, h: e.Happened) -> Release:
    return replace(
        _with_check(r, ev.check, h, False, evidence=ev.evidence), anchors=_anchor(r, "gate fails", h)
    )


def _check_overridden(r: Release, ev: e.CheckOverridden, h: e.Happened) -> Release:
    return _with_check(r, ev.check, h, True, evidence=ev.reason, overridden=True)


def _same(r: Release, ev: object, h: e.Happened) -> Release:
    return r


# --- exposure ---------------------------------------------------------------------------------------------------


def _exposure_changed(r: Release, ev: e.ExposureChanged, h: e.Happened) -> Release:
    after = replace(r, exposure=ev.after, exposure_effect=ev.effect, exposure_again=None)
    if ev.raised:
        if ev.stage in r.stages and r.stages[ev.stage].rung < ev.rung:
            after = _with_stage(after, ev.stage, rung=ev.rung, bake_from=None, gate_passed=False, top=False)
        elif ev.stage in r.stages:
            after = _with_stage(
                after, ev.stage, top=ev.rung == r.stages[ev.stage].rung and bool(r.stages[ev.stage].bake_from)
            )
        return replace(after, exposure_raised=h.at)
    return replace(after, exposure_lowered=h.at, unsettled=h.at)


def _exposure_confirmed(r: Release, ev: e.ExposureConfirmed, h: e.Happened) -> Release:
    return replace(r, exposure_effect="") if r.exposure_effect == ev.effect else r


def _exposure_failed(r: Release, ev: e.ExposureFailed, h: e.Happened) -> Release:
    return replace(r, exposure_again=ev.again_at) if r.exposure_effect == ev.effect else r


def _audience_chosen(r: Release, ev: e.AudienceChosen, h: e.Happened) -> Release:
    return replace(r, chosen_audiences={**r.chosen_audiences, f"{ev.stage}/{ev.rung}": ev.option})


def _flag_retired(r: Release, ev: e.FlagRetired, h: e.Happened) -> Release:
    return replace(r, flag_retired=True)


# --- judging ----------------------------------------------------------------------------------------------------


def _guard_changed(r: Release, ev: e.GuardChanged, h: e.Happened) -> Release:
    off_target = ev.state in ("watch", "alert", "no data")
    return replace(r, guards={**r.guards, ev.metric: ev.state}, unsettled=h.at if off_target else r.unsettled)


def _trigger_fired(r: Release, ev: e.TriggerFired, h: e.Happened) -> Release:
    return replace(r, fired={**r.fired, ev.trigger: h.at})


def _metric_reported(r: Release, ev: e.MetricReported, h: e.Happened) -> Release:
    questions = {
        k: q for k, q in r.questions.items() if not (q.kind is e.QuestionKind.NUMBER and q.about == ev.metric)
    }
    return replace(r, numbers_reported={**r.numbers_reported, ev.metric: h.at}, questions=questions)


def _problem_reported(r: Release, ev: e.ProblemReported, h: e.Happened) -> Release:
    who = h.by.person or h.by.rule
    known = r.reported.get(ev.trigger, ())
    reported = (
        {**r.reported, ev.trigger: known if who in known else (*known, who)} if ev.trigger else r.reported
    )
    return replace(r, reported=reported, anchors=_anchor(r, "issue reported", h))


def _incident_opened(r: Release, ev: e.IncidentOpened, h: e.Happened) -> Release:
    incidents = r.incidents if ev.title in r.incidents else (*r.incidents, ev.title)
    return replace(r, incidents=incidents, anchors=_anchor(r, "incident opens", h))


def _incident_closed(r: Release, ev: e.IncidentClosed, h: e.Happened) -> Release:
    return replace(
        r, incidents=tuple(t for t in r.incidents if t != ev.title), anchors=_anchor(r, "incident closes", h)
    )


def _trait_answered(r: Release, ev: e.TraitAnswered, h: e.Happened) -> Release:
    questions = {
        k: q for k, q in r.questions.items() if not (q.kind is e.QuestionKind.TRAIT and q.about == ev.trait)
    }
    return replace(r, traits={**r.traits, ev.trait: ev.value}, questions=questions)


def _input_given(r: Release, ev: e.InputGiven, h: e.Happened) -> Release:
    return replace(r, inputs={**r.inputs, ev.name: ev.value})


# --- holding and going back ---------------------------------------------------------------------------------------


def _held(r: Release, ev: e.Held, h: e.Happened) -> Release:
    since = r.hold.since if r.hold else h.at
    hold = HoldState(ev.cause, ev.reason, since, ev.about, ev.page)
    return replace(r, hold=hold, unsettled=h.at, anchors=_anchor(r, "hold starts", h))


def _resumed(r: Release, ev: e.Resumed, h: e.Happened) -> Release:
    after = replace(r, hold=None, unsettled=h.at, version=ev.version or r.version)
    if r.hold is None:
        return after
    held = (h.at - r.hold.since).total_seconds()
    stages = {
        k: replace(s, held_for=s.held_for + min(held, (h.at - s.bake_from).total_seconds()))
        if s.bake_from and not s.completed
        else s
        for k, s in r.stages.items()
    }
    status = Status.RUNNING if r.status is Status.ROLLED_BACK else r.status
    return replace(after, stages=stages, status=status)


def _rollback_started(r: Release, ev: e.RollbackStarted, h: e.Happened) -> Release:
    number = (r.rollback.number if r.rollback else 0) + 1
    rollback = RollbackState(
        number=number, procedure=ev.procedure, reason=ev.reason, started=h.at, stage=r.stage, trigger=ev.trigger,
        automatic=ev.automatic, segment=ev.segment, steps=ev.steps, blocked_by=ev.blocked_by,
    )  # fmt: skip
    return replace(
        r, status=Status.ROLLING_BACK, rollback=rollback, hold=None, questions={}, unsettled=h.at, ended=None,
        anchors=_anchor(r, "rollback starts", h),
    )  # fmt: skip


def _rollback_completed(r: Release, ev: e.RollbackCompleted, h: e.Happened) -> Release:
    rollback = replace(r.rollback, ended=h.at) if r.rollback else None
    ended = h.at if ev.then == "abort" else r.ended
    return replace(
        r, status=Status.ROLLED_BACK, rollback=rollback, ended=ended, questions={}, fired={}, reported={}, guards={},
        anchors=_anchor(r, "rollback ends", h),
    )  # fmt: skip


def _follow_up_opened(r: Release, ev: e.FollowUpOpened, h: e.Happened) -> Release:
    state = FollowUpState(ev.follow_up, ev.text, ev.due, ev.by)
    return replace(r, follow_ups={**r.follow_ups, ev.follow_up: state})


def _follow_up_done(r: Release, ev: e.FollowUpDone, h: e.Happened) -> Release:
    return replace(
        r, follow_ups={**r.follow_ups, ev.follow_up: replace(r.follow_ups[ev.follow_up], done=h.at)}
    )


# --- messages ---------------------------------------------------------------------------------------------------


def _message_queued(r: Release, ev: e.MessageQueued, h: e.Happened) -> Release:
    known = any(row.id == ev.row for row in r.plan.messages)
    state = MessageState(
        "queued", ev.row, ev.to, ev.channel, ev.attempt, ev.effect, notice="" if known else ev.text
    )
    return replace(r, messages={**r.messages, ev.key: state})


def _message_sent(r: Release, ev: e.MessageSent, h: e.Happened) -> Release:
    state = replace(r.messages[ev.key], status="sent", again_at=None)
    questions = {k: q for k, q in r.questions.items() if q.about != ev.key}
    return replace(r, messages={**r.messages, ev.key: state}, questions=questions)


def _message_failed(r: Release, ev: e.MessageFailed, h: e.Happened) -> Release:
    state = replace(r.messages[ev.key], status="unknown" if ev.unknown else "failed", again_at=ev.again_at)
    return replace(r, messages={**r.messages, ev.key: state})


def _message_skipped(r: Release, ev: e.MessageSkipped, h: e.Happened) -> Release:
    return replace(r, messages={**r.messages, ev.key: MessageState("skipped", ev.row, "", "")})


_FOLDS: dict[type, Fold] = {
    e.ReleaseCreated: _created,
    e.ReleaseStarted: _started,
    e.ReleaseCompleted: _completed,
    e.ReleaseAborted: _aborted,
    e.StageEntered: _stage_entered,
    e.StageSkipped: _stage_skipped,
    e.StageCompleted: _stage_completed,
    e.BakeStarted: _bake_started,
    e.GatePassed: _gate_passed,
    e.StepStarted: _step_started,
    e.StepPassed: _step_passed,
    e.StepFailed: _step_failed,
    e.StepSkipped: _step_skipped,
    e.StepVerifying: _step_verifying,
    e.StepUndone: _step_undone,
    e.OutcomeUnknown: _outcome_unknown,
    e.DoorPassed: _door_passed,
    e.Asked: _asked,
    e.Escalated: _escalated,
    e.Answered: _answered,
    e.QuestionWithdrawn: _question_withdrawn,
    e.ApprovalGiven: _approval_given,
    e.ApprovalRejected: _approval_gone,
    e.ApprovalWithdrawn: _approval_gone,
    e.CheckPassed: _check_passed,
    e.CheckFailed: _check_failed,
    e.CheckOverridden: _check_overridden,
    e.ActionRefused: _same,
    e.ExposureChanged: _exposure_changed,
    e.ExposureConfirmed: _exposure_confirmed,
    e.ExposureFailed: _exposure_failed,
    e.AudienceChosen: _audience_chosen,
    e.FlagRetired: _flag_retired,
    e.GuardChanged: _guard_changed,
    e.TriggerFired: _trigger_fired,
    e.MetricReported: _metric_reported,
    e.ProblemReported: _problem_reported,
    e.IncidentOpened: _incident_opened,
    e.IncidentClosed: _incident_closed,
    e.TraitAnswered: _trait_answered,
    e.InputGiven: _input_given,
    e.Held: _held,
    e.Resumed: _resumed,
    e.RollbackStarted: _rollback_started,
    e.RollbackCompleted: _rollback_completed,
    e.FollowUpOpened: _follow_up_opened,
    e.FollowUpDone: _follow_up_done,
    e.MessageQueued: _message_queued,
    e.MessageSent: _message_sent,
    e.MessageFailed: _message_failed,
    e.MessageSkipped: _message_skipped,
}
