"""What every performer must do. Subclass ``PerformerContract`` and give a ``scene``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from pilotage.application.ports.performer import Performer
from pilotage.domain.effects import Effect, RetireFlag, RunCommands
from pilotage.domain.errors import Bug
from pilotage.domain.facts import OutcomeKind

_SOON = 10.0  # seconds; far more than a cancelled effect may need


@dataclass(frozen=True, slots=True)
class Scene:
    """A performer and a small world around it.

    ``passing``, ``failing`` and ``lasting`` make, from an effect id, an effect that succeeds, one that the outside
    refuses, and one that goes on until it is cancelled (None where the performer never waits). ``acted`` counts how
    often the world felt the effect of that id. ``once``: given twice with one id, it is felt once.
    """

    performer: Performer
    passing: Callable[[str], Effect]
    failing: Callable[[str], Effect]
    lasting: Callable[[str], Effect] | None
    acted: Callable[[str], int]
    once: bool


class PerformerContract:
    """The suite. Its tests ask for a fixture ``scene``, which the subclass gives."""

    async def test_what_succeeds_is_done_and_felt_once(self, scene: Scene) -> None:
        outcome = await scene.performer.perform(scene.passing("one"))
        assert outcome.done, outcome.detail
        assert scene.acted("one") == 1

    async def test_a_fault_of_the_outside_is_an_outcome_in_one_line(self, scene: Scene) -> None:
        outcome = await scene.performer.perform(scene.failing("two"))
        assert outcome.kind in {OutcomeKind.FAILED, OutcomeKind.TIMED_OUT, OutcomeKind.UNKNOWN}
        assert "\n" not in outcome.detail
        assert "Traceback" not in outcome.detail
        assert len(outcome.detail) > 20, "say what went wrong and what to do next"

    async def test_the_same_effect_given_twice_is_felt_as_often_as_promised(self, scene: Scene) -> None:
        effect = scene.passing("three")
        first = await scene.performer.perform(effect)
        second = await scene.performer.perform(effect)
        assert first.done
        assert second.done
        assert scene.acted("three") == (1 if scene.once else 2)

    async def test_asking_whether_it_happened_changes_nothing_and_never_lies(self, scene: Scene) -> None:
        effect = scene.passing("four")
        assert await scene.performer.happened(effect) is not True
        assert scene.acted("four") == 0
        await scene.performer.perform(effect)
        assert await scene.performer.happened(effect) is not False
        assert scene.acted("four") == 1

    async def test_an_effect_under_way_can_be_cancelled_and_the_next_one_works(self, scene: Scene) -> None:
        if scene.lasting is None:
            pytest.skip("this performer never waits")
        task = asyncio.create_task(scene.performer.perform(scene.lasting("five")))
        _, pending = await asyncio.wait({task}, timeout=0.2)
        assert pending, "the lasting effect ended by itself"
        task.cancel()
        _, pending = await asyncio.wait({task}, timeout=_SOON)
        assert not pending, "it did not let itself be cancelled"
        assert task.cancelled()

    async def test_an_effect_of_another_kind_is_our_own_bug(self, scene: Scene) -> None:
        effect = scene.passing("six")
        foreign = RetireFlag("x") if isinstance(effect.action, RunCommands) else RunCommands(("true",))
        with pytest.raises(Bug):
            await scene.performer.perform(replace(effect, action=foreign))
