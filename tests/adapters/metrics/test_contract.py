"""Every kind of source keeps the contract: the same traffic, the same answers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pilotage.testing.contracts.counts import CountsContract, HalvesContract, NamesContract
from pilotage.testing.contracts.metrics import ERROR_RATE, LATENCY, MetricsContract, Place, Traffic, ask
from tests.adapters.metrics.places import (
    Prometheus,
    PrometheusPlace,
    RememberedPlace,
    ScrapedPlace,
    Service,
    until,
)


class TestScrape(MetricsContract, CountsContract, NamesContract):
    """The service's own page."""

    @pytest.fixture
    async def place(self) -> AsyncIterator[Place]:
        place = ScrapedPlace()
        await place.read(ask(ERROR_RATE), ask(LATENCY))  # the reading that growth is counted from
        yield place
        await place.close()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Prometheus]]:
    # One for all tests: Prometheus waits five seconds before it first looks at anything.
    service = Service()
    prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), service)
    yield service, prometheus
    prometheus.stop()
    service.stop()


@pytest.mark.prometheus
@pytest.mark.xdist_group("prometheus")
@pytest.mark.skipif(not shutil.which("prometheus"), reason="no prometheus here: apt-get install prometheus")
class TestPrometheus(MetricsContract, CountsContract, NamesContract, HalvesContract):
    """A real Prometheus."""

    @pytest.fixture
    async def place(self, watched: tuple[Service, Prometheus]) -> AsyncIterator[Place]:
        place = PrometheusPlace(*watched)
        await place.begin()
        yield place
        watched[0].silent = False
        await place.close()

    async def test_a_range_tells_the_same_moment_by_moment(self, place: Place) -> None:
        assert isinstance(place, PrometheusPlace)
        start = place.clock.now()
        await place.serve(Traffic(30), Traffic(10, failed=True))
        end = place.clock.now() + timedelta(seconds=0.3)
        await until(lambda: place.clock.now() >= end)
        step = timedelta(seconds=0.1)
        samples = await place.metrics.read_range(place.source, ask(ERROR_RATE), start, end, step)
        assert len(samples) >= 2
        assert [sample.observed_at for sample in samples] == sorted(sample.observed_at for sample in samples)
        assert samples[-1].value == pytest.approx(25, rel=0.05)

    async def test_a_query_that_prometheus_refuses_is_told_in_its_own_words(self, place: Place) -> None:
        broken = replace(ERROR_RATE, errors="", total="", query="sum(rate(contract_requests_total[5m])")
        [sample] = await place.read(ask(broken))
        assert sample.value is None
        assert "refuses the query (bad_data)" in sample.problem
        assert "parse error" in sample.problem


class TestMemory(MetricsContract, CountsContract, HalvesContract):
    """The source that tests use."""

    @pytest.fixture
    def place(self) -> Place:
        return RememberedPlace()
