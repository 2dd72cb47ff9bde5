"""How one step is undone: the step that does it, made from what the plan says (see ``domain.steps.Undo``).

What the plan does not say how to undo, and what no machine here can undo, is a person's work.
"""

from __future__ import annotations

from dataclasses import replace

from pilotage.domain.people import Who
from pilotage.domain.release import Release, StepState, StepStatus
from pilotage.domain.steps import (
    AfterCrash,
    Choose,
    Commanded,
    Deploy,
    Do,
    Git,
    Http,
    Migrate,
    Restore,
    Retire,
    Run,
    Step,
    ToDo,
    Together,
    Undo,
    UndoKind,
    UndoStep,
    Use,
)  # fmt: skip

HARMLESS = Undo(UndoKind.HARMLESS)

_UNFINISHED = frozenset(
    {StepStatus.RUNNING, StepStatus.VERIFYING, StepStatus.UNKNOWN, StepStatus.FAILED, StepStatus.WAITING}
)


def written_step(release: Release, key: str) -> Step | None:
    """The step of the plan behind a key: ``pilot/check@3`` is an occurrence of ``pilot/check``."""
    return release.plan.step_by_key.get(key.split("@", 1)[0])


# --- how far a step got --------------------------------------------------------------------------------------------


def unfinished(state: StepState | None) -> bool:
    """Whether something was asked of the world for a step that has not passed: it may have left something behind."""
    return state is not None and state.status in _UNFINISHED and bool(state.effect)


def under_way(state: StepState | None) -> bool:
    """Whether what was asked of the world for a step has not come back yet."""
    running = (StepStatus.RUNNING, StepStatus.VERIFYING)
    return state is not None and bool(state.effect) and state.status in running


def did_its_work(state: StepState | None) -> bool:
    """Whether the step's own work is done, and at most its verification is not."""
    return state is not None and (state.status is StepStatus.PASSED or state.effect.endswith("/verify"))


def nothing_happened(step: Step, state: StepState | None) -> bool:
    """Whether a step that failed left nothing behind: a migration that is all or nothing."""
    whole = isinstance(step.action, Migrate) and step.action.transaction
    failed = state is not None and state.status in (StepStatus.FAILED, StepStatus.WAITING)
    return whole and failed and not did_its_work(state)


def is_door(step: Step) -> bool:
    """Whether this step closes the way back for the code below it (S8).

    Retiring a flag is a door for exposure only (ruling 4), ``additive`` says that older code works with the new
    schema, and on the way back itself no door is closed.
    """
    additive = isinstance(step.action, Migrate) and step.action.additive
    exempt = additive or isinstance(step.action, Retire) or step.key.startswith("rollback")
    return step.undo.kind is UndoKind.IMPOSSIBLE and not exempt


# --- what undoes it ------------------------------------------------------------------------------------------------


def undo_step(release: Release, written: Step, key: str) -> Step | None:
    """The step that undoes ``written``, under ``key``; None where there is nothing to undo (or a part of it does it)."""
    undo, state = written.undo, release.steps.get(written.key)
    if undo.kind is UndoKind.HARMLESS or nothing_happened(written, state):
        return None
    torn = isinstance(written.action, Migrate | Restore) and unfinished(state) and not did_its_work(state)
    if torn and undo.kind in (UndoKind.COMMANDS, UndoKind.STEPS):
        return by_hand(release, key, f"Undo {written.name} by hand: it did not end well and may be half done")
    match undo.kind:
        case UndoKind.COMMANDS:
            return _by_commands(written, key)
        case UndoKind.STEPS:
            parts = tuple(rekey(part, key, written.key) for part in undo.steps)
            return Step(key, key, f"Undo {written.name}", Use(written.name, parts), HARMLESS)
        case UndoKind.PREVIOUS_VERSION if isinstance(written.action, Deploy):
            return _redeploy(release, written, written.action, key)
        case UndoKind.UNKNOWN if isinstance(written.action, Commanded | Http | Git):
            return by_hand(release, key, f"Undo {written.name} by hand: the plan does not say how")
        case _:
            return None


