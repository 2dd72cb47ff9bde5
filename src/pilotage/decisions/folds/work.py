"""What became of steps and messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pilotage.domain import events as e
from pilotage.domain.release import (
    MessageState,
    Release,
    StepState,
    StepStatus,
)  # fmt: skip
from pilotage.domain.steps import Deploy


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


def step_started(r: Release, ev: e.StepStarted, h: e.Happened) -> Release:
    state = StepState(
        StepStatus.RUNNING, started=h.at, attempt=ev.attempt, effect=ev.effect, option=ev.option
    )
    return replace(r, steps={**r.steps, ev.step: state}, anchors=_deployment(r, ev.step, "starts", h))


def step_passed(r: Release, ev: e.StepPassed, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.PASSED, ended=h.at, detail=ev.detail, effect="")
    questions = {k: q for k, q in r.questions.items() if q.about != ev.step}
    return replace(
        after, passed=(*r.passed, ev.step), captured={**r.captured, **ev.captured}, questions=questions,
        anchors=_deployment(r, ev.step, "ends", h),
    )  # fmt: skip


def step_failed(r: Release, ev: e.StepFailed, h: e.Happened) -> Release:
    status = StepStatus.WAITING if ev.again_at else StepStatus.FAILED
    after = _with_step(r, ev.step, h, status, ended=h.at, again_at=ev.again_at, detail=ev.detail)
    return after if ev.again_at else replace(after, anchors=_deployment(r, ev.step, "fails", h))


def step_skipped(r: Release, ev: e.StepSkipped, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.SKIPPED, ended=h.at, detail=ev.reason)
    return replace(after, questions={k: q for k, q in r.questions.items() if q.about != ev.step})


def step_verifying(r: Release, ev: e.StepVerifying, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.VERIFYING, effect=ev.effect)
    return replace(after, captured={**r.captured, **ev.captured})


def step_undone(r: Release, ev: e.StepUndone, h: e.Happened) -> Release:
    after = _with_step(r, ev.step, h, StepStatus.UNDONE, ended=h.at)
    return replace(
        after,
        passed=tuple(k for k in r.passed if k != ev.step),
        doors=tuple(k for k in r.doors if k != ev.step),
    )


def outcome_unknown(r: Release, ev: e.OutcomeUnknown, h: e.Happened) -> Release:
    return _with_step(r, ev.step, h, StepStatus.UNKNOWN, detail=ev.detail)


def door_passed(r: Release, ev: e.DoorPassed, h: e.Happened) -> Release:
    return replace(r, doors=(*r.doors, ev.step))


def message_queued(r: Release, ev: e.MessageQueued, h: e.Happened) -> Release:
    known = any(row.id == ev.row for row in r.plan.messages)
    state = MessageState(
        "queued", ev.row, ev.to, ev.channel, ev.attempt, ev.effect, notice="" if known else ev.text
    )
    return replace(r, messages={**r.messages, ev.key: state})


def message_sent(r: Release, ev: e.MessageSent, h: e.Happened) -> Release:
    state = replace(r.messages[ev.key], status="sent", again_at=None)
    questions = {k: q for k, q in r.questions.items() if q.about != ev.key}
    return replace(r, messages={**r.messages, ev.key: state}, questions=questions)


def message_failed(r: Release, ev: e.MessageFailed, h: e.Happened) -> Release:
    state = replace(r.messages[ev.key], status="unknown" if ev.unknown else "failed", again_at=ev.again_at)
    return replace(r, messages={**r.messages, ev.key: state})


def message_skipped(r: Release, ev: e.MessageSkipped, h: e.Happened) -> Release:
    return replace(r, messages={**r.messages, ev.key: MessageState("skipped", ev.row, "", "")})
