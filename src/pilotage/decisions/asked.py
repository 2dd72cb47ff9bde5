"""Who is asked and whom a person means: the open question behind a few words, and whether their answer counts."""

from __future__ import annotations

from collections.abc import Iterable

from pilotage.decisions import people
from pilotage.decisions.asking import asked_as_well
from pilotage.decisions.naming import find_question
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain.gates import Check
from pilotage.domain.people import Actor
from pilotage.domain.release import Question


def all_checks(turn: Turn) -> Iterable[Check]:
    """Every line of every gate of the plan."""
    yield from turn.plan.before
    yield from turn.plan.sign_offs
    for stage in turn.plan.stages:
        yield from (*stage.before, *stage.gate, *stage.judge)


def find_open(
    turn: Turn, about: str, kinds: tuple[e.QuestionKind, ...] | None, with_options: bool = False
) -> Question | None:
    """The open question ``about`` means: one this person can answer if there is one, else any it names."""
    fitting = [
        q for q in turn.release.questions.values()
        if (kinds is None or q.kind in kinds) and (not with_options or q.options)
    ]  # fmt: skip
    mine = [q for q in fitting if actor_for(turn, q) is not None]
    return find_question(about, mine) or (find_question(about, fitting) if about else None)


def actor_for(turn: Turn, question: Question) -> Actor | None:
    """The person as one of those whose answer counts."""
    roles = (*question.roles, *asked_as_well(question))
    return people.role_for(turn.release, turn.fact.by.person, roles, turn.at, turn.surroundings)


def as_asked(turn: Turn, question: Question) -> Actor | None:
    """The person as one of those asked; refuses in words when they are not."""
    actor = actor_for(turn, question)
    if actor is None:
        asked = ", ".join(
            people.name_role(turn.release, turn.surroundings, r)
            for r in (*question.roles, *question.asked_also)
        )
        turn.refuse(f"{turn.fact.by.person} is not asked here; asked is {asked}: {question.text}")
    return actor


def nothing_asked(turn: Turn, what: str, kinds: tuple[e.QuestionKind, ...] = ()) -> str:
    """The words for an answer nobody waits for, or that may mean several questions of these kinds, with what is open."""
    mine = [
        f"{q.id} ({q.text})" for q in turn.release.questions.values()
        if q.kind in kinds and actor_for(turn, q) is not None
    ]  # fmt: skip
    if len(mine) > 1:
        return f"{turn.fact.by.person} is asked more than one thing; say which: {'; '.join(mine)}"
    open_now = [f"{q.id} ({q.text})" for q in turn.release.questions.values()]
    tail = "; open now: " + "; ".join(open_now) if open_now else "; nothing is asked of anybody now"
    return f"nobody waits for {what} from {turn.fact.by.person}{tail}"
