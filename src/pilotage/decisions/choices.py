"""Choosing one of the answers a question offers, and what each choice does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotage.decisions import messages, rollback, step_ends, step_starts
from pilotage.decisions.asked import as_asked, find_open, nothing_asked
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.ids import same_name
from pilotage.domain.people import Actor
from pilotage.domain.release import Question


def decided(turn: Turn, question: Question, answer: str, comment: str, actor: Actor) -> None:
    """People decided about a trigger."""
    trigger = next((t for t in turn.plan.rollback.triggers if t.id == question.about), None)
    turn.happen(e.Answered(question.id, answer, comment), comment, actor)
    if answer == "roll back":
        reason = trigger.text if trigger else question.text
        segment = ""
        rollback.begin(
            turn,
            f"{reason}" + (f" ({comment})" if comment else ""),
            trigger=trigger,
            by=actor,
            segment=segment,
        )


def _meant(words: str, options: tuple[str, ...]) -> str | None:
    """The option these words name, whole or as the beginning of only one."""
    wanted = same_name(words)
    whole = [o for o in options if same_name(o) == wanted]
    begun = [o for o in options if wanted and same_name(o).startswith(wanted)]
    return whole[0] if whole else begun[0] if len(begun) == 1 else None


def choose(turn: Turn, fact: f.ChooseOption) -> None:
    """Take one of the answers a question offers."""
    question = find_open(turn, fact.about, None, with_options=True)
    if question is None:
        turn.refuse(nothing_asked(turn, "a choice"))
        return
    actor = as_asked(turn, question)
    if actor is None:
        return
    option = _meant(fact.option, question.options)
    if option is None:
        turn.refuse(f'"{fact.option}" is not one of the answers: {", ".join(question.options)}')
        return
    _CHOICES[question.kind](turn, question, option, actor, fact)


def _choose_step(turn: Turn, question: Question, option: str, actor: Actor, fact: f.ChooseOption) -> None:
    step = rollback.find(turn.release, question.about)
    turn.happen(e.Answered(question.id, option, fact.comment), fact.comment, actor)
    if step is not None:
        step_starts.choose(turn, step, option, f"{actor} chose it")


def _choose_audience(turn: Turn, question: Question, option: str, actor: Actor, fact: f.ChooseOption) -> None:
    stage, _, rung = question.about.split("/", 2)
    turn.happen(e.AudienceChosen(stage, int(rung), option), fact.comment, actor)
    turn.happen(e.Answered(question.id, option, fact.comment), fact.comment, actor)


def _choose_after_failure(
    turn: Turn, question: Question, option: str, actor: Actor, fact: f.ChooseOption
) -> None:
    step = rollback.find(turn.release, question.about)
    turn.happen(e.Answered(question.id, option, fact.comment), fact.comment, actor)
    if step is None:
        return
    match option:
        case step_ends.AGAIN:
            step_starts.again(turn, step)
        case step_ends.GO_ON:
            turn.happen(
                e.StepSkipped(step.key, fact.comment or f"{actor} says to go on without it"),
                fact.comment,
                actor,
            )
        case step_ends.BACK:
            turn.roll_back(f"{step.name} failed", actor)
        case _:
            turn.stop(f"{step.name} failed", actor)


def _choose_unknown(turn: Turn, question: Question, option: str, actor: Actor, fact: f.ChooseOption) -> None:
    turn.happen(e.Answered(question.id, option, fact.comment), fact.comment, actor)
    if question.about in turn.release.messages:
        state = turn.release.messages[question.about]
        if option == "it arrived":
            turn.happen(e.MessageSent(question.about), fact.comment, actor)
        else:
            messages.repeat(turn, question.about, state)
        return
    step = rollback.find(turn.release, question.about)
    if step is None:
        return
    if option == step_ends.HAPPENED:
        step_ends.did(turn, step, f"{actor} says it happened")
    else:
        step_starts.again(turn, step)


def _choose_after_watching(
    turn: Turn, question: Question, option: str, actor: Actor, fact: f.ChooseOption
) -> None:
    turn.happen(e.Answered(question.id, option, fact.comment), fact.comment, actor)
    turn.happen(e.CheckPassed(question.about, option), fact.comment, actor)
    if option == "roll back":
        turn.roll_back(question.text.partition(".")[0], actor)
    elif option == "stop the release":
        turn.stop(question.text.partition(".")[0], actor)


def _choose_trait(turn: Turn, question: Question, option: str, actor: Actor, fact: f.ChooseOption) -> None:
    turn.happen(e.TraitAnswered(question.about, option == "true"), fact.comment, actor)


def _choose_decision(turn: Turn, question: Question, option: str, actor: Actor, fact: f.ChooseOption) -> None:
    decided(turn, question, option, fact.comment, actor)


_CHOICES: dict[e.QuestionKind, Callable[[Turn, Question, str, Actor, Any], None]] = {
    e.QuestionKind.CHOICE: _choose_step,
    e.QuestionKind.AUDIENCE: _choose_audience,
    e.QuestionKind.FAILED_STEP: _choose_after_failure,
    e.QuestionKind.UNKNOWN_OUTCOME: _choose_unknown,
    e.QuestionKind.LONG_BAKE: _choose_after_watching,
    e.QuestionKind.EVIDENCE: _choose_after_watching,
    e.QuestionKind.TRAIT: _choose_trait,
    e.QuestionKind.CONFIRM: _choose_decision,
    e.QuestionKind.DISCUSS: _choose_decision,
}
