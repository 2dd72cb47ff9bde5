"""How a step begins: whether it applies and may start, what it asks of the world, and whom it asks."""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions import effects, exposing, messages, people
from pilotage.decisions.asking import ask, needed_of, roles_of, withdraw
from pilotage.decisions.exposure import lower_to, start
from pilotage.decisions.readiness import Action, Doing, can_start
from pilotage.decisions.step_ends import fail
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.decisions.undoing import undo_step
from pilotage.decisions.variables import each, fill, variables
from pilotage.domain import events as e
from pilotage.domain.effects import Effect
from pilotage.domain.exposure import Exposure
from pilotage.domain.ids import slug
from pilotage.domain.release import Status
from pilotage.domain.stages import Stage
from pilotage.domain.steps import (
    Choose,
    Do,
    Expose,
    Git,
    Meeting,
    Notes,
    Notify,
    Retire,
    Step,
    ToDo,
    Together,
    UndoStep,
    Use,
    Wait,
)  # fmt: skip


def begin(turn: Turn, step: Step, stage: Stage | None, attempt: int = 1) -> bool:
    """Begin a step if it applies and may start now. Returns whether anything happened."""
    wanted = applies(step.when, turn.release)
    if wanted.answer is None:
        return ask_trait(turn, wanted.unanswered)
    if wanted.answer is False:
        turn.happen(e.StepSkipped(step.key, f'not needed: "{step.when.text if step.when else ""}" is not so'))
        return True
    answer = can_start(Action(Doing.STEP, stage, step), turn.release, turn.at, turn.surroundings)
    if not answer.allowed:
        for reason in answer.reasons:
            turn.wait(f"{step.name}: {reason.text}", reason.who, reason.again)
        return False
    return _start(turn, step, stage, attempt)


def _start(turn: Turn, step: Step, stage: Stage | None, attempt: int) -> bool:
    match step.action:
        case ToDo() | Together() | Use() | Wait():
            turn.happen(e.StepStarted(step.key, attempt))
        case UndoStep(step=target):
            return _start_undo(turn, step, target, attempt)
        case Do() | Meeting() | Choose():
            turn.happen(e.StepStarted(step.key, attempt))
            ask_people(turn, step)
        case Expose():
            return _start_expose(turn, step, stage, attempt)
        case Notify(message=name):
            return _start_notify(turn, step, name, attempt)
        case Notes() | Git():
            turn.happen(e.StepStarted(step.key, attempt))
            ask_people(turn, step)
        case Retire() if not turn.release.exposure.everyone:
            turn.happen(e.StepStarted(step.key, attempt))
            fail(
                turn,
                step,
                f"retiring the flag would let everyone in, and only {turn.release.exposure} may be",
                retry=False,
            )
        case _:
            return _start_machine(turn, step, attempt)
    return True


def _start_machine(turn: Turn, step: Step, attempt: int) -> bool:
    effect = effects.of_step(turn, step)
    if effect is None:
        turn.happen(e.StepStarted(step.key, attempt), "nothing is connected, so a person does it")
        ask_people(turn, step)
        return True
    turn.happen(e.StepStarted(step.key, attempt, effect.id))
    turn.request(effect)
    return True


def _start_undo(turn: Turn, step: Step, target: str, attempt: int) -> bool:
    if target not in turn.release.passed:
        turn.happen(e.StepSkipped(step.key, "there is nothing to undo: it has not run"))
        return True
    written = turn.plan.step_by_key[target]
    inner = undo_step(written, step.key)
    turn.happen(e.StepStarted(step.key, attempt))
    if inner is None:
        turn.happen(e.StepPassed(step.key, "nothing to undo"))
        turn.happen(e.StepUndone(target, step.key))
        return True
    return _start_inner(turn, inner)


def _start_inner(turn: Turn, inner: Step) -> bool:
    """The work of an undo carries the undo step's own key, so its end is the end of the undo step."""
    effect = effects.of_step(turn, inner)
    if effect is None:
        ask_people(turn, inner)
        return True
    turn.happen(e.StepStarted(inner.key, 1, effect.id))
    turn.request(effect)
    return True


