"""Looking at releases when they are due: claim a shard by lease, read, decide, write it all in one go.

No lock is held while sources are read. The claim moves ``due`` to the end of the lease and raises the fence; a worker
that dies or freezes loses nothing but that time, and what it writes afterwards is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pilotage.application.codec import look_to_json
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.metrics import Metrics
from pilotage.application.ports.storage import Change, ReleaseRow, SampleRow, Storage
from pilotage.application.ports.wake import Wake
from pilotage.application.runtime.crashpoints import AFTER_TICK, AFTER_TICK_CLAIM, AFTER_TICK_READ, crash_here
from pilotage.application.runtime.handle import Handler
from pilotage.application.runtime.loading import Loaded, Loader
from pilotage.application.runtime.looks import time_of
from pilotage.application.runtime.sources import Heard, Readings
from pilotage.application.runtime.surroundings import NOTHING
from pilotage.domain.facts import Fact, Surroundings, Tick
from pilotage.domain.metrics import Source
from pilotage.domain.people import PLAN

_log = logging.getLogger(__name__)

SHARD = 100
"""Releases claimed together: the size at which the claim's own cost vanishes, as measured."""

LEASE = 60.0
"""Seconds a claim lasts: longer than the slowest source may take."""

_FIRST_BACKOFF, _LONGEST_BACKOFF = 5.0, 300.0


@dataclass(slots=True)
class Ticker:
    """Claims due releases and takes their ticks. ``owner`` names this worker in its leases."""

    storage: Storage
    loader: Loader
    handler: Handler
    metrics: Mapping[str, Metrics]
    clock: Clock
    wake: Wake
    owner: str = ""
    _failures: dict[str, int] = field(default_factory=dict)
    """Failed looks in a row, by release."""

    async def claim(self) -> Sequence[ReleaseRow]:
        """The next shard of due releases, perhaps empty. Raises StoreUnusable."""
        rows = await self.storage.claim_due(self.clock.now(), SHARD, LEASE, self.owner)
        if rows:
            crash_here(AFTER_TICK_CLAIM)
        return rows

    async def take(self, rows: Sequence[ReleaseRow]) -> None:
        """Read for, decide on and write a claimed shard. A release that cannot be decided on is put off, alone."""
        now = self.clock.now()
        readings = Readings(self.metrics, now)
        loaded: dict[str, Loaded] = {}
        for row in rows:
            try:
                found = await self.loader.of_row(row)
                readings.want(
                    row.id, found.release.plan, self.handler.core.requests(found.release, found.judging, now)
                )
                loaded[row.id] = found
            except Exception:  # noqa: BLE001 - one release must not stop the others
                await self._put_off(row)
        answers = readings.read()
        groups = readings.groups()
        quiet = loaded.keys() - {asker for askers in groups.values() for asker in askers}
        await asyncio.gather(
            self._finish([loaded[asker] for asker in quiet], {}),
            *(
                self._when_read(readings, answers, wanted, [loaded[a] for a in askers])
                for wanted, askers in groups.items()
            ),
        )

    async def _when_read(
        self,
        readings: Readings,
        answers: Mapping[Source, asyncio.Future[dict[str, Heard]]],
        wanted: frozenset[Source],
        shard: Sequence[Loaded],
    ) -> None:
        found = [await answers[source] for source in wanted]
        heard: dict[str, Heard] = {}
        for one in shard:
            heard[one.row.id] = own = Heard()
            for part in (readings.lacking(one.row.id), *(answer.get(one.row.id) for answer in found)):
                if part is not None:
                    own.add(part)
        await self._finish(shard, heard)

    async def _finish(self, shard: Sequence[Loaded], heard: Mapping[str, Heard]) -> None:
        """Decide on each release and write them all; who lost a race is looked at again when the winner said."""
        now = self.clock.now()
        around = await self.handler.neighbourhood.of([one.row for one in shard])
        changes: list[Change] = []
        for one in shard:
            try:
                tick = heard[one.row.id].tick() if one.row.id in heard else Tick()
                changes.append(self._tick(one, tick, around.get(one.row.id, NOTHING), now))
                self._failures.pop(one.row.id, None)
            except Exception:  # noqa: BLE001 - one release must not stop the others
                await self._put_off(one.row)
        if not changes:
            return
        crash_here(AFTER_TICK_READ)
        written = await self.storage.commit(changes)
        crash_here(AFTER_TICK)
        if any(change.effects for change in changes if change.row.id in written):
            await self.wake.wake()

    def _tick(self, one: Loaded, tick: Tick, around: Surroundings, now: datetime) -> Change:
        at = time_of(now, one.row.updated)
        decision = self.handler.core.decide(one.release, one.judging, Fact(at, PLAN, tick, around))
        rows = (SampleRow(one.row.id, at, look_to_json(tick)),) if tick != Tick() else ()
        _, change = self.handler.change(one, decision, at, samples=rows)
        return change

    async def _put_off(self, row: ReleaseRow) -> None:
        """Our own mistake, or a row that cannot be read: say so, and look at this release again later."""
        times = self._failures[row.id] = self._failures.get(row.id, 0) + 1
        seconds = min(_FIRST_BACKOFF * 2 ** (times - 1), _LONGEST_BACKOFF)
        _log.exception(
            "%s cannot be carried on (try %d); it is looked at again in %g s", row.id, times, seconds
        )
        later = replace(row, due=self.clock.now() + timedelta(seconds=seconds))
        await self.storage.commit([Change(later, row.version, fence=row.fence)])
