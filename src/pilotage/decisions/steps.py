"""Moving steps: begin what may begin, end what has ended, ask who must be asked.

Steps run strictly in order, people's too, and each must pass. A step with its own ``at`` or ``due`` runs beside the
list: nothing below waits for it. Works for the steps of a stage and of a rollback alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pilotage.decisions import messages, moments, people
from pilotage.decisions.asking import wait_for, who_can_answer, withdraw
from pilotage.decisions.gates import line
from pilotage.decisions.step_ends import ask_what_is_true, did, fail
from pilotage.decisions.step_starts import BY_DEFAULT, again, ask_people, begin, choose, default_option
from pilotage.decisions.turn import Turn
from pilotage.decisions.undoing import work_of, written_step
from pilotage.domain.gates import Check
from pilotage.domain.moments import Repeated
from pilotage.domain.release import Question, StepState, StepStatus
from pilotage.domain.stages import Stage
from pilotage.domain.steps import (
    Choose,
    Expose,
    Notify,
    Step,
    ToDo,
    Together,
    UndoStep,
    Use,
    Wait,
)  # fmt: skip
from pilotage.domain.time import Duration


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
        return begin(turn, step, stage)
    match state.status:
        case StepStatus.WAITING:
            if state.again_at is not None and state.again_at > turn.at:
                return turn.wait(f"{step.name} failed and is tried again: {state.detail}", (), state.again_at)
            return begin(turn, step, stage, attempt=state.attempt + 1)
        case StepStatus.RUNNING:
            return _go_on(turn, step, state, stage)
        case StepStatus.VERIFYING:
            return turn.wait(f"{step.name} is being verified")
        case StepStatus.UNKNOWN:
            return ask_what_is_true(turn, step, state.detail)
        case StepStatus.FAILED:
            return _after_failure(turn, step, state)
        case _:
            return False


def _after_failure(turn: Turn, step: Step, state: StepState) -> bool:
    """Wait for whoever was asked about it, or for the hold to be lifted; once nothing stands in the way, try again."""
    for question in turn.release.questions.values():
        if question.about == step.key:
            wait_for(turn, question)
            return False
    if turn.release.hold is not None:
        return turn.wait(
            f"{step.name} failed: {state.detail}",
            people.who_may_resume(turn.release, turn.at, turn.surroundings),
        )
    return again(turn, step)


def _go_on(turn: Turn, step: Step, state: StepState, stage: Stage | None) -> bool:
    match step.action:
        case Use(steps=parts):
            return _group(turn, step, parts, stage, in_order=True)
        case Together(steps=parts) | ToDo(steps=parts):
            return _group(turn, step, parts, stage, in_order=False)
        case UndoStep() if (work := work_of(turn.release, step)) is not None and work.parts:
            return _group(turn, step, work.parts, stage, in_order=True)
        case Wait(duration=duration):
            return _wait_on(turn, step, state, duration)
        case Expose():
            if turn.release.exposure_effect:
                return turn.wait(f"{step.name}: the change of exposure is on its way")
            return did(turn, step, f"exposure is {turn.release.exposure}")
        case Notify():
            return _notified(turn, step)
        case Choose() if state.option:
            chosen = next(o for o in step.action.options if o.name == state.option)
            return _group(turn, step, chosen.steps, stage, in_order=True)
        case Choose() if option := default_option(turn, step):
            choose(turn, step, option, BY_DEFAULT)
            return True
    if state.effect:
        return turn.wait(f"{step.name} is running")
    return _person_at_work(turn, step)


def _wait_on(turn: Turn, step: Step, state: StepState, duration: Duration) -> bool:
    """Time passes under the guards: while the release is held, it stands still."""
    if turn.release.hold is not None:
        return turn.wait(
            f"{step.name} stands still: the release is held: {turn.release.hold.reason}",
            people.who_may_resume(turn.release, turn.at, turn.surroundings),
        )
    until = duration.after(state.started, turn.zone) + timedelta(seconds=state.held_for)
    if until > turn.at:
        return turn.wait(f"{step.name}: until {until.astimezone(turn.zone):%Y-%m-%d %H:%M}", (), until)
    return did(turn, step, f"waited {duration}")


def _group(turn: Turn, step: Step, parts: tuple[Step, ...], stage: Stage | None, in_order: bool) -> bool:
    if in_order:
        moved = move(turn, parts, stage)
    else:
        moved = False
        for part in parts:
            moved |= not over(turn, part) and _move_part(turn, part, stage)
    if all(over(turn, part) or beside(part) for part in parts):
        return did(turn, step, "")
    return moved


def _move_part(turn: Turn, part: Step, stage: Stage | None) -> bool:
    return _move_beside(turn, part, stage) if beside(part) else move_one(turn, part, stage)


def _notified(turn: Turn, step: Step) -> bool:
    """Told once every message of this occurrence has arrived or does not apply."""
    _, mine = messages.of_step(turn.release, step.key)
    for key, message in mine.items():
        words = f"{step.name}: a message to {message.to} by {message.channel}"
        asked = next((q for q in turn.release.questions.values() if q.about == key), None)
        if asked is not None:
            wait_for(turn, asked)
            return False
        if message.status in ("queued", "unknown") or (message.status == "failed" and message.again_at):
            return turn.wait(f"{words} is on its way", (), message.again_at)
    lost = next((m for m in mine.values() if m.status == "failed"), None)
    if lost is not None:
        fail(turn, step, f"the message to {lost.to} by {lost.channel} could not be delivered", retry=False)
        return True
    return did(
        turn, step, f"told {', '.join(dict.fromkeys(m.to for m in mine.values() if m.to)) or 'nobody'}"
    )


def _person_at_work(turn: Turn, step: Step) -> bool:
    if step.measure:
        told = line(
            turn,
            Check(step.key, step.id, step.name, step.measure, attested=False),
            turn.release.exposure_raised,
        )
        if told.passed:
            return did(turn, step, told.evidence)
        if told.wait is not None:
            turn.wait(f"{step.name}: {told.wait.text}", told.wait.who, told.wait.again)
    question = turn.release.questions.get(step.key)
    _note_overdue(turn, step, question)
    if question is not None:
        wait_for(turn, question)
        return False
    ask_people(turn, work_of(turn.release, step) or step)
    return True


def _note_overdue(turn: Turn, step: Step, question: Question | None) -> None:
    written = written_step(turn.release, step.key)
    due = (
        moments.resolve(written.due, turn.release)
        if written is not None and written.due is not None
        else None
    )
    if due is not None and due <= turn.at:
        who = who_can_answer(turn, question) if question is not None else ()
        turn.wait(f"{step.name} is overdue since {due.astimezone(turn.zone):%Y-%m-%d %H:%M}", who)
