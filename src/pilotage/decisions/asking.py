"""Asking people: once, the right ones, with a time to answer; and who is asked next when they stay silent (rule 10).

Silence never passes a gate: it only widens who is asked.
"""

from __future__ import annotations

from pilotage.decisions import calendar, people
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain.calendar import Window, WindowKind
from pilotage.domain.people import Actor, Ask, Who
from pilotage.domain.release import Question
from pilotage.domain.steps import Choose
from pilotage.domain.time import Duration

WITHIN = Duration(days=1)
"""How long a person has where the plan says nothing (rule 10 of the language)."""

SILENCE = Actor(rule="silence is an answer the plan gives: the next person is asked as well")


def ask(  # noqa: PLR0913  # the fields of a question
    turn: Turn, question: str, kind: e.QuestionKind, text: str, roles: tuple[str, ...], about: str, *,
    needed: int = 1, within: Duration | None = None, then: str | None = None, options: tuple[str, ...] = (),
    aside: bool = False,
) -> bool:  # fmt: skip
    """Ask, unless the question is already open. Returns whether it was asked now. ``aside``: nothing waits for the answer."""
    if question in turn.release.questions:
        if not aside:
            wait_for(turn, turn.release.questions[question])
        return False
    until = (within or WITHIN).after(turn.at, turn.zone)
    turn.happen(
        e.Asked(question, kind, text, roles or (people.OWNER,), about, needed, until, then or "", options)
    )
    if not aside:
        wait_for(turn, turn.release.questions[question])
    return True


def roles_of(by: Who | None, default: str = "") -> tuple[str, ...]:
    """The roles of a ``by``, or the owner."""
    return by.roles if by else (default or people.OWNER,)


def needed_of(by: Who | None) -> int:
    """How many people: 0 means every role named, 1 any of them."""
    return 1 if by is None or by.any_of or len(by.roles) == 1 else 0


def asked_as_well(question: Question) -> tuple[str, ...]:
    """The roles silence put the question to whose answer counts: an approval is given by the plan's own ``then`` alone,
    whoever else was told may only remind.
    """
    approval = question.kind in (e.QuestionKind.GO, e.QuestionKind.APPROVAL, e.QuestionKind.VOTE)
    return tuple(role for role in question.asked_also if not approval or role == question.then)


def wait_for(turn: Turn, question: Question) -> None:
    """Note an open question among what the release waits for, with those who have not answered yet."""
    stuck = ""
    if question.kind in (e.QuestionKind.GO, e.QuestionKind.APPROVAL) and question.needed == 0:
        also = (question.then,) if question.then in question.asked_also else ()
        stuck = "" if also else people.nobody_may(turn.release, question.roles, turn.surroundings)
    text = f"{question.text}; {stuck}" if stuck else question.text
    turn.wait(text, who_can_answer(turn, question), question.until)


def who_can_answer(turn: Turn, question: Question) -> tuple[str, ...]:
    """Those whose answer counts and who have not given it yet, as people read them."""
    given = {a.role for a in people.valid(turn.release.approvals, question.about, turn.release)}
    answered = given if question.needed == 0 else frozenset[str]()
    named = (
        people.name_role(turn.release, turn.surroundings, role, turn.at)
        for role in (*question.roles, *asked_as_well(question))
        if role not in answered
    )
    return tuple(dict.fromkeys(named))


def withdraw(turn: Turn, question: str, reason: str) -> None:
    """The answer is no longer needed."""
    if question in turn.release.questions:
        turn.happen(e.QuestionWithdrawn(question, reason))


def overdue(turn: Turn) -> bool:
    """Ask the next person where somebody's time is up. Returns whether anybody was."""
    moved = False
    for question in tuple(turn.release.questions.values()):
        if question.until is None or question.until > turn.at:
            continue
        if question.kind in (e.QuestionKind.CONFIRM, e.QuestionKind.DISCUSS) or _has_default(turn, question):
            continue  # what silence does there is the plan's word: see reaction, and ``step_starts.default_option``
        if question.kind in (e.QuestionKind.GO, e.QuestionKind.APPROVAL) and _all_said_yes(turn, question):
            continue  # something else is in the way now
        escalate(turn, question, "nobody answered in time", SILENCE)
        moved = True
    return moved


def _all_said_yes(turn: Turn, question: Question) -> bool:
    wanted = Ask(question.roles, needed=question.needed or None)
    return not people.missing(turn.release, question.about, wanted, turn.at, turn.surroundings)


def _has_default(turn: Turn, question: Question) -> bool:
    """Whether the plan says what silence chooses."""
    key = question.about.split("@", 1)[0]
    if key.startswith("rollback-"):
        key = f"rollback/{key.split('/', 1)[1]}"
    step = turn.plan.step_by_key.get(key)
    return step is not None and isinstance(step.action, Choose) and bool(step.action.default)


def escalate(turn: Turn, question: Question, because: str, by: Actor) -> None:
    """Ask the next person as well; the time they have begins now."""
    to, wait = _next(turn, question)
    turn.happen(e.Escalated(question.id, to, wait.after(turn.at, turn.zone)), because, by)


def _next(turn: Turn, question: Question) -> tuple[str, Duration]:
    """The role after ``then``, else the next level of the escalation, else the owner, daily."""
    asked = {*question.roles, *question.asked_also}
    if question.then and question.then not in asked:
        return question.then, WITHIN
    for level in turn.plan.escalation:
        if level.to not in asked and _now(turn, level.during):
            return level.to, level.wait
    return people.OWNER, WITHIN


def _now(turn: Turn, hours: str) -> bool:
    """Whether these named hours are now; ``after hours`` is the rest of ``business hours``."""
    if not hours:
        return True
    if hours == "after hours":
        return not _now(turn, "business hours")
    weekly = turn.plan.hours.get(hours)
    if weekly is None:
        return True
    return calendar.contains(Window(hours, WindowKind.ONLY, weekly, turn.plan.timezone), turn.at)
