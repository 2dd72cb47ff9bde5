"""The worker: looks at what is due and carries out what was asked, until it is told to stop.

Truth is in the store; a hint only makes the worker look sooner. Whatever fails is logged and tried again later: the
loop itself ends only when it is stopped.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from pilotage.application.ports.clock import Clock
from pilotage.application.ports.storage import Change, Storage
from pilotage.application.ports.wake import Wake
from pilotage.application.ports.workers import WorkerName, WorkerNames
from pilotage.application.runtime.effects import RENEW, EffectRunner
from pilotage.application.runtime.ticks import Ticker
from pilotage.domain.release import ON_THEIR_WAY

_log = logging.getLogger(__name__)

SHARDS_AT_ONCE = 4
"""Shards of due releases worked on at the same time."""

LONGEST_WAIT = 1.0
"""Seconds between two looks into the store without any hint: another process may have written."""

JUMP = timedelta(seconds=10)
"""By how much a wait may last longer than asked before it counts as a jump of the clock (or a machine that slept)."""

_LONGEST_BACKOFF = 30.0
_NO_ROOM = 0.1


class Worker:
    """One worker of possibly many on the same store."""

    def __init__(
        self,
        storage: Storage,
        ticker: Ticker,
        effects: EffectRunner,
        clock: Clock,
        wake: Wake,
        names: WorkerNames,
        owner: WorkerName,
    ) -> None:
        """``names`` gave ``owner``, the name this worker's leases carry, and gets it back when the worker ends.

        A worker that inherits later keeps its own leases under the name it began with.
        """
        self._storage = storage
        self._ticker = ticker
        self._effects = effects
        self._clock = clock
        self._wake = wake
        self._names = names
        self._owner = owner
        self._heir = owner.inherited
        self._shards: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self, patience: float = 20.0) -> None:
        """Work until ``stop``; then wait up to ``patience`` seconds for effects that are under way."""
        failures = 0
        try:
            while not self._stopping.is_set():
                try:
                    if not await self.round():
                        await self._wait()
                    failures = 0
                except Exception:  # noqa: BLE001 - nothing may end the loop but being told to
                    failures += 1
                    pause = min(0.5 * 2 ** (failures - 1), _LONGEST_BACKOFF)
                    _log.exception("the worker could not look for work; it tries again in %g s", pause)
                    await self._pause(pause)
        finally:
            await self._effects.stop(patience)
            await self._shards_done()
            self._names.give_back()

    async def stop(self) -> None:
        """Ask the worker to end."""
        self._stopping.set()
        await self._wake.wake()

    async def round(self) -> bool:
        """Begin whatever is due now; whether there was anything. Raises StoreUnusable."""
        if self._heir:
            await self._storage.clear_leases(self._owner.name)
            self._heir = False
        busy = await self._effects.start_due()
        if len(self._shards) < SHARDS_AT_ONCE and (rows := await self._ticker.claim()):
            task = asyncio.create_task(self._ticker.take(rows), name=f"shard of {len(rows)}")
            self._shards.add(task)
            task.add_done_callback(self._shard_ended)
            busy = True
        return busy

    async def settle(self) -> None:
        """Work until nothing is due and nothing runs (for tests and for commands that drive a release themselves)."""
        while await self.round() or self._shards or self._effects.running:
            await self._shards_done()
            await self._effects.settled()

    async def look_at_everything(self) -> None:
        """Make every release that waits for a time due now: the times were reckoned with a clock that was wrong."""
        now = self._clock.now()
        for row in await self._storage.releases(ON_THEIR_WAY, limit=100_000):
            if row.due is not None and row.due > now:
                sooner = Change(replace(row, due=now), row.version, fence=row.fence)
                await self._storage.commit([sooner])

    async def _wait(self) -> None:
        """Wait for a hint, or until something is due; then see whether the clock jumped meanwhile."""
        self._inherit()
        before = self._clock.now()
        due = await self._storage.next_due()
        seconds = LONGEST_WAIT if due is None else (due - before).total_seconds()
        if seconds <= 0:  # there is more to do than there is room for
            seconds = _NO_ROOM
        await self._wake.wait(min(seconds, LONGEST_WAIT))
        after = self._clock.now()
        if after < before - timedelta(seconds=1):
            _log.warning("the clock was set back by %s; every release is looked at anew", before - after)
            await self.look_at_everything()
        elif after - before > timedelta(seconds=LONGEST_WAIT) + JUMP:
            # Every lease seems to have run out. Whoever lives renews within this time; only the dead are taken over.
            _log.warning(
                "the clock jumped by %s, or this machine slept; what was due meanwhile comes late",
                after - before,
            )
            await self._pause(RENEW * 1.5)

    def _inherit(self) -> None:
        """When the worker beside this one has died: take its leases back at once instead of waiting for their end."""
        if not self._owner.inherited and (heir := self._names.take()).inherited:
            _log.warning("the worker beside this one has ended; its work is taken over")
            self._owner, self._heir = heir, True

    async def _pause(self, seconds: float) -> None:
        waits = {
            asyncio.ensure_future(self._stopping.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        }
        _, left = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()

    async def _shards_done(self) -> None:
        if self._shards:
            await asyncio.wait(list(self._shards))

    def _shard_ended(self, task: asyncio.Task[None]) -> None:
        self._shards.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error(
                "a shard could not be finished; its releases come back when the lease ends", exc_info=error
            )
