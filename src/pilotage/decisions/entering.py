"""Entering a stage: what is prepared ahead, when it may begin, and what must hold before."""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions import moments, people, step_starts, steps
from pilotage.decisions.gate_lines import lines
from pilotage.decisions.readiness import Action, Doing, can_start
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain.gates import Check
from pilotage.domain.moments import Repeated
from pilotage.domain.release import Release
from pilotage.domain.stages import Stage


def next_stage(turn: Turn) -> Stage | None:
    """The first stage that has been neither entered nor passed over; None when there is none left."""
    known = turn.release.stages
    return next((s for s in turn.plan.stages if s.id not in known), None)


def prepare(turn: Turn) -> bool:
    """Steps done ahead of entering: those with a time of their own as soon as it comes, the others once it is next."""
    moved = False
    known = turn.release.stages
    ahead = [s for s in turn.plan.stages if s.prepare and s.id not in known]
    if not ahead:
        return False
    coming = next_stage(turn)
    for stage in ahead:
        open_before = turn.release.stage and turn.release.stages[turn.release.stage].completed is None
        first = stage is coming and not open_before
        ready = list(stage.prepare) if first else [s for s in stage.prepare if s.at is not None]
        if ready and applies(stage.when, turn.release).answer is not False:
            moved |= steps.move(turn, ready, stage)
    return moved


def enter_next(turn: Turn) -> bool:
    """Enter the next stage if it may begin; without one left the release is complete. Returns whether anything happened."""
    stage = next_stage(turn)
    if stage is None:
        turn.happen(e.ReleaseCompleted())
        return True
    wanted = applies(stage.when, turn.release)
    if wanted.answer is None:
        return step_starts.ask_trait(turn, wanted.unanswered)
    if wanted.answer is False:
        turn.happen(
            e.StageSkipped(stage.id, f'not needed: "{stage.when.text if stage.when else ""}" is not so')
        )
        return True
    asked, ready = _may_enter(turn, stage)
    if not ready:
        return asked
    turn.happen(e.StageEntered(stage.id))
    return True


def _may_enter(turn: Turn, stage: Stage) -> tuple[bool, bool]:
    """(whether somebody was asked now, whether the stage may be entered)."""
    at = moments.resolve(stage.at, _passed_over(turn.release)) if stage.at is not None else None
    if stage.at is not None and at is None:
        turn.wait(f"{stage.name} begins at a time that is not known yet ({getattr(stage.at, 'text', '')})")
        return False, False
    if at is not None and at > turn.at:
        turn.wait(f"{stage.name} begins", (), at)
        return False, False
    if turn.release.hold is not None:
        turn.wait(
            f"the release is held: {turn.release.hold.reason}",
            people.who_may_resume(turn.release, turn.at, turn.surroundings),
        )
        return False, False
    if not all(steps.over(turn, step) for step in stage.prepare if not isinstance(step.at, Repeated)):
        if not turn.waits:  # else what is not done has said so itself, and who can act
            turn.wait(f"what is prepared before {stage.name} is not done")
        return False, False
    asked, ready = lines(turn, _entry_checks(turn, stage), None)
    answer = can_start(Action(Doing.ENTER, stage), turn.release, turn.at, turn.surroundings)
    for reason in answer.reasons:
        turn.wait(f"{stage.name}: {reason.text}", reason.who, reason.again)
    return asked, ready and answer.allowed


def _passed_over(release: Release) -> Release:
    """For entering a stage that hangs on one that was passed over: that one began and ended when it was passed over."""
    skipped = {k: state.entered for k, state in release.stages.items() if state.skipped}
    if not skipped:
        return release
    anchors = {f"{k} {edge}": at for k, at in skipped.items() for edge in ("starts", "ends")}
    return replace(release, anchors={**anchors, **release.anchors})


def _entry_checks(turn: Turn, stage: Stage) -> tuple[Check, ...]:
    first = not any(not s.skipped for s in turn.release.stages.values())
    plan = turn.plan
    signed = plan.sign_offs if plan.sign_offs_before == stage.id else ()
    return (*(plan.before if first else ()), *signed, *stage.before)
