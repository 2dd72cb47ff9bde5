"""A metrics source in memory: it remembers single requests and readings, and answers from them exactly."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pilotage.domain.metrics import Arm, MetricRequest, Sample, Source
from pilotage.domain.tallies import Tally

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Seconds: the buckets Prometheus' client libraries use where nobody chooses any."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One request a service answered: when, how long it took in seconds, whether it failed, and its labels.

    ``times`` requests alike may be written as one.
    """

    at: datetime
    failed: bool = False
    seconds: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    times: int = 1


@dataclass(slots=True)
class InMemoryMetrics:
    """The metrics port over what a test says happened.

    A metric with ``errors`` and ``total``, or with ``quantile``, is computed from the ``Happening`` entries of the
    last ``over``, of the request's ``variant`` where they carry one. Any other metric answers with what was put into
    ``readings`` under its name. Counts and halves are those of the happenings of the span asked about, exactly.
    """

    happenings: list[Happening] = field(default_factory=list)
    readings: dict[str, float] = field(default_factory=dict)
    problem: str = ""
    """Set to a sentence while the source shall be out of reach."""
    asked: list[MetricRequest] = field(default_factory=list)
    """Every request so far, in order."""
    bounds: tuple[float, ...] = BOUNDS
    """The upper bounds of the buckets that durations are counted in."""

    async def read(
        self,
        source: Source,  # noqa: ARG002 - the port hands it over; memory has only one source
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Sample]:
        """See the port."""
        self.asked.extend(requests)
        return [sample for request in requests for sample in self._answer(request, at)]

    async def count(
        self,
        source: Source,  # noqa: ARG002 - memory has only one source
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Tally]:
        """See the port."""
        self.asked.extend(requests)
        return [tally for request in requests for tally in self._counted(request, at)]

    async def halves(
        self,
        source: Source,  # noqa: ARG002 - memory has only one source
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Tally]:
        """See the port."""
        self.asked.extend(requests)
        return [tally for request in requests for tally in self._halved(request, at)]

    def _counted(self, request: MetricRequest, at: datetime) -> list[Tally]:
        begun, ended = _span(request, at)
        if problem := self._uncountable(request, begun, ended):
            return [_lack(request, begun, ended, problem)]
        label = request.dimension.replace(" ", "_")
        segments: dict[str, list[Happening]] = {} if label else {"": []}
        for happening in self._within(request, begun, ended):
            segments.setdefault(happening.labels.get(label, "") if label else "", []).append(happening)
        return [
            self._tally(request, begun, ended, found, segment=segment)
            for segment, found in sorted(segments.items())
        ] or [_lack(request, begun, ended, f"no requests between {begun:%H:%M:%S} and {ended:%H:%M:%S}")]

    def _halved(self, request: MetricRequest, at: datetime) -> list[Tally]:
        begun, ended = _span(request, at)
        happenings = self._within(request, begun, ended)
        replicas = sorted({happening.labels.get(request.replicas, "") for happening in happenings})
        problem = self._uncountable(request, begun, ended)
        if not problem and len(replicas) < 2:
            problem = "one replica only: cannot be split in halves"
        if problem:
            return [_lack(request, begun, ended, problem)]
        looks: dict[int, tuple[list[Happening], list[Happening]]] = {}
        every = timedelta(seconds=request.every.approximate_seconds)
        for happening in happenings:
            look = math.ceil((happening.at - begun) / every)
            half = replicas.index(happening.labels.get(request.replicas, "")) % 2
            looks.setdefault(look, ([], []))[half].append(happening)
        return [
            self._tally(request, begun + every * (look - 1), begun + every * look, found, arm=arm)
            for look, halves in sorted(looks.items())
            for arm, found in zip((Arm.CANARY, Arm.BASELINE), halves, strict=True)
        ]

    def _uncountable(self, request: MetricRequest, begun: datetime, ended: datetime) -> str:
        metric = request.metric
        if self.problem:
            return self.problem
        if not (metric.histogram or metric.quantile is not None or (metric.errors and metric.total)):
            return f'"{metric.name}" is a query, and only errors and total, or a histogram, can be counted'
        return "no time has passed since the last look" if ended <= begun else ""

    def _within(self, request: MetricRequest, begun: datetime, ended: datetime) -> list[Happening]:
        variant = request.variables.get("variant", "")
        return [
            happening
            for happening in self.happenings
            if begun < happening.at <= ended and happening.labels.get("variant", variant) == variant
        ]

    def _tally(
        self,
        request: MetricRequest,
        begun: datetime,
        ended: datetime,
        found: Sequence[Happening],
        *,
        segment: str = "",
        arm: Arm | None = None,
    ) -> Tally:
        requests = float(sum(happening.times for happening in found))
        told = (request.metric.name, begun, ended, requests)
        about = (arm or request.arm, request.dimension, segment)
        if request.metric.total and not request.metric.histogram:
            failed = float(sum(happening.times for happening in found if happening.failed))
            return Tally(*told, failed, (), (), *about)
        buckets = [0.0] * (len(self.bounds) + 1)
        for happening in found:
            buckets[bisect_left(self.bounds, happening.seconds)] += happening.times
        return Tally(*told, 0.0, self.bounds, tuple(buckets), *about)

    def _answer(self, request: MetricRequest, at: datetime) -> list[Sample]:
        if self.problem:
            return [_sample(request, at, problem=self.problem)]
        metric = request.metric
        if metric.quantile is None and not metric.total:
            value = self.readings.get(metric.name)
            return [
                _sample(
                    request,
                    at,
                    value=value,
                    problem="" if value is not None else f"no such series: {metric.name}",
                )
            ]
        segments: dict[str, list[Happening]] = {}
        for happening in self._recent(request, at):
            label = request.dimension.replace(" ", "_")
            segments.setdefault(happening.labels.get(label, "") if label else "", []).append(happening)
        if not segments:
            return [_sample(request, at, problem=f"no requests in the last {metric.over}")]
        return [_summary(request, at, segment, found) for segment, found in sorted(segments.items())]

    def _recent(self, request: MetricRequest, at: datetime) -> list[Happening]:
        at = request.until or at
        since = at - timedelta(seconds=request.metric.over.approximate_seconds)
        return self._within(request, since, at)


def _span(request: MetricRequest, at: datetime) -> tuple[datetime, datetime]:
    ended = request.until or at
    return request.since or ended, ended


def _lack(request: MetricRequest, begun: datetime, ended: datetime, problem: str) -> Tally:
    return Tally(
        request.metric.name, begun, ended, arm=request.arm, dimension=request.dimension, problem=problem
    )


def _summary(request: MetricRequest, at: datetime, segment: str, found: Sequence[Happening]) -> Sample:
    count = float(sum(happening.times for happening in found))
    quantile = request.metric.quantile
    if quantile is not None:
        ordered = sorted(happening.seconds for happening in found for _ in range(happening.times))
        value = ordered[max(0, math.ceil(quantile * len(ordered)) - 1)]
        return _sample(request, at, segment, value=value, count=count)
    failed = float(sum(happening.times for happening in found if happening.failed))
    return _sample(request, at, segment, value=100 * failed / count, count=count, errors=failed)


def _sample(
    request: MetricRequest,
    at: datetime,
    segment: str = "",
    *,
    value: float | None = None,
    count: float | None = None,
    errors: float | None = None,
    problem: str = "",
) -> Sample:
    return Sample(
        request.metric.name,
        at,
        value,
        count,
        errors,
        arm=request.arm,
        dimension=request.dimension,
        segment=segment,
        problem=problem,
    )
