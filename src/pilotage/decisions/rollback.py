"""The way back: exposure first, then the steps that lead back, then what the plan says comes after.

The story. Exposure falls first, at once, so that users are safe before anything else is tried (ruling 6). Then either a
written procedure runs, or the machine's own steps are undone in reverse (``reversing`` says which). The way back ends at
a one-way door (S8): what lies below it in the plan stays, the release is frozen and people are paged. A step whose undo
is unknown, or costs data, is not undone by the machine on its own: a person is asked there, with the users already safe.
"""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions import exposing, people
from pilotage.decisions.reversing import find_inside, name_of, reverse_way, undo_named, written_way
from pilotage.decisions.steps import move, over
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.decisions.undoing import under_way, written_step
from pilotage.decisions.variables import each
from pilotage.domain import events as e
from pilotage.domain.exposure import NOBODY, Exposure
from pilotage.domain.people import PLAN, Actor
from pilotage.domain.release import Release, RollbackState, StepStatus
from pilotage.domain.rollback import Procedure, Trigger
from pilotage.domain.steps import Deploy, Expose, Step, UndoKind, UndoStep

DEFAULT = "undo in reverse"


def begin(
    turn: Turn, reason: str, *, trigger: Trigger | None = None, procedure: str = "", by: Actor = PLAN, segment: str = "",
    automatic: bool = False,
) -> None:  # fmt: skip
    """Start the way back: decide the procedure, lower exposure, and leave the steps to ``advance``."""
    release = turn.release
    number = (release.rollback.number if release.rollback else 0) + 1
    named = procedure or (trigger.procedure if trigger else "")
    written = _procedure(
        turn, named, RollbackState(number, named, reason, turn.at, release.stage, automatic=automatic)
    )
    steps, blocked = written_way(release, written, number) if written else reverse_way(release, number)
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
    if steps and (running := _still_running(turn.release)):
        return turn.wait(
            f"{running} was under way when the rollback began; the way back goes on once it has ended"
        )
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
        made = {s.key: s for s in written_way(release, written, state.number)[0]}
    else:
        made = {s.key: s for key in state.steps if (s := undo_named(release, key)) is not None}
    return tuple(made[key] for key in state.steps if key in made)


def find(release: Release, key: str) -> Step | None:
    """A step by key, wherever it belongs: the plan's stages, or the rollback under way."""
    base = key.split("@", 1)[0] if not key.startswith("rollback-") else key
    if base.startswith("rollback-"):
        step = find_inside(release, steps_of(release), base)
    else:
        step = release.plan.step_by_key.get(base) or _in_an_undo(release, base)
    return replace(step, key=key, at=None, due=None) if step is not None and base != key else step


def _in_an_undo(release: Release, key: str) -> Step | None:
    undoing = (s for s in release.plan.step_by_key.values() if isinstance(s.action, UndoStep))
    return find_inside(release, undoing, key)


def _still_running(release: Release) -> str:
    """The name of a step that changes something and has not come back: two at once on one target is worse than waiting."""
    for key, state in release.steps.items():
        step = written_step(release, key) if under_way(state) else None
        if step is not None and step.undo.kind is not UndoKind.HARMLESS:
            return step.name
    return ""


# --- which way ----------------------------------------------------------------------------------------------------


def _procedure(turn: Turn, name: str, beginning: RollbackState) -> Procedure | None:
    """The named procedure, else the first whose ``when`` holds for the rollback that is ``beginning``."""
    procedures = turn.plan.rollback.procedures
    if name:
        return next((p for p in procedures if p.name == name), None)
    going = replace(turn.release, rollback=beginning)
    return next((p for p in procedures if applies(p.when, going).answer), None)


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


# --- ending -------------------------------------------------------------------------------------------------------


def _note_undone(turn: Turn, steps: tuple[Step, ...]) -> None:
    for step in steps:
        _, what, *rest = step.key.split("/", 2)
        state = turn.release.steps.get(step.key)
        if what != "undo" or not rest or state is None or state.status is not StepStatus.PASSED:
            continue
        written = written_step(turn.release, rest[0])
        inside = {part.key for part in written.walk()} if written else set()
        begun = [
            k for k, s in turn.release.steps.items()
            if k.split("@", 1)[0] in inside and s.status not in (StepStatus.UNDONE, StepStatus.SKIPPED)
        ]  # fmt: skip
        for key in begun:
            turn.happen(e.StepUndone(key, step.key))


def _end(turn: Turn) -> None:
    release, section, state = turn.release, turn.plan.rollback, turn.release.rollback
    if state is None:
        return
    _forget_retired_flag(turn)
    then = "hold" if state.blocked_by else section.then
    seconds = (turn.at - state.started).total_seconds()
    turn.happen(e.RollbackCompleted(release.version, release.previous, seconds, then), state.reason)
    for follow_up in section.follow_ups:
        key = f"follow-up-{state.number}/{follow_up.id}"
        due = follow_up.after.after(turn.at, turn.zone)
        turn.happen(e.FollowUpOpened(key, follow_up.text, due, follow_up.by.roles if follow_up.by else ()))
    if state.blocked_by:
        door = name_of(release, state.blocked_by)
        turn.happen(e.Held(e.HoldCause.ONE_WAY_DOOR, f"{door} is a one-way door: what lies below it was not rolled back. "
                           "Nobody meets the change; people decide how to go on", state.blocked_by, page=True), state.reason)  # fmt: skip
    elif then != "abort":
        where = f" at {turn.plan.stage(section.back_to).name}" if then == "back" else ""
        turn.happen(
            e.Held(e.HoldCause.ROLLED_BACK, f"it was rolled back; it stays{where} until a person resumes it"),
            state.reason,
        )


def _forget_retired_flag(turn: Turn) -> None:
    """A retired flag cannot be lowered: nobody meets the change once the version that ran before is back."""
    release, state = turn.release, turn.release.rollback
    if not release.flag_retired or release.exposure.nobody or state is None or state.blocked_by:
        return
    gone = e.ExposureChanged(release.exposure, NOBODY, False, release.stage, -1)
    turn.happen(gone, "the flag was retired, and the version before it runs again")


def follow_ups(turn: Turn) -> None:
    """Note what must still be done after a rollback, and what is overdue; it holds nothing up."""
    for follow_up in turn.release.follow_ups.values():
        if follow_up.done is not None:
            continue
        roles = follow_up.by or (people.OWNER,)
        who = ", ".join(people.name_role(turn.release, turn.surroundings, role) for role in roles)
        if follow_up.due > turn.at:
            turn.expect(f"after the rollback: {follow_up.text} (by {who}) is due", follow_up.due)
        else:
            since = f"{follow_up.due.astimezone(turn.zone):%Y-%m-%d %H:%M}"
            turn.expect(f"after the rollback: {follow_up.text} (by {who}) is overdue since {since}")


def restart_stage(release: Release) -> str:
    """The stage a rolled-back release starts again from: the plan's own, else the first whose work was undone or lowered."""
    section = release.plan.rollback
    if section.then == "back" and section.back_to and not release.flag_retired:
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
