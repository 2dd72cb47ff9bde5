"""Whole releases through the real core, runtime and use cases, in memory: they read like what happened."""

from __future__ import annotations

import pytest

from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.effects import RunCommands, SetExposure
from pilotage.domain.errors import Refused
from pilotage.domain.exposure import NOBODY
from pilotage.domain.plan import Plan
from pilotage.domain.release import Status
from pilotage.testing.builders import (
    EVERYONE,
    above,
    automatic,
    below,
    guard,
    hours,
    metric,
    minutes,
    plan_of,
    run,
    segment,
    share,
    stage,
)
from pilotage.testing.world import World


@pytest.fixture
def world() -> World:
    return World()


def checkout() -> Plan:
    rate = metric("error rate")
    return plan_of(
        stage("internal", steps=[run("deploy", "./deploy.sh new", undo=["./deploy.sh previous"])],
              expose=segment("team"), gate=["All critical paths tested"], go="primary"),
        stage("pilot", expose=share(10), bake=hours(1), gate=[below("error rate", 1, minutes(30))],
              guards=(guard("error rate", 1, 5),)),
        stage("everyone", expose=EVERYONE, bake=minutes(30)),
        roles={"primary": ["maria"], "on-call": ["sam"]},
        metrics=[rate],
        rollback=[automatic(above("error rate", 5, minutes(5)))],
    )  # fmt: skip


async def test_a_healthy_release_reaches_everyone(world: World) -> None:
    world.metrics.readings["error rate"] = 0.2
    release = await world.started(checkout())
    assert [c.action.commands for c in world.done(RunCommands)] == [("./deploy.sh new",)]
    assert (await world.release(release)).exposure == segment("team")
    await world.act(release, f.Attest("All critical paths tested"))
    await world.act(release, f.Approve())
    assert (await world.release(release)).stage == "pilot"
    await world.pass_time(hours(1))
    assert (await world.release(release)).stage == "everyone"
    await world.pass_time(minutes(30))
    assert (await world.release(release)).status is Status.COMPLETED
    await world.holds_together()


async def test_errors_roll_it_back_by_itself_exposure_first(world: World) -> None:
    world.metrics.readings["error rate"] = 0.2
    release = await world.started(checkout())
    await world.act(release, f.Attest("All critical paths tested"))
    await world.act(release, f.Approve())
    await world.pass_time(minutes(20))
    world.metrics.readings["error rate"] = 8.0
    await world.pass_time(minutes(6))
    state = await world.release(release)
    assert state.status is Status.ROLLED_BACK
    assert state.exposure == NOBODY
    effects = [x.action for x in world.performer.performed]
    lowered = max(i for i, a in enumerate(effects) if isinstance(a, SetExposure) and a.exposure == NOBODY)
    undone = next(
        i for i, a in enumerate(effects) if isinstance(a, RunCommands) and "previous" in a.commands[0]
    )
    assert lowered < undone
    assert [x.automatic for x in await world.events(release, e.RollbackStarted)] == [True]  # type: ignore[union-attr]
    await world.holds_together()


async def test_why_says_who_can_act_and_quiet_ticks_write_nothing(world: World) -> None:
    world.metrics.readings["error rate"] = 0.2
    release = await world.started(checkout())
    waits = await world.waits(release)
    assert "All critical paths tested" in waits[0].text
    before = len(await world.history(release))
    await world.pass_time(minutes(10))
    assert len(await world.history(release)) == before


async def test_a_stranger_is_refused_and_that_is_recorded(world: World) -> None:
    release = await world.started(checkout())
    with pytest.raises(Refused, match="kim is not among the people"):
        await world.act(release, f.Approve(), by="kim")
    assert len(await world.events(release, e.ActionRefused)) == 1
