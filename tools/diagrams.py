"""docs/reference/release-states.md: how a release and a step may move, drawn from the tables that decide it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from pilotage.decisions.transitions import RELEASE_MOVES, STEP_MOVES
from pilotage.domain.release import Status

_State = TypeVar("_State", bound=StrEnum)

_PAGE = """# States of a release

Drawn from `pilotage.decisions.transitions`, the table of legal moves.

## A release

{release}
A hold is no state of its own: a release is held while it is {held}, and goes on from
there when it is resumed. A completed release is over unless it is rolled back after all; a rolled back one can be taken up again, with the
same version or another.

## A step

{step}
Entering a stage again after a rollback begins its steps anew. A step that failed or whose outcome is unknown waits for
a person, unless the plan says what happens then.
"""


def page() -> str:
    """The whole page."""
    return _PAGE.format(
        release=_diagram(RELEASE_MOVES, frozenset({Status.PLANNED})),
        step=_diagram({state: after for state, after in STEP_MOVES.items() if state}, STEP_MOVES[None]),
        held="running, rolling back or rolled back",
    )


def _diagram(moves: Mapping[_State, frozenset[_State]], starts: frozenset[_State]) -> str:
    """A Mermaid state diagram, in the order of the table. A state with nowhere to go is an end."""
    states = list(moves)
    lines = [f"    {_id(state)} : {state.value}" for state in states]
    lines += [f"    [*] --> {_id(state)}" for state in states if state in starts]
    for state in states:
        lines += [f"    {_id(state)} --> {_id(after)}" for after in states if after in moves[state]]
        if not moves[state]:
            lines.append(f"    {_id(state)} --> [*]")
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```", ""])


def _id(state: StrEnum) -> str:
    return state.name.lower()
