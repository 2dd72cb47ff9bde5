"""Reading many releases' metrics: equal questions asked once, different ones kept apart, failures are no data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pilotage.application.ports.metrics import Metrics
from pilotage.application.runtime.sources import Readings
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Sample, Source
from pilotage.domain.plan import Plan
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


class Broken:
    """An adapter with a mistake of its own."""

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        raise KeyError("oops")


PLAN: Plan = plan_of(stage("only"))


def ask(query: str, version: str, arm: Arm = Arm.CANARY) -> MetricRequest:
    made: Metric = metric("error rate", query=query)
    return MetricRequest(made, arm, {"version": version, "release": f"r{version}"})


async def read(adapter: Metrics, wanted: dict[str, list[MetricRequest]]) -> dict[str, list[Sample]]:
    readings = Readings({"scripted": adapter}, MONDAY)
    for asker, requests in wanted.items():
        readings.want(asker, PLAN, requests)
    answers = [await answer for answer in readings.read().values()]
    return {
        asker: [*readings.lacking(asker), *(s for a in answers for s in a.get(asker, ()))] for asker in wanted
    }


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
    assert readings.lacking("a")[0].problem == 'the source "main" is not connected here'
