"""How a step begins: whether it applies and may start, what it asks of the world, and whom it asks."""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions import effects, exposing, messages, moments, people
from pilotage.decisions.asking import WITHIN, ask, needed_of, roles_of, withdraw
from pilotage.decisions.exposure import lower_to, start
from pilotage.decisions.readiness import Action, Doing, can_start
from pilotage.decisions.step_ends import did, fail, passed
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.decisions.undoing import work_of
from pilotage.decisions.variables import each, fill, variables
from pilotage.domain import events as e
from pilotage.domain.exposure import Exposure
from pilotage.domain.ids import slug
from pilotage.domain.release import Status, StepStatus
from pilotage.domain.stages import Stage
from pilotage.domain.steps import (
    Choose,
    Deploy,
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
from pilotage.domain.time import Duration


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
    return _start(turn, step, stage, attempt, "; ".join(answer.warnings))


def _start(turn: Turn, step: Step, stage: Stage | None, attempt: int, warning: str) -> bool:
    match step.action:
        case ToDo() | Together() | Use() | Wait():
            turn.happen(e.StepStarted(step.key, attempt))
        case UndoStep(step=target):
            return _start_undo(turn, step, target, attempt)
        case Choose() if option := default_option(turn, step):
            turn.happen(e.StepStarted(step.key, attempt, option=option), BY_DEFAULT)
        case Do() | Meeting() | Choose() | Notes() | Git():
            turn.happen(e.StepStarted(step.key, attempt))
            ask_people(turn, step)
        case Expose():
            return _start_expose(turn, step, stage, attempt)
        case Notify(message=name):
            return _start_notify(turn, step, name, attempt)
        case Retire() if not turn.release.exposure.everyone:
            turn.happen(e.StepStarted(step.key, attempt))
            reason = f"retiring the flag would let everyone in, and only {turn.release.exposure} may be"
            fail(turn, step, reason, retry=False)
        case _:
            return _start_machine(turn, step, step, attempt, warning)
    return True


def _start_machine(turn: Turn, step: Step, work: Step, attempt: int, warning: str = "") -> bool:
    """``work`` is what is done for ``step``: the step itself, or for an ``undo`` step what undoes the one it names.

    ``warning`` is what the calendar would rather have: it stands in the record, and stops nothing.
    """
    effect = effects.of_step(turn, work)
    if effect is None:
        turn.happen(e.StepStarted(step.key, attempt), "nothing is connected, so a person does it")
        ask_people(turn, work)
        return True
    turn.happen(e.StepStarted(step.key, attempt, effect.id), warning)
    turn.request(effect)
    return True


def _start_undo(turn: Turn, step: Step, target: str, attempt: int) -> bool:
    if target not in turn.release.passed:
        turn.happen(e.StepSkipped(step.key, "there is nothing to undo: it has not run"))
        return True
    work = work_of(turn.release, step)
    if work is None:
        turn.happen(e.StepStarted(step.key, attempt))
        return passed(turn, step, "nothing to undo")
    if work.parts:
        turn.happen(e.StepStarted(step.key, attempt))
        return True
    return _start_machine(turn, step, work, attempt)


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
    last, lost = messages.of_step(turn.release, step.key) if attempt > 1 else ("", {})
    occurrence = last or f"{step.key}#{turn.release.number + 1}"
    turn.happen(e.StepStarted(step.key, attempt))
    if row is None:
        fail(turn, step, f'the plan has no message "{name}"', retry=False)
        return True
    messages.send(turn, row, occurrence, turn.at)
    for key, state in lost.items():
        if state.status == "failed":  # whoever got it does not get it again
            messages.repeat(turn, key, state)
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
            text = _work_in_words(step) + recipe
    ask(
        turn,
        step.key,
        kind,
        fill(text, values),
        roles,
        step.key,
        needed=needed,
        within=step.within or _until_due(turn, step),
        then=step.then,
        options=options,
    )


def _work_in_words(step: Step) -> str:
    """What a person is asked to do; of a deploy also which version."""
    match step.action:
        case Deploy(environment=place, version=version) if (
            step.name.removeprefix("Undo ") == f"deploy to {place}"
        ):
            return f"Deploy {version} to {place}"
        case _:
            return step.name


def _until_due(turn: Turn, step: Step) -> Duration | None:
    """A step with a ``due`` gives people until then; whoever is late is reminded, and the next person is asked too."""
    due = moments.resolve(step.due, turn.release) if step.due is not None else None
    return Duration(seconds=(due - turn.at).total_seconds()) if due is not None and due > turn.at else None


BY_DEFAULT = "the plan's default, since nobody is waited for"


def default_option(turn: Turn, step: Step) -> str:
    """What a choice takes by itself now: in an automatic rollback its default at once (ruling 6), else the default once
    those asked were silent for their time. The first option that can act counts; empty: people choose.
    """
    if not isinstance(step.action, Choose) or not step.action.default:
        return ""
    release = turn.release
    going_back = release.status is Status.ROLLING_BACK and release.rollback is not None
    at_once = going_back and release.rollback is not None and release.rollback.automatic
    question = release.questions.get(step.key)
    asked_until = (step.within or WITHIN).after(question.asked, turn.zone) if question else None
    if not at_once and (asked_until is None or asked_until > turn.at):
        return ""
    flagless = release.flag_retired or turn.plan.exposure is None
    options = {option.name: option for option in step.action.options}
    for name in step.action.default:
        only_flag = all(isinstance(part.action, Expose) for part in options[name].steps)
        if not (only_flag and flagless):
            return name
    return ""


def choose(turn: Turn, step: Step, option: str, because: str) -> None:
    """A choice was made."""
    state = turn.release.steps[step.key]
    withdraw(turn, step.key, because)
    turn.happen(e.StepStarted(step.key, state.attempt, option=option), because)


def again(turn: Turn, step: Step) -> bool:
    """Try a failed step once more, where it may start now (its verification alone, if that is what failed)."""
    state = turn.release.steps[step.key]
    if state.effect.endswith("/verify"):
        return did(turn, step, state.detail)
    if begin(turn, step, stage_of(turn, step), state.attempt + 1):
        return True
    if (
        state.status is StepStatus.UNKNOWN
    ):  # somebody said so; it is not asked a second time when the window opens
        turn.happen(e.StepFailed(step.key, "to be done again", again_at=turn.at))
    return False


def stage_of(turn: Turn, step: Step) -> Stage | None:
    """The stage a step belongs to; None for a step of a rollback."""
    return next((s for s in turn.plan.stages if s.id == step.key.split("/", 1)[0]), None)
