"""The table of legal moves, from which the diagrams are drawn, is what really happens: on random walks, event by event."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings

from pilotage.decisions.evolve import evolve
from pilotage.decisions.transitions import RELEASE_MOVES, STEP_MOVES, may_move, may_step
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status, StepStatus
from tests.decisions.test_rules import WALKING, plans
from tests.support.walks import WALKS, Walk, walked


def states(walk: Walk) -> Iterator[Release]:
    """The release after each of its events."""
    release = Release("walk", walk.plan)
    for happened in walk.log:
        release = evolve(release, happened)
        yield release


@given(plans(), WALKS)
@settings(WALKING, max_examples=60)
def test_every_move_is_in_the_table(plan: Plan, moves: list[tuple[object, ...]]) -> None:
    for before, after in pairwise(states(walked(plan, moves))):
        if before.status is not after.status:
            assert may_move(before.status, after.status), f"{before.status} → {after.status}"
        for key, state in after.steps.items():
            was = before.steps[key].status if key in before.steps else None
            if was is not state.status:
                assert may_step(was, state.status), f"{key}: {was} → {state.status}"


def test_every_status_is_in_the_table() -> None:
    assert set(RELEASE_MOVES) == set(Status)
    assert set(STEP_MOVES) == {None, *StepStatus}
