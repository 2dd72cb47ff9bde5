"""How a step ends: it passed, it failed, it cannot be told; and what a failure asks for next."""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions import effects
from pilotage.decisions.asking import ask, roles_of, withdraw
from pilotage.decisions.turn import Turn
from pilotage.decisions.undoing import is_door, undone_by, work_of
from pilotage.domain import events as e
from pilotage.domain.facts import Outcome, OutcomeKind
from pilotage.domain.release import Status, StepState, StepStatus
from pilotage.domain.steps import (
    Backup,
    OnFail,
    Retire,
    Step,
)  # fmt: skip

GO_ON, AGAIN, BACK, STOP = "go on without it", "try again", "roll back", "stop the release"
"""What a person may answer when a step failed and the plan asks."""

HAPPENED, REPEAT = "it happened", "do it again"
"""What a person may answer when it is not known whether a step happened."""


def passed(turn: Turn, step: Step, detail: str, outcome: Outcome | None = None) -> bool:
    """A step succeeded. Always returns True."""
    withdraw_all(turn, step.key)
    undone = undone_by(turn.release, step)
    turn.happen(
        e.StepPassed(
            step.key, detail, outcome.seconds if outcome else 0.0, _captured(step, outcome), outcome.output if outcome else ""
        )
    )  # fmt: skip
    _close_door(turn, step)
    if isinstance(step.action, Retire):
        turn.happen(e.FlagRetired(step.action.flag))
    for key in undone:
        turn.happen(e.StepUndone(key, step.key))
    return True


def _captured(step: Step, outcome: Outcome | None) -> dict[str, str]:
    """What a step's own output told: what its patterns found, and of a backup its last line."""
    if outcome is None:
        return {}
    backup = {"backup": outcome.last_line} if isinstance(step.action, Backup) and outcome.last_line else {}
    return {**outcome.captured, **backup}


def _close_door(turn: Turn, step: Step) -> None:
    if is_door(step) and step.key not in turn.release.doors:
        turn.happen(e.DoorPassed(step.key), "undoing it is impossible, says the plan")


def withdraw_all(turn: Turn, about: str) -> None:
    """Nobody needs to answer about this any more."""
    for question in tuple(turn.release.questions.values()):
        if question.about == about:
            withdraw(turn, question.id, "no longer needed")


def effect_ended(turn: Turn, step: Step, state: StepState, outcome: Outcome) -> None:
    """An effect of a step came back. What came back before, or after its stage was given up, has no consequences."""
    if state.status not in (StepStatus.RUNNING, StepStatus.VERIFYING, StepStatus.UNKNOWN):
        return
    outcome = replace(outcome, detail=outcome.detail.removesuffix("."))  # it stands inside sentences
    verifying = state.effect.endswith("/verify")
    given_up = turn.release.status is not Status.RUNNING and not step.key.startswith("rollback-")
    match outcome.kind:
        case OutcomeKind.DONE if verifying:
            passed(turn, step, "verified", replace(outcome, captured={}, last_line=""))
        case OutcomeKind.DONE if not given_up:
            did(turn, step, outcome.detail, outcome)
        case OutcomeKind.DONE:
            passed(turn, step, outcome.detail, outcome)
        case OutcomeKind.UNKNOWN:
            _unknown(turn, step, state, outcome, given_up)
        case _ if given_up:
            turn.happen(
                e.StepFailed(step.key, outcome.detail or outcome.kind, outcome.seconds, outcome.output)
            )
        case _ if verifying:
            _not_verified(turn, step, outcome)
        case _:
            fail(turn, step, outcome.detail or outcome.kind, outcome)


def did(turn: Turn, step: Step, detail: str, outcome: Outcome | None = None) -> bool:
    """A step's own work is done: it passed, unless it is still to be verified. Always returns True."""
    work = work_of(turn.release, step) or step
    if not work.verify:
        return passed(turn, step, detail, outcome)
    captured = _captured(step, outcome)
    effect = effects.of_verify(turn, work, captured)
    seconds, output = (outcome.seconds, outcome.output) if outcome else (0.0, "")
    withdraw_all(turn, step.key)
    turn.happen(e.StepVerifying(step.key, effect.id, captured, seconds, output))
    _close_door(turn, step)
    turn.request(effect)
    return True


def _not_verified(turn: Turn, step: Step, outcome: Outcome) -> None:
    """Nothing is undone by itself: the step holds, and is verified again once somebody resumes."""
    detail = f"its verification failed: {outcome.detail}"
    turn.happen(e.StepFailed(step.key, detail, outcome.seconds, outcome.output))
    reason = f"{step.name} could not be verified: {outcome.detail}"
    turn.happen(e.Held(e.HoldCause.VERIFY, reason, step.key, page=True))


def _unknown(turn: Turn, step: Step, state: StepState, outcome: Outcome, given_up: bool) -> None:
    turn.happen(e.OutcomeUnknown(step.key, state.effect, outcome.detail), outcome.detail)
    if not given_up:
        ask_what_is_true(turn, step, outcome.detail)


def ask_what_is_true(turn: Turn, step: Step, detail: str) -> bool:
    """Ask whether a step happened. Returns whether it was asked now."""
    text = f'It is not known whether "{step.name}" happened ({detail}). What is true?'
    return ask(turn, f"{step.key}/unknown", e.QuestionKind.UNKNOWN_OUTCOME, text, roles_of(step.by), step.key,
        within=step.within, then=step.then, options=(HAPPENED, REPEAT))  # fmt: skip


def fail(turn: Turn, step: Step, detail: str, outcome: Outcome | None = None, *, retry: bool = True) -> None:
    """A step failed: tried again if the plan says so, else what its ``on-fail`` says (``stop``, the default, holds)."""
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
        case OnFail.ROLL_BACK if not going_back:
            turn.roll_back(reason)
        case OnFail.ASK:
            options = (AGAIN, BACK, STOP) if step.required else (AGAIN, GO_ON, BACK, STOP)
            ask(turn, f"{step.key}/failed", e.QuestionKind.FAILED_STEP, f"{reason}. What now?", roles_of(step.by), step.key,
                within=step.within, then=step.then, options=options)  # fmt: skip
        case _:
            turn.happen(e.Held(e.HoldCause.FAILED_STEP, reason, step.key, page=going_back), detail)
