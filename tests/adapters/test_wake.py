"""A hint wakes whoever waits, and none falls between two waits."""

from __future__ import annotations

import asyncio

from pilotage.adapters.wake.in_process import InProcessWake

LONG = 60.0


async def waits(wake: InProcessWake, seconds: float = LONG) -> asyncio.Task[None]:
    """A task that has begun to wait."""
    task = asyncio.create_task(wake.wait(seconds))
    await asyncio.sleep(0)
    return task


async def test_a_hint_wakes_everybody_who_waits() -> None:
    wake = InProcessWake()
    tasks = [await waits(wake) for _ in range(3)]
    await wake.wake()
    await asyncio.wait_for(asyncio.gather(*tasks), 5)


async def test_a_hint_while_nobody_waits_is_kept_for_one_wait() -> None:
    wake = InProcessWake()
    await wake.wake()
    await wake.wake()
    await asyncio.wait_for(wake.wait(LONG), 5)
    task = await waits(wake)
    assert not task.done()
    await wake.wake()
    await asyncio.wait_for(task, 5)


async def test_without_a_hint_the_wait_ends_by_itself() -> None:
    wake = InProcessWake()
    await asyncio.wait_for(wake.wait(0.01), 5)
    await asyncio.wait_for(wake.wait(-1), 5)


async def test_a_cancelled_wait_takes_no_hint_with_it() -> None:
    wake = InProcessWake()
    task = await waits(wake)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await wake.wake()
    await asyncio.wait_for(wake.wait(LONG), 5)
