"""What carrying releases on costs: one tick against the length of the history, ticks a second, and starting up.

End to end on SQLite: claim, load, read the metric, decide with the real core, write. Ratios hold on any machine: a tick
after 10,000 events should cost about what it costs after 10. ``python -m bench.runtime``
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import get_args

from pilotage.adapters.storage.sqlite import sqlite_storage
from pilotage.adapters.storage.store import DatabaseStorage
from pilotage.application.codec import event_to_json, release_to_json
from pilotage.application.ports.storage import Change
from pilotage.application.records import chain
from pilotage.application.runtime.ticks import Ticker
from pilotage.application.services import Application, Ports
from pilotage.application.use_cases.creating import Wanted
from pilotage.decisions.evolve import evolve
from pilotage.domain.effects import EffectAction
from pilotage.domain.events import Event, Happened, IncidentClosed, IncidentOpened
from pilotage.domain.metrics import MetricRequest, Sample, Source
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.tallies import Tally
from pilotage.testing.builders import above, automatic, days, metric, minutes, plan_of, share, stage
from pilotage.testing.clock import SimulatedClock, SimulatedWake
from pilotage.testing.performers import RecordingPerformer
from pilotage.testing.world import MemoryPlans, OneWorker

HISTORIES = (10, 1_000, 10_000)
TICKS = 200
RELEASES = 1_000
MARIA = Actor(person="maria")


class Calm:
    """A source that says at once that all is well."""

    async def read(
        self,
        source: Source,  # noqa: ARG002 - the port hands it over; there is only one
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Sample]:
        """One healthy sample for each request."""
        return [Sample(r.metric.name, at, 0.2, 1000.0, arm=r.arm) for r in requests]

    async def count(
        self,
        source: Source,  # noqa: ARG002 - see ``read``
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Tally]:
        """Two of a thousand requests failed."""
        return [Tally(r.metric.name, r.since or at, at, 1000.0, 2.0, arm=r.arm) for r in requests]

    async def halves(
        self,
        source: Source,  # noqa: ARG002 - see ``read``
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Tally]:
        """Nothing is known from before."""
        return [Tally(r.metric.name, at, at, arm=r.arm, problem="one replica only") for r in requests]


class Bench:
    """Pilotage on a real SQLite file, with a clock that is turned by hand."""

    def __init__(self, file: Path) -> None:
        self.clock = SimulatedClock()
        self.storage: DatabaseStorage = sqlite_storage(file)
        self.plans = MemoryPlans()
        performer = RecordingPerformer()
        self.app = Application(
            Ports(
                storage=self.storage,
                flags=self.storage,
                plans=self.plans,
                performers=dict.fromkeys(get_args(EffectAction), performer),
                metrics={"scripted": Calm()},
                clock=self.clock,
                wake=SimulatedWake(self.clock),
                workers=OneWorker(),
            )
        )
        self.ticker = Ticker(
            self.storage,
            self.app.loader,
            self.app.handler,
            {"scripted": Calm()},
            self.clock,
            SimulatedWake(self.clock),
        )

    async def started(self, plan: Plan, version: str) -> str:
        """A release that exposes a tenth of all users and watches an error rate."""
        created = await self.app.creating.create(self.plans.add(plan), Wanted(version), MARIA)
        await self.app.acting.start(created.release.id, MARIA)
        return created.release.id

    async def settle(self) -> None:
        """Carry out the effects that are open and the looks that are due."""
        await self.app.worker().settle()

    async def lengthen(self, release_id: str, events: int) -> None:
        """Give a release a history of that many events, as incidents that come and go."""
        loaded = await self.app.loader.load(release_id)
        row, release = loaded.row, loaded.release
        while row.version < events:
            bodies = []
            for number in range(min(1_000, events - row.version)):
                what: Event = IncidentOpened("slow") if number % 2 == 0 else IncidentClosed("slow")
                happened = Happened(self.clock.now(), MARIA, what)
                release = evolve(release, happened)
                bodies.append((happened.at, event_to_json(happened)))
            rows = chain(row.id, row.version + 1, row.head, bodies)
            new = replace(row, version=rows[-1].number, head=rows[-1].hash, state=release_to_json(release))
            assert await self.storage.commit([Change(new, row.version, rows)])
            row = new

    async def tick(self) -> int:
        """Turn the clock to the next look and take it; how many releases were looked at."""
        due = await self.storage.next_due()
        assert due is not None
        self.clock.jump(max(due, self.clock.now()) + timedelta(microseconds=1))
        looked = 0
        while rows := await self.ticker.claim():
            await self.ticker.take(rows)
            looked += len(rows)
        return looked


def watched() -> Plan:
    """A plan whose release is looked at every 15 seconds for a month."""
    return plan_of(
        stage("pilot", expose=share(10), bake=days(30)),
        roles={"primary": ["maria"]},
        metrics=[metric("error rate")],
        rollback=[automatic(above("error rate", 5, minutes(5)))],
    )


async def against_history(folder: Path) -> None:
    """One tick after 10, 1,000 and 10,000 events."""
    print("one tick of one release, end to end on SQLite")
    first = 0.0
    for events in HISTORIES:
        bench = Bench(folder / f"history-{events}.db")
        await bench.storage.ready()
        release = await bench.started(watched(), "1")
        await bench.settle()
        await bench.lengthen(release, events)
        costs = []
        for _ in range(TICKS):
            begun = perf_counter()
            assert await bench.tick() == 1
            costs.append(perf_counter() - begun)
        cost = median(costs)
        first = first or cost
        print(f"  after {events:>6,} events  {cost * 1000:6.2f} ms   {cost / first:4.2f} of the first")
        await bench.storage.close()


async def a_second(folder: Path) -> None:
    """Ticks a second with a thousand releases, every look of which is due at the same moment."""
    bench = Bench(folder / "many.db")
    await bench.storage.ready()
    plan = watched()
    for number in range(RELEASES):
        await bench.started(plan, str(number))
    await bench.settle()
    begun, looked = perf_counter(), 0
    for _ in range(5):
        looked += await bench.tick()
    rate = looked / (perf_counter() - begun)
    print(f"{RELEASES:,} releases, real core: {rate:,.0f} ticks a second, {1_000_000 / rate:.0f} us each")
    await bench.storage.close()


def best_of(times: int, command: Sequence[str]) -> float:
    """The shortest of so many runs, in seconds."""
    costs = []
    for _ in range(times):
        begun = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        costs.append(perf_counter() - begun)
    return min(costs)


def starting_up() -> None:
    """``pilotage --help`` beside an interpreter that does nothing."""
    program = Path(sys.executable).with_name("pilotage")
    nothing = best_of(5, [sys.executable, "-c", "pass"])
    if not program.exists():
        print("pilotage is not installed beside this interpreter; start-up was not measured")
        return
    helped = best_of(5, [str(program), "--help"])
    print(
        f"pilotage --help: {helped * 1000:.0f} ms, {helped / nothing:.1f} times an interpreter that does nothing"
    )


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(against_history(Path(folder)))
        asyncio.run(a_second(Path(folder)))
    starting_up()


if __name__ == "__main__":
    main()
