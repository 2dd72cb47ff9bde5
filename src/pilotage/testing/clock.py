"""A clock that a test turns: time passes when it is told to, or when everybody waits for nothing but time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

_T = TypeVar("_T")

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Where simulated time begins unless a test says otherwise: a Monday morning."""

_IDLE = 20
"""Turns of the event loop without anybody going to sleep or waking after which all are taken to be waiting."""


class Stuck(AssertionError):
    """Something waits for what no passing of time will bring."""


class SimulatedClock:
    """Implements the clock port. Sleepers wake in the order of their times, each at exactly its time."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()
        self._moves = 0

    def now(self) -> datetime:
        """The simulated moment."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until simulated time has passed."""
        self._moves += 1
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), next(self._order), woken))
        await woken

    def jump(self, to: datetime) -> None:
        """Set the clock, forwards or backwards, as an administrator would. Whoever slept until before ``to`` wakes."""
        behind = self._now - to
        self._now = to
        if behind > timedelta():
            # A sleep lasts as long as it was asked to, whatever the wall clock says.
            self._sleepers = [(at - behind, order, woken) for at, order, woken in self._sleepers]
            heapq.heapify(self._sleepers)
        self._wake_due()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, waking every sleeper at its own time and letting it run before the next one."""
        end = self._now + timedelta(seconds=seconds)
        await self.everybody_waits()
        while (first := self._first()) is not None and first <= end:
            self._now = max(self._now, first)
            self._wake_due()
            await self.everybody_waits()
        self._now = end

    async def until_done(self, work: Awaitable[_T], at_most: timedelta = timedelta(days=3650)) -> _T:
        """Run ``work``, and let time pass whenever everybody waits for it. Raises Stuck after ``at_most``."""
        task, end = asyncio.ensure_future(work), self._now + at_most
        while not task.done():
            await self.everybody_waits()
            if task.done():
                break
            first = self._first()
            if first is None or first > end:
                task.cancel()
                raise Stuck(f"nothing more happens until {first or 'the end of time'}; it is {self._now}")
            self._now = max(self._now, first)
            self._wake_due()
        return await task

    async def everybody_waits(self) -> None:
        """Let every other coroutine run until all of them wait (for time, or for something outside)."""
        quiet, seen = 0, self._moves
        while quiet < _IDLE:
            await asyncio.sleep(0)
            quiet, seen = (quiet + 1, seen) if self._moves == seen else (0, self._moves)

    def _first(self) -> datetime | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def _wake_due(self) -> None:
        while (first := self._first()) is not None and first <= self._now:
            self._moves += 1
            heapq.heappop(self._sleepers)[2].set_result(None)


class SimulatedWake:
    """The wake port on a simulated clock: a hint, or simulated time."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._hint = asyncio.Event()

    async def wake(self) -> None:
        """Hint."""
        self._hint.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a hint, at most that long in simulated time."""
        hinted = asyncio.ensure_future(self._hint.wait())
        passed = asyncio.ensure_future(self._clock.sleep(seconds))
        _, left = await asyncio.wait({hinted, passed}, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        self._hint.clear()
