"""Counting from a service's own page: readings that fail, that come twice or too late, and pages that change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from pilotage.adapters.metrics.scrape import ScrapeMetrics
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Reading, Source, Unit
from pilotage.domain.tallies import Tally
from tests.adapters.metrics.pages import Pages
from tests.adapters.metrics.places import PlainTexts

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
ERRORS = Metric(
    "errors", Unit.PERCENT, errors="sum(increase(bad_total[1m]))", total="sum(increase(all_total[1m]))"
)
LATENCY = Metric("latency", Unit.TIME, histogram="took_bucket", quantile=0.95)


@pytest.fixture
async def metrics() -> AsyncIterator[ScrapeMetrics]:
    made = ScrapeMetrics(PlainTexts())
    yield made
    await made.close()


def source(*pages: Pages) -> Source:
    return Source("shop", "scrape", " ".join(f"{p.url}/metrics" for p in pages))


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


async def count(
    metrics: ScrapeMetrics, where: Source, since: float, at: float, metric: Metric = ERRORS
) -> Tally:
    request = MetricRequest(metric, Arm.CANARY, reading=Reading.COUNT, since=moment(since))
    [tally] = await metrics.count(where, [request], moment(at))
    return tally


def spans(tally: Tally) -> tuple[float, float]:
    return (tally.begun - START).total_seconds(), (tally.ended - START).total_seconds()


async def test_a_tally_says_between_which_readings_it_was_counted(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    pages.says("all_total 100\nbad_total 1")
    first = await count(metrics, source(pages), -15, 0)
    assert (first.requests, first.errors) == (0, 0)
    assert "not enough history yet" in first.problem
    pages.says("all_total 110\nbad_total 3")
    tally = await count(metrics, source(pages), -2, 15.5)
    assert (tally.requests, tally.errors, spans(tally)) == (10, 2, (0, 15.5))
    pages.says("all_total 130\nbad_total 3")
    tally = await count(metrics, source(pages), 15.5, 31)
    assert (tally.requests, tally.errors, spans(tally)) == (20, 0, (15.5, 31))


async def test_after_a_page_that_did_not_answer_nothing_is_lost_or_there_twice(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    where = source(pages)
    pages.says("all_total 100\nbad_total 1")
    await count(metrics, where, -15, 0)
    pages.says("busy", 503)
    missing = await count(metrics, where, 0, 15)
    assert (missing.requests, spans(missing)) == (0, (0, 15))
    assert "answers with HTTP status 503" in missing.problem
    pages.says("all_total 130\nbad_total 7")
    tally = await count(metrics, where, 0, 30)
    assert (tally.requests, tally.errors, spans(tally)) == (30, 6, (0, 30))


async def test_who_asks_late_does_not_make_others_forget(metrics: ScrapeMetrics, pages: Pages) -> None:
    """Two workers' questions about one service may arrive in the other order than their moments."""
    where = source(pages)
    pages.says("all_total 100\nbad_total 0")
    await count(metrics, where, -15, 0)
    pages.says("all_total 110\nbad_total 2")
    assert (await count(metrics, where, 0, 15.5)).requests == 10
    assert (await count(metrics, where, 0, 15)).requests == 10
    pages.says("all_total 115\nbad_total 2")
    tally = await count(metrics, where, 15.5, 30)
    assert (tally.requests, tally.errors) == (5, 0)


async def test_a_second_look_at_the_same_moment_counts_nothing(metrics: ScrapeMetrics, pages: Pages) -> None:
    where = source(pages)
    pages.says("all_total 100\nbad_total 0")
    await count(metrics, where, -15, 0)
    pages.says("all_total 110\nbad_total 2")
    await count(metrics, where, 0, 15)
    again = await count(metrics, where, 15, 15.1)  # so soon that the last reading serves
    assert (again.requests, again.errors, again.problem) == (0, 0, "no time has passed since the last look")


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
async def test_a_value_that_is_no_number_is_no_data_and_goes_on_where_it_stood(
    metrics: ScrapeMetrics, pages: Pages, value: str
) -> None:
    where = source(pages)
    pages.says("all_total 1000\nbad_total 500")
    await count(metrics, where, -15, 0)
    pages.says(f"all_total 1010\nbad_total {value}")
    broken = await count(metrics, where, 0, 15)
    assert (broken.requests, broken.errors) == (0, 0)
    assert broken.problem == "the source answered a value that is no number"
    pages.says("all_total 1030\nbad_total 502")
    tally = await count(metrics, where, 0, 30)
    assert (tally.requests, tally.errors, tally.problem) == (30, 2, "")


