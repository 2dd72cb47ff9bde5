"""What people say: approve, reject, attest, choose, override. Each is checked against who may, and refused in words if not."""

from __future__ import annotations

from pilotage.decisions import (
    gates,
    leaving,
    messages,
    people,
    rollback,
    step_ends,
    step_starts,
)
from pilotage.decisions.asked import actor_for, all_checks, as_asked, find_open, nothing_asked
from pilotage.decisions.choices import decided
from pilotage.decisions.naming import find_question, known_about
from pilotage.decisions.reversing import confirms_a_loss
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.gates import Check
from pilotage.domain.ids import slug
from pilotage.domain.people import Actor
from pilotage.domain.release import Question
from pilotage.domain.steps import Meeting

YES_KINDS = (
    e.QuestionKind.GO,
    e.QuestionKind.APPROVAL,
    e.QuestionKind.VOTE,
    e.QuestionKind.CONFIRM,
    e.QuestionKind.DISCUSS,
)


def approve(turn: Turn, fact: f.Approve) -> None:
    """Yes to an approval, a go, a vote, or to rolling back."""
    question = find_open(turn, fact.about, YES_KINDS)
    loss = _loss_to_confirm(turn, fact.about) if question is None else None
    if loss is not None:
        attest(turn, f.Attest(loss.about, comment=fact.comment))
        return
    if question is None:
        _approve_early(turn, fact)
        return
    actor = as_asked(turn, question)
    if actor is None:
        return
    if question.kind in (e.QuestionKind.CONFIRM, e.QuestionKind.DISCUSS):
        decided(turn, question, "roll back", fact.comment, actor)
        return
    if _own_release(turn, question, actor):
        turn.refuse(_own_words(actor, question.roles))
        return
    _give(turn, question.about, actor, fact.comment)
    if question.kind is e.QuestionKind.VOTE:
        _voted(turn, question)


def _loss_to_confirm(turn: Turn, about: str) -> Question | None:
    """The question whether data may be lost on the way back, as far as this person may answer it."""
    asked = [
        q for q in turn.release.questions.values()
        if confirms_a_loss(q.about) and actor_for(turn, q) is not None
    ]  # fmt: skip
    return find_question(about, asked)


def _own_release(turn: Turn, question: Question, actor: Actor) -> bool:
    own = actor.person in (turn.release.started_by, turn.release.created_by)
    declared = turn.plan.roles.get(actor.role)
    return (
        own
        and question.kind is not e.QuestionKind.VOTE
        and not (declared is not None and declared.self_approval)
    )


def _own_words(actor: Actor, roles: tuple[str, ...]) -> str:
    return (
        f"{actor.person} started this release, and nobody approves their own; somebody else in {', '.join(roles)} "
        'must, or the plan allows it with "self-approval: true" on the role'
    )


def _give(turn: Turn, about: str, actor: Actor, comment: str) -> None:
    turn.happen(
        e.ApprovalGiven(about, actor.person, actor.role, turn.plan.digest, turn.release.version, comment),
        comment,
        actor,
    )


def _approve_early(turn: Turn, fact: f.Approve) -> None:
    """A yes may be given before it is asked for: to a gate line or a go that is still to come."""
    asks: dict[str, tuple[str, ...]] = {}
    for check in all_checks(turn):
        for term in check.approvals:
            asks[check.key] = gates.matrix_asks(turn)[1] if term.matrix else term.ask.roles
    current = turn.release.stage
    for stage in turn.plan.stages:
        if stage.go is not None and (stage.id not in turn.release.stages or stage.id == current):
            rung = max(turn.release.stages[stage.id].rung, 0) if stage.id in turn.release.stages else 0
            asks[leaving.go_about(stage, rung)] = stage.go.roles
    about = known_about(fact.about, asks) if fact.about else ""
    if not about:
        turn.refuse(nothing_asked(turn, "an approval", YES_KINDS))
        return
    actor = people.role_for(turn.release, turn.fact.by.person, asks[about], turn.at, turn.surroundings)
    if actor is None:
        turn.refuse(
            f"{turn.fact.by.person} does not hold {' or '.join(asks[about])}, who may approve {about}"
        )
        return
    if not any(people.may_approve(turn.release, actor.person, role) for role in asks[about]):
        turn.refuse(_own_words(actor, asks[about]))
        return
    _give(turn, about, actor, fact.comment)


