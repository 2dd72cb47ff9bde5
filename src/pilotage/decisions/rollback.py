"""The way back: computed from how each step is undone, or as the plan wrote it down.

The story. Exposure falls first, at once, so that users are safe before anything else is tried (ruling 6). Then either a
written procedure runs, or the machine's own steps are undone in reverse. The way back ends at a one-way door (S8): what
lies below it in the plan stays, the release is frozen and people are paged. A step whose undo is unknown, or costs data,
is not undone by the machine on its own: a person is asked there, with the users already safe.
"""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions import exposing
from pilotage.decisions.steps import move, over
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.decisions.undoing import HARMLESS, rekey, undo_step
from pilotage.decisions.variables import each
from pilotage.domain import events as e
from pilotage.domain.exposure import NOBODY, Exposure
from pilotage.domain.people import PLAN, Actor, Who
from pilotage.domain.release import Release
from pilotage.domain.rollback import Procedure, Trigger
from pilotage.domain.steps import (
    Commanded,
    Deploy,
    Do,
    Expose,
    Restore,
    Step,
    UndoKind,
    UndoStep,
)  # fmt: skip

DEFAULT = "undo in reverse"


def begin(
    turn: Turn, reason: str, *, trigger: Trigger | None = None, procedure: str = "", by: Actor = PLAN, segment: str = "",
    automatic: bool = False,
) -> None:  # fmt: skip
    """Start the way back: decide the procedure, lower exposure, and leave the steps to ``advance``."""
    release = turn.release
    number = (release.rollback.number if release.rollback else 0) + 1
    written = _procedure(turn, procedure or (trigger.procedure if trigger else ""))
    if written is not None:
        steps, blocked = _written(release, written, number)
    else:
        steps, blocked = _reversed(release, number)
    turn.happen(
        e.RollbackStarted(
            procedure=written.name if written else DEFAULT, from_version=release.version, to_version=release.previous,
            reason=reason, trigger=trigger.text if trigger else "", automatic=automatic, segment=segment,
            steps=tuple(s.key for s in steps), blocked_by=blocked,
        ), reason, by,
    )  # fmt: skip
    exposing.lower(turn, _first_exposure(turn, written), reason, by)


def advance(turn: Turn) -> bool:
    """Go on with the way back. Returns whether anything happened."""
    state = turn.release.rollback
    if state is None:
        return False
    if turn.release.exposure_effect:
        return turn.wait(f"exposure falls to {turn.release.exposure}")
    steps = steps_of(turn.release)
    moved = move(turn, steps, None)
    _note_undone(turn, steps)
    if not all(over(turn, step) for step in steps):
        return moved
    _end(turn)
    return True


def steps_of(release: Release) -> tuple[Step, ...]:
    """The steps of the rollback under way, made anew from the plan and the keys its first event named."""
    state = release.rollback
    if state is None:
        return ()
    written = next((p for p in release.plan.rollback.procedures if p.name == state.procedure), None)
    if written is not None:
        made = {s.key: s for s in _written(release, written, state.number)[0]}
    else:
        made = {s.key: s for key in state.steps if (s := _undo_named(release, key)) is not None}
    return tuple(made[key] for key in state.steps if key in made)


def find(release: Release, key: str) -> Step | None:
    """A step by key, wherever it belongs: the plan's stages, or the rollback under way."""
    base = key.split("@", 1)[0]
    if not base.startswith("rollback-"):
        step = release.plan.step_by_key.get(base)
    else:
        step = next((inner for s in steps_of(release) for inner in s.walk() if inner.key == base), None)
    return replace(step, key=key, at=None, due=None) if step is not None and base != key else step


# --- which way ----------------------------------------------------------------------------------------------------


def _procedure(turn: Turn, name: str) -> Procedure | None:
    procedures = turn.plan.rollback.procedures
    if name:
        return next((p for p in procedures if p.name == name), None)
    return next((p for p in procedures if applies(p.when, turn.release).answer), None)


def _first_exposure(turn: Turn, written: Procedure | None) -> Exposure:
    """Nobody, unless a written procedure itself says whom it keeps."""
    for step in written.steps if written else ():
        for inner in step.walk():
            if isinstance(inner.action, Expose) and inner.action.audience.least.excluded:
                excluded = inner.action.audience.least.excluded
                segment = each(turn.release)
                if "{{each}}" in " ".join(excluded) and not segment:
                    return NOBODY
                names = tuple(segment if "{{each}}" in n else n for n in excluded)
                return replace(inner.action.audience.least, excluded=names)
    return NOBODY


def _written(release: Release, procedure: Procedure, number: int) -> tuple[tuple[Step, ...], str]:
    """A written procedure's steps under this rollback's keys. It crosses a one-way door only when it restores or undoes
    that step, and then a person confirms first.
    """
    steps = tuple(rekey(step, f"rollback-{number}", "rollback") for step in procedure.steps)
    if not release.doors:
        return steps, ""
    crossing = {inner.action.step for s in steps for inner in s.walk() if isinstance(inner.action, UndoStep)}
    restores = any(isinstance(inner.action, Restore) for s in steps for inner in s.walk())
    if not restores and not set(release.doors) <= crossing:
        return (), release.doors[-1]
    text = f"Confirm the rollback: it goes back past {_name(release, release.doors[-1])}, which cannot be undone by itself"
    return (_person(release, f"rollback-{number}/confirm", text), *steps), ""


