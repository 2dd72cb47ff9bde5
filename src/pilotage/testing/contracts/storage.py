"""The contracts of the storage and flag ports: what every store must do, shown through the ports alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from pilotage.application.ports.flags import FlagStore
from pilotage.application.ports.storage import Change, EffectRow, ReleaseRow, SampleRow, Storage
from pilotage.application.records import BEGINNING, chain, verify
from pilotage.domain.errors import Bug
from pilotage.domain.exposure import Exposure, Segment, SegmentTest
from pilotage.domain.flags import Flag

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = 60.0


class Store(Storage, FlagStore, Protocol):
    """What a database gives: releases and flags."""


def new_release(
    name: str, due: datetime | None = NINE, effects: Sequence[EffectRow] = (), system: str = "shop"
) -> Change:
    """The change that creates a release with one event."""
    (event,) = chain(name, 1, BEGINNING, [(NINE, f"created {name}")])
    row = ReleaseRow(
        id=name,
        version=1,
        head=event.hash,
        state='{"of": 1}',
        judging="{}",
        plan_digest="d1",
        status="planned",
        system=system,
        title="Café ✓",
        created=NINE,
        updated=NINE,
        due=due,
    )
    return Change(row, 0, (event,), effects=tuple(effects), create="plan: checkout")


def next_change(row: ReleaseRow, body: str = "went on", **more: object) -> Change:
    """A change of ``row`` with one more event; ``more`` are further fields of the change."""
    (event,) = chain(row.id, row.version + 1, row.head, [(NINE, body)])
    after = replace(row, version=event.number, head=event.hash, state=f'{{"of": {event.number}}}')
    return replace(Change(after, row.version, (event,)), **more)  # type: ignore[arg-type]  # fields of Change


def quiet_look(claimed: ReleaseRow, due: datetime, **more: object) -> Change:
    """A look that found nothing to do: only the judging row and the next look are written."""
    row = replace(claimed, due=due, judging='{"looked": true}')
    return replace(Change(row, row.version, fence=claimed.fence), **more)  # type: ignore[arg-type]  # as above


def effect(name: str, release: str = "r1", due: datetime = NINE) -> EffectRow:
    """An effect asked for, not yet claimed."""
    return EffectRow(name, release, f'{{"id": "{name}"}}', due)


async def stored(store: Storage, name: str = "r1") -> ReleaseRow:
    """A release that must be there."""
    row = await store.release(name)
    assert row is not None
    return row


class StorageContract:
    """Subclass it and give the fixtures ``store`` (ready and empty) and ``other`` (a second handle on the same)."""

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

    # --- ticks ---

    async def test_a_claim_takes_what_is_due_oldest_first(self, store: Store) -> None:
        dues = {"r1": NINE, "r2": NINE - MINUTE, "r3": NINE + MINUTE, "r4": None, "r5": NINE - 2 * MINUTE}
        await store.commit([new_release(name, due) for name, due in dues.items()])
        assert [r.id for r in await store.claim_due(NINE, 2, LEASE)] == ["r5", "r2"]
        claimed = await store.claim_due(NINE, 10, LEASE)
        assert [(r.id, r.due, r.fence) for r in claimed] == [("r1", NINE, 2)]
        assert claimed[0] == replace(await stored(store), due=NINE)

    async def test_a_claimed_release_comes_again_when_its_lease_has_run_out(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        (first,) = await store.claim_due(NINE, 10, LEASE)
        assert await store.claim_due(NINE + timedelta(seconds=LEASE - 1), 10, LEASE) == []
        assert await store.next_due() == NINE + timedelta(seconds=LEASE)
        (again,) = await store.claim_due(NINE + timedelta(seconds=LEASE), 10, LEASE)
        assert again.fence == first.fence + 1
        assert again.due == NINE, "it came due then, whoever failed to look since"

    async def test_a_look_under_a_lost_claim_writes_nothing(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        (first,) = await store.claim_due(NINE, 10, LEASE)
        (second,) = await store.claim_due(NINE + 2 * MINUTE, 10, LEASE)
        samples = (SampleRow("r1", NINE, "s"),)
        assert await store.commit([quiet_look(first, NINE, samples=samples)]) == frozenset()
        assert await store.commit([next_change(first, fence=first.fence)]) == frozenset()
        assert await store.samples("r1") == []
        assert await store.commit([quiet_look(second, NINE + 5 * MINUTE, samples=samples)]) == {"r1"}
        row = await stored(store)
        assert (row.due, row.judging, row.version) == (NINE + 5 * MINUTE, '{"looked": true}', 1)
        assert len(await store.samples("r1")) == 1

    async def test_a_persons_word_during_a_look_wins(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        (claimed,) = await store.claim_due(NINE, 10, LEASE)
        assert await store.commit([next_change(claimed, "approved")]) == {"r1"}
        assert await store.commit([quiet_look(claimed, NINE + MINUTE)]) == frozenset()
        assert await store.commit([next_change(claimed, fence=claimed.fence)]) == frozenset()
        assert (await stored(store)).version == 2

    async def test_a_shard_of_looks_is_written_but_for_the_lost_ones(self, store: Store) -> None:
        await store.commit([new_release(f"r{n}") for n in range(5)])
        claimed = await store.claim_due(NINE, 10, LEASE)
        due = NINE + MINUTE
        await store.commit([next_change(replace(claimed[1], due=due))])
        loud = next_change(replace(claimed[3], due=due), fence=claimed[3].fence)
        changes = [quiet_look(r, due) for r in claimed if r.id != "r3"]
        assert await store.commit(changes) == {"r0", "r2", "r4"}
        assert await store.commit([loud]) == {"r3"}
        assert {(await stored(store, f"r{n}")).due for n in (0, 2, 3, 4)} == {due}
        assert await store.claim_due(due - timedelta(seconds=1), 10, LEASE) == []

    async def test_claims_never_overlap(self, store: Store, other: Store) -> None:
        names = {f"r{n}" for n in range(40)}
        await store.commit([new_release(name) for name in names])
        claims = await asyncio.gather(*[by.claim_due(NINE, 7, LEASE) for by in [store, other] * 8])
        rest = await store.claim_due(NINE, 100, LEASE)
        taken = [row.id for claim in [*claims, rest] for row in claim]
        assert sorted(taken) == sorted(names)

    async def test_the_next_due_is_the_earliest_look_or_effect(self, store: Store) -> None:
        await store.commit([new_release("r1", NINE + 3 * MINUTE, [effect("e1", due=NINE + MINUTE)])])
        assert await store.next_due() == NINE + MINUTE
        await store.claim_effects(NINE + MINUTE, 1, LEASE, "w1")
        assert await store.next_due() == NINE + 2 * MINUTE, "its lease ends then"
        row = await stored(store)
        await store.commit([next_change(replace(row, due=None), ended=(("e1", "done"),))])
        assert await store.next_due() is None

    # --- effects ---

    async def test_effects_are_claimed_when_due_oldest_first(self, store: Store) -> None:
        effects = [effect("e1"), effect("e2", due=NINE - MINUTE), effect("e3", due=NINE + MINUTE)]
        await store.commit([new_release("r1", effects=effects)])
        (first,) = await store.claim_effects(NINE, 1, LEASE, "w1")
        assert first == replace(effects[1], attempt=1)
        assert [e.id for e in await store.claim_effects(NINE, 10, LEASE, "w2")] == ["e1"]
        assert await store.claim_effects(NINE, 10, LEASE, "w3") == []

    async def test_an_effect_ends_once(self, store: Store) -> None:
        await store.commit([new_release("r1", effects=[effect("e1"), effect("e2")])])
        await store.claim_effects(NINE, 10, LEASE, "w1")
        row = await stored(store)
        assert await store.commit([next_change(row, ended=(("e1", '{"kind": "done"}'),))]) == {"r1"}
        again = next_change(await stored(store), ended=(("e1", '{"kind": "failed"}'),))
        assert await store.commit([again]) == frozenset()
        both = next_change(await stored(store), ended=(("e2", "{}"), ("e1", "{}")))
        assert await store.commit([both]) == frozenset()
        assert (await stored(store)).version == 2
        assert [e.id for e in await store.open_effects("r1")] == ["e2"]
        assert await store.claim_effects(NINE + 9 * MINUTE, 10, LEASE, "w1") != []

    async def test_an_effect_that_is_not_there_cannot_end(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        change = next_change(await stored(store), ended=(("e9", "{}"),))
        assert await store.commit([change]) == frozenset()
        assert (await stored(store)).version == 1

    async def test_an_effect_asked_for_twice_is_a_bug_and_writes_nothing(self, store: Store) -> None:
        await store.commit([new_release("r1", effects=[effect("e1")]), new_release("r2")])
        one, two = await stored(store, "r1"), await stored(store, "r2")
        with pytest.raises(Bug):
            await store.commit([next_change(two), next_change(one, effects=(effect("e1"),))])
        assert [await stored(store, "r1"), await stored(store, "r2")] == [one, two]
        assert await store.open_effects("r1") == [effect("e1")]

    async def test_two_ends_of_one_effect_at_once_leave_one(self, store: Store, other: Store) -> None:
        await store.commit([new_release("r1", effects=[effect("e1")])])
        row = await stored(store)
        ends = [next_change(row, f"end {n}", ended=(("e1", str(n)),)) for n in range(6)]
        written = await asyncio.gather(
            *[by.commit([end]) for by, end in zip([store, other] * 3, ends, strict=True)]
        )
        assert sum(map(len, written)) == 1
        assert (await stored(store)).version == 2

    async def test_an_effect_whose_lease_ran_out_comes_back_as_claimed(self, store: Store) -> None:
        await store.commit([new_release("r1", effects=[effect("e1")])])
        await store.claim_effects(NINE, 10, LEASE, "w1")
        assert await store.claim_effects(NINE + timedelta(seconds=LEASE - 1), 10, LEASE, "w2") == []
        (again,) = await store.claim_effects(NINE + MINUTE, 10, LEASE, "w2")
        assert again == replace(effect("e1"), attempt=2, claimed=True)

    async def test_a_renewed_lease_lasts(self, store: Store) -> None:
        await store.commit([new_release("r1", effects=[effect("e1")])])
        await store.claim_effects(NINE, 10, LEASE, "w1")
        later = NINE + timedelta(seconds=50)
        await store.renew(["e1"], later, LEASE, "w1")
        assert await store.claim_effects(NINE + MINUTE, 10, LEASE, "w2") == []
        await store.renew(["e1"], later + MINUTE, LEASE, "somebody else")
        assert len(await store.claim_effects(later + MINUTE, 10, LEASE, "w2")) == 1

    async def test_an_effect_given_back_comes_again_untouched(self, store: Store) -> None:
        await store.commit([new_release("r1", effects=[effect("e1")])])
        await store.claim_effects(NINE, 10, LEASE, "w1")
        await store.give_back("e1", NINE + MINUTE, "somebody else")
        assert await store.claim_effects(NINE + timedelta(seconds=30), 10, LEASE, "w2") == []
        await store.give_back("e1", NINE + timedelta(seconds=20), "w1")
        assert await store.claim_effects(NINE + timedelta(seconds=19), 10, LEASE, "w2") == []
        (again,) = await store.claim_effects(NINE + timedelta(seconds=20), 10, LEASE, "w2")
        assert again == replace(effect("e1", due=NINE + timedelta(seconds=20)), attempt=2)

    async def test_an_older_doubt_survives_giving_back(self, store: Store) -> None:
        await store.commit([new_release("r1", effects=[effect("e1")])])
        await store.claim_effects(NINE, 10, LEASE, "w1")
        await store.claim_effects(NINE + MINUTE, 10, LEASE, "w2")
        await store.give_back("e1", NINE + MINUTE, "w2")
        (again,) = await store.claim_effects(NINE + MINUTE, 10, LEASE, "w3")
        assert again.claimed, "the first worker may have done it"

    async def test_effects_are_claimed_by_one(self, store: Store, other: Store) -> None:
        effects = [effect(f"e{n:02}") for n in range(30)]
        await store.commit([new_release("r1", effects=effects)])
        workers = list(enumerate([store, other] * 5))
        claims = await asyncio.gather(*[by.claim_effects(NINE, 4, LEASE, f"w{n}") for n, by in workers])
        rest = await store.claim_effects(NINE, 100, LEASE, "w")
        taken = [row.id for claim in [*claims, rest] for row in claim]
        assert sorted(taken) == [e.id for e in effects]

    async def test_an_embedded_start_ends_its_own_leases_at_once(self, store: Store) -> None:
        changes = [new_release(f"r{n}", effects=[effect(f"e{n}", f"r{n}")]) for n in (1, 2)]
        await store.commit(changes)
        for owner in ("ours", "theirs"):
            await store.claim_due(NINE, 1, LEASE, owner)
            await store.claim_effects(NINE, 1, LEASE, owner)
        await store.clear_leases("ours")
        later = NINE + timedelta(seconds=11)
        assert [(r.id, r.due, r.fence) for r in await store.claim_due(later, 9, LEASE, "ours")] == [
            ("r1", NINE, 4)
        ]
        (again,) = await store.claim_effects(later, 9, LEASE, "ours")
        assert (again.id, again.claimed, again.attempt) == ("e1", True, 2)

    async def test_a_dead_lifes_look_is_fenced_off(self, store: Store) -> None:
        await store.commit([new_release("r1")])
        (claimed,) = await store.claim_due(NINE, 1, LEASE, "ours")
        await store.clear_leases("ours")
        assert await store.commit([quiet_look(claimed, NINE + MINUTE)]) == frozenset()


class FlagStoreContract:
    """Subclass it and give the fixtures ``store`` and ``other``, as for ``StorageContract``."""

    flag = Flag(
        "new-checkout",
        exposure=Exposure(10.0, {"team": 100.0}),
        segments={"team": Segment("team", (SegmentTest("email", "ends with", ("@example.com",)),))},
        seed="s",
        revision=1,
    )

    async def test_a_flag_reads_back_whole(self, store: Store) -> None:
        assert await store.flag("new-checkout") is None
        assert await store.flags() == []
        assert await store.flags_revision() == 0
        assert await store.put_flag(self.flag, 0, "made", "2026-01-01T09:00:00Z")
        assert await store.flag("new-checkout") == self.flag
        assert await store.put_flag(replace(self.flag, name="a"), 0, "made", "2026-01-01T09:00:00Z")
        assert [f.name for f in await store.flags()] == ["a", "new-checkout"]

    async def test_a_change_on_an_old_revision_is_refused(self, store: Store) -> None:
        assert await store.put_flag(self.flag, 0, "made", "2026-01-01T09:00:00Z")
        killed = replace(self.flag, killed=True, revision=2)
        assert not await store.put_flag(replace(killed, revision=1), 0, "made", "2026-01-01T09:01:00Z")
        assert not await store.put_flag(replace(killed, revision=6), 5, "killed", "2026-01-01T09:01:00Z")
        assert await store.flag("new-checkout") == self.flag
        before = await store.flags_revision()
        assert await store.put_flag(killed, 1, "killed", "2026-01-01T09:01:00Z")
        assert await store.flag("new-checkout") == killed
        assert await store.flags_revision() > before

    async def test_a_flag_that_is_not_there_has_no_revision_to_build_on(self, store: Store) -> None:
        assert not await store.put_flag(replace(self.flag, revision=2), 1, "killed", "2026-01-01T09:00:00Z")
        assert await store.streams() == []

    async def test_its_record_is_a_chain_without_gaps(self, store: Store, other: Store) -> None:
        async def change(by: Store, n: int) -> None:
            for _ in range(200):
                flag = await by.flag("new-checkout")
                revision = flag.revision if flag else 0
                after = replace(self.flag, seed=str(n), revision=revision + 1)
                if await by.put_flag(after, revision, f"by {n}", "2026-01-01T09:00:00Z"):
                    return
            pytest.fail("200 tries were not enough")

        await asyncio.gather(*[change(by, n) for n, by in enumerate([store, other] * 4)])
        rows = await store.events("flag:new-checkout")
        assert sorted(row.body for row in rows) == [f"by {n}" for n in range(8)]
        assert {row.at for row in rows} == {NINE}
        assert verify(rows) is None
        assert await store.streams() == ["flag:new-checkout"]
