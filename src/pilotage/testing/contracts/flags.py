"""The contract of the flags port: flags with their record, shown through the port alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from pilotage.application.records import verify
from pilotage.domain.exposure import Exposure, Segment, SegmentTest
from pilotage.domain.flags import Flag
from pilotage.testing.contracts.store_builders import NINE, Store


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
