"""A pulled kill switch reaches every release that uses the flag, whatever is wrong with one of them."""

from __future__ import annotations

import pytest

from pilotage.application.use_cases.killing import tell_releases
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.events import HoldCause
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor
from pilotage.testing.builders import hours, plan_of, run, share, stage
from pilotage.testing.world import World
from tests.support.damage import make_unreadable

MARIA = Actor(person="maria")


async def test_one_that_cannot_be_told_does_not_keep_it_from_the_others() -> None:
    world = World()
    plan = plan_of(stage("pilot", expose=share(10), bake=hours(1)), roles={"primary": ["maria"]})
    broken, sound = await world.started(plan, "1"), await world.started(plan, "2")
    other = await world.started(
        plan_of(stage("only", steps=[run("build")], gate=["Tested"]), plan="search"), "1"
    )
    assert next(iter(await world.storage.releases())).id == broken, "it is told first"
    make_unreadable(world, broken)
    tell = tell_releases(world.storage, world.app.loader, world.app.handler)
    with pytest.raises(StoreUnusable):
        await tell(Flag("checkout"), MARIA, "payments fail")
    hold = (await world.release(sound)).hold
    assert hold is not None
    assert hold.cause is HoldCause.KILL_SWITCH
    assert "payments fail" in hold.reason
    assert (await world.release(other)).hold is None
