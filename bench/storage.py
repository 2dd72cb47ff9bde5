"""What a look costs the store (claim and commit on SQLite, one release at a time and a hundred), and what a state costs.

Ratios hold on any machine: a hundred at a time should be at least ten times one at a time. ``python -m bench.storage``
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from pilotage.adapters.storage.sqlite import sqlite_storage
from pilotage.adapters.storage.store import DatabaseStorage
from pilotage.application.codec import release_from_json, release_to_json
from pilotage.application.ports.storage import Change, EventRow, ReleaseRow, SampleRow
from pilotage.application.records import chain
from pilotage.domain.plan import Plan
from pilotage.domain.release import CheckState, Release, StageState, Status, StepState, StepStatus

RELEASES = 5_000
SECONDS = 3.0
NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)
PLAN = Plan("checkout", "d" * 64)


def ordinary_release() -> Release:
    """A release some way through its plan: 2 stages, 12 steps, 6 gate lines."""
    passed = {
        f"pilot/step-{n}": StepState(StepStatus.PASSED, NINE, effect=f"shop-2/{n}", ended=NINE)
        for n in range(12)
    }
    return Release(
        "shop-2",
        PLAN,
        number=40,
        status=Status.RUNNING,
        version="2.0.0",
        previous="1.9.0",
        created=NINE,
        started=NINE,
        roles={"primary": ("maria",), "on-call": ("sam", "lee")},
        stage="pilot",
        stages={name: StageState(NINE, 0, NINE) for name in ("internal", "pilot")},
        steps=passed,
        checks={f"pilot/gate/check-{n}": CheckState(True, NINE, "maria") for n in range(6)},
        passed=tuple(passed),
    )


def microseconds(work: Callable[[], object]) -> float:
    """The quickest of several runs of a call, in microseconds."""

    def run() -> float:
        start = perf_counter()
        for _ in range(300):
            work()
        return (perf_counter() - start) / 300

    return min(run() for _ in range(7)) * 1e6


async def fill(store: DatabaseStorage, state: str) -> None:
    """Releases that are all due."""
    await store.ready()
    rows = [
        ReleaseRow(f"r{n}", 0, "", state, "{}", "d", "running", "shop", "Shop", NINE, NINE, NINE)
        for n in range(RELEASES)
    ]
    for first in range(0, RELEASES, 500):
        await store.commit([Change(row, 0, create="plan: shop") for row in rows[first : first + 500]])


async def looks_a_second(store: DatabaseStorage, shard: int, share_of_events: float) -> float:
    """Claim and commit shards for a few seconds; that share of the looks writes an event and a new state."""
    now, looks, owed = NINE + timedelta(days=1), 0, 0.0
    start = perf_counter()
    while (spent := perf_counter() - start) < SECONDS:
        changes = []
        for row in await store.claim_due(now, shard, 60.0, "bench"):
            after = replace(row, due=now, judging='{"clocks": {}}')
            samples = (SampleRow(row.id, now, '{"metric": "error rate", "value": 0.4}'),)
            owed += share_of_events
            events: tuple[EventRow, ...] = ()
            if owed >= 1:
                owed -= 1
                events = chain(row.id, row.version + 1, row.head, [(now, '{"event": "stage_entered"}')])
                after = replace(after, version=row.version + 1, head=events[-1].hash)
            changes.append(Change(after, row.version, events, samples=samples, fence=row.fence))
        looks += len(await store.commit(changes))
    return looks / spent


async def main() -> None:
    """Print the figures."""
    release = ordinary_release()
    state = release_to_json(release)
    there, back = (
        microseconds(lambda: release_to_json(release)),
        microseconds(lambda: release_from_json(state, PLAN)),
    )
    print(f"state of {len(state):,} characters: {there:.0f} us to text, {back:.0f} us back")
    with tempfile.TemporaryDirectory() as folder:
        store = sqlite_storage(Path(folder) / "bench.db")
        await fill(store, state)
        print(f"SQLite, {RELEASES:,} releases, all due, one sample a look")
        for share in (0.01, 1.0):
            one, hundred = [await looks_a_second(store, shard, share) for shard in (1, 100)]
            print(
                f"events at {share:.0%} of looks: {one:,.0f} a second one by one, {hundred:,.0f} by the hundred"
                f" ({1e6 / hundred:.0f} us each): {hundred / one:.1f} times"
            )
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
