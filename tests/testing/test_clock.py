"""The simulated clock: time passes when it is told to, and everybody wakes at exactly their time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from pilotage.testing.clock import MONDAY, SimulatedClock, SimulatedWake, Stuck


async def test_sleepers_wake_in_the_order_of_their_times_and_at_them() -> None:
    clock, woken = SimulatedClock(), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now() - MONDAY))
        await clock.sleep(5)
        woken.append((seconds + 5, clock.now() - MONDAY))

    tasks = [asyncio.create_task(sleeper(s)) for s in (7, 3)]
    await clock.pass_time(20)
    assert [s for s, _ in woken] == [3, 7, 8, 12]
    assert all(at == timedelta(seconds=s) for s, at in woken)
    assert clock.now() == MONDAY + timedelta(seconds=20)
    await asyncio.gather(*tasks)


async def test_time_passes_by_itself_while_work_waits_for_it() -> None:
    clock = SimulatedClock()
    await clock.until_done(clock.sleep(86_400))
    assert clock.now() == MONDAY + timedelta(days=1)


async def test_work_that_waits_for_what_no_time_brings_is_stuck() -> None:
    with pytest.raises(Stuck):
        await SimulatedClock().until_done(asyncio.Event().wait())


async def test_a_sleep_lasts_as_long_as_asked_though_the_clock_is_set_back() -> None:
    clock = SimulatedClock()
    sleeping = asyncio.create_task(clock.sleep(10))
    await clock.everybody_waits()
    clock.jump(MONDAY - timedelta(hours=1))
    await clock.pass_time(9)
    assert not sleeping.done()
    await clock.pass_time(2)
    assert sleeping.done()


async def test_a_hint_ends_a_wait_and_one_that_came_before_is_kept() -> None:
    clock = SimulatedClock()
    wake = SimulatedWake(clock)
    waiting = asyncio.create_task(wake.wait(60))
    await clock.everybody_waits()
    await wake.wake()
    await clock.everybody_waits()
    assert waiting.done()
    await wake.wake()
    await wake.wait(60)
    assert clock.now() == MONDAY
    await clock.until_done(wake.wait(60))
    assert clock.now() == MONDAY + timedelta(seconds=60)