def _reversed(release: Release, number: int) -> tuple[tuple[Step, ...], str]:
    """Undo the machine's steps of this release in reverse, as far as the first one-way door."""
    steps: list[Step] = []
    for key in reversed(release.passed):
        if not _in_scope(release, key):
            continue
        written = release.plan.step_by_key.get(key)
        if written is None:
            continue
        if written.undo.kind is UndoKind.IMPOSSIBLE and key in release.doors:
            return tuple(steps), key
        for prefix in ("ask", "undo"):
            step = _undo_named(release, f"rollback-{number}/{prefix}/{key}")
            if step is not None:
                steps.append(step)
    return tuple(steps), ""


def _in_scope(release: Release, key: str) -> bool:
    """Steps of the stage gone back to, and later; everything unless the plan goes back to a stage."""
    section = release.plan.rollback
    if section.then != "back" or not section.back_to:
        return not key.startswith("rollback-")
    order = [s.id for s in release.plan.stages]
    stage = key.split("/", 1)[0]
    return stage in order and order.index(stage) >= order.index(section.back_to)


def _undo_named(release: Release, key: str) -> Step | None:
    """``rollback-1/undo/KEY``: undo that step. ``rollback-1/ask/KEY``: first ask a person, where undoing costs data."""
    _, what, target = key.split("/", 2)
    written = release.plan.step_by_key.get(target)
    if written is None:
        return None
    if what == "ask":
        if not written.loses:
            return None
        return _person(release, key, f"Confirm: undoing {written.name} loses {written.loses}")
    if written.undo.kind is UndoKind.UNKNOWN and not isinstance(written.action, Commanded):
        return None
    if written.undo.kind is UndoKind.UNKNOWN:
        return _person(release, key, f"Undo {written.name} by hand: the plan does not say how")
    return undo_step(written, key)


def _person(release: Release, key: str, text: str) -> Step:
    roles = release.plan.rollback.confirm.who if release.plan.rollback.confirm else None
    on_call = Who(("on-call",)) if "on-call" in release.plan.roles else None
    return Step(key, key, text, Do(text), HARMLESS, by=roles or on_call)


def _name(release: Release, key: str) -> str:
    step = release.plan.step_by_key.get(key)
    return step.name if step else key


# --- ending -------------------------------------------------------------------------------------------------------


def _note_undone(turn: Turn, steps: tuple[Step, ...]) -> None:
    for step in steps:
        _, what, *rest = step.key.split("/", 2)
        target = rest[0] if rest else ""
        if what == "undo" and over(turn, step) and target in turn.release.passed:
            turn.happen(e.StepUndone(target, step.key))


def _end(turn: Turn) -> None:
    release, section, state = turn.release, turn.plan.rollback, turn.release.rollback
    if state is None:
        return
    then = "hold" if state.blocked_by else section.then
    seconds = (turn.at - state.started).total_seconds()
    turn.happen(e.RollbackCompleted(release.version, release.previous, seconds, then), state.reason)
    for follow_up in section.follow_ups:
        key = f"follow-up-{state.number}/{follow_up.id}"
        due = follow_up.after.after(turn.at, turn.zone)
        turn.happen(e.FollowUpOpened(key, follow_up.text, due, follow_up.by.roles if follow_up.by else ()))
    if state.blocked_by:
        door = _name(release, state.blocked_by)
        turn.happen(e.Held(e.HoldCause.ONE_WAY_DOOR, f"{door} is a one-way door: what lies below it was not rolled back. "
                           "Nobody meets the change; people decide how to go on", state.blocked_by, page=True), state.reason)  # fmt: skip
    elif then != "abort":
        where = f" at {turn.plan.stage(section.back_to).name}" if then == "back" else ""
        turn.happen(
            e.Held(e.HoldCause.ROLLED_BACK, f"it was rolled back; it stays{where} until a person resumes it"),
            state.reason,
        )


def restart_stage(release: Release) -> str:
    """The stage a rolled-back release starts again from: the plan's own, else the first whose work was undone or lowered."""
    section = release.plan.rollback
    if section.then == "back" and section.back_to:
        return section.back_to
    entered = [s for s in release.plan.stages if s.id in release.stages and not release.stages[s.id].skipped]
    for stage in entered:
        undone = any(
            release.steps.get(s.key) and release.steps[s.key].status == "undone" for s in stage.walk()
        )
        redeployed = any(
            isinstance(s.action, Deploy) and s.action.environment == "production" for s in stage.walk()
        )
        if undone or stage.rungs or redeployed:
            return stage.id
    return release.stage