def _by_commands(written: Step, key: str) -> Step:
    source = written.action if isinstance(written.action, Commanded) else None
    action = Run(
        written.undo.commands,
        source.environment if source else (),
        source.folder if source else "",
        bool(source and source.shell),
    )
    return Step(
        key, key, f"Undo {written.name}", action, HARMLESS, timeout=written.timeout, after_crash=written.after_crash
    )  # fmt: skip


def _redeploy(release: Release, written: Step, deploy: Deploy, key: str) -> Step:
    if not release.previous:
        return by_hand(
            release, key, f"Undo {written.name} by hand: it is not known which version was there before"
        )
    back = replace(deploy, version="{{previous}}")
    return Step(key, key, f"Undo {written.name}", back, HARMLESS, timeout=written.timeout, after_crash=AfterCrash.REPEAT,
                verify=written.verify, by_hand=written.by_hand)  # fmt: skip


def by_hand(release: Release, key: str, text: str) -> Step:
    """A person's work on the way back: of whoever decides about rollbacks, else of who is on call, else of the owner."""
    roles = release.plan.rollback.confirm.who if release.plan.rollback.confirm else None
    on_call = Who(("on-call",)) if "on-call" in release.plan.roles else None
    return Step(key, key, text, Do(text), HARMLESS, by=roles or on_call)


# --- undoing on the plan's own word -------------------------------------------------------------------------------


def undone_by(release: Release, step: Step) -> tuple[str, ...]:
    """The keys of everything an ``undo`` step undoes: the step it names and what is inside it, as far as they passed."""
    written = written_step(release, step.action.step) if isinstance(step.action, UndoStep) else None
    inside = {part.key for part in written.walk()} if written else set()
    return tuple(key for key in release.passed if key.split("@", 1)[0] in inside)


def work_of(release: Release, step: Step) -> Step | None:
    """A step with what it really does: an ``undo`` step does what undoes the step it names; None: nothing is to be done."""
    if not isinstance(step.action, UndoStep):
        return step
    written = written_step(release, step.action.step)
    inner = _undo_whole(release, written, step.key) if written else None
    if inner is None:
        return None
    return replace(
        step, name=inner.name, action=inner.action, by=step.by or inner.by, verify=step.verify or inner.verify,
        by_hand=step.by_hand or inner.by_hand,
    )  # fmt: skip


def _undo_whole(release: Release, written: Step, key: str) -> Step | None:
    """As ``undo_step``, also for a group (its parts in reverse) and for what the plan calls impossible (a person)."""
    match written.undo.kind:
        case UndoKind.PARTS:
            told = (
                _undo_whole(release, part, f"{key}/{part.id}")
                for part in reversed(written.parts)
                if part.key in release.passed
            )
            parts = tuple(part for part in told if part is not None)
            return (
                Step(key, key, f"Undo {written.name}", Use(written.name, parts), HARMLESS) if parts else None
            )
        case UndoKind.IMPOSSIBLE:
            return by_hand(release, key, f"Undo {written.name} by hand: by itself it cannot be undone")
        case _:
            return undo_step(release, written, key)


def rekey(step: Step, prefix: str, instead_of: str) -> Step:
    """The same step under ``prefix`` instead of ``instead_of``, all the way down."""
    key = f"{prefix}/{step.key.removeprefix(instead_of).lstrip('/')}"

    def inner(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(rekey(part, prefix, instead_of) for part in steps)

    action = step.action
    match action:
        case ToDo() | Together() | Use():
            action = replace(action, steps=inner(action.steps))
        case Choose():
            action = replace(action, options=tuple(replace(o, steps=inner(o.steps)) for o in action.options))
        case _:
            pass
    return replace(step, key=key, action=action)
