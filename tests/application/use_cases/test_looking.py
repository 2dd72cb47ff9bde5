"""Looking at releases changes nothing, and says everything in plain values and sentences."""

from __future__ import annotations

import asyncio
import json

import pytest

from pilotage.application.use_cases.looking import Watched
from pilotage.application.use_cases.views import plain
from pilotage.domain import facts as f
from pilotage.domain.errors import NotFound
from pilotage.domain.plan import Plan
from pilotage.testing.builders import hours, plan_of, run, share, stage
from pilotage.testing.world import World
from tests.support.damage import make_unreadable


def checkout() -> Plan:
    return plan_of(
        stage("internal", steps=[run("deploy")], gate=["Tested"], owner="primary"),
        stage("pilot", expose=share(10), bake=hours(1)),
        roles={"primary": ["maria"]},
    )


async def test_a_list_is_short_latest_first_and_can_be_narrowed() -> None:
    world = World()
    for version in ("1", "2", "3"):
        await world.create(checkout(), version)
        await world.clock.pass_time(1)
    await world.start("checkout-1")
    assert [line.id for line in await world.app.looking.list(limit=2)] == ["checkout-1", "checkout-3"]
    assert [line.id for line in await world.app.looking.list(["running"])] == ["checkout-1"]


async def test_a_release_that_cannot_be_read_hides_no_other_in_the_list() -> None:
    world = World()
    for version in ("1", "2"):
        await world.create(checkout(), version)
    make_unreadable(world, "checkout-1")
    lines = {line.id: line for line in await world.app.looking.list()}
    assert "cannot be read" in lines["checkout-1"].headline
    assert (lines["checkout-1"].status, lines["checkout-2"].version) == ("planned", "2")


async def test_what_is_shown_is_plain_json_without_the_plan() -> None:
    world = World()
    release = await world.started(checkout())
    shown = plain(await world.app.looking.show(release))
    again = json.loads(json.dumps(shown))
    assert again["line"]["status"] == "running"
    assert again["line"]["created"] == "2026-01-05T09:00:00Z"
    assert [(s["id"], s["state"]) for s in again["stages"]] == [("internal", "current"), ("pilot", "ahead")]
    assert again["waits"]
    assert "plan" not in again["release"]


async def test_why_names_what_it_waits_for_and_writes_nothing() -> None:
    world = World()
    release = await world.started(checkout())
    before = await world.storage.release(release)
    why = await world.app.looking.why(release)
    assert "Tested" in why.waits[0].text
    assert not why.moving
    assert await world.storage.release(release) == before


async def test_why_gives_the_time_of_the_next_look_where_time_is_waited_for() -> None:
    world = World()
    release = await world.started(checkout())
    await world.act(release, f.Attest("Tested"))
    why = await world.app.looking.why(release)
    assert why.waits[0].again is not None
    assert (why.waits[0].again - world.clock.now()).total_seconds() == 3600


async def test_the_log_tells_everything_once_in_order_and_can_be_taken_up() -> None:
    world = World()
    release = await world.started(checkout())
    told = await world.app.looking.log(release)
    assert [line.number for line in told] == list(range(1, len(told) + 1))
    assert told[0].event == "release_created"
    assert all(line.sentence for line in told)
    assert await world.app.looking.log(release, after=3) == told[3:]
    assert await world.app.looking.log(release, after=3, limit=2) == told[3:5]


async def test_watching_gives_every_event_once_and_ends_with_the_release() -> None:
    world = World()
    release = await world.started(checkout())
    seen: list[Watched] = []

    async def watch() -> None:
        async for watched in world.app.looking.watch(release):
            seen.append(watched)  # noqa: PERF401 - what was seen so far counts if it stops

    watching = asyncio.create_task(watch())
    await world.clock.pass_time(5)
    assert len(seen) == 1
    await world.act(release, f.Attest("Tested"))
    await world.clock.pass_time(5)
    await world.pass_time(hours(1))
    await world.clock.pass_time(5)
    assert watching.done()
    numbers = [told.number for watched in seen for told in watched.told]
    assert numbers == list(range(1, len(numbers) + 1))
    assert seen[-1].shown.line.status == "completed"
    assert len(numbers) == (await world.release(release)).number


async def test_a_release_nobody_made() -> None:
    world = World()
    for ask in (world.app.looking.show, world.app.looking.why, world.app.looking.log):
        with pytest.raises(NotFound, match="There is no release 'nope'"):
            await ask("nope")
