"""How one step is undone: the step that does it, made from what the plan says (see ``domain.steps.Undo``)."""

from __future__ import annotations

from dataclasses import replace

from pilotage.domain.steps import (
    AfterCrash,
    Choose,
    Commanded,
    Deploy,
    Run,
    Step,
    ToDo,
    Together,
    Undo,
    UndoKind,
    Use,
)  # fmt: skip

HARMLESS = Undo(UndoKind.HARMLESS)


def undo_step(written: Step, key: str) -> Step | None:
    """The step that undoes ``written``; None where there is nothing to undo (or a part does it)."""
    undo = written.undo
    name = f"Undo {written.name}"
    match undo.kind:
        case UndoKind.COMMANDS:
            source = written.action if isinstance(written.action, Commanded) else None
            action = Run(
                undo.commands,
                source.environment if source else (),
                source.folder if source else "",
                bool(source and source.shell),
            )
            return Step(
                key, key, name, action, HARMLESS, timeout=written.timeout, after_crash=written.after_crash
            )
        case UndoKind.STEPS:
            parts = tuple(rekey(part, key, written.key) for part in undo.steps)
            return Step(key, key, name, Use(name, parts), HARMLESS)
        case UndoKind.PREVIOUS_VERSION if isinstance(written.action, Deploy):
            deploy = replace(written.action, version="{{previous}}")
            return Step(key, key, name, deploy, HARMLESS, timeout=written.timeout, after_crash=AfterCrash.REPEAT,
                        verify=written.verify, by_hand=written.by_hand)  # fmt: skip
        case _:
            return None


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
