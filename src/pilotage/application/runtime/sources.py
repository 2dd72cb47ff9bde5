"""Reading the metrics of many releases at once, where a slow source holds up nobody but those who asked it.

A source answers with samples named by metric, arm and dimension, so one call can hold each such name once. Releases
that ask the same in the same words (the usual case: one plan, many releases) share one request; those whose questions
differ under one name go into calls of their own, made at the same time.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pilotage.application.ports.metrics import Metrics
from pilotage.decisions.variables import PLACEHOLDER
from pilotage.domain.metrics import Metric, MetricRequest, Sample, Source
from pilotage.domain.plan import Plan

_log = logging.getLogger(__name__)

SLOWEST = 30.0
"""Seconds the runtime waits for a source, whatever the plan says: within the lease of a look."""

GRACE = 1.0
"""Seconds more: the adapter keeps the source's time itself, and can say more precisely what was slow."""

Name = tuple[str, str, str]
"""What a sample is known by: metric, arm, dimension."""


@dataclass(slots=True)
class _Call:
    """One call of a source: its requests by name, and who wants each answer."""

    requests: dict[Name, MetricRequest] = field(default_factory=dict)
    meaning: dict[Name, str] = field(default_factory=dict)
    askers: dict[Name, list[str]] = field(default_factory=dict)

    def take(self, asker: str, request: MetricRequest, meaning: str) -> bool:
        """Whether this call can answer ``request``; if so it will."""
        name = _name(request)
        if self.meaning.setdefault(name, meaning) != meaning:
            return False
        self.requests.setdefault(name, request)
        self.askers.setdefault(name, []).append(asker)
        return True


class Readings:
    """What the releases of one shard want to know, read source by source."""

    def __init__(self, adapters: Mapping[str, Metrics], at: datetime) -> None:
        """``adapters`` by source type (``prometheus``, ``scrape``)."""
        self._adapters = adapters
        self._at = at
        self._calls: dict[Source, list[_Call]] = {}
        self._lacking: dict[str, list[Sample]] = {}
        self._wanted: dict[str, set[Source]] = {}

    def want(self, asker: str, plan: Plan, requests: Sequence[MetricRequest]) -> None:
        """Note what ``asker`` (a release) wants to know."""
        for request in requests:
            source = plan.sources.get(request.metric.source)
            if source is None or source.type not in self._adapters:
                why = f'the source "{request.metric.source}" is not connected here'
                self._lacking.setdefault(asker, []).append(no_data(request, self._at, why))
                continue
            self._wanted.setdefault(asker, set()).add(source)
            calls, meaning = self._calls.setdefault(source, []), _meaning(request)
            if not any(call.take(asker, request, meaning) for call in calls):
                calls.append(_Call())
                calls[-1].take(asker, request, meaning)

    def groups(self) -> dict[frozenset[Source], list[str]]:
        """The askers by the sources they need: each group is ready as soon as its own sources have answered."""
        found: dict[frozenset[Source], list[str]] = {}
        for asker in self._wanted.keys() | self._lacking.keys():
            found.setdefault(frozenset(self._wanted.get(asker, ())), []).append(asker)
        return found

    def read(self) -> dict[Source, asyncio.Future[dict[str, list[Sample]]]]:
        """Start reading every source; each answers with samples by asker, and never fails."""
        return {source: asyncio.ensure_future(self._source(source)) for source in self._calls}

    def lacking(self, asker: str) -> list[Sample]:
        """The samples without data of requests nobody can answer."""
        return self._lacking.get(asker, [])

    async def _source(self, source: Source) -> dict[str, list[Sample]]:
        answers: dict[str, list[Sample]] = {}
        calls = self._calls[source]
        for call, samples in zip(
            calls, await asyncio.gather(*(self._ask(source, call) for call in calls)), strict=True
        ):
            for sample in samples:
                for asker in call.askers.get((sample.metric, str(sample.arm), sample.dimension), ()):
                    answers.setdefault(asker, []).append(sample)
        return answers

    async def _ask(self, source: Source, call: _Call) -> Sequence[Sample]:
        """The samples of one call. A source that is late or breaks our adapter is "no data", with the reason."""
        requests = list(call.requests.values())
        seconds = min(source.timeout.approximate_seconds, SLOWEST)
        try:
            async with asyncio.timeout(seconds + GRACE):
                return await self._adapters[source.type].read(source, requests, self._at)
        except TimeoutError:
            why = f'the source "{source.name}" did not answer within {seconds:g} s'
        except Exception as error:  # noqa: BLE001 - an adapter's own mistake must not stop other releases
            _log.exception("reading the source %s failed", source.name)
            why = f'reading the source "{source.name}" failed: {type(error).__name__}: {error}'
        return [no_data(request, self._at, why) for request in requests]


def no_data(request: MetricRequest, at: datetime, why: str) -> Sample:
    """The sample that says that there is no data, and why."""
    return Sample(request.metric.name, at, None, arm=request.arm, dimension=request.dimension, problem=why)


def _name(request: MetricRequest) -> Name:
    return request.metric.name, str(request.arm), request.dimension


def _meaning(request: MetricRequest) -> str:
    """What is asked, with only those variables the queries use: equal texts have equal answers."""
    metric = request.metric
    used = {" ".join(name.split()) for text in _texts(metric) for name in PLACEHOLDER.findall(text)} | {
        "over"
    }
    filled = sorted((name, value) for name, value in request.variables.items() if name in used)
    return json.dumps([*_texts(metric), metric.quantile, str(metric.over), metric.unit, filled])


def _texts(metric: Metric) -> tuple[str, ...]:
    return metric.query, metric.errors, metric.total, metric.histogram
