"""The contract of stored releases: what is written whole, what is refused, what reads back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pilotage.application.ports.storage import Change, SampleRow
from pilotage.application.records import verify
from pilotage.domain.errors import Bug
from pilotage.testing.contracts.store_builders import (
    LEASE,
    MINUTE,
    NINE,
    Store,
    effect,
    new_release,
    next_change,
    stored,
)


class ReleaseStoreContract:
    """Commits, records and samples. Part of ``StorageContract``."""

    # --- commits ---

    async def test_a_new_release_reads_back_whole(self, store: Store) -> None:
        change = new_release("r1", effects=[effect("e1")])
        assert await store.commit([change]) == {"r1"}
        assert await store.release("r1") == replace(change.row, fence=1)
        assert tuple(await store.events("r1")) == change.events
        assert await store.plan_document("d1") == "plan: checkout"
        assert await store.open_effects("r1") == [effect("e1")]
        assert await store.streams() == ["r1"]

    async def test_nothing_is_there_before_it_was_written(self, store: Store) -> None:
        assert await store.commit([]) == frozenset()
        assert await store.release("r1") is None
        assert await store.releases() == []
        assert await store.events("r1") == []
        assert await store.streams() == []
        assert await store.plan_document("d1") is None
        assert await store.samples("r1") == []
        assert await store.open_effects("r1") == []
        assert await store.next_due() is None
        assert await store.claim_due(NINE, 10, LEASE) == []
        assert await store.claim_effects(NINE, 10, LEASE, "w1") == []

    async def test_a_release_is_created_once(self, store: Store) -> None:
        assert await store.commit([new_release("r1")]) == {"r1"}
        assert await store.commit([new_release("r1", due=None, effects=[effect("e1")])]) == frozenset()
        assert (await stored(store)).due == NINE
        assert await store.open_effects("r1") == []

    async def test_two_releases_of_one_plan_pin_it_once(self, store: Store) -> None:
        assert await store.commit([new_release("r1"), new_release("r2")]) == {"r1", "r2"}
        assert await store.plan_document("d1") == "plan: checkout"

    async def test_a_change_on_an_old_version_writes_nothing(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        row = await stored(store)
        assert await store.commit([next_change(row)]) == {"r1"}
        late = next_change(row, effects=(effect("e1"),), samples=(SampleRow("r1", NINE, "s"),))
        assert await store.commit([late]) == frozenset()
        assert (await stored(store)).version == 2
        assert len(await store.events("r1")) == 2
        assert await store.open_effects("r1") == []
        assert await store.samples("r1") == []

    async def test_a_change_of_a_release_that_is_not_there_writes_nothing(self, store: Store) -> None:
        assert await store.commit([next_change(new_release("r1").row)]) == frozenset()
        assert await store.events("r1") == []

    async def test_each_change_stands_or_falls_alone(self, store: Store) -> None:
        await store.commit([new_release("r1"), new_release("r2"), new_release("r3")])
        one, two, three = [await stored(store, name) for name in ("r1", "r2", "r3")]
        await store.commit([next_change(two)])
        changes = [next_change(one), next_change(two), next_change(three)]
        assert await store.commit(changes) == {"r1", "r3"}
        assert [r.version for r in sorted(await store.releases(), key=lambda r: r.id)] == [2, 2, 2]

    async def test_changes_of_one_release_follow_each_other(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        first = next_change(await stored(store), "first")
        second = next_change(first.row, "second")
        assert await store.commit([first, second]) == {"r1"}
        row = await stored(store)
        assert (row.version, row.fence) == (3, 3)
        assert verify(await store.events("r1"), row.head) is None

    async def test_events_must_lead_to_the_version(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        change = next_change(await stored(store))
        with pytest.raises(Bug, match="do not lead"):
            await store.commit([replace(change, events=())])
        with pytest.raises(Bug, match="do not lead"):
            await store.commit([replace(change, events=(replace(change.events[0], stream="r2"),))])
        assert (await stored(store)).version == 1

    async def test_without_events_only_judging_and_due_are_written(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        row = await stored(store)
        look = Change(replace(row, judging="new", due=None, state="other", status="gone"), 1)
        assert await store.commit([look]) == {"r1"}
        assert await stored(store) == replace(row, judging="new", due=None, fence=2)
        assert await store.commit([replace(look, snapshot=True)]) == {"r1"}
        assert (await stored(store)).state == "other"

    async def test_events_come_in_order_and_in_parts(self, store: Store) -> None:
        await store.commit([new_release("r1"), new_release("r2")])
        for n in range(2, 6):
            await store.commit([next_change(await stored(store), f"event {n}")])
        assert [e.number for e in await store.events("r1")] == [1, 2, 3, 4, 5]
        assert [e.body for e in await store.events("r1", after=2, limit=2)] == ["event 3", "event 4"]
        assert await store.streams() == ["r1", "r2"]

    async def test_numbers_have_no_gaps_however_many_write(self, store: Store, other: Store) -> None:
        await store.commit([new_release("r1")])
        written = 0

        async def write(by: Store, times: int) -> None:
            nonlocal written
            for _ in range(200):
                if await by.commit([next_change(await stored(by))]):
                    written += 1
                    times -= 1
                if not times:
                    return

        await asyncio.gather(*[write(by, 5) for by in (store, other, store, other)])
        row = await stored(other)
        assert (row.version, written) == (21, 20)
        assert verify(await store.events("r1"), row.head) is None

    async def test_releases_are_listed_latest_first_and_by_status(self, store: Store) -> None:
        for n, status in enumerate(["running", "planned", "completed"]):
            change = new_release(f"r{n}")
            row = replace(change.row, status=status, updated=NINE + n * MINUTE)
            await store.commit([replace(change, row=row)])
        assert [r.id for r in await store.releases()] == ["r2", "r1", "r0"]
        assert [r.id for r in await store.releases(limit=2)] == ["r2", "r1"]
        assert [r.id for r in await store.releases(["running", "planned"])] == ["r1", "r0"]

    # --- samples ---

    async def test_samples_come_back_oldest_first_and_per_release(self, store: Store) -> None:
        for name in ("r1", "r2"):
            await store.commit([new_release(name)])
        for n in range(3):
            samples = tuple(SampleRow("r1", NINE, f"{n}{k}") for k in "ab")
            row = await stored(store)
            await store.commit([Change(row, row.version, samples=samples)])
        assert [s.body for s in await store.samples("r1")] == ["0a", "0b", "1a", "1b", "2a", "2b"]
        assert [s.body for s in await store.samples("r1", limit=3)] == ["1b", "2a", "2b"]
        assert await store.samples("r2") == []
