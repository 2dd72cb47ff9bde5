"""Growth becomes tallies, or the reason why it does not; never a zero that nobody saw."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from pilotage.adapters.metrics.counting import Counting, counting
from pilotage.adapters.metrics.questions import Found, Series
from pilotage.adapters.metrics.tallying import NO_NUMBER, NOT_ADDING_UP, tallies
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Unit
from pilotage.domain.tallies import Tally

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SINCE = AT - timedelta(seconds=15)


def asked(histogram: str = "", dimension: str = "") -> Counting:
    errors = 'sum(increase(hits[1m])) - sum(increase(hits{status="200"}[1m]))'
    metric = Metric(
        "errors", Unit.PERCENT, errors=errors, total="sum(increase(hits[1m]))", histogram=histogram
    )
    return counting(MetricRequest(metric, Arm.CANARY, dimension=dimension, since=SINCE), AT)


def counted(*parts: Found, dimension: str = "") -> list[Tally]:
    """The tallies of hits and of those that went well."""
    wanted = asked(dimension=dimension)
    assert len(wanted.counters) == 3  # the total, and the same again among the errors
    found = {counter: parts[1 if "200" in str(counter.selector) else 0] for counter in wanted.counters}
    return tallies(wanted, found, SINCE, AT)


def one(value: float, **labels: str) -> Found:
    return Found((Series(labels, value),))


def buckets(counts: dict[str, float]) -> Found:
    return Found(tuple(Series({"le": le}, value) for le, value in counts.items()))


def histogram(part: Found) -> Tally:
    wanted = asked("took_bucket")
    assert wanted.buckets is not None
    [tally] = tallies(wanted, {wanted.buckets: part}, SINCE, AT)
    return tally


def test_a_difference_of_counters() -> None:
    [tally] = counted(one(10), one(7))
    assert (tally.requests, tally.errors, tally.begun, tally.ended) == (10, 3, SINCE, AT)


def test_where_nothing_went_well_all_of_it_failed() -> None:
    [tally] = counted(one(10), Found())
    assert (tally.requests, tally.errors) == (10, 10)


@pytest.mark.parametrize(
    ("hits", "well", "said"),
    [
        (Found(), Found(), "no series of hits were seen in this span"),
        (Found(), one(3), "no series of hits were seen"),
        (one(math.nan), one(1), NO_NUMBER),
        (one(math.inf), one(1), NO_NUMBER),
        (one(5), one(-math.inf), NO_NUMBER),
        (one(5), one(6), "more was taken away than there was"),
        (one(5), Found(problem="the source is gone"), "the source is gone"),
        (one(5), Found(unknown=("hits",)), "nothing was scraped of hits in this span"),
    ],
)
def test_what_is_no_count(hits: Found, well: Found, said: str) -> None:
    [tally] = counted(hits, well)
    assert (tally.requests, tally.errors, tally.begun, tally.ended) == (0, 0, SINCE, AT)
    assert said in tally.problem


def test_segments_need_their_label() -> None:
    [tally] = counted(one(5, region="east"), one(5), dimension="region")
    assert 'carry no label "region"' in tally.problem


def test_a_segment_that_has_only_failures() -> None:
    hits = Found((Series({"region": "east"}, 5.0), Series({"region": "west"}, 2.0)))
    found = counted(hits, one(5, region="east"), dimension="region")
    assert [(t.segment, t.requests, t.errors) for t in found] == [("east", 5, 0), ("west", 2, 2)]


def test_buckets_come_apart_and_the_last_one_holds_the_slowest() -> None:
    tally = histogram(buckets({"0.5": 6, "0.1": 2, "+Inf": 9}))
    assert list(tally.bounds) == [0.1, 0.5]
    assert list(tally.buckets) == [2, 4, 3]
    assert tally.requests == 9


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (buckets({"0.1": 2, "0.5": 1, "+Inf": 3}), NOT_ADDING_UP),
        (buckets({"0.1": 2, "0.5": 3}), 'no bucket without an upper bound (le="+Inf")'),
        (buckets({"0.1": 2, "+Inf": math.nan}), NO_NUMBER),
        (Found((Series({}, 3.0),)), 'the series have no label "le"'),
        (Found((Series({"le": "fast"}, 3.0),)), 'the series have no label "le"'),
        (Found(), "no series of took_bucket were seen in this span"),
    ],
)
def test_buckets_that_do_not_add_up(part: Found, said: str) -> None:
    tally = histogram(part)
    assert (tally.requests, tally.buckets, tally.bounds) == (0, (), ())
    assert said in tally.problem
