"""Reading the metrics of many releases at once, where a slow source holds up nobody but those who asked it.

A source answers with samples (or tallies) named by metric, arm and dimension, so one call can hold each such name once.
Releases that ask the same in the same words (the usual case: one plan, many releases) share one request; those whose
questions differ under one name go into calls of their own, made at the same time, and so do values, counts and halves.
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
from pilotage.domain.facts import Tick
from pilotage.domain.metrics import Metric, MetricRequest, Reading, Sample, Source
from pilotage.domain.plan import Plan
from pilotage.domain.tallies import Tally

_log = logging.getLogger(__name__)

SLOWEST = 30.0
"""Seconds the runtime waits for a source, whatever the plan says: within the lease of a look."""

GRACE = 1.0
"""Seconds more: the adapter keeps the source's time itself, and can say more precisely what was slow."""

Name = tuple[str, str, str]
"""What an answer is known by: metric, arm, dimension."""


@dataclass(slots=True)
class Heard:
    """What the sources told one asker."""

    samples: list[Sample] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    history: list[Tally] = field(default_factory=list)

    def note(self, reading: Reading, told: Sample | Tally) -> None:
        """Take in an answer to a request of that kind."""
        if isinstance(told, Sample):
            self.samples.append(told)
        else:
            (self.history if reading is Reading.HALVES else self.tallies).append(told)

    def add(self, other: Heard) -> None:
        """Take in what another source told."""
        self.samples += other.samples
        self.tallies += other.tallies
        self.history += other.history

    def tick(self) -> Tick:
        """The fact it makes."""
        return Tick(tuple(self.samples), tuple(self.tallies), tuple(self.history))


@dataclass(slots=True)
class _Call:
    """One call of a source: its requests (all read in one way) by name, and who wants each answer."""

    reading: Reading
    requests: dict[Name, MetricRequest] = field(default_factory=dict)
    meaning: dict[Name, str] = field(default_factory=dict)
    askers: dict[Name, list[str]] = field(default_factory=dict)

    def take(self, asker: str, request: MetricRequest, meaning: str) -> bool:
        """Whether this call can answer ``request``; if so it will."""
        name = _name(request)
        if request.reading is not self.reading:
            return False
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
        self._lacking: dict[str, Heard] = {}
        self._wanted: dict[str, set[Source]] = {}

    def want(self, asker: str, plan: Plan, requests: Sequence[MetricRequest]) -> None:
        """Note what ``asker`` (a release) wants to know."""
        for request in requests:
            source = plan.sources.get(request.metric.source)
            if source is None or source.type not in self._adapters:
                why = f'the source "{request.metric.source}" is not connected here'
                lack = no_data(request, self._at, why)
                self._lacking.setdefault(asker, Heard()).note(request.reading, lack)
                continue
            self._wanted.setdefault(asker, set()).add(source)
            calls, meaning = self._calls.setdefault(source, []), _meaning(request)
            if not any(call.take(asker, request, meaning) for call in calls):
                calls.append(_Call(request.reading))
                calls[-1].take(asker, request, meaning)

    def groups(self) -> dict[frozenset[Source], list[str]]:
        """The askers by the sources they need: each group is ready as soon as its own sources have answered."""
        found: dict[frozenset[Source], list[str]] = {}
        for asker in self._wanted.keys() | self._lacking.keys():
            found.setdefault(frozenset(self._wanted.get(asker, ())), []).append(asker)
        return found

    def read(self) -> dict[Source, asyncio.Future[dict[str, Heard]]]:
        """Start reading every source; each answers by asker, and never fails."""
        return {source: asyncio.ensure_future(self._source(source)) for source in self._calls}

    def lacking(self, asker: str) -> Heard:
        """What there is to say to requests nobody can answer: no data, and why."""
        return self._lacking.get(asker, Heard())

    async def _source(self, source: Source) -> dict[str, Heard]:
        answers: dict[str, Heard] = {}
        calls = self._calls[source]
        told_of_all = await asyncio.gather(*(self._ask(source, call) for call in calls))
        for call, told in zip(calls, told_of_all, strict=True):
            for one in told:
                for asker in call.askers.get(
                    _named(call.reading, one.metric, str(one.arm), one.dimension), ()
                ):
                    answers.setdefault(asker, Heard()).note(call.reading, one)
        return answers

    async def _ask(self, source: Source, call: _Call) -> Sequence[Sample | Tally]:
        """The answers of one call. A source that is late or breaks our adapter is "no data", with the reason."""
        requests = list(call.requests.values())
        seconds = min(source.timeout.approximate_seconds, SLOWEST)
        try:
            async with asyncio.timeout(seconds + GRACE):
                return await self._send(source, call, requests)
        except TimeoutError:
            why = f'the source "{source.name}" did not answer within {seconds:g} s'
        except Exception as error:  # noqa: BLE001 - an adapter's own mistake must not stop other releases
            _log.exception("reading the source %s failed", source.name)
            why = f'reading the source "{source.name}" failed: {type(error).__name__}: {error}'
        return [no_data(request, self._at, why) for request in requests]

    async def _send(
        self, source: Source, call: _Call, requests: Sequence[MetricRequest]
    ) -> Sequence[Sample | Tally]:
        adapter = self._adapters[source.type]
        match call.reading:
            case Reading.VALUE:
                return await adapter.read(source, requests, self._at)
            case Reading.COUNT:
                return await adapter.count(source, requests, self._at)
            case Reading.HALVES:
                return await adapter.halves(source, requests, self._at)


def no_data(request: MetricRequest, at: datetime, why: str) -> Sample | Tally:
    """The answer that says that there is no data, and why."""
    metric = request.metric.name
    if request.reading is Reading.VALUE:
        return Sample(metric, at, None, arm=request.arm, dimension=request.dimension, problem=why)
    ended = request.until or at
    begun = request.since or ended
    return Tally(metric, begun, ended, arm=request.arm, dimension=request.dimension, problem=why)


def _name(request: MetricRequest) -> Name:
    return _named(request.reading, request.metric.name, str(request.arm), request.dimension)


def _named(reading: Reading, metric: str, arm: str, dimension: str) -> Name:
    """Halves come as two arms, whichever arm was asked about."""
    return metric, "" if reading is Reading.HALVES else arm, dimension


def _meaning(request: MetricRequest) -> str:
    """What is asked, with only those variables the queries use: equal texts have equal answers."""
    metric = request.metric
    used = {" ".join(name.split()) for text in _texts(metric) for name in PLACEHOLDER.findall(text)} | {
        "over"
    }
    filled = sorted((name, value) for name, value in request.variables.items() if name in used)
    asked = [*_texts(metric), metric.quantile, str(metric.over), metric.unit, filled]
    if request.reading is not Reading.VALUE or request.until is not None:
        span = [str(request.since), str(request.until), str(request.every)]
        asked += [*span, request.arm, request.replicas]
    return json.dumps(asked)


def _texts(metric: Metric) -> tuple[str, ...]:
    return metric.query, metric.errors, metric.total, metric.histogram