def _voted(turn: Turn, question: Question) -> None:
    """A Go vote is also the voter's approval of the stage's lines, so nobody is asked twice; all votes in, the meeting passes."""
    step = rollback.find(turn.release, question.about)
    votes = [a for a in turn.release.approvals if a.about == question.about]
    stage = step_starts.stage_of(turn, step) if step else None
    for check in (*stage.before, *stage.gate) if stage else ():
        for term in check.approvals:
            roles = gates.matrix_asks(turn)[1] if term.matrix else term.ask.roles
            for vote in votes:
                done = any(a.about == check.key and a.person == vote.person for a in turn.release.approvals)
                if vote.role in roles and not done:
                    _give(turn, check.key, Actor(person=vote.person, role=vote.role), "voted go")
    wanted = step.action.votes if step and isinstance(step.action, Meeting) else question.roles
    if step and set(wanted) <= {v.role for v in votes}:
        turn.happen(e.Answered(question.id, "go"), "every voter said go", turn.fact.by)
        step_ends.passed(turn, step, "go from " + ", ".join(f"{v.person} ({v.role})" for v in votes))


def reject(turn: Turn, fact: f.Reject) -> None:
    """No, with a reason: it holds, except where no means "do not roll back"."""
    if not fact.reason.strip():
        turn.refuse("a no needs a reason")
        return
    kinds = (*YES_KINDS, e.QuestionKind.CHECK, e.QuestionKind.WORK)
    question = find_open(turn, fact.about, kinds)
    if question is None:
        turn.refuse(nothing_asked(turn, "an answer", kinds))
        return
    actor = as_asked(turn, question)
    if actor is None:
        return
    match question.kind:
        case e.QuestionKind.CONFIRM | e.QuestionKind.DISCUSS:
            decided(turn, question, "hold", fact.reason, actor)
        case e.QuestionKind.CHECK:
            turn.happen(e.CheckFailed(question.about, fact.reason), fact.reason, actor)
        case e.QuestionKind.WORK:
            attest(turn, f.Attest(question.about, passed=False, comment=fact.reason))
        case _:
            turn.happen(
                e.ApprovalRejected(question.about, actor.person, actor.role, fact.reason), fact.reason, actor
            )
            cause = e.HoldCause.REJECTED if question.kind is e.QuestionKind.APPROVAL else e.HoldCause.NO_GO
            turn.happen(e.Held(cause, f"{actor} said no: {fact.reason}", question.about), fact.reason, actor)


def attest(turn: Turn, fact: f.Attest) -> None:
    """Tick a check, or say that a person's step, a follow-up or a task is done (or not)."""
    key = _attestable(turn, fact.about)
    if key is None:
        turn.refuse(nothing_asked(turn, f'anything called "{fact.about}"'))
        return
    if key in turn.release.follow_ups:
        turn.happen(e.FollowUpDone(key, fact.comment), fact.comment, turn.fact.by)
        return
    check = next((c for c in all_checks(turn) if c.key == key), None)
    if check is not None:
        _tick(turn, check, fact)
        return
    question = turn.release.questions.get(key) or next(
        (q for q in turn.release.questions.values() if q.about == key), None
    )
    if question is None:
        turn.refuse(f"{key} is not asked for now")
        return
    actor = as_asked(turn, question)
    if actor is not None:
        _did(turn, question, actor, fact)


def _tick(turn: Turn, check: Check, fact: f.Attest) -> None:
    question = turn.release.questions.get(check.key)
    roles = (*(check.by.roles if check.by else (people.OWNER,)), *(question.asked_also if question else ()))
    actor = people.role_for(turn.release, turn.fact.by.person, roles, turn.at, turn.surroundings)
    if actor is None:
        turn.refuse(
            f'"{check.text}" is ticked by {", ".join(people.name_role(turn.release, turn.surroundings, r) for r in roles)}, not by {turn.fact.by.person}'
        )
        return
    if not check.attested:
        turn.refuse(f'"{check.text}" is measured; nobody can tick it (report the number, or override it)')
        return
    if fact.passed and check.proof and not fact.proof:
        turn.refuse(f'"{check.text}" needs a proof: a link or a file')
        return
    stage = check.key.split("/", 1)[0]
    known = {s.id for s in turn.plan.stages}
    if stage in known and stage in turn.release.stages and turn.release.stages[stage].completed:
        turn.refuse(f"{stage} is over; its checks are not changed afterwards")
        return
    words = fact.comment or ("ticked" if fact.passed else "not so")
    by_all = check.by is not None and not check.by.any_of and len(check.by.roles) > 1
    if not fact.passed:
        turn.happen(e.CheckFailed(check.key, words), fact.comment, actor)
    elif by_all and not _everyone_said(
        turn, check.key, check.by.roles if check.by else (), actor, fact.comment
    ):
        return
    else:
        turn.happen(e.CheckPassed(check.key, f"{actor}: {words}", fact.proof), fact.comment, actor)


def _everyone_said(turn: Turn, about: str, roles: tuple[str, ...], actor: Actor, comment: str) -> bool:
    """Where every role must say so: note this one, and tell whether that was the last."""
    _give(turn, about, actor, comment)
    return set(roles) <= {a.role for a in turn.release.approvals if a.about == about}


