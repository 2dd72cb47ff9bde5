"""Which steps lead back: a written procedure, or the steps of this release undone in reverse, up to a one-way door (S8).

Made anew from the plan and the release whenever it is needed, so that the record only names the keys. A key says what
it does: ``rollback-1/undo/KEY`` undoes that step, ``rollback-1/ask/KEY`` first asks a person because undoing costs data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pilotage.decisions.undoing import (
    by_hand,
    is_door,
    nothing_happened,
    rekey,
    undo_step,
    unfinished,
    work_of,
    written_step,
)
from pilotage.domain.release import Release
from pilotage.domain.rollback import Procedure
from pilotage.domain.steps import Choose, Restore, Step, ToDo, Together, UndoKind, UndoStep, Use

CONFIRM = "confirm"
"""The last part of the key of a person's word before data is lost or a door is crossed."""


def written_way(release: Release, procedure: Procedure, number: int) -> tuple[tuple[Step, ...], str]:
    """A written procedure's steps under this rollback's keys, and the door that blocks it.

    It crosses a one-way door only when it restores or undoes that step, and then a person confirms first. A person
    also confirms whatever says that it costs data, however the rollback began.
    """
    steps = tuple(rekey(step, f"rollback-{number}", "rollback") for step in procedure.steps)
    closed = doors(release)
    if not closed:
        return _confirmed(release, steps), ""
    inside = [inner for step in steps for inner in step.walk()]
    crossing = {inner.action.step for inner in inside if isinstance(inner.action, UndoStep)}
    restores = any(isinstance(inner.action, Restore) for inner in inside)
    if not restores and not set(closed) <= crossing:
        return (), closed[-1]
    text = f"Confirm the rollback: it goes back past {name_of(release, closed[-1])}, which cannot be undone by itself"
    losses = list(dict.fromkeys(loss for inner in inside if (loss := _loss(release, inner))))
    text += f", and it loses {' and '.join(losses)}" if losses else ""
    return (by_hand(release, f"rollback-{number}/{CONFIRM}", text), *steps), ""


def reverse_way(release: Release, number: int) -> tuple[tuple[Step, ...], str]:
    """What this release did, undone in reverse as far as the first one-way door; and that door."""
    steps: list[Step] = []
    seen: set[str] = set()
    for key in _done(release):
        written = written_step(release, key)
        if written is None or written.key in seen:
            continue
        seen.add(written.key)
        if is_door(written) and not nothing_happened(written, release.steps.get(key)):
            return tuple(steps), key
        for what in ("ask", "undo"):
            step = undo_named(release, f"rollback-{number}/{what}/{key}")
            if step is not None:
                steps.append(step)
    return tuple(steps), ""


def undo_named(release: Release, key: str) -> Step | None:
    """The step of a reversed way by its key; None where nothing is to be done."""
    _, what, target = key.split("/", 2)
    written = written_step(release, target)
    if written is None:
        return None
    if what == "ask":
        text = f"Confirm: undoing {written.name} loses {written.loses}"
        return by_hand(release, key, text) if written.loses else None
    return undo_step(release, written, key)


def confirms_a_loss(key: str) -> bool:
    """Whether a step of a way back is the word of a person that data may be lost."""
    way, _, rest = key.partition("/")
    return way.startswith("rollback-") and (rest.startswith("ask/") or rest.endswith(f"/{CONFIRM}"))


def doors(release: Release) -> tuple[str, ...]:
    """The one-way doors that are closed, or may be: a step that cannot be undone and may have happened counts."""
    maybe = [
        key for key, state in release.steps.items()
        if unfinished(state) and key not in release.doors
        and (step := written_step(release, key)) is not None and is_door(step) and not nothing_happened(step, state)
    ]  # fmt: skip
    return (*release.doors, *maybe)


def name_of(release: Release, key: str) -> str:
    """What people call a step."""
    step = written_step(release, key)
    return step.name if step else key


# --- in reverse ---------------------------------------------------------------------------------------------------


def _done(release: Release) -> Iterable[str]:
    """Keys of the plan's steps that did something or may have, latest first, as far back as this rollback goes."""
    begun = sorted(
        (k for k, s in release.steps.items() if _begun(release, k) and k not in release.passed),
        key=lambda k: release.steps[k].started,
        reverse=True,
    )
    keys = [key for key in (*begun, *reversed(release.passed)) if _in_scope(release, key)]
    covered = {
        part.key
        for key in keys
        if (group := written_step(release, key)) is not None and _undone_as_a_whole(group)
        for part in group.walk()
        if part is not group
    }
    return [key for key in keys if key.split("@", 1)[0] not in covered]


def _begun(release: Release, key: str) -> bool:
    state, step = release.steps[key], written_step(release, key)
    if step is None:
        return False
    if not step.parts:
        return unfinished(state)
    parts = (p.key for p in step.walk() if p is not step)
    return _undone_as_a_whole(step) and any(
        p in release.passed or unfinished(release.steps.get(p)) for p in parts
    )


def _undone_as_a_whole(step: Step) -> bool:
    """Whether the plan says of a group itself how it is undone, instead of each of its parts."""
    return bool(step.parts) and step.undo.kind is not UndoKind.PARTS and not isinstance(step.action, ToDo)


def _in_scope(release: Release, key: str) -> bool:
    """Steps of the stage gone back to, and later; all where the plan names no stage, or once the flag is gone: then
    only the version that ran before helps.
    """
    section = release.plan.rollback
    order = [s.id for s in release.plan.stages]
    stage = key.split("/", 1)[0]
    if stage not in order:
        return False
    if section.then != "back" or not section.back_to or release.flag_retired:
        return True
    return order.index(stage) >= order.index(section.back_to)


# --- what costs data ----------------------------------------------------------------------------------------------


def _loss(release: Release, step: Step) -> str:
    """What data a step of the way back costs: its own words, or those of the step it undoes."""
    if isinstance(step.action, UndoStep):
        written = written_step(release, step.action.step)
        return step.loses or (written.loses if written else "")
    return step.loses


def _confirmed(release: Release, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with a person's word before each that costs data, wherever it stands."""
    found: list[Step] = []
    for step in steps:
        at_once = isinstance(step.action, Together | ToDo)
        costly = [s for s in (step.walk() if at_once else (step,)) if _loss(release, s)]
        for each in costly:
            words = f"Confirm: {each.name} loses {_loss(release, each)}"
            found.append(by_hand(release, f"{each.key}/{CONFIRM}", words))
        found.append(step if at_once else _inside_confirmed(release, step))
    return tuple(found)


def _inside_confirmed(release: Release, step: Step) -> Step:
    match step.action:
        case Use(steps=parts):
            return replace(step, action=replace(step.action, steps=_confirmed(release, parts)))
        case Choose(options=options):
            careful = tuple(replace(o, steps=_confirmed(release, o.steps)) for o in options)
            return replace(step, action=replace(step.action, options=careful))
        case _:
            return step


def find_inside(release: Release, steps: Iterable[Step], key: str) -> Step | None:
    """A step by key among these, also inside the groups that undo something."""
    for step in steps:
        for inner in step.walk():
            if inner.key == key:
                return inner
            if isinstance(inner.action, UndoStep) and key.startswith(f"{inner.key}/"):
                work = work_of(release, inner)
                found = find_inside(release, work.parts, key) if work else None
                if found is not None:
                    return found
    return None
