"""Sentences about people: what they are asked, and what they answer, approve, tick and may not do. One function an event."""

from __future__ import annotations

from pilotage.decisions.explain.words import (
    about_name,
    approval_place,
    clock,
    listed,
    role_names,
    told,
)
from pilotage.domain import events as e
from pilotage.domain.release import Release

_WISHES = {
    "choose option": "choose",
    "report metric": "report a number",
    "report problem": "report a problem",
    "report incident": "report an incident",
    "tell trait": "answer for a trait",
    "tell input": "give an input",
    "attest": "say it is done",
    "withdraw": "take an approval back",
    "kill switch pulled": "pull the kill switch",
}
"""What a refused wish is called in a sentence, where its own name does not do."""

_TO = {
    e.QuestionKind.APPROVAL: " to approve",
    e.QuestionKind.CHECK: " to check",
    e.QuestionKind.WORK: " to do",
}
"""What somebody is asked to do, where the question's text does not say it."""


def _is(who: str) -> str:
    """``is``, or what goes with ``you``, as a simulation calls whoever starts the release."""
    return "are" if who == "you" else "is"


def asked(r: Release, ev: e.Asked, h: e.Happened) -> str:
    """Who is asked what, until when."""
    several = len(ev.roles) > 1
    count = f"{ev.needed} of " if several and ev.needed else ""
    who = role_names(r, ev.roles, "or" if count else "and")
    verb = "are" if several and ev.needed != 1 else _is(who)
    until = f" (until {clock(r, ev.until, h.at)})" if ev.until else ""
    options = f" [{listed(ev.options, 'or')}]" if ev.options else ""
    place = approval_place(r, ev.about) if ev.kind is e.QuestionKind.APPROVAL else ""
    what = f" for {place}" if place else f": {ev.text}{options}"
    return f"{count}{who} {verb} asked{_TO.get(ev.kind, '')}{what}{until}"


def escalated(r: Release, ev: e.Escalated, h: e.Happened) -> str:
    """Who is asked as well, since nobody answered."""
    question = r.questions.get(ev.question)
    who = role_names(r, (ev.to,))
    return told(
        f"Nobody answered in time, so {who} {_is(who)} asked as well",
        question.text if question else "",
    )


def answered(r: Release, ev: e.Answered, h: e.Happened) -> str:
    """Who answered what."""
    question = r.questions.get(ev.question)
    text = f". The question was: {question.text}" if question else ""
    proof = f"proof: {ev.proof}" if ev.proof else ""
    if not h.by.person:
        return told(f'"{ev.answer}" is taken as the answer', h.because, proof) + text
    return told(f'{h.by} answered "{ev.answer}"', ev.comment, proof) + text


def question_withdrawn(r: Release, ev: e.QuestionWithdrawn, h: e.Happened) -> str:
    """What nobody needs to answer any more."""
    question = r.questions.get(ev.question)
    text = f". The question was: {question.text}" if question else ""
    return told("A question needs no answer any more", ev.reason) + text


def approval_given(r: Release, ev: e.ApprovalGiven, h: e.Happened) -> str:
    """Who approved what, with what words."""
    place = approval_place(r, ev.about)
    return told(
        f"{h.by} approved" + (f", for {place}" if place else f" {about_name(r, ev.about, h.at)}"), ev.comment
    )


def approval_rejected(r: Release, ev: e.ApprovalRejected, h: e.Happened) -> str:
    """Who said no to what, and why."""
    return told(
        f"{h.by} said no to {approval_place(r, ev.about) or about_name(r, ev.about, h.at)}", ev.reason
    )


def approval_withdrawn(r: Release, ev: e.ApprovalWithdrawn, h: e.Happened) -> str:
    """Who took back which yes."""
    name = approval_place(r, ev.about) or about_name(r, ev.about, h.at)
    return told(f"{h.by} took back the approval of {name}", ev.reason)


def check_passed(r: Release, ev: e.CheckPassed, h: e.Happened) -> str:
    """Which line holds, and on whose word or numbers."""
    proof = f"proof: {ev.proof}" if ev.proof else ""
    name = about_name(r, ev.check, h.at)
    if h.by.person:
        return told(f"{h.by} said that {name} holds", ev.evidence.removeprefix(f"{h.by}: "), proof)
    return told(f"{name} holds", ev.evidence, proof)


def check_failed(r: Release, ev: e.CheckFailed, h: e.Happened) -> str:
    """Which line does not hold, and on whose word or numbers."""
    name = about_name(r, ev.check, h.at)
    if h.by.person:
        return told(f"{h.by} said that {name} does not hold", ev.evidence)
    return told(f"{name} does not hold", ev.evidence, h.because)


def check_overridden(r: Release, ev: e.CheckOverridden, h: e.Happened) -> str:
    """Who let the release pass a line that does not hold, and why."""
    return told(f"{h.by} overrode {about_name(r, ev.check, h.at)}", ev.reason)


def action_refused(r: Release, ev: e.ActionRefused, h: e.Happened) -> str:
    """Who wanted what, and which rule is against it."""
    return told(f"{h.by} wanted to {_WISHES.get(ev.action, ev.action)} and was refused", ev.reason)


def trait_answered(r: Release, ev: e.TraitAnswered, h: e.Happened) -> str:
    """What the answer to a trait's question is."""
    declared = r.plan.traits.get(ev.trait)
    question = f' to "{declared.ask}"' if declared and declared.ask else f" to {ev.trait}"
    return told(f"{h.by} said {'yes' if ev.value else 'no'}{question}", h.because)


def input_given(r: Release, ev: e.InputGiven, h: e.Happened) -> str:
    """What somebody filled in."""
    return f"{h.by} gave {ev.name}: {ev.value}"
