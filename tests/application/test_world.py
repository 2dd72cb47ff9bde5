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
    approved,
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
    run_so_far = [x.action for x in world.performer.performed if isinstance(x.action, RunCommands)]
    assert [action.commands for action in run_so_far] == [("./deploy.sh new",)]
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


@pytest.mark.requirement(60)
async def test_a_stage_is_left_only_with_its_checklist_answered_and_a_recorded_go(world: World) -> None:
    """One line is ticked by a person, one is measured; neither time nor one of them alone is enough."""
    world.metrics.readings["error rate"] = 0.2
    plan = plan_of(
        stage(
            "pilot",
            expose=share(10),
            bake=hours(1),
            gate=["Feedback is good", below("error rate", 1)],
            go="primary",
        ),
        stage("everyone", expose=EVERYONE),
        roles={"primary": ["maria"]},
        metrics=[metric("error rate")],
    )
    release = await world.started(plan)
    await world.pass_time(hours(4))
    assert (await world.release(release)).stage == "pilot"
    await world.act(release, f.Attest("Feedback is good"))
    world.metrics.readings["error rate"] = 2.0
    await world.pass_time(hours(1))
    await world.act(release, f.Approve(comment="looks good"))
    assert (await world.release(release)).stage == "pilot"
    world.metrics.readings["error rate"] = 0.2
    await world.pass_time(hours(1))
    assert (await world.release(release)).stage == "everyone"
    given = next(h for h in await world.history(release) if isinstance(h.event, e.ApprovalGiven))
    assert (given.by.person, given.event.comment) == ("maria", "looks good")  # type: ignore[union-attr]


@pytest.mark.requirement(191)
async def test_an_approval_records_who_as_what_when_and_why_and_another_content_voids_it(
    world: World,
) -> None:
    plan = plan_of(
        stage("first", gate=[approved("primary", "on-call")], owner="primary"),
        stage("second", gate=["Tested"], owner="primary"),
        roles={"primary": ["maria"], "on-call": ["sam"]},
    )
    release = await world.started(plan)
    await world.act(release, f.Approve(comment="I read it all"), by="sam")
    given = next(h for h in await world.history(release) if isinstance(h.event, e.ApprovalGiven))
    assert isinstance(given.event, e.ApprovalGiven)
    assert (given.event.person, given.event.role, given.event.comment) == ("sam", "on-call", "I read it all")
    assert given.at == world.clock.now()
    assert (given.event.version, given.event.plan_digest) == ("1.2.0", plan.digest)
    await world.act(release, f.RollBack("wrong build"))
    assert (await world.release(release)).status is Status.ROLLED_BACK
    await world.act(release, f.Resume("the right build", version="1.2.1"))
    await world.act(release, f.Approve(), by="maria")
    assert (await world.release(release)).stage == "first"
    await world.act(release, f.Approve(), by="sam")
    assert (await world.release(release)).stage == "second"


async def test_a_rehearsal_decides_and_tells_and_acts_on_nothing(world: World) -> None:
    world.metrics.readings["error rate"] = 0.2
    release = await world.create(checkout(), "1.2.0")
    await world.start(release, rehearsal=True)
    await world.act(release, f.Attest("All critical paths tested"))
    await world.act(release, f.Approve())
    await world.pass_time(hours(2))
    assert (await world.release(release)).status is Status.COMPLETED
    assert not world.done(RunCommands)
    assert not world.done(SetExposure)
    await world.holds_together()
