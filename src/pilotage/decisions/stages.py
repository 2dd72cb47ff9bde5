"""Moving through the stages: enter, do the machine's first steps, expose, do the rest while it bakes, pass the gate, leave.

The order inside a stage (part 4 of the language): ``before`` holds; the steps from the top as far as they are the
machine's; exposure rises; the rest of the steps, while it bakes; the gate; ``go``.
"""

from __future__ import annotations

from pilotage.decisions import exposing, people, steps
from pilotage.decisions.asking import ask
from pilotage.decisions.entering import enter_next, prepare
from pilotage.decisions.exposure import start
from pilotage.decisions.leaving import leave
from pilotage.decisions.readiness import is_machine_work
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain.exposure import NOBODY
from pilotage.domain.people import PLAN, Actor
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Expose, Step


def advance(turn: Turn) -> bool:
    """Move the release through its plan. Returns whether anything happened."""
    moved = prepare(turn)
    current = turn.plan.stage_by_id.get(turn.release.stage)
    if current is not None and turn.release.stages[current.id].completed is None:
        return _inside(turn, current) or moved
    return enter_next(turn) or moved


def _inside(turn: Turn, stage: Stage) -> bool:
    first, rest = _split(stage)
    timed = tuple(
        step for step in rest if step.at is not None
    )  # beside the list, whatever is still above them
    if steps.move(turn, (*first, *timed), stage):
        return True
    if not all(steps.over(turn, step) for step in first if not steps.beside(step)):
        return False
    if turn.release.exposure_effect:
        return turn.wait(f"exposure to {turn.release.exposure} is on its way")
    rung = _next_rung(turn, stage)
    if rung is not None:
        return _expose(turn, stage, rung)  # nothing goes on below before exposure has risen
    if turn.release.stages[stage.id].bake_from is None and not _exposing_by_step(stage):
        return _start_bake(turn, stage)
    if steps.move(turn, stage.steps, stage):
        return True
    if turn.release.stages[stage.id].bake_from is None:
        return _start_bake(turn, stage) if _exposing_by_step(stage) and _exposed(turn, stage) else False
    return leave(turn, stage)


def _split(stage: Stage) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The machine's steps from the top, and the rest. With an ``expose`` step the stage says itself where exposure rises.

    Steps beside the list end nothing: what stands below them does not wait for them.
    """
    if _exposing_by_step(stage):
        return (), stage.steps
    end = 0
    for number, step in enumerate(stage.steps, start=1):
        if steps.beside(step):
            continue
        if not is_machine_work(step):
            break
        end = number
    return stage.steps[:end], stage.steps[end:]


def _exposing_by_step(stage: Stage) -> bool:
    return any(isinstance(inner.action, Expose) for step in stage.steps for inner in step.walk())


def _exposed(turn: Turn, stage: Stage) -> bool:
    told = [
        steps.over(turn, inner)
        for step in stage.steps
        for inner in step.walk()
        if isinstance(inner.action, Expose)
    ]
    return any(told) and not turn.release.exposure_effect


def _next_rung(turn: Turn, stage: Stage) -> int | None:
    """The rung to climb now: the first one, or the one after a rung that passed the gate; None when none is due."""
    state = turn.release.stages[stage.id]
    if _exposing_by_step(stage) or (state.rung >= 0 and not state.gate_passed):
        return None
    return state.rung + 1 if state.rung + 1 < len(stage.rungs) else None


def _expose(turn: Turn, stage: Stage, rung: int) -> bool:
    """Raise exposure to a rung. Returns whether anything happened."""
    audience = exposing.audience_of(turn, stage, rung)
    if audience is None:
        return _ask_audience(turn, stage, rung)
    if audience.no_more:
        turn.happen(e.BakeStarted(stage.id, rung), "nobody new is let in from here")
        return True
    exposure = start(audience)
    if exposure.nobody and turn.release.exposure.nobody:
        turn.happen(e.BakeStarted(stage.id, rung))
        return True
    return exposing.raise_to(turn, stage, rung, exposure, f"the plan exposes {stage.name} to {audience.text}")


def _ask_audience(turn: Turn, stage: Stage, rung: int) -> bool:
    options = tuple(option.text for option in stage.rungs[rung].options)
    owner = stage.owner or people.OWNER
    return ask(turn, f"{stage.id}/audience/{rung}", e.QuestionKind.AUDIENCE, f"Who shall meet the change in {stage.name}?",
               (owner,), f"{stage.id}/audience/{rung}", options=options)  # fmt: skip


def _start_bake(turn: Turn, stage: Stage) -> bool:
    state = turn.release.stages[stage.id]
    if state.bake_from is not None:
        return False
    turn.happen(e.BakeStarted(stage.id, max(state.rung, 0)))
    return True


def abort(turn: Turn, reason: str, by: Actor = PLAN) -> None:
    """Stop for good: exposure to nobody, nothing else undone."""
    exposing.lower(turn, NOBODY, reason, by)
    turn.happen(e.ReleaseAborted(reason), reason, by)
