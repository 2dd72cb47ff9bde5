"""The contract of the queues: due looks and effects, claimed by lease."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pilotage.application.ports.storage import SampleRow
from pilotage.domain.errors import Bug
from pilotage.testing.contracts.store_builders import (
    LEASE,
    MINUTE,
    NINE,
    Store,
    effect,
    new_release,
    next_change,
    quiet_look,
    stored,
)


class QueueContract:
    """Looks and effects: claimed by one, again when a lease ran out, ended once. Part of ``StorageContract``."""

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