def _did(turn: Turn, question: Question, actor: Actor, fact: f.Attest) -> None:
    if question.about == turn.release.exposure_effect and fact.passed:
        turn.happen(e.Answered(question.id, "done", fact.comment, fact.proof), fact.comment, actor)
        turn.happen(e.ExposureConfirmed(question.about), fact.comment, actor)
        return
    if question.about in turn.release.messages:
        turn.happen(e.Answered(question.id, "done", fact.comment, fact.proof), fact.comment, actor)
        messages.ended(
            turn, question.about, fact.passed, False, fact.comment or "a person could not deliver it"
        )
        return
    step = rollback.find(turn.release, question.about)
    if step is None:
        turn.refuse(f"{question.about} is not a step of this plan")
        return
    if fact.passed and step.proof and not fact.proof:
        turn.refuse(f'"{step.name}" needs a proof: a link or a file')
        return
    if (
        fact.passed
        and question.needed == 0
        and not _everyone_said(turn, question.about, question.roles, actor, fact.comment)
    ):
        return
    turn.happen(
        e.Answered(question.id, "done" if fact.passed else "not done", fact.comment, fact.proof),
        fact.comment,
        actor,
    )
    if fact.passed:
        step_ends.did(turn, step, f"done by {actor}" + (f": {fact.comment}" if fact.comment else ""))
    else:
        step_ends.fail(turn, step, f"{actor} said it is not done: {fact.comment}", retry=False)


def withdraw(turn: Turn, fact: f.Withdraw) -> None:
    """Take back an approval that has not been used yet."""
    person = turn.fact.by.person
    mine = [a for a in turn.release.approvals if a.person == person]
    about = known_about(fact.about, {a.about: () for a in mine})
    if not about or _used(turn, about):
        turn.refuse(f"{person} has given no approval of {fact.about or 'anything'} that is still unused")
        return
    turn.happen(e.ApprovalWithdrawn(about, person, fact.reason), fact.reason, turn.fact.by)


def _used(turn: Turn, about: str) -> bool:
    """Whether an approval has done its work: the gate, or the rung, it was given for has been passed or entered."""
    release = turn.release
    place, _, rest = about.partition("/")
    if place == "before":
        return bool(release.stage)
    if place == "sign-offs":
        place, rest = turn.plan.sign_offs_before, "before"
    stage = release.stages.get(place)
    if stage is None:
        return False
    if stage.completed is not None or rest.startswith("before"):
        return True
    rung = rest.partition("go/")[2]
    return rung.isdigit() and (int(rung) < stage.rung or (int(rung) == stage.rung and stage.gate_passed))


def override(turn: Turn, fact: f.Override) -> None:
    """Override a gate line: only by those the plan allows, never a required one, always with a reason."""
    check = next(
        (
            c
            for c in all_checks(turn)
            if c.key == known_about(fact.check, {c.key: () for c in all_checks(turn)})
        ),
        None,
    )
    if check is None:
        turn.refuse(f'no line of a gate is called "{fact.check}"')
        return
    allowed = turn.plan.overrides.by
    actor = people.role_for(
        turn.release, turn.fact.by.person, allowed.roles if allowed else (), turn.at, turn.surroundings
    )
    if actor is None:
        who = (
            ", ".join(people.name_role(turn.release, turn.surroundings, r) for r in allowed.roles)
            if allowed
            else "nobody (the plan has no overrides)"
        )
        turn.refuse(f"a gate is overridden by {who}")
    elif check.required:
        turn.refuse(f'"{check.text}" is required: it can be neither skipped nor overridden')
    elif not fact.reason.strip():
        turn.refuse("an override needs a reason")
    else:
        turn.happen(e.CheckOverridden(check.key, fact.reason), fact.reason, actor)


def _attestable(turn: Turn, about: str) -> str | None:
    """What a name means: an open follow-up, an open question, or a line of a gate."""
    names: dict[str, tuple[str, ...]] = {k: () for k, v in turn.release.follow_ups.items() if v.done is None}
    asked = [
        q for q in turn.release.questions.values() if q.kind in (e.QuestionKind.WORK, e.QuestionKind.CHECK)
    ]
    names |= {q.about: () for q in asked}
    current = [s for s in turn.plan.stages if s.id == turn.release.stage]
    texts = {slug(c.text): c.key for c in all_checks(turn) if c.attested}
    found = known_about(about, names) or known_about(
        about, {c.key: () for s in current for c in (*s.gate, *s.judge) if c.attested}
    )
    found = (
        found
        or known_about(about, {c.key: () for c in all_checks(turn) if c.attested})
        or texts.get(slug(about), "")
    )
    meant = find_question(about, asked) if about and not found else None
    oldest = next((k for k in names if k in turn.release.follow_ups and _called(k) == slug(about)), "")
    return meant.about if meant else found or oldest or None


def _called(key: str) -> str:
    """The last part of a key, as two rollbacks leave the same follow-up twice."""
    return slug(key.rsplit("/", 1)[-1])
