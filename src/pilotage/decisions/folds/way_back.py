"""Holding, resuming, and going back."""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions.folds.common import anchor
from pilotage.domain import events as e
from pilotage.domain.release import (
    FollowUpState,
    HoldState,
    Release,
    RollbackState,
    Status,
    StepStatus,
)  # fmt: skip


def held(r: Release, ev: e.Held, h: e.Happened) -> Release:
    since = r.hold.since if r.hold else h.at
    hold = HoldState(ev.cause, ev.reason, since, ev.about, ev.page)
    return replace(r, hold=hold, unsettled=h.at, anchors=anchor(r, "hold starts", h))


def resumed(r: Release, ev: e.Resumed, h: e.Happened) -> Release:
    after = replace(r, hold=None, unsettled=h.at, version=ev.version or r.version)
    if r.hold is None:
        return after
    if r.hold.cause in (e.HoldCause.GUARD, e.HoldCause.TRIGGER):
        after = replace(after, judged_anew=h.at)
    held = (h.at - r.hold.since).total_seconds()
    stages = {
        k: replace(s, held_for=s.held_for + min(held, (h.at - s.bake_from).total_seconds()))
        if s.bake_from and not s.completed
        else s
        for k, s in r.stages.items()
    }
    steps = {
        k: replace(s, held_for=s.held_for + min(held, (h.at - s.started).total_seconds()))
        if s.status is StepStatus.RUNNING
        else s
        for k, s in r.steps.items()
    }
    status = Status.RUNNING if r.status is Status.ROLLED_BACK else r.status
    return replace(after, stages=stages, steps=steps, status=status)


def rollback_started(r: Release, ev: e.RollbackStarted, h: e.Happened) -> Release:
    number = (r.rollback.number if r.rollback else 0) + 1
    rollback = RollbackState(
        number=number, procedure=ev.procedure, reason=ev.reason, started=h.at, stage=r.stage, trigger=ev.trigger,
        automatic=ev.automatic, segment=ev.segment, steps=ev.steps, blocked_by=ev.blocked_by,
    )  # fmt: skip
    return replace(
        r, status=Status.ROLLING_BACK, rollback=rollback, hold=None, questions={}, unsettled=h.at, ended=None,
        anchors=anchor(r, "rollback starts", h),
    )  # fmt: skip


def rollback_completed(r: Release, ev: e.RollbackCompleted, h: e.Happened) -> Release:
    rollback = replace(r.rollback, ended=h.at) if r.rollback else None
    ended = h.at if ev.then == "abort" else r.ended
    return replace(
        r, status=Status.ROLLED_BACK, rollback=rollback, ended=ended, questions={}, fired={}, reported={}, guards={},
        anchors=anchor(r, "rollback ends", h),
    )  # fmt: skip


def follow_up_opened(r: Release, ev: e.FollowUpOpened, h: e.Happened) -> Release:
    state = FollowUpState(ev.follow_up, ev.text, ev.due, ev.by)
    return replace(r, follow_ups={**r.follow_ups, ev.follow_up: state})


def follow_up_done(r: Release, ev: e.FollowUpDone, h: e.Happened) -> Release:
    return replace(
        r, follow_ups={**r.follow_ups, ev.follow_up: replace(r.follow_ups[ev.follow_up], done=h.at)}
    )