async def test_a_counter_that_is_not_there_is_no_zero(metrics: ScrapeMetrics, pages: Pages) -> None:
    where = source(pages)
    for at in (0, 15, 30):
        pages.says(f"all_total {at}")
        tally = await count(metrics, where, at - 15, at)
        assert (tally.requests, tally.errors) == (0, 0)
        assert "nothing was scraped of bad_total" in tally.problem


async def test_a_declared_counter_without_series_yet_has_not_failed(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    where = source(pages)
    declared = "# TYPE bad_total counter\n"
    pages.says(f"{declared}all_total 5")
    await count(metrics, where, -15, 0)
    pages.says(f"{declared}all_total 9")
    tally = await count(metrics, where, 0, 15)
    assert (tally.requests, tally.errors, tally.problem) == (4, 0, "")
    pages.says(f'{declared}all_total 12\nbad_total{{status="500"}} 2')
    tally = await count(metrics, where, 15, 30)
    assert (tally.requests, tally.errors) == (3, 2)


async def test_a_process_that_began_anew_with_other_buckets_is_counted_in_these(
    metrics: ScrapeMetrics, pages: Pages
) -> None:
    where = source(pages)
    pages.says('took_bucket{le="0.1"} 5\ntook_bucket{le="1"} 8\ntook_bucket{le="+Inf"} 9')
    await count(metrics, where, -15, 0, LATENCY)
    pages.says('took_bucket{le="0.2"} 1\ntook_bucket{le="1"} 3\ntook_bucket{le="+Inf"} 4')
    tally = await count(metrics, where, 0, 15, LATENCY)
    assert tally.problem == ""
    assert list(tally.bounds) == [0.2, 1]
    assert list(tally.buckets) == [1, 2, 1]


async def test_replicas_that_count_in_different_buckets_are_no_data(
    metrics: ScrapeMetrics, pages: Pages, other_pages: Pages
) -> None:
    where = source(pages, other_pages)
    tally = await count(metrics, where, -30, -15, LATENCY)
    for add in (0, 10):
        pages.says(
            f'took_bucket{{le="0.1"}} {add}\ntook_bucket{{le="1"}} {add}\ntook_bucket{{le="+Inf"}} {add}'
        )
        other_pages.says(f'took_bucket{{le="0.2"}} {add}\ntook_bucket{{le="+Inf"}} {2 * add}')
        tally = await count(metrics, where, 1.5 * add - 15, 1.5 * add, LATENCY)
    # 0.1: 10, 0.2: 10, 1: 10, +Inf: 30 would add up, and be wrong: 0.2 lacks those of the first replica.
    assert tally.problem.startswith("its buckets do not add up")


async def test_several_addresses_are_one_service(
    metrics: ScrapeMetrics, pages: Pages, other_pages: Pages
) -> None:
    where = source(pages, other_pages)
    tally = await count(metrics, where, -30, -15)
    for at, first, second in ((0, 10, 20), (15, 15, 24)):
        pages.says(f"all_total {first}\nbad_total 0")
        other_pages.says(f"all_total {second}\nbad_total {second - 20}")
        tally = await count(metrics, where, at - 15, at)
    assert (tally.requests, tally.errors) == (9, 4)
    other_pages.says("gone", 404)
    tally = await count(metrics, where, 15, 30)
    assert (tally.requests, tally.errors) == (0, 0)
    assert "answers with HTTP status 404" in tally.problem


async def test_there_is_no_past_to_split_in_halves(metrics: ScrapeMetrics, pages: Pages) -> None:
    request = MetricRequest(ERRORS, Arm.BASELINE, reading=Reading.HALVES, since=moment(-3600), until=START)
    [tally] = await metrics.halves(source(pages), [request], moment(1))
    assert (tally.begun, tally.ended, tally.arm) == (moment(-3600), START, Arm.BASELINE)
    assert "remembers nothing from before" in tally.problem
    assert pages.asked == []
