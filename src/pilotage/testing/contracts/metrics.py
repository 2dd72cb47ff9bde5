"""The contract of the metrics port: one scenario of real traffic, and what every kind of source must say about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from pilotage.application.ports.metrics import Metrics
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Sample, Source, Unit
from pilotage.domain.tallies import Tally
from pilotage.domain.time import Duration

OVER = Duration(seconds=60)


@dataclass(frozen=True, slots=True)
class Traffic:
    """So many requests alike: which variant and region met them, how they ended, how long each took (seconds)."""

    requests: int
    variant: str = "on"
    region: str = "east"
    failed: bool = False
    seconds: float = 0.1


class Place(ABC):
    """A service under traffic together with the source that watches it; each adapter's tests bring their own.

    The service counts ``contract_requests_total{variant,region,status}`` (status 200 or 500), the histogram
    ``contract_seconds{variant,region}`` with bounds 0.05, 0.2, 0.4 and 0.8, and the gauge ``contract_queue_length``.
    Every series exists, at 0, before the first traffic.
    """

    metrics: Metrics
    source: Source

    @abstractmethod
    async def serve(self, *traffic: Traffic) -> None:
        """Let that traffic happen, and return when the source can know of it."""

    @abstractmethod
    async def queue(self, length: float) -> None:
        """Set the gauge, and return when the source can know of it."""

    @abstractmethod
    async def restart(self) -> None:
        """Start the service's counters again from nothing, as a restarted process does."""

    @abstractmethod
    async def cut(self) -> None:
        """Put the source out of reach."""

    @abstractmethod
    async def read(self, *requests: MetricRequest) -> Sequence[Sample]:
        """Ask the source now."""

    @abstractmethod
    def now(self) -> datetime:
        """The moment: everything served so far was at or before it, what is served next will be after it."""

    @abstractmethod
    async def count(self, *requests: MetricRequest) -> Sequence[Tally]:
        """Ask the source now what happened since."""

    @abstractmethod
    async def halves(self, *requests: MetricRequest) -> Sequence[Tally]:
        """Ask the source now about the past."""

    @abstractmethod
    async def fall_silent(self) -> None:
        """The service goes on, and nobody is shown its metrics; return when the source can have noticed."""

    @abstractmethod
    async def speak_again(self) -> None:
        """The end of that; return when the source can know of everything that happened."""


ERROR_RATE = Metric(
    name="error rate",
    unit=Unit.PERCENT,
    source="main",
    errors='sum(increase(contract_requests_total{variant="{{variant}}",status=~"5.."}[{{over}}]))',
    total='sum(increase(contract_requests_total{variant="{{variant}}"}[{{over}}]))',
    over=OVER,
    split=("region",),
    connected=True,
)
LATENCY = Metric(
    name="latency p50",
    unit=Unit.TIME,
    source="main",
    histogram='contract_seconds_bucket{variant="{{variant}}"}',
    quantile=0.5,
    over=OVER,
    connected=True,
)
QUEUE = Metric(
    name="queue", unit=Unit.COUNT, source="main", query="sum(contract_queue_length)", connected=True
)
MISTYPED = replace(QUEUE, name="mistyped", query="sum(contract_qeue_length)")


def ask(metric: Metric, variant: str = "on", dimension: str = "") -> MetricRequest:
    """A request for one variant: ``on`` is the canary, ``off`` the baseline."""
    arm = Arm.CANARY if variant == "on" else Arm.BASELINE
    return MetricRequest(metric, arm, {"variant": variant, "over": str(metric.over)}, dimension)


class MetricsContract:
    """Subclass it and give it the fixture ``place``: a ``Place`` with your adapter."""

    async def test_a_share_of_errors_comes_with_its_counts(self, place: Place) -> None:
        await place.serve(Traffic(36), Traffic(4, failed=True), Traffic(10, variant="off"))
        [sample] = await place.read(ask(ERROR_RATE))
        assert sample.value == pytest.approx(10, rel=0.02)
        # Prometheus extrapolates a growth to the edges of its span, so a count is about right.
        assert sample.count == pytest.approx(40, rel=0.35)
        assert sample.errors is not None
        assert sample.count is not None
        assert 100 * sample.errors / sample.count == pytest.approx(sample.value)
        assert sample.problem == ""

    async def test_every_request_is_answered_with_its_own_metric_and_arm(self, place: Place) -> None:
        await place.serve(Traffic(20), Traffic(30, variant="off"), Traffic(10, variant="off", failed=True))
        on, latency, off, again = await place.read(
            ask(ERROR_RATE), ask(LATENCY), ask(ERROR_RATE, "off"), ask(ERROR_RATE)
        )
        assert (on.metric, on.arm, on.value) == ("error rate", Arm.CANARY, 0)
        assert (latency.metric, latency.arm) == ("latency p50", Arm.CANARY)
        assert (off.metric, off.arm) == ("error rate", Arm.BASELINE)
        assert off.value == pytest.approx(25, rel=0.02)
        assert again == on

    async def test_a_quantile_lies_where_the_requests_were(self, place: Place) -> None:
        await place.serve(Traffic(30, seconds=0.1), Traffic(10, seconds=0.5))
        [sample] = await place.read(ask(LATENCY))
        assert sample.value is not None
        assert 0.05 < sample.value <= 0.2
        assert sample.count == pytest.approx(40, rel=0.35)

    async def test_a_dimension_is_answered_segment_by_segment(self, place: Place) -> None:
        await place.serve(
            Traffic(20, region="east"),
            Traffic(15, region="us west"),
            Traffic(5, region="us west", failed=True),
        )
        samples = {sample.segment: sample for sample in await place.read(ask(ERROR_RATE, dimension="region"))}
        assert {sample.dimension for sample in samples.values()} == {"region"}
        assert samples["east"].value == 0
        assert samples["us west"].value == pytest.approx(25, rel=0.02)

    async def test_a_gauge_is_read_as_it_stands(self, place: Place) -> None:
        await place.queue(7)
        [sample] = await place.read(ask(QUEUE))
        assert sample.value == 7

    async def test_without_requests_there_is_no_data(self, place: Place) -> None:
        await place.serve(Traffic(10, variant="off"))
        rate, latency = await place.read(ask(ERROR_RATE), ask(LATENCY))
        for sample in (rate, latency):
            assert sample.value is None
            assert "no requests in the last" in sample.problem

    async def test_a_name_nobody_knows_is_no_data_and_is_named(self, place: Place) -> None:
        await place.queue(7)
        [sample] = await place.read(ask(MISTYPED))
        assert sample.value is None
        assert sample.problem.startswith("no such series: ")

    async def test_a_restarted_service_takes_nothing_back(self, place: Place) -> None:
        await place.serve(Traffic(20))
        await place.restart()
        await place.serve(Traffic(15), Traffic(5, failed=True))
        [sample] = await place.read(ask(ERROR_RATE))
        assert sample.value is not None
        assert 0 < sample.value < 30
        assert sample.count == pytest.approx(40, rel=0.5)

    async def test_a_source_out_of_reach_is_no_data_with_the_reason(self, place: Place) -> None:
        await place.serve(Traffic(20))
        await place.cut()
        samples = await place.read(ask(ERROR_RATE), ask(LATENCY))
        assert [sample.value for sample in samples] == [None, None]
        assert all(sample.problem for sample in samples)