def _start_expose(turn: Turn, step: Step, stage: Stage | None, attempt: int) -> bool:
    if not isinstance(step.action, Expose):
        return False
    wanted = start(step.action.audience)
    if turn.release.status is Status.ROLLING_BACK or stage is None:
        wanted = lower_to(turn.release.exposure, _each(turn, wanted))
        turn.happen(e.StepStarted(step.key, attempt))
        if turn.release.exposure != wanted:
            exposing.lower(turn, wanted, f"the step {step.name}")
        return True
    if not exposing.raise_to(turn, stage, 0, wanted, f"the step {step.name}"):
        return False
    turn.happen(e.StepStarted(step.key, attempt, turn.release.exposure_effect))
    return True


def _each(turn: Turn, exposure: Exposure) -> Exposure:
    """An exposure of a rollback with ``{{each}}`` filled in: the segment its trigger fired for."""
    segment = each(turn.release)
    if not segment:
        return exposure
    return replace(
        exposure, excluded=tuple(segment if "{{each}}" in name else name for name in exposure.excluded)
    )


def _start_notify(turn: Turn, step: Step, name: str, attempt: int) -> bool:
    row = next((r for r in turn.plan.messages if r.id in (name, slug(name))), None)
    turn.happen(e.StepStarted(step.key, attempt))
    if row is None:
        fail(turn, step, f'the plan has no message "{name}"', retry=False)
        return True
    messages.send(turn, row, f"{step.key}#{turn.release.number}", turn.at)
    return True


def ask_trait(turn: Turn, trait: str) -> bool:
    """Ask the question of a trait that a ``when`` needs."""
    declared = turn.plan.traits.get(trait)
    return ask(turn, f"trait/{trait}", e.QuestionKind.TRAIT, declared.ask if declared else trait, (people.OWNER,), trait,
               options=("true", "false"))  # fmt: skip


def ask_people(turn: Turn, step: Step) -> None:
    """A person's step: ask those named, for as long as the plan says."""
    values = variables(turn.release, turn.at)
    options: tuple[str, ...]
    match step.action:
        case Meeting(title=title, votes=votes) if votes:
            kind, roles, needed, text, options = e.QuestionKind.VOTE, votes, 0, f"Go or no-go: {title}", ()
        case Meeting(title=title, who=attend):
            kind, roles, needed = e.QuestionKind.WORK, roles_of(step.by), 1
            text, options = f"Meeting: {title}" + (f" ({', '.join(attend)})" if attend else ""), ()
        case Choose(question=question, options=given):
            kind, roles, needed, text = e.QuestionKind.CHOICE, roles_of(step.by), needed_of(step.by), question
            options = tuple(option.name for option in given)
        case _:
            kind, roles, needed, options = e.QuestionKind.WORK, roles_of(step.by), needed_of(step.by), ()
            recipe = ": " + "; ".join(step.by_hand) if step.by_hand else ""
            text = fill(step.name, values) + fill(recipe, values)
    ask(
        turn,
        step.key,
        kind,
        fill(text, values),
        roles,
        step.key,
        needed=needed,
        within=step.within,
        then=step.then,
        options=options,
    )


def choose(turn: Turn, step: Step, option: str, because: str) -> None:
    """A choice was made."""
    state = turn.release.steps[step.key]
    withdraw(turn, step.key, because)
    turn.happen(e.StepStarted(step.key, state.attempt, option=option), because)


def again(turn: Turn, step: Step) -> None:
    """Try a failed step once more (its verification alone, if that is what failed)."""
    state = turn.release.steps[step.key]
    if state.effect.endswith("/verify"):
        effect: Effect = effects.of_verify(turn, step)
        turn.happen(e.StepVerifying(step.key, effect.id))
        turn.request(effect)
        return
    _start(turn, step, stage_of(turn, step), state.attempt + 1)


def stage_of(turn: Turn, step: Step) -> Stage | None:
    """The stage a step belongs to; None for a step of a rollback."""
    return next((s for s in turn.plan.stages if s.id == step.key.split("/", 1)[0]), None)
