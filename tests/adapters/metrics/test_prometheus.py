"""Asking a Prometheus server: few requests, and every way it can refuse, lie or be silent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotage.adapters.metrics.prometheus import PrometheusMetrics
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Sample, Source, Unit
from pilotage.domain.time import Duration
from tests.adapters.metrics.pages import Pages
from tests.adapters.metrics.test_scrape import Secrets

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
QUEUE = Metric("queue", Unit.COUNT, query="queue")
RATE = Metric(
    "error rate",
    Unit.PERCENT,
    errors='sum(increase(failed{variant="{{variant}}"}[{{over}}]))',
    total='sum(increase(requests{variant="{{variant}}"}[{{over}}]))',
)


@pytest.fixture
async def metrics() -> AsyncIterator[PrometheusMetrics]:
    made = PrometheusMetrics(Secrets())
    yield made
    await made.close()


def source(pages: Pages, token: str = "", timeout: float = 5) -> Source:
    return Source("main", "prometheus", pages.url, token, Duration(seconds=timeout))


def vector(*series: tuple[dict[str, str], str]) -> str:
    result = [{"metric": labels, "value": [AT.timestamp(), value]} for labels, value in series]
    return success("vector", result)


def success(kind: str, result: Any) -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}})


async def read(
    metrics: PrometheusMetrics, pages: Pages, metric: Metric = QUEUE, patience: float = 5
) -> Sample:
    [sample] = await metrics.read(
        source(pages, timeout=patience), [MetricRequest(metric, Arm.CANARY, {"variant": "on"})], AT
    )
    return sample


async def test_many_releases_are_answered_by_few_requests(metrics: PrometheusMetrics, pages: Pages) -> None:
    def answer(form: dict[str, str]) -> tuple[int, str, str]:
        bad = "failed" in form["query"]
        return (
            200,
            "application/json",
            vector(*(({"variant": f"v{n}"}, str(n if bad else 100)) for n in range(50))),
        )

    pages.answer = answer
    requests = [MetricRequest(RATE, Arm.CANARY, {"variant": f"v{n}"}) for n in range(50)]
    samples = await metrics.read(source(pages), requests * 2, AT)
    assert [sample.value for sample in samples] == [float(n) for n in range(50)] * 2
    assert len(pages.asked) == 2
    assert {form["time"] for form in pages.asked} == {f"{AT.timestamp():.3f}"}


async def test_calls_at_the_same_time_share_their_requests(metrics: PrometheusMetrics, pages: Pages) -> None:
    pages.answer = lambda form: (200, "", vector(*(({"variant": f"v{n}"}, str(n + 1)) for n in range(20))))
    asking = [
        metrics.read(source(pages), [MetricRequest(RATE, Arm.CANARY, {"variant": f"v{n}"})], AT)
        for n in range(20)
    ]
    answers = await asyncio.gather(*asking)
    assert [sample.count for [sample] in answers] == [n + 1 for n in range(20)]
    assert len(pages.asked) == 2
    later = AT + timedelta(seconds=1)
    await metrics.read(source(pages), [MetricRequest(RATE, Arm.CANARY, {"variant": "v1"})], later)
    assert len(pages.asked) == 4


async def test_one_who_gives_up_does_not_stop_the_others(metrics: PrometheusMetrics, pages: Pages) -> None:
    pages.says(vector(({}, "7")))
    pages.open.clear()
    patient = asyncio.create_task(read(metrics, pages))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await read(metrics, pages)
    pages.open.set()
    assert (await patient).value == 7
    assert len(pages.asked) == 1


async def test_a_mistyped_name_never_looks_like_calm(metrics: PrometheusMetrics, pages: Pages) -> None:
    known = ["failed", "requests"]

    def answer(form: dict[str, str]) -> tuple[int, str, str]:
        if "__name__" in form["query"]:
            return 200, "", vector(*(({"__name__": name}, "1") for name in known))
        return 200, "", vector(({}, "40")) if "requests" in form["query"] else vector()

    pages.answer = answer
    calm = await read(metrics, pages, RATE)
    assert (calm.value, calm.count, calm.errors) == (0, 40, 0)
    known.remove("failed")
    mistyped = await read(metrics, pages, RATE)
    assert mistyped.value is None
    assert mistyped.problem.startswith("no such series: failed;")


@pytest.mark.parametrize(
    ("status", "media_type", "body", "said"),
    [
        (
            422,
            "application/json",
            json.dumps(
                {"status": "error", "errorType": "execution", "error": "query timed out in expression"}
            ),
            "refuses the query (execution): query timed out in expression",
        ),
        (
            502,
            "text/html",
            "<h1>Bad gateway</h1>",
            "does not answer like Prometheus (HTTP status 502, text/html)",
        ),
        (200, "application/json", "[]", "does not answer like Prometheus (HTTP status 200"),
        (200, "", '{"status": "success"}', "no content type); is it the right address?"),
        (200, "", success("vector", [{"metric": {}, "value": "x"}]), "does not answer like Prometheus"),
        (200, "", success("vector", [{"metric": {}, "value": [1, "NaN"]}]), "a value that is no number"),
        (200, "", success("vector", [{"metric": {}, "value": [1, "+Inf"]}]), "a value that is no number"),
        (200, "", success("string", [1, "x"]), "the query answers a text"),
        (200, "", success("vector", []), "no such series: queue"),
    ],
)
async def test_what_is_no_number_is_no_data_in_words(
    metrics: PrometheusMetrics, pages: Pages, status: int, media_type: str, body: str, said: str
) -> None:
    pages.says(body, status, media_type)
    sample = await read(metrics, pages)
    assert sample.value is None
    assert said in sample.problem


async def test_a_scalar_is_a_number(metrics: PrometheusMetrics, pages: Pages) -> None:
    pages.says(success("scalar", [1, "7"]))
    assert (await read(metrics, pages, replace(QUEUE, query="scalar(queue)"))).value == 7


async def test_what_is_compared_with_last_week_is_asked_as_of_last_week(
    metrics: PrometheusMetrics, pages: Pages
) -> None:
    pages.answer = lambda form: (200, "", success("scalar", [1, form["time"]]))
    week = timedelta(days=7)
    requests = [
        MetricRequest(replace(QUEUE, query="scalar(queue)"), Arm.CANARY),
        MetricRequest(replace(QUEUE, query="scalar(queue)"), Arm.BASELINE, until=AT - week),
    ]
    now, then = await metrics.read(source(pages), requests, AT)
    assert (now.value, then.value) == (AT.timestamp(), (AT - week).timestamp())
    assert now.observed_at == then.observed_at == AT, "one comparison, at one moment"


async def test_a_slow_server_is_no_data_within_the_timeout(metrics: PrometheusMetrics, pages: Pages) -> None:
    pages.open.clear()
    sample = await read(metrics, pages, patience=0.2)
    assert sample.value is None
    assert "did not answer within 0.2 s" in sample.problem
    assert pages.asked[0]["timeout"] == "0.2s"


async def test_the_token_is_looked_up_and_sent(metrics: PrometheusMetrics, pages: Pages) -> None:
    pages.says(vector(({}, "7")))
    request = MetricRequest(QUEUE, Arm.CANARY)
    [sample] = await metrics.read(source(pages, token="env:TOKEN"), [request], AT)
    assert sample.value == 7
    assert pages.headers[0]["authorization"] == "Bearer s3cret"
    [missing] = await metrics.read(source(pages, token="env:OTHER"), [request], AT)
    assert "env:OTHER" in missing.problem


async def test_a_range_without_data_says_so_once(metrics: PrometheusMetrics, pages: Pages) -> None:
    request = MetricRequest(QUEUE, Arm.CANARY)
    start, step = AT - timedelta(minutes=1), timedelta(seconds=15)
    pages.says(success("matrix", []))
    [nothing] = await metrics.read_range(source(pages), request, start, AT, step)
    assert nothing.problem.startswith("no such series: queue")
    values = [[AT.timestamp() - 15, "NaN"], [AT.timestamp(), "7"]]
    pages.says(success("matrix", [{"metric": {}, "values": values}]))
    [seven] = await metrics.read_range(source(pages), request, start, AT, step)
    assert (seven.value, seven.observed_at) == (7, AT)
