"""The machine's clock speaks UTC; workers' names never come twice."""

from __future__ import annotations

from datetime import UTC, timedelta

from pilotage.adapters.clock.system import SystemClock, worker_name


async def test_it_tells_the_time_in_utc_and_lets_it_pass() -> None:
    clock = SystemClock()
    before = clock.now()
    assert before.tzinfo is UTC
    await clock.sleep(0.02)
    assert clock.now() - before >= timedelta(seconds=0.015)


def test_no_two_workers_have_one_name() -> None:
    assert len({worker_name() for _ in range(100)}) == 100
