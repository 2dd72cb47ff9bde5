"""All lines of a gate together: whether every one holds, and asking those whose word is missing."""

from __future__ import annotations

from datetime import datetime

from pilotage.decisions import gates, people, step_starts
from pilotage.decisions.asking import ask, asked_as_well, needed_of, roles_of
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain.gates import Check


def lines(turn: Turn, checks: tuple[Check, ...], since: datetime | None) -> tuple[bool, bool]:
    """(whether somebody was asked now, whether every line holds)."""
    asked, ready = False, True
    for check in checks:
        told = gates.line(turn, check, since)
        if told.passed:
            _remember(turn, check, told)
            continue
        ready = False
        if told.ask:
            asked |= _ask_for(turn, check)
        if told.wait is not None:
            question = turn.release.questions.get(check.key)
            also = (
                people.name_role(turn.release, turn.surroundings, role, turn.at)
                for role in (asked_as_well(question) if question else ())
            )
            again = told.wait.again or (question.until if question else None)
            turn.wait(told.wait.text, tuple(dict.fromkeys((*told.wait.who, *also))), again)
    return asked, ready


def _remember(turn: Turn, check: Check, told: gates.Line) -> None:
    """An approved line is remembered once it holds, so that the record says on whose word (it is judged anew all the same)."""
    if check.approvals and check.key not in turn.release.checks:
        turn.happen(e.CheckPassed(check.key, told.evidence))


def _ask_for(turn: Turn, check: Check) -> bool:
    """Ask those whose word a line needs: for an approval, to tick it, or for the number."""
    wanted = applies(check.when, turn.release)
    if wanted.answer is None:
        return step_starts.ask_trait(turn, wanted.unanswered)
    approval = next(iter(check.approvals), None)
    if approval is not None:
        roles = gates.matrix_asks(turn)[1] if approval.matrix else approval.ask.roles
        held = tuple(r for r in roles if people.holders(turn.release, r, turn.surroundings)) or roles
        return ask(turn, check.key, e.QuestionKind.APPROVAL, approval.text or check.text, held, check.key,
                   needed=approval.ask.needed or 0, within=approval.ask.within, then=approval.ask.then, aside=True)  # fmt: skip
    if not check.attested:
        return _ask_numbers(turn, check)
    return ask(turn, check.key, e.QuestionKind.CHECK, check.text, roles_of(check.by), check.key, needed=needed_of(check.by),
               within=check.within, then=check.then, aside=True)  # fmt: skip


def _ask_numbers(turn: Turn, check: Check) -> bool:
    asked = False
    for condition in check.conditions:
        for term in condition.terms:
            metric = turn.plan.metrics.get(getattr(term, "metric", ""))
            if metric is not None and not metric.connected:
                told = gates.line(
                    turn,
                    Check(check.key, check.id, check.text, check.conditions),
                    turn.release.exposure_raised,
                )
                if not told.passed:
                    asked |= ask(turn, f"number/{metric.name}", e.QuestionKind.NUMBER, f"What is {metric.name}? ({check.text})",
                                 roles_of(metric.ask_who), metric.name)  # fmt: skip
    return asked
