"""Reading a service's own page: what comes of it, and every way it can go wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from pilotage.adapters.metrics.scrape import ScrapeMetrics
from pilotage.domain.errors import OutsideError
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Sample, Source, Unit
from pilotage.domain.time import Duration
from tests.adapters.metrics.pages import Pages
from tests.adapters.metrics.places import PlainTexts, free_port

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
PAID = "sum(increase(paid_total[1m]))"


class Secrets(PlainTexts):
    """Knows one secret; any other reference is missing."""

    async def resolve(self, text: str) -> str:
        if text == "env:TOKEN":
            return "s3cret"
        if text.startswith("env:"):
            raise OutsideError(f'The secret "{text}" is not set', "Set it.")
        return text


@pytest.fixture
async def metrics() -> AsyncIterator[ScrapeMetrics]:
    made = ScrapeMetrics(Secrets())
    yield made
    await made.close()


def source(*pages: Pages, token: str = "", timeout: float = 5) -> Source:
    return Source(
        "shop", "scrape", " ".join(f"{p.url}/metrics" for p in pages), token, Duration(seconds=timeout)
    )


def asking(query: str) -> MetricRequest:
    return MetricRequest(Metric("number", Unit.COUNT, query=query, over=Duration(seconds=60)), Arm.CANARY)


async def read(metrics: ScrapeMetrics, where: Source, query: str, after: float = 0) -> Sample:
    [sample] = await metrics.read(where, [asking(query)], START + timedelta(seconds=after))
    return sample


async def test_growth_comes_with_the_second_reading_over_the_span_really_seen(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    pages.says("paid_total 100")
    first = await read(metrics, source(pages), PAID)
    assert first.value is None
    assert "not enough history yet: paid_total needs two readings within 1m" in first.problem
    pages.says("paid_total 110")
    assert (await read(metrics, source(pages), PAID, 10)).value == 10
    pages.says("paid_total 130")
    assert (await read(metrics, source(pages), "sum(rate(paid_total[1m]))", 20)).value == 1.5


async def test_readings_too_far_apart_say_what_to_change(metrics: ScrapeMetrics, pages: Pages) -> None:
    pages.says("paid_total 100")
    await read(metrics, source(pages), PAID)
    await read(metrics, source(pages), PAID, 90)
    sample = await read(metrics, source(pages), PAID, 180)
    assert sample.value is None
    assert sample.problem == (
        f"paid_total needs two readings within 1m, and the last two of {pages.url}/metrics are 90 s apart; "
        "look more often, or make its span longer"
    )


async def test_a_new_start_of_pilotage_starts_anew(metrics: ScrapeMetrics, pages: Pages) -> None:
    pages.says("paid_total 100")
    await read(metrics, source(pages), PAID)
    again = ScrapeMetrics(PlainTexts())
    assert "not enough history yet" in (await read(again, source(pages), PAID, 10)).problem
    await again.close()


async def test_several_instances_are_added_up_and_can_be_told_apart(
    metrics: ScrapeMetrics, pages: Pages, other_pages: Pages
) -> None:
    both = source(pages, other_pages)
    for server, value in ((pages, 5), (other_pages, 7)):
        server.says(f"queue {value}")
    assert (await read(metrics, both, "sum(queue)")).value == 12
    assert "several series" in (await read(metrics, both, "queue", 1)).problem
    assert (await read(metrics, both, f'queue{{instance="{pages.url}/metrics"}}', 2)).value == 5


async def test_one_silent_instance_is_no_data(metrics: ScrapeMetrics, pages: Pages) -> None:
    pages.says("queue 5")
    gone = f"http://127.0.0.1:{free_port()}/metrics"
    where = Source("shop", "scrape", f"{pages.url}/metrics {gone}")
    sample = await read(metrics, where, "sum(queue)")
    assert sample.value is None
    assert sample.problem == f"{gone} cannot be reached: the connection is refused; is it running there?"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, "not here", "answers with HTTP status 404 instead of its metrics"),
        (500, "", "answers with HTTP status 500"),
        (200, "<html>Log in</html>", "is no page of metrics in Prometheus' format"),
        (200, "", "no such series: paid_total"),
        (200, "paid 5", "no such series: paid_total"),
    ],
)
async def test_a_wrong_page_is_no_data_in_words(
    metrics: ScrapeMetrics, pages: Pages, status: int, body: str, said: str
) -> None:
    pages.says(body, status)
    sample = await read(metrics, source(pages), PAID)
    assert sample.value is None
    assert said in sample.problem


async def test_a_service_that_hangs_is_no_data_within_the_timeout(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    pages.open.clear()
    sample = await read(metrics, source(pages, timeout=0.2), "queue")
    assert sample.problem == f"{pages.url}/metrics did not answer within 0.2 s; is it overloaded?"


async def test_an_endless_page_is_given_up(
    metrics: ScrapeMetrics, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pilotage.adapters.metrics.web.LARGEST_ANSWER", 1 << 20)
    pages.says("# nothing\n" * 200_000)
    assert "answers more than 1 MiB" in (await read(metrics, source(pages), "queue")).problem


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", 'the source "shop" has no address'),
        ("localhost:9/metrics", '"localhost:9/metrics" is no web address'),
        ("env:NOWHERE", 'The secret "env:NOWHERE" is not set. Set it.'),
        ("http://user:pass@127.0.0.1:1/x", "http://127.0.0.1:1/x cannot be reached"),
    ],
)
async def test_a_wrong_address_is_no_data_in_words(metrics: ScrapeMetrics, url: str, said: str) -> None:
    sample = await read(metrics, Source("shop", "scrape", url), "queue")
    assert said in sample.problem
    assert "pass" not in sample.problem


async def test_a_query_beyond_the_forms_says_which_there_are_and_leaves_the_others_alone(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    pages.says("queue 5")
    good, bad = await metrics.read(source(pages), [asking("queue"), asking("topk(1, queue)")], START)
    assert good.value == 5
    assert bad.value is None
    assert "a scraped source understands name{label=" in bad.problem


async def test_one_reading_serves_everybody_who_asks_at_about_the_same_time(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    pages.says("queue 5\npaid_total 1")
    where = source(pages)
    await metrics.read(where, [asking("queue"), asking("sum(queue)"), asking("queue * 2")], START)
    assert (await read(metrics, where, "queue", 0.1)).observed_at == START
    assert len(pages.asked) == 1
    await read(metrics, where, PAID, 0.15)  # a name nobody counted so far needs a reading of its own
    await read(metrics, where, "queue", 1)
    assert len(pages.asked) == 3


async def test_the_token_is_sent_and_openmetrics_understood(metrics: ScrapeMetrics, pages: Pages) -> None:
    pages.says(
        "# TYPE queue gauge\nqueue 5\n# EOF\n", media_type="application/openmetrics-text; version=1.0.0"
    )
    assert (await read(metrics, source(pages, token="env:TOKEN"), "queue")).value == 5
    assert pages.headers[0]["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("100 * queue{a='1'} / sum(queue)", None),  # the labels differ: nothing to divide by
        ('100 * sum(queue{a="1"}) / sum(queue)', 25),
        ("max(queue) - min(queue)", 20),
        ("count(queue)", 2),
        ("avg(queue)", 20),
        ('sum(queue{a="3"})', None),
        ("sum(queue) / 0", None),
        ("7 - 5", 2),
        ("sum(queue * queue)", 1000),
    ],
)
async def test_calculations(metrics: ScrapeMetrics, pages: Pages, query: str, value: float | None) -> None:
    pages.says('queue{a="1"} 10\nqueue{a="2"} 30')
    sample = await read(metrics, source(pages), query)
    assert sample.value == value
    assert bool(sample.problem) is (value is None)
