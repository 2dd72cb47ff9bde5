"""Moving steps: begin what may begin, end what has ended, ask who must be asked.

Steps run strictly in order, people's too, and each must pass. A step with its own ``at`` or ``due`` runs beside the
list: nothing below waits for it. Works for the steps of a stage and of a rollback alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pilotage.decisions import effects, exposing, messages, moments, people
from pilotage.decisions.asking import ask, needed_of, roles_of, wait_for, withdraw
from pilotage.decisions.exposure import lower_to, start
from pilotage.decisions.gates import line
from pilotage.decisions.readiness import Action, Doing, can_start
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.decisions.undoing import undo_step
from pilotage.decisions.variables import fill, variables
from pilotage.domain import events as e
from pilotage.domain.effects import Effect
from pilotage.domain.exposure import Exposure
from pilotage.domain.facts import Outcome, OutcomeKind
from pilotage.domain.gates import Check
from pilotage.domain.moments import Repeated
from pilotage.domain.release import Status, StepState, StepStatus
from pilotage.domain.stages import Stage
from pilotage.domain.steps import (
    Backup,
    Choose,
    Do,
    Expose,
    Git,
    Meeting,
    Notes,
    Notify,
    OnFail,
    Retire,
    Step,
    ToDo,
    Together,
    UndoKind,
    UndoStep,
    Use,
    Wait,
)  # fmt: skip

GO_ON, AGAIN, BACK, STOP = "go on without it", "try again", "roll back", "stop the release"
HAPPENED, REPEAT = "it happened", "do it again"


def over(turn: Turn, step: Step) -> bool:
    """Whether what comes after ``step`` may begin."""
    state = turn.release.steps.get(step.key)
    return state is not None and state.over


def beside(step: Step) -> bool:
    """Whether a step runs beside the list, at its own time."""
    return step.at is not None or step.due is not None


def move(turn: Turn, steps: Iterable[Step], stage: Stage | None) -> bool:
    """Move the first step of a list that is not over, and those beside it. Returns whether anything happened."""
    moved, blocked = False, False
    for step in steps:
        if over(turn, step):
            continue
        if beside(step):
            moved |= _move_beside(turn, step, stage)
        elif not blocked:
            moved |= move_one(turn, step, stage)
            blocked = not over(turn, step)
    return moved


def _move_beside(turn: Turn, step: Step, stage: Stage | None) -> bool:
    if isinstance(step.at, Repeated):
        return _move_repeated(turn, step, stage)
    at = moments.resolve(step.at, turn.release) if step.at else turn.at
    if at is None:
        return turn.wait(f"{step.name}: its time is not known yet")
    if at > turn.at:
        return turn.wait(f"{step.name} begins", (), at)
    return move_one(turn, step, stage)


def _move_repeated(turn: Turn, step: Step, stage: Stage | None) -> bool:
    """Each occurrence is asked for; one still open when the next is due was missed, and says so."""
    if not isinstance(step.at, Repeated):
        return False
    latest: tuple[int, datetime] | None = None
    for number, at in enumerate(moments.occurrences(step.at, turn.release)):
        if at > turn.at:
            turn.expect(f"{step.name} is due", at)
            break
        latest = number, at
    if latest is None:
        return False
    missed = [
        q for q in turn.release.questions if q.startswith(f"{step.key}@") and q != f"{step.key}@{latest[0]}"
    ]
    for question in missed:
        withdraw(turn, question, "missed: the next one is due")
    occurrence = replace(step, key=f"{step.key}@{latest[0]}", at=None, due=None)
    return move_one(turn, occurrence, stage) or bool(missed)


def move_one(turn: Turn, step: Step, stage: Stage | None) -> bool:
    """Move one step as far as it goes now. Returns whether anything happened."""
    state = turn.release.steps.get(step.key)
    if state is None:
        return _begin(turn, step, stage)
    match state.status:
        case StepStatus.WAITING:
            if state.again_at is not None and state.again_at > turn.at:
                return turn.wait(f"{step.name} failed and is tried again: {state.detail}", (), state.again_at)
            return _begin(turn, step, stage, attempt=state.attempt + 1)
        case StepStatus.RUNNING:
            return _go_on(turn, step, state, stage)
        case StepStatus.VERIFYING:
            return turn.wait(f"{step.name} is being verified")
        case StepStatus.UNKNOWN | StepStatus.FAILED:
            return _ask_again(turn, step, state)
        case _:
            return False


def _ask_again(turn: Turn, step: Step, state: StepState) -> bool:
    for question in turn.release.questions.values():
        if question.about == step.key:
            wait_for(turn, question)
            return False
    return turn.wait(f"{step.name} failed: {state.detail}", ("whoever may resume it",))


# --- beginning ----------------------------------------------------------------------------------------------------


def _begin(turn: Turn, step: Step, stage: Stage | None, attempt: int = 1) -> bool:
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
            _ask_people(turn, step)
        case Expose():
            return _start_expose(turn, step, stage, attempt)
        case Notify(message=name):
            return _start_notify(turn, step, name, attempt)
        case Notes() | Git():
            turn.happen(e.StepStarted(step.key, attempt))
            _ask_people(turn, step)
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
        _ask_people(turn, step)
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
        _ask_people(turn, inner)
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
    segment = turn.release.rollback.segment if turn.release.rollback else ""
    if not segment:
        return exposure
    return replace(
        exposure, excluded=tuple(segment if "{{each}}" in name else name for name in exposure.excluded)
    )


def _start_notify(turn: Turn, step: Step, name: str, attempt: int) -> bool:
    row = next((r for r in turn.plan.messages if r.id == name), None)
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


def _ask_people(turn: Turn, step: Step) -> None:
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


# --- going on -----------------------------------------------------------------------------------------------------


def _go_on(turn: Turn, step: Step, state: StepState, stage: Stage | None) -> bool:
    match step.action:
        case Use(steps=parts):
            return _group(turn, step, parts, stage, in_order=True)
        case Together(steps=parts) | ToDo(steps=parts):
            return _group(turn, step, parts, stage, in_order=False)
        case Wait(duration=duration):
            until = duration.after(state.started, turn.zone)
            if until > turn.at:
                return turn.wait(
                    f"{step.name}: until {until.astimezone(turn.zone):%Y-%m-%d %H:%M}", (), until
                )
            return passed(turn, step, f"waited {duration}")
        case Expose():
            if turn.release.exposure_effect:
                return turn.wait(f"{step.name}: the change of exposure is on its way")
            return passed(turn, step, f"exposure is {turn.release.exposure}")
        case Notify():
            return _notified(turn, step)
        case Choose() if state.option:
            chosen = next(o for o in step.action.options if o.name == state.option)
            return _group(turn, step, chosen.steps, stage, in_order=True)
        case Choose():
            return _choose_by_default(turn, step)
    if state.effect:
        return turn.wait(f"{step.name} is running")
    return _person_at_work(turn, step)


def _group(turn: Turn, step: Step, parts: tuple[Step, ...], stage: Stage | None, in_order: bool) -> bool:
    if in_order:
        moved = move(turn, parts, stage)
    else:
        moved = False
        for part in parts:
            moved |= not over(turn, part) and _move_part(turn, part, stage)
    if all(over(turn, part) or beside(part) for part in parts):
        return passed(turn, step, "")
    return moved


def _move_part(turn: Turn, part: Step, stage: Stage | None) -> bool:
    return _move_beside(turn, part, stage) if beside(part) else move_one(turn, part, stage)


def _notified(turn: Turn, step: Step) -> bool:
    mine = [m for key, m in turn.release.messages.items() if f"/{step.key}#" in key]
    waiting = next((m for m in mine if m.status == "queued" or (m.status == "failed" and m.again_at)), None)
    if waiting is not None:
        return turn.wait(
            f"{step.name}: a message to {waiting.to} by {waiting.channel} is on its way", (), waiting.again_at
        )
    lost = next((m for m in mine if m.status == "failed"), None)
    if lost is not None:
        fail(turn, step, f"the message to {lost.to} by {lost.channel} could not be delivered", retry=False)
        return True
    return passed(turn, step, f"told {', '.join(dict.fromkeys(m.to for m in mine if m.to)) or 'nobody'}")


def _choose_by_default(turn: Turn, step: Step) -> bool:
    """On the way back of an automatic rollback a choice takes its default at once (ruling 6); else people choose."""
    release = turn.release
    automatic = (
        release.status is Status.ROLLING_BACK and release.rollback is not None and release.rollback.automatic
    )
    if not isinstance(step.action, Choose) or not automatic or not step.action.default:
        return _person_at_work(turn, step)
    options = {o.name: o for o in step.action.options}
    flagless = release.flag_retired or turn.plan.exposure is None
    for name in step.action.default:
        only_flag = all(isinstance(s.action, Expose) for s in options[name].steps)
        if not (only_flag and flagless):
            choose(turn, step, name, "the plan's default, since nobody is waited for")
            return True
    return _person_at_work(turn, step)


def choose(turn: Turn, step: Step, option: str, because: str) -> None:
    """A choice was made."""
    state = turn.release.steps[step.key]
    withdraw(turn, step.key, because)
    turn.happen(e.StepStarted(step.key, state.attempt, option=option), because)


def _person_at_work(turn: Turn, step: Step) -> bool:
    if step.measure:
        told = line(
            turn,
            Check(step.key, step.id, step.name, step.measure, attested=False),
            turn.release.exposure_raised,
        )
        if told.passed:
            return passed(turn, step, told.evidence)
        if told.wait is not None:
            turn.wait(f"{step.name}: {told.wait.text}", told.wait.who, told.wait.again)
    question = turn.release.questions.get(step.key)
    if question is not None:
        wait_for(turn, question)
        return False
    _ask_people(turn, step)
    return True


# --- ending -------------------------------------------------------------------------------------------------------


def passed(turn: Turn, step: Step, detail: str, outcome: Outcome | None = None) -> bool:
    """A step succeeded. Always returns True."""
    captured = dict(outcome.captured) if outcome else {}
    if isinstance(step.action, Backup) and outcome and outcome.last_line:
        captured["backup"] = outcome.last_line
    withdraw_all(turn, step.key)
    turn.happen(
        e.StepPassed(
            step.key, detail, outcome.seconds if outcome else 0.0, captured, outcome.output if outcome else ""
        )
    )
    if (
        step.undo.kind is UndoKind.IMPOSSIBLE
        and not step.key.startswith("rollback-")
        and not isinstance(step.action, Retire)
    ):
        turn.happen(e.DoorPassed(step.key), "undoing it is impossible, says the plan")
    if isinstance(step.action, Retire):
        turn.happen(e.FlagRetired(step.action.flag))
    if isinstance(step.action, UndoStep):
        turn.happen(e.StepUndone(step.action.step, step.key))
    return True


def withdraw_all(turn: Turn, about: str) -> None:
    """Nobody needs to answer about this any more."""
    for question in tuple(turn.release.questions.values()):
        if question.about == about:
            withdraw(turn, question.id, "no longer needed")


def effect_ended(turn: Turn, step: Step, state: StepState, outcome: Outcome) -> None:
    """An effect of a step came back."""
    verifying = state.status is StepStatus.VERIFYING
    match outcome.kind:
        case OutcomeKind.DONE if not verifying and step.verify:
            effect = effects.of_verify(turn, step)
            captured = dict(outcome.captured)
            if isinstance(step.action, Backup) and outcome.last_line:
                captured["backup"] = outcome.last_line
            turn.happen(e.StepVerifying(step.key, effect.id, captured, outcome.seconds, outcome.output))
            turn.request(effect)
        case OutcomeKind.DONE:
            passed(turn, step, "verified" if verifying else outcome.detail, outcome)
        case OutcomeKind.UNKNOWN:
            turn.happen(e.OutcomeUnknown(step.key, state.effect, outcome.detail), outcome.detail)
            text = f'It is not known whether "{step.name}" happened ({outcome.detail}). What is true?'
            ask(turn, f"{step.key}/unknown", e.QuestionKind.UNKNOWN_OUTCOME, text, roles_of(step.by), step.key,
                within=step.within, then=step.then, options=(HAPPENED, REPEAT))  # fmt: skip
        case _ if verifying:
            turn.happen(
                e.StepFailed(
                    step.key, f"its verification failed: {outcome.detail}", outcome.seconds, outcome.output
                )
            )
            turn.happen(
                e.Held(
                    e.HoldCause.VERIFY,
                    f"{step.name} could not be verified: {outcome.detail}",
                    step.key,
                    page=True,
                )
            )
        case _:
            fail(turn, step, outcome.detail or outcome.kind, outcome)


def fail(turn: Turn, step: Step, detail: str, outcome: Outcome | None = None, *, retry: bool = True) -> None:
    """A step failed: tried again if the plan says so, else what its ``on-fail`` says."""
    state = turn.release.steps[step.key]
    seconds, output = (outcome.seconds, outcome.output) if outcome else (0.0, "")
    if retry and step.retry is not None and state.attempt <= step.retry.times:
        again = step.retry.every.after(turn.at, turn.zone)
        turn.happen(e.StepFailed(step.key, detail, seconds, output, again), detail)
        return
    turn.happen(e.StepFailed(step.key, detail, seconds, output), detail)
    reason = f"{step.name} failed: {detail}"
    going_back = turn.release.status is Status.ROLLING_BACK
    match step.on_fail:
        case OnFail.CONTINUE if not step.required:
            turn.happen(e.StepSkipped(step.key, f"it failed ({detail}), and the plan says to continue"))
        case OnFail.STOP if not going_back:
            turn.stop(reason)
        case OnFail.ROLL_BACK if not going_back:
            turn.roll_back(reason)
        case OnFail.ASK:
            options = (AGAIN, BACK, STOP) if step.required else (AGAIN, GO_ON, BACK, STOP)
            ask(turn, f"{step.key}/failed", e.QuestionKind.FAILED_STEP, f"{reason}. What now?", roles_of(step.by), step.key,
                within=step.within, then=step.then, options=options)  # fmt: skip
        case _:
            turn.happen(e.Held(e.HoldCause.FAILED_STEP, reason, step.key, page=going_back), detail)


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
