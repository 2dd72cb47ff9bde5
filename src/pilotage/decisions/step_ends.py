"""How a step ends: it passed, it failed, it cannot be told; and what a failure asks for next."""

from __future__ import annotations

from pilotage.decisions import effects
from pilotage.decisions.asking import ask, roles_of, withdraw
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain.facts import Outcome, OutcomeKind
from pilotage.domain.release import Status, StepState, StepStatus
from pilotage.domain.steps import (
    Backup,
    OnFail,
    Retire,
    Step,
    UndoKind,
    UndoStep,
)  # fmt: skip

GO_ON, AGAIN, BACK, STOP = "go on without it", "try again", "roll back", "stop the release"
"""What a person may answer when a step failed and the plan asks."""

HAPPENED, REPEAT = "it happened", "do it again"
"""What a person may answer when it is not known whether a step happened."""


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
