"""Ticks: claimed by lease, read source by source, decided on alone, written together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pilotage.application.codec import look_from_json
from pilotage.application.runtime import sources
from pilotage.application.runtime.handle import Core
from pilotage.application.runtime.ticks import LEASE
from pilotage.decisions.decide import decide
from pilotage.domain import facts as f
from pilotage.domain.decision import Decision
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Arm, MetricRequest, Reading, Sample, Source
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status
from pilotage.domain.tallies import Tally
from pilotage.testing.builders import (
    above,
    automatic,
    hours,
    metric,
    minutes,
    plan_of,
    seconds,
    share,
    stage,
)
from pilotage.testing.clock import SimulatedClock
from pilotage.testing.metrics import Happening
from pilotage.testing.world import World

MARIA = Actor(person="maria")


def watched(name: str = "checkout", source: str = "main") -> Plan:
    """A release that exposes 10 % and watches one metric for an hour."""
    return plan_of(
        stage("pilot", expose=share(10), bake=hours(1)),
        plan=name,
        roles={"primary": ["maria"]},
        metrics=[metric("error rate", source=source)],
        rollback=[automatic(above("error rate", 5, minutes(5)))],
        sources={
            source: Source(
                source, "scripted" if source == "main" else source, url=source, timeout=seconds(10)
            )
        },
    )


class Slow:
    """A source that answers after so many simulated seconds."""

    def __init__(self, takes: float) -> None:
        self.clock = SimulatedClock()
        self.takes = takes
        self.calls = 0

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        self.calls += 1
        await self.clock.sleep(self.takes)
        return [Sample(r.metric.name, at, 0.1, arm=r.arm) for r in requests]

    async def count(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Tally]:
        self.calls += 1
        await self.clock.sleep(self.takes)
        return [Tally(r.metric.name, r.since or at, at, 100, arm=r.arm) for r in requests]

    halves = count


async def test_ticks_keep_the_grid_of_the_release_and_write_no_event() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    release = await world.started(watched())
    events = len(await world.history(release))
    world.metrics.asked.clear()
    await world.pass_time(minutes(10))
    assert len(world.metrics.asked) == 40
    assert len(await world.history(release)) == events
    row = await world.storage.release(release)
    assert row is not None
    assert row.due is not None
    started = (await world.release(release)).started
    assert started is not None
    assert (row.due - started).total_seconds() % 15 == 0


async def test_what_was_read_is_kept() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    release = await world.started(watched())
    await world.pass_time(minutes(1))
    rows = await world.storage.samples(release)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    looks = [look_from_json(row.body) for row in rows]
    assert len(looks) >= 4
    assert all([s.value for s in look.samples] == [0.1] for look in looks)


async def test_values_counts_and_history_of_one_look_are_one_row() -> None:
    counted = metric("error rate", source="main", errors="e", total="t")

    def all_kinds(release: Release, _: Judging, at: datetime) -> Sequence[MetricRequest]:
        since = at - timedelta(seconds=15)
        return (
            []
            if release.status is not Status.RUNNING
            else [
                MetricRequest(metric("queue"), Arm.CANARY),
                MetricRequest(counted, Arm.CANARY, reading=Reading.COUNT, since=since, until=at),
                MetricRequest(counted, Arm.BASELINE, reading=Reading.HALVES, since=since, until=at),
            ]
        )

    world = World(core=Core(requests=all_kinds))
    world.metrics.readings["queue"] = 7
    release = await world.started(watched())
    for replica in ("a", "b"):
        world.metrics.happenings.append(
            Happening(world.clock.now() + timedelta(seconds=1), labels={"instance": replica}, times=50)
        )
    await world.pass_time(seconds(15))
    newest = (await world.storage.samples(release))[-1]
    look = look_from_json(newest.body)
    assert [sample.value for sample in look.samples] == [7]
    assert [(t.requests, t.errors, t.ended) for t in look.tallies] == [(100, 0, newest.at)]
    assert [(t.requests, t.arm) for t in look.history] == [(50, Arm.CANARY), (50, Arm.BASELINE)]


async def test_a_slow_source_holds_up_only_those_who_asked_it() -> None:
    world = World(metrics={"slow": (slow := Slow(takes=8))})
    slow.clock = world.clock
    world.metrics.readings["error rate"] = 0.1
    for plan in (watched("quick"), watched("late", "slow")):
        await world.started(plan, "1")
    world.clock.jump(world.clock.now() + timedelta(seconds=15))
    ticker = world.app.worker()._ticker
    rows = await ticker.claim()
    assert {row.id for row in rows} == {"quick-1", "late-1"}
    taking = asyncio.create_task(ticker.take(rows))
    await world.clock.everybody_waits()
    assert slow.calls == 1
    assert await seen(world, "quick-1")
    assert not await seen(world, "late-1")
    await world.clock.until_done(taking)
    assert await seen(world, "late-1")


async def seen(world: World, release: str) -> bool:
    """Whether the release has taken in a sample."""
    return bool((await world.app.loader.load(release)).judging.samples)


async def test_a_source_that_does_not_answer_in_time_is_no_data_with_the_reason() -> None:
    """The patience for a source is real time, so it is short here."""

    class Never:
        async def read(
            self, source: Source, requests: Sequence[MetricRequest], at: datetime
        ) -> Sequence[Sample]:
            await asyncio.Event().wait()
            return ()

        async def count(
            self, source: Source, requests: Sequence[MetricRequest], at: datetime
        ) -> Sequence[Tally]:
            await asyncio.Event().wait()
            return ()

        halves = count

    plan = watched("late", "slow")
    patient = replace(plan, sources={"slow": Source("slow", "slow", url="x", timeout=seconds(0.01))})
    world = World(metrics={"slow": Never()})
    release = await world.create(patient, "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "GRACE", 0.01)
        await world.app.acting.start(release, MARIA)
        await world.settle()
        await world.pass_time(seconds(16))
    problems = [s.body for s in await world.storage.samples(release)]
    assert problems
    assert all("did not answer within 0.01 s" in body.replace('\\"', '"') for body in problems)


async def test_no_data_is_never_a_pass_it_holds_in_the_end() -> None:
    world = World()
    world.metrics.problem = "connection refused"
    release = await world.started(watched())
    await world.pass_time(minutes(30))
    state = await world.release(release)
    assert state.status is Status.RUNNING
    assert state.hold is not None
    assert "connection refused" in state.hold.reason


async def test_one_call_of_a_source_for_many_releases_of_one_plan() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    plan = watched()
    for number in range(20):
        release = await world.create(plan, f"1.{number}")
        await world.app.acting.start(release, MARIA)
    await world.settle()
    world.metrics.asked.clear()
    await world.pass_time(seconds(15))
    assert len(world.metrics.asked) == 1
    for row in await world.storage.releases():
        assert "error rate" in row.judging


def failing_for(bad: str) -> Callable[[Release, Judging, f.Fact], Decision]:
    def decide_or_fail(release: Release, judging: Judging, fact: f.Fact) -> Decision:
        if release.id.startswith(bad) and isinstance(fact.body, f.Tick) and release.stage:
            raise ZeroDivisionError("a mistake in a rule")
        return decide(release, judging, fact)

    return decide_or_fail


async def test_a_release_that_cannot_be_decided_on_is_put_off_alone(caplog: pytest.LogCaptureFixture) -> None:
    world = World(core=Core(decide=failing_for("bad")))
    world.metrics.readings["error rate"] = 0.1
    good, bad = await world.create(watched("good"), "1"), await world.create(watched("bad"), "1")
    for release in (good, bad):
        await world.app.acting.start(release, MARIA)
    await world.pass_time(minutes(61))
    assert (await world.release(good)).status is Status.COMPLETED
    assert (await world.release(bad)).status is Status.RUNNING
    assert "bad-1 cannot be carried on (try 1); it is looked at again in 5 s" in caplog.text
    assert "it is looked at again in 300 s" in caplog.text


async def test_a_dead_worker_s_shard_comes_back_when_its_lease_ends() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    release = await world.started(watched())
    row = await world.storage.release(release)
    assert row is not None
    assert row.due is not None
    world.clock.jump(row.due)
    assert len(await world.app.worker()._ticker.claim()) == 1
    before = len(world.metrics.asked)
    await world.pass_time(seconds(LEASE - 1))
    assert len(world.metrics.asked) == before
    await world.pass_time(seconds(2))
    assert len(world.metrics.asked) > before


async def test_what_a_thawed_worker_writes_is_refused() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    release = await world.started(watched())
    row = await world.storage.release(release)
    assert row is not None
    assert row.due is not None
    world.clock.jump(row.due)
    ticker = world.app.worker()._ticker
    frozen = await ticker.claim()
    world.clock.jump(world.clock.now() + timedelta(seconds=LEASE + 1))
    await world.settle()
    after = await world.storage.release(release)
    await ticker.take(frozen)
    assert await world.storage.release(release) == after
