"""One fact, one decision, one write: whoever loses a race decides anew, and nothing is ever written twice or half."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from pilotage.application.codec import snapshot_schema
from pilotage.application.ports.storage import Change
from pilotage.application.services import Application
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.decision import Decision
from pilotage.domain.errors import Conflict, NotFound, StoreUnusable
from pilotage.domain.judging import Judging
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Status
from pilotage.testing.builders import do, plan_of, stage
from pilotage.testing.clock import MONDAY
from pilotage.testing.world import World

MARIA = Actor(person="maria")
SAM = Actor(person="sam")


def two_tasks() -> Plan:
    return plan_of(
        stage("only", gate=["Support briefed", "Docs written"], steps=[do("Say hello", by="primary")]),
        roles={"primary": ["maria"], "on-call": ["sam"]},
    )


async def test_of_many_words_at_once_each_counts_and_each_once() -> None:
    world = World()
    release = await world.started(two_tasks())
    reports = [f.ReportIncident(f"incident {n}") for n in range(30)]
    await asyncio.gather(*(world.app.handler.handle(release, body, MARIA) for body in reports))
    opened = await world.events(release, e.IncidentOpened)
    assert len(opened) == 30
    await world.holds_together()


async def test_who_loses_the_race_reads_again_and_decides_anew() -> None:
    """Another process holds the release in the moment between reading and writing: the word is then refused."""
    world = World()
    release = await world.started(two_tasks())
    commit, raced = world.storage.commit, False

    async def beaten(changes: Sequence[Change]) -> frozenset[str]:
        nonlocal raced
        if not raced:
            raced = True
            other = Application(world.app.ports)
            await other.handler.handle(release, f.Hold("a doubt"), SAM)
        return await commit(changes)

    world.storage.commit = beaten  # type: ignore[method-assign]
    handled = await world.app.handler.handle(release, f.Hold("another doubt"), MARIA)
    assert "held already" in handled.decision.refusal
    assert len(await world.events(release, e.Held)) == 1
    await world.holds_together()


async def test_who_always_loses_is_told_and_nothing_was_done() -> None:
    world = World()
    release = await world.started(two_tasks())
    before = len(await world.history(release))

    async def always(changes: Sequence[Change]) -> frozenset[str]:
        return frozenset()

    commit, world.storage.commit = world.storage.commit, always  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="5 times in a row; nothing was done"):
        await world.app.handler.handle(release, f.Hold("a doubt"), MARIA)
    world.storage.commit = commit  # type: ignore[method-assign]
    assert len(await world.history(release)) == before


async def test_a_quiet_tick_in_between_is_not_overwritten() -> None:
    """The judging row changes without an event; a word read before it and written after it must not bring it back."""
    world = World()
    release = await world.started(two_tasks())
    loaded = await world.app.loader.load(release)
    tick, change = world.app.handler.change(loaded, _nothing_but("tick"), world.clock.now())
    assert await world.storage.commit([change])
    _, stale = world.app.handler.change(loaded, _nothing_but("word"), world.clock.now())
    assert not await world.storage.commit([stale])
    assert tick == loaded.release


def _nothing_but(metric: str) -> Decision:
    return Decision(judging=Judging(watched_since={metric: MONDAY}))


async def test_a_release_nobody_made_is_named_with_what_to_do() -> None:
    with pytest.raises(NotFound, match=r"There is no release 'nope'\.\n`pilotage release list`"):
        await World().app.handler.handle("nope", f.Hold("x"), MARIA)


async def test_a_snapshot_of_another_version_is_folded_anew_and_replaced() -> None:
    world = World()
    release = await world.started(two_tasks())
    row = await world.storage.release(release)
    assert row is not None
    old = row.state.replace(snapshot_schema(), "0-older")
    assert old != row.state
    world.storage._releases[release] = replace(row, state=old)
    assert (await world.release(release)).status is Status.RUNNING
    await world.act(release, f.Hold("a doubt"))
    row = await world.storage.release(release)
    assert row is not None
    assert snapshot_schema() in row.state
    await world.holds_together()


async def test_events_that_are_missing_are_said_not_guessed() -> None:
    world = World()
    release = await world.started(two_tasks())
    row = await world.storage.release(release)
    assert row is not None
    world.storage._releases[release] = replace(row, state="{}")
    world.storage._events[release].pop()
    with pytest.raises(StoreUnusable, match=r"should have \d+ events; \d+ were found"):
        await world.release(release)
