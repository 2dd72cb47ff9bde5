"""A flag outlives a release: what an earlier one left of it must not let the next one in before any gate (S1)."""

from __future__ import annotations

import pytest

from pilotage.application.use_cases.flag_at_start import check_flag
from pilotage.domain.errors import Refused
from pilotage.domain.exposure import Exposure
from pilotage.domain.flags import Flag
from pilotage.domain.release import Release
from pilotage.testing.builders import hours, plan_of, share, stage
from pilotage.testing.storage import MemoryStorage
from tests.support.walks import BEGIN

RELEASE = Release(
    "checkout-1.1.0", plan_of(stage("pilot", expose=share(10), bake=hours(1))), version="1.1.0", created=BEGIN
)


async def _with(flag: Flag | None) -> MemoryStorage:
    store = MemoryStorage()
    if flag is not None:
        assert await store.put_flag(flag, 0, "{}", BEGIN.isoformat())
    return store


async def test_a_flag_nobody_meets_or_that_does_not_exist_is_fine() -> None:
    await check_flag(RELEASE, await _with(None))
    await check_flag(RELEASE, await _with(Flag("checkout", revision=1)))


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (Flag("checkout", Exposure(share=100), revision=1), "is at everyone already"),
        (Flag("checkout", killed=True, killed_because="fire", revision=1), "flags revive checkout"),
        (Flag("checkout", retired=True, revision=1), "has been retired"),
    ],
)
async def test_anything_else_is_refused_with_what_to_do(flag: Flag, words: str) -> None:
    with pytest.raises(Refused, match=words):
        await check_flag(RELEASE, await _with(flag))
