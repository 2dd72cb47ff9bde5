"""What a Prometheus server is asked for counts and halves, and what is made of its answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from pilotage.adapters.metrics.prometheus import PrometheusMetrics
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Reading, Source, Unit
from pilotage.domain.tallies import Tally
from pilotage.domain.time import Duration
from tests.adapters.metrics.pages import Pages
from tests.adapters.metrics.places import PlainTexts

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SINCE = AT - timedelta(seconds=15)
DELAY = 7
ERRORS = Metric(
    "errors",
    Unit.PERCENT,
    errors='sum(increase(hits_total{service="{{service}}",variant="{{variant}}",status=~"5.."}[{{over}}]))',
    total='sum(increase(hits_total{service="{{service}}",variant="{{variant}}"}[{{over}}]))',
)
LATENCY = Metric(
    "latency", Unit.TIME, histogram='took_bucket{service="{{service}}",variant="{{variant}}"}', quantile=0.95
)

Answer = Callable[[dict[str, str]], list[tuple[dict[str, str], Any]]]


@pytest.fixture
async def metrics() -> AsyncIterator[PrometheusMetrics]:
    made = PrometheusMetrics(PlainTexts())
    yield made
    await made.close()


def source(pages: Pages) -> Source:
    return Source("main", "prometheus", pages.url, delay=Duration(seconds=DELAY))


def answers(pages: Pages, answer: Answer) -> None:
    """Answer like Prometheus with these labels and value (or, for a range, values by seconds since 1970)."""

    def told(form: dict[str, str]) -> tuple[int, str, str]:
        ranged = "step" in form
        result = [
            {"metric": labels, "values": [[at, str(one)] for at, one in value.items()]}
            if ranged
            else {"metric": labels, "value": [AT.timestamp(), str(value)]}
            for labels, value in answer(form)
        ]
        data = {"resultType": "matrix" if ranged else "vector", "result": result}
        return 200, "application/json", json.dumps({"status": "success", "data": data})

    pages.answer = told


def asking(
    metric: Metric = ERRORS, service: str = "shop", variant: str = "on", dimension: str = "", **fields: Any
) -> MetricRequest:
    fields = {"reading": Reading.COUNT, "since": SINCE, "until": AT, **fields}
    arm = Arm.CANARY if variant == "on" else Arm.BASELINE
    return MetricRequest(metric, arm, {"service": service, "variant": variant}, dimension, **fields)


def kind(form: dict[str, str]) -> str:
    """What a query is after."""
    query = form["query"]
    if query.startswith("count by (__name__)"):
        return "names"
    return "errors" if "5.." in query.partition(" - ")[0] else "total"


async def test_a_span_is_asked_for_a_moment_later_at_both_ends(
    metrics: PrometheusMetrics, pages: Pages
) -> None:
    answers(pages, lambda form: [({}, 3 if kind(form) == "errors" else 40)])
    [tally] = await metrics.count(source(pages), [asking()], AT + timedelta(seconds=7))
    assert tally == Tally("errors", SINCE, AT, 40, 3)
    assert {form["time"] for form in pages.asked} == {f"{AT.timestamp() - DELAY:.3f}"}
    assert all("[15000ms]" in form["query"] and "offset 15000ms" in form["query"] for form in pages.asked)


async def test_spans_meet_to_the_millisecond(metrics: PrometheusMetrics, pages: Pages) -> None:
    """However moments are rounded, one span ends where the next begins."""
    answers(pages, lambda form: [({}, 1)])
    moments = [AT + timedelta(microseconds=333_333 * n) for n in range(8)]
    for since, until in pairwise(moments):
        await metrics.count(source(pages), [asking(since=since, until=until)], until)
    ends = [float(form["time"]) for form in pages.asked]
    begins = [
        end - int(re.findall(r"offset (\d+)ms", form["query"])[0]) / 1000
        for end, form in zip(ends, pages.asked, strict=True)
    ]
    assert begins[2:] == pytest.approx(ends[:-2], abs=1e-6)


async def test_a_thousand_releases_take_few_requests(metrics: PrometheusMetrics, pages: Pages) -> None:
    def answer(form: dict[str, str]) -> list[tuple[dict[str, str], Any]]:
        services = re.findall(r"\bs\d+\b", form["query"].partition("[")[0])
        share = 0.1 if kind(form) == "errors" else 1
        return [({"service": service}, share * 100) for service in services]

    answers(pages, answer)
    wanted = [asking(service=f"s{n}") for n in range(1000)]
    told = await asyncio.gather(*(metrics.count(source(pages), [one], AT) for one in wanted))
    assert [(t.requests, t.errors, t.problem) for [t] in told] == [(100, 10, "")] * 1000
    assert len(pages.asked) == 20


async def test_silence_is_checked_by_name_and_is_no_zero(metrics: PrometheusMetrics, pages: Pages) -> None:
    answers(pages, lambda form: [])
    [tally] = await metrics.count(source(pages), [asking()], AT)
    assert "nothing was scraped of hits_total in this span" in tally.problem
    assert [kind(form) for form in pages.asked].count("names") == 1
    answers(pages, lambda form: [({"__name__": "hits_total"}, 4)] if kind(form) == "names" else [])
    [tally] = await metrics.count(source(pages), [asking()], AT)
    assert tally.problem.startswith("no series of hits_total{")


async def test_no_error_series_beside_requests_means_no_errors(
    metrics: PrometheusMetrics, pages: Pages
) -> None:
    answers(pages, lambda form: [({}, 40)] if kind(form) == "total" else [])
    [tally] = await metrics.count(source(pages), [asking()], AT)
    assert (tally.requests, tally.errors, tally.problem) == (40, 0, "")
    assert "names" not in [kind(form) for form in pages.asked], (
        "of the same page, so nothing is to be checked"
    )


@pytest.mark.parametrize(("value", "said"), [("NaN", "no number"), ("+Inf", "no number")])
async def test_a_value_that_is_no_number(
    metrics: PrometheusMetrics, pages: Pages, value: str, said: str
) -> None:
    answers(pages, lambda form: [({}, value)])
    [tally] = await metrics.count(source(pages), [asking()], AT)
    assert said in tally.problem
    assert (tally.requests, tally.errors) == (0, 0)


async def test_replicas_that_count_in_different_buckets(metrics: PrometheusMetrics, pages: Pages) -> None:
    counts = {"0.1": 1, "0.2": 1, "1": 2, "+Inf": 2}

    def answer(form: dict[str, str]) -> list[tuple[dict[str, str], Any]]:
        number = form["query"].startswith("count")
        return [({"le": le}, count if number else 10) for le, count in counts.items()]

    answers(pages, answer)
    [tally] = await metrics.count(source(pages), [asking(LATENCY)], AT)
    assert tally.problem.startswith("its buckets do not add up")
    counts = dict.fromkeys(counts, 2)
    [tally] = await metrics.count(source(pages), [asking(LATENCY)], AT)
    assert (tally.problem, list(tally.buckets)) == ("", [10, 0, 0, 0])


async def test_a_problem_of_the_server_is_everybodys(metrics: PrometheusMetrics, pages: Pages) -> None:
    pages.says("<html>", 502)
    for tally in await metrics.count(source(pages), [asking(), asking(LATENCY), asking(variant="off")], AT):
        assert "does not answer like Prometheus (HTTP status 502" in tally.problem
        assert tally.requests == 0


def halving(**fields: Any) -> MetricRequest:
    since = AT - timedelta(seconds=60)
    return asking(variant="off", reading=Reading.HALVES, since=since, every=Duration(seconds=15), **fields)


async def test_halves_are_the_replicas_in_turn(metrics: PrometheusMetrics, pages: Pages) -> None:
    end = AT.timestamp() - DELAY

    def answer(form: dict[str, str]) -> list[tuple[dict[str, str], Any]]:
        if "step" not in form:
            return [({"instance": name}, 1) for name in ("d", "b", "a.1", "c")]
        if kind(form) == "errors":
            return []
        first = 'instance=~"a\\\\.1|c"' in form["query"]
        # The second half was not seen at the second look.
        return [({}, {end - 45: 10, end - 30: 11, end: 12} if first else {end - 45: 20, end: 22})]

    answers(pages, answer)
    told = await metrics.halves(source(pages), [halving()], AT)
    assert [(t.arm, t.requests, t.errors, (AT - t.ended).total_seconds()) for t in told] == [
        (Arm.CANARY, 10, 0, 45),
        (Arm.BASELINE, 20, 0, 45),
        (Arm.CANARY, 12, 0, 0),
        (Arm.BASELINE, 22, 0, 0),
    ]
    assert {t.ended - t.begun for t in told} == {timedelta(seconds=15)}
    ranges = [form for form in pages.asked if "step" in form]
    assert len(ranges) == 4
    assert all('instance=~"b|d"' in form["query"] or 'instance=~"a' in form["query"] for form in ranges)
    assert {(float(f["start"]), float(f["end"]), f["step"]) for f in ranges} == {(end - 45, end, "15.000")}


@pytest.mark.parametrize(
    ("replicas", "said"),
    [
        ([], "nothing is known of hits_total"),
        ([{"instance": "a"}], "one replica only: cannot be split in halves"),
        (
            [{}],
            'carry no label "instance" to tell replicas apart; name the one they have in evidence: {replicas: …}',
        ),
    ],
)
async def test_without_two_replicas_there_are_no_halves(
    metrics: PrometheusMetrics, pages: Pages, replicas: list[dict[str, str]], said: str
) -> None:
    answers(pages, lambda form: [(labels, 1) for labels in replicas])
    [tally] = await metrics.halves(source(pages), [halving()], AT)
    assert said in tally.problem
    assert (tally.begun, tally.ended) == (AT - timedelta(seconds=60), AT)


async def test_halves_that_were_never_seen_together_say_why(metrics: PrometheusMetrics, pages: Pages) -> None:
    answers(pages, lambda form: [] if "step" in form else [({"instance": n}, 1) for n in "ab"])
    [tally] = await metrics.halves(source(pages), [halving()], AT)
    assert tally.problem == "there is no look in which both halves were seen: neither half was seen"
