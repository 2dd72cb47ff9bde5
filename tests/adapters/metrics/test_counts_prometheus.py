"""Counting on a real Prometheus that begins with empty disks, meets old processes, and is restarted."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from pilotage.domain.tallies import Tally
from pilotage.testing.contracts.counts import Looks
from pilotage.testing.contracts.metrics import ERROR_RATE, LATENCY, Traffic, ask
from tests.adapters.metrics.places import Prometheus, PrometheusPlace, Service


@pytest.mark.prometheus
@pytest.mark.xdist_group("prometheus")
@pytest.mark.skipif(not shutil.which("prometheus"), reason="no prometheus here: apt-get install prometheus")
async def test_the_life_of_a_process_is_never_taken_for_one_look(tmp_path: Path) -> None:
    old, older = Service(), Service()
    await old.meet([Traffic(90), Traffic(10, failed=True)])
    await older.meet([Traffic(400), Traffic(100, failed=True)])
    prometheus = Prometheus(tmp_path, old)
    place = PrometheusPlace(old, prometheus)
    try:
        looks = Looks(place, (ask(ERROR_RATE), ask(LATENCY)), place.now())
        await place.ready()
        await place.shows(100)
        begun = await looks.look()
        assert all(tally.requests == 0 and tally.problem for tally in begun), "its disks were empty"
        looks.since = place.now()

        await old.meet([Traffic(3, failed=True)])
        await place.shows(103)
        assert counts(await looks.look()) == [(3, 3), (3, 0)]

        prometheus.watch(old, older)
        await place.shows(603)
        assert counts(await looks.look()) == [(0, 0), (0, 0)], (
            "what the newly found process did before is its own"
        )
        await older.meet([Traffic(4), Traffic(1, failed=True)])
        await place.shows(608)
        assert counts(await looks.look()) == [(5, 1), (5, 0)]

        prometheus.stop()
        await old.meet([Traffic(6), Traffic(2, failed=True)])
        prometheus.start()
        await place.ready()
        await place.shows(616)
        assert counts(await looks.look()) == [(8, 2), (8, 0)], "a restart loses nothing"
    finally:
        await place.close()
        prometheus.stop()
        old.stop()
        older.stop()


def counts(tallies: Sequence[Tally]) -> list[tuple[float, float]]:
    """Requests and errors of each."""
    assert [tally.problem for tally in tallies] == [""] * len(tallies)
    return [(tally.requests, tally.errors) for tally in tallies]
