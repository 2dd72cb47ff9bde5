"""The worker: it goes on whatever happens, and a clock that jumps makes nothing happen twice or never."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pilotage.application.ports.storage import ReleaseRow
from pilotage.application.ports.workers import WorkerName
from pilotage.application.runtime.effects import LEASE
from pilotage.application.runtime.loop import JUMP, LONGEST_WAIT
from pilotage.application.services import Application
from pilotage.application.use_cases.creating import Wanted
from pilotage.domain import events as e
from pilotage.domain.effects import SendMessage
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.messages import MessageRow
from pilotage.domain.moments import Anchor, Repeated
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Status
from pilotage.testing.builders import (
    above,
    automatic,
    days,
    hours,
    metric,
    minutes,
    plan_of,
    run,
    seconds,
    share,
    stage,
)
from pilotage.testing.world import World

MARIA = Actor(person="maria")


@asynccontextmanager
async def working(world: World) -> AsyncIterator[None]:
    """A worker that runs by itself, as in a server."""
    running = asyncio.create_task(world.worker.run())
    await world.clock.everybody_waits()
    yield
    await world.worker.stop()
    await world.clock.until_done(running)


def calm(bake: float = 60) -> Plan:
    return plan_of(
        stage("pilot", steps=[run("deploy")], expose=share(10), bake=minutes(bake)),
        roles={"primary": ["maria"]},
    )


def guarded() -> Plan:
    return plan_of(
        stage("pilot", expose=share(10), bake=hours(1)),
        roles={"primary": ["maria"]},
        metrics=[metric("error rate")],
        rollback=[automatic(above("error rate", 5, minutes(5)))],
    )


def chatty() -> Plan:
    """Tells somebody every hour of the pilot."""
    starts = Anchor("pilot", "starts", is_stage=True)
    row = MessageRow(
        "hourly", ("primary",), ("log",), text="still fine",
        at=Repeated(hours(1), starts, Anchor("pilot", "ends", is_stage=True), None, text="every 1h during pilot"),
    )  # fmt: skip
    return plan_of(
        stage("pilot", expose=share(10), bake=days(30)), roles={"primary": ["maria"]}, messages=[row]
    )


async def test_it_carries_a_release_to_its_end_by_itself() -> None:
    world = World()
    async with working(world):
        await world.app.creating.create(world.plans.add(calm()), Wanted("1.2.0"), MARIA)
        await world.app.acting.start("checkout-1.2.0", MARIA)
        await world.clock.pass_time(3700)
        assert (await world.release("checkout-1.2.0")).status is Status.COMPLETED


async def test_it_survives_a_database_that_cannot_be_used_for_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    claim, broken = world.storage.claim_effects, 5

    async def sometimes(now: datetime, limit: int, lease: float, owner: str) -> Sequence[object]:
        nonlocal broken
        if broken:
            broken -= 1
            raise StoreUnusable("the database is locked", "wait")
        return await claim(now, limit, lease, owner)

    world.storage.claim_effects = sometimes  # type: ignore[method-assign, assignment]
    release = await world.create(calm(), "1.2.0")
    await world.app.acting.start(release, MARIA)
    async with working(world):
        await world.clock.pass_time(3700)
        assert (await world.release(release)).status is Status.COMPLETED
    assert "the worker could not look for work; it tries again in 8 s" in caplog.text


async def test_a_wait_never_lasts_longer_than_the_poll_though_no_hint_came() -> None:
    """Another process wrote: nobody in this one was told."""
    world = World()
    async with working(world):
        release = await world.create(calm(), "1.2.0")
        world.wake.wake = _nothing  # type: ignore[method-assign]
        await world.app.acting.start(release, MARIA)
        await world.clock.pass_time(LONGEST_WAIT + 0.1)
        assert world.performer.performed


async def test_a_clock_set_back_makes_nothing_happen_twice_and_stops_nothing() -> None:
    world = World()
    async with working(world):
        release = await world.create(chatty(), "1.2.0")
        await world.app.acting.start(release, MARIA)
        await world.clock.pass_time(3 * 3600 + 60)
        told = len(world.done(SendMessage))
        world.clock.jump(world.clock.now() - timedelta(hours=2))
        await world.clock.pass_time(1.5 * 3600)
        assert len(world.done(SendMessage)) == told
        await world.clock.pass_time(1.5 * 3600 + 60)
        assert len(world.done(SendMessage)) == told + 1
    await world.holds_together()


async def test_a_clock_that_was_days_ahead_and_is_mended_leaves_nobody_unwatched() -> None:
    """The looks planned under the wrong clock are days away; the guard must act within its minutes all the same."""
    world = World()
    world.metrics.readings["error rate"] = 0.1
    async with working(world):
        world.clock.jump(world.clock.now() + timedelta(days=10))
        await world.clock.pass_time(LEASE)
        release = await world.create(guarded(), "1.2.0")
        await world.app.acting.start(release, MARIA)
        await world.clock.pass_time(60)
        world.clock.jump(world.clock.now() - timedelta(days=10))
        world.metrics.readings["error rate"] = 8.0
        await world.clock.pass_time(360)
        assert (await world.release(release)).status is Status.ROLLED_BACK
    await world.holds_together()


async def test_a_clock_that_jumps_ahead_says_so_and_does_what_is_due_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    async with working(world):
        release = await world.create(chatty(), "1.2.0")
        await world.app.acting.start(release, MARIA)
        await world.clock.pass_time(60)
        told = len(world.done(SendMessage))
        world.clock.jump(world.clock.now() + timedelta(hours=3))
        await world.clock.pass_time(JUMP.total_seconds() + LEASE)
        late = [m for m in await world.events(release, e.MessageQueued) if isinstance(m, e.MessageQueued)]
        assert len(world.done(SendMessage)) > told
        missed = [m for m in await world.events(release, e.MessageSkipped) if isinstance(m, e.MessageSkipped)]
        assert missed, "what was missed is said to be, and only the latest goes out"
        assert {m.reason for m in missed} == {"missed: the next one is due"}
        assert len({m.key for m in late}) == len(late)
        await world.clock.pass_time(60)
        assert len(await world.events(release, e.MessageQueued)) == len(late)
    assert "the clock jumped" in caplog.text
    await world.holds_together()


async def test_after_a_jump_ahead_a_living_worker_keeps_its_effects() -> None:
    """All leases look dead at once; the one whose worker lives must not be taken over."""
    world = World()
    world.performer.pause()
    other = world.app.worker()
    async with working(world):
        release = await world.create(calm(), "1.2.0")
        await world.app.acting.start(release, MARIA)
        await world.clock.pass_time(1)
        assert len(world.performer.asked) == 1
        beside = asyncio.create_task(other.run())
        await world.clock.pass_time(1)
        world.clock.jump(world.clock.now() + timedelta(hours=1))
        await world.clock.pass_time(60)
        assert len(world.performer.asked) == 1
        world.performer.resume()
        await world.clock.pass_time(5)
        await other.stop()
        await world.clock.until_done(beside)
    assert not (await world.release(release)).questions


async def test_stopping_ends_the_loop_at_once_when_nothing_runs() -> None:
    world = World()
    async with working(world):
        before = world.clock.now()
    assert world.clock.now() - before < timedelta(seconds=seconds(LONGEST_WAIT + 1).seconds)


async def test_many_releases_are_carried_on_together() -> None:
    world = World()
    plan = calm(bake=1)
    for number in range(250):
        release = await world.create(plan, f"1.{number}")
        await world.app.acting.start(release, MARIA)
    await world.pass_time(minutes(2))
    rows: Sequence[ReleaseRow] = await world.storage.releases(limit=1000)
    assert {row.status for row in rows} == {"completed"}
    assert len(rows) == 250


async def _nothing() -> None:
    return None


class Neighbours:
    """Names of workers on one machine: the inherited one is free once the first worker has died."""

    def __init__(self) -> None:
        self.first_lives = True

    def take(self) -> WorkerName:
        return WorkerName("the second") if self.first_lives else WorkerName("the first", inherited=True)

    def give_back(self) -> None:
        """Nothing to do."""

    def somebody_works(self) -> bool | None:
        return None


async def test_when_the_worker_beside_it_dies_its_work_is_taken_over_at_once() -> None:
    world, names = World(), Neighbours()
    release = await world.create(calm(), "1.2.0")
    await world.app.acting.start(release, MARIA)
    assert await world.storage.claim_effects(world.clock.now(), 1, LEASE, "the first")
    world.worker = Application(replace(world.app.ports, workers=names)).worker()
    async with working(world):
        await world.clock.pass_time(5)
        assert not world.performer.performed
        names.first_lives = False
        await world.clock.pass_time(2)
        assert world.performer.performed
