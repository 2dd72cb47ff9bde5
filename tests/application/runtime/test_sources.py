"""Reading many releases' metrics: equal questions asked once, different ones kept apart, failures are no data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from pilotage.application.ports.metrics import Metrics
from pilotage.application.runtime.sources import Heard, Readings
from pilotage.domain.facts import Tick
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Reading, Sample, Source
from pilotage.domain.plan import Plan
from pilotage.domain.tallies import Tally
from pilotage.testing.builders import metric, plan_of, stage
from pilotage.testing.clock import MONDAY


class Echo:
    """Answers every request with the version it was asked about."""

    def __init__(self) -> None:
        self.calls: list[list[MetricRequest]] = []

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        self.calls.append(list(requests))
        return [
            Sample(r.metric.name, at, float(r.variables["version"]), arm=r.arm, dimension=r.dimension)
            for r in requests
        ]

    async def count(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Tally]:
        self.calls.append(list(requests))
        return [
            Tally(r.metric.name, r.since or at, at, float(r.variables["version"]), arm=r.arm)
            for r in requests
        ]

    async def halves(
        self, source: Source, requests: Sequence[MetricRequest], at: datetime
    ) -> Sequence[Tally]:
        self.calls.append(list(requests))
        return [
            Tally(r.metric.name, r.since or at, at, float(r.variables["version"]), arm=arm)
            for r in requests
            for arm in Arm
        ]


class Broken:
    """An adapter with a mistake of its own."""

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        raise KeyError("oops")

    async def count(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Tally]:
        raise KeyError("oops")

    async def halves(
        self, source: Source, requests: Sequence[MetricRequest], at: datetime
    ) -> Sequence[Tally]:
        raise KeyError("oops")


PLAN: Plan = plan_of(stage("only"))


def ask(
    query: str, version: str, arm: Arm = Arm.CANARY, reading: Reading = Reading.VALUE, seconds: float = 15
) -> MetricRequest:
    made: Metric = metric("error rate", query=query)
    since = None if reading is Reading.VALUE else MONDAY - timedelta(seconds=seconds)
    variables = {"version": version, "release": f"r{version}"}
    return MetricRequest(made, arm, variables, reading=reading, since=since)


async def hear(adapter: Metrics, wanted: dict[str, list[MetricRequest]]) -> dict[str, Heard]:
    readings = Readings({"scripted": adapter}, MONDAY)
    for asker, requests in wanted.items():
        readings.want(asker, PLAN, requests)
    answers = [await answer for answer in readings.read().values()]
    heard = {asker: Heard() for asker in wanted}
    for asker, own in heard.items():
        for part in (readings.lacking(asker), *(answer.get(asker, Heard()) for answer in answers)):
            own.add(part)
    return heard


async def read(adapter: Metrics, wanted: dict[str, list[MetricRequest]]) -> dict[str, list[Sample]]:
    return {asker: heard.samples for asker, heard in (await hear(adapter, wanted)).items()}


async def test_questions_that_differ_only_in_what_they_do_not_use_are_one() -> None:
    echo = Echo()
    got = await read(echo, {"a": [ask("errors", "1")], "b": [ask("errors", "2")]})
    assert [len(call) for call in echo.calls] == [1]
    assert len(got["a"]) == len(got["b"]) == 1


async def test_questions_that_differ_under_one_name_are_never_mixed_up() -> None:
    echo = Echo()
    query = 'errors{version="{{ version }}"}'
    got = await read(
        echo, {f"r{n}": [ask(query, str(n)), ask(query, str(n), Arm.BASELINE)] for n in range(9)}
    )
    for n in range(9):
        assert [(s.value, s.arm) for s in got[f"r{n}"]] == [(float(n), Arm.CANARY), (float(n), Arm.BASELINE)]


async def test_an_adapter_that_breaks_is_no_data_with_the_reason() -> None:
    got = await read(Broken(), {"a": [ask("errors", "1")]})
    assert got["a"][0].value is None
    assert got["a"][0].problem == "reading the source \"main\" failed: KeyError: 'oops'"


async def test_a_source_that_is_not_connected_is_no_data_with_the_reason() -> None:
    readings = Readings({}, MONDAY)
    readings.want("a", PLAN, [ask("errors", "1")])
    assert readings.groups() == {frozenset(): ["a"]}
    assert readings.lacking("a").samples[0].problem == 'the source "main" is not connected here'


async def test_values_counts_and_halves_go_their_own_ways() -> None:
    echo = Echo()
    kinds = [ask("errors", "1"), ask("errors", "1", reading=Reading.COUNT)]
    got = (await hear(echo, {"a": [*kinds, ask("errors", "1", reading=Reading.HALVES, seconds=3600)]}))["a"]
    assert [s.value for s in got.samples] == [1.0]
    assert [(t.requests, t.ended - t.begun) for t in got.tallies] == [(1.0, timedelta(seconds=15))]
    assert [t.arm for t in got.history] == [Arm.CANARY, Arm.BASELINE]
    assert got.tick() == Tick(tuple(got.samples), tuple(got.tallies), tuple(got.history))


async def test_counts_of_other_spans_are_other_questions() -> None:
    echo = Echo()
    wanted = {f"r{n}": [ask("errors", "1", reading=Reading.COUNT, seconds=15 + n // 2)] for n in range(4)}
    got = await hear(echo, wanted)
    assert sorted(len(call) for call in echo.calls) == [1, 1]
    assert [(t.ended - t.begun).total_seconds() for n in range(4) for t in got[f"r{n}"].tallies] == [
        15,
        15,
        16,
        16,
    ]


@pytest.mark.parametrize("reading", [Reading.COUNT, Reading.HALVES])
async def test_a_count_that_breaks_is_a_tally_with_the_reason(reading: Reading) -> None:
    got = (await hear(Broken(), {"a": [ask("errors", "1", reading=reading)]}))["a"]
    [tally] = got.tallies or got.history
    assert (tally.requests, tally.begun, tally.ended) == (0, MONDAY - timedelta(seconds=15), MONDAY)
    assert tally.problem == "reading the source \"main\" failed: KeyError: 'oops'"
