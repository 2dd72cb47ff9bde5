"""Compiled flags: always those of the store's present revision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pilotage.application.use_cases.flag_reading import FlagReader
from pilotage.domain.errors import StoreUnusable, UsageError
from pilotage.domain.exposure import Exposure
from pilotage.domain.flags import Flag
from tests.flag_store import FlagsInMemory

CHECKOUT = Flag("checkout", Exposure(share=100.0))


async def change(store: FlagsInMemory, flag: Flag) -> None:
    assert await store.put_flag(flag, flag.revision - 1, "{}", "2026-03-02T09:00:00Z")


@pytest.mark.requirement(211)
async def test_a_kill_is_met_by_the_very_next_request() -> None:
    store = FlagsInMemory(CHECKOUT)
    reader = FlagReader(store)
    assert (await reader.flags()).by_name["checkout"]("u", {}).value
    await change(store, replace(CHECKOUT, killed=True, revision=1))
    assert not (await reader.flags()).by_name["checkout"]("u", {}).value


async def test_only_what_changed_is_compiled_again() -> None:
    store = FlagsInMemory(CHECKOUT, Flag("search"))
    reader = FlagReader(store)
    before = await reader.flags()
    assert await reader.flags() is before
    await change(store, Flag("search", Exposure(share=5.0), revision=1))
    after = await reader.flags()
    assert after.by_name["checkout"] is before.by_name["checkout"]
    assert after.by_name["search"] is not before.by_name["search"]


async def test_a_flag_of_a_newer_version_does_not_stop_the_others() -> None:
    reader = FlagReader(FlagsInMemory(CHECKOUT, Flag("odd", Exposure(share=5.0), bucketing="murmur9-v2")))
    flags = (await reader.flags()).by_name
    assert flags["checkout"]("u", {}).value
    with pytest.raises(UsageError, match="murmur9-v2"):
        flags["odd"]("u", {})


async def test_old_flags_are_not_served_on_when_the_store_is_lost() -> None:
    store = FlagsInMemory(CHECKOUT)
    reader = FlagReader(store)
    await reader.flags()
    store.broken = True
    with pytest.raises(StoreUnusable):
        await reader.flags()
