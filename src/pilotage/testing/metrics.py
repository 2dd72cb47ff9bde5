"""A metrics source in memory: it remembers single requests and readings, and answers from them exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pilotage.domain.metrics import MetricRequest, Sample, Source


@dataclass(frozen=True, slots=True)
class Happening:
    """One request a service answered: when, how long it took in seconds, whether it failed, and its labels."""

    at: datetime
    failed: bool = False
    seconds: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class InMemoryMetrics:
    """The metrics port over what a test says happened.

    A metric with ``errors`` and ``total``, or with ``quantile``, is computed from the ``Happening`` entries of the
    last ``over``, of the request's ``variant`` where they carry one. Any other metric answers with what was put into
    ``readings`` under its name.
    """

    happenings: list[Happening] = field(default_factory=list)
    readings: dict[str, float] = field(default_factory=dict)
    problem: str = ""
    """Set to a sentence while the source shall be out of reach."""
    asked: list[MetricRequest] = field(default_factory=list)
    """Every request so far, in order."""

    async def read(
        self,
        source: Source,  # noqa: ARG002 - the port hands it over; memory has only one source
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Sample]:
        """See the port."""
        self.asked.extend(requests)
        return [sample for request in requests for sample in self._answer(request, at)]

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
        since = at - timedelta(seconds=request.metric.over.approximate_seconds)
        variant = request.variables.get("variant", "")
        return [
            happening
            for happening in self.happenings
            if since < happening.at <= at and happening.labels.get("variant", variant) == variant
        ]


def _summary(request: MetricRequest, at: datetime, segment: str, found: Sequence[Happening]) -> Sample:
    count = float(len(found))
    quantile = request.metric.quantile
    if quantile is not None:
        ordered = sorted(happening.seconds for happening in found)
        value = ordered[max(0, math.ceil(quantile * len(ordered)) - 1)]
        return _sample(request, at, segment, value=value, count=count)
    failed = float(sum(happening.failed for happening in found))
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
