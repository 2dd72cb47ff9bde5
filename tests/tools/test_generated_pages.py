"""The generated pages say what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from pilotage.application.shapes import snake_case
from pilotage.decisions.transitions import RELEASE_MOVES, STEP_MOVES
from pilotage.domain.events import Event
from tools import diagrams, event_reference, reference_docs


@pytest.mark.parametrize("page", ["docs/reference/events.md", "docs/reference/release-states.md"])
def test_the_page_is_current(page: str, repository: Path) -> None:
    assert (repository / page).read_text(encoding="utf-8") == reference_docs.render(
        reference_docs.GENERATED[page]
    ), "run make docs"


def test_every_event_has_an_entry_once() -> None:
    entries = re.findall(r"^### (\w+)$", event_reference.page(), re.MULTILINE)
    assert entries == [snake_case(kind) for kind in get_args(Event)]


def test_the_diagrams_draw_every_legal_move_and_no_other() -> None:
    release, step = re.findall(r"```mermaid\n(.*?)```", diagrams.page(), re.DOTALL)
    moves = {
        (before.name.lower(), after.name.lower()) for before, ends in RELEASE_MOVES.items() for after in ends
    }
    assert drawn(release) == moves
    moves = {
        (before.name.lower(), after.name.lower())
        for before, ends in STEP_MOVES.items()
        if before
        for after in ends
    }
    assert drawn(step) == moves


def drawn(diagram: str) -> set[tuple[str, str]]:
    """The arrows between states of a diagram."""
    return set(re.findall(r"^    (\w+) --> (\w+)$", diagram, re.MULTILINE))
