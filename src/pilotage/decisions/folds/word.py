"""What people were asked and what they said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pilotage.decisions.folds.common import anchor
from pilotage.domain import events as e
from pilotage.domain.release import (
    Approval,
    CheckState,
    Question,
    Release,
)  # fmt: skip


def asked(r: Release, ev: e.Asked, h: e.Happened) -> Release:
    question = Question(
        id=ev.question, kind=ev.kind, text=ev.text, roles=ev.roles, about=ev.about, asked=h.at, needed=ev.needed,
        until=ev.until, then=ev.then, options=ev.options,
    )  # fmt: skip
    return replace(r, questions={**r.questions, ev.question: question})


def escalated(r: Release, ev: e.Escalated, h: e.Happened) -> Release:
    question = r.questions[ev.question]
    also = question.asked_also if ev.to in question.asked_also else (*question.asked_also, ev.to)
    changed = replace(question, asked_also=also, until=ev.until)
    return replace(r, questions={**r.questions, ev.question: changed})


def answered(r: Release, ev: e.Answered, h: e.Happened) -> Release:
    question = r.questions.get(ev.question)
    decided = question is not None and question.kind is e.QuestionKind.GO and ev.answer == "yes"
    anchors = anchor(r, "go decision", h) if decided else r.anchors
    return replace(r, questions={k: q for k, q in r.questions.items() if k != ev.question}, anchors=anchors)


def question_withdrawn(r: Release, ev: e.QuestionWithdrawn, h: e.Happened) -> Release:
    return replace(r, questions={k: q for k, q in r.questions.items() if k != ev.question})


def approval_given(r: Release, ev: e.ApprovalGiven, h: e.Happened) -> Release:
    approval = Approval(ev.about, ev.person, ev.role, h.at, ev.plan_digest, ev.version)
    others = tuple(a for a in r.approvals if (a.about, a.person, a.role) != (ev.about, ev.person, ev.role))
    return replace(r, approvals=(*others, approval), anchors=anchor(r, "approval", h))


def approval_gone(r: Release, ev: e.ApprovalRejected | e.ApprovalWithdrawn, h: e.Happened) -> Release:
    return replace(r, approvals=tuple(a for a in r.approvals if (a.about, a.person) != (ev.about, ev.person)))


def _with_check(r: Release, key: str, h: e.Happened, passed: bool, **changes: Any) -> Release:
    state = CheckState(passed=passed, at=h.at, by=h.by.person, **changes)
    questions = {k: q for k, q in r.questions.items() if q.about != key}
    return replace(r, checks={**r.checks, key: state}, questions=questions)


def check_passed(r: Release, ev: e.CheckPassed, h: e.Happened) -> Release:
    return _with_check(r, ev.check, h, True, evidence=ev.evidence, proof=ev.proof)


def check_failed(r: Release, ev: e.CheckFailed, h: e.Happened) -> Release:
    after = _with_check(r, ev.check, h, False, evidence=ev.evidence)
    judged = any(check.key == ev.check for stage in r.plan.stages for check in stage.judge)
    return after if judged else replace(after, anchors=anchor(r, "gate fails", h))


def check_overridden(r: Release, ev: e.CheckOverridden, h: e.Happened) -> Release:
    return _with_check(r, ev.check, h, True, evidence=ev.reason, overridden=True)


def same(r: Release, ev: object, h: e.Happened) -> Release:
    return r
