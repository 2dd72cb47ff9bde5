"""Which counters an author's queries add up, and what is said of those that cannot be counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pilotage.adapters.metrics.counting import Counting, counting
from pilotage.adapters.metrics.merging import MOST_TOGETHER, batches
from pilotage.adapters.metrics.promql import Node
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Reading, Unit
from pilotage.domain.time import Duration

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SINCE = AT - timedelta(seconds=15)
TOTAL = 'sum(increase(hits_total{variant="{{variant}}"}[{{over}}]))'


def asked(
    errors: str = "",
    total: str = TOTAL,
    histogram: str = "",
    dimension: str = "",
    variant: str = "on",
    since: datetime | None = SINCE,
) -> Counting:
    metric = Metric(
        "errors", Unit.PERCENT, errors=errors, total=total, histogram=histogram, over=Duration(seconds=300)
    )
    variables = {"variant": variant, "service": "shop"}
    request = MetricRequest(
        metric, Arm.CANARY, variables, dimension, Reading.COUNT, since, replicas="instance"
    )
    return counting(request, AT)


def signs(found: Counting) -> list[tuple[int, str]]:
    """The counters of the errors, each with its sign."""
    return [(counter.sign, str(counter.selector)) for counter in found.errors]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ('sum(increase(hits_total{status=~"5.."}[{{over}}]))', [(1, 'hits_total{status=~"5.."}')]),
        ("sum(rate(bad_total[1m]))", [(1, "bad_total")]),
        ("increase(bad_total[1m])", [(1, "bad_total")]),
        ("sum by (region) (increase(bad_total[1m]))", [(1, "bad_total")]),
        ("sum(sum by (region) (increase(bad_total[1m])))", [(1, "bad_total")]),
        ("sum(increase(bad_total[1m])) or vector(0)", [(1, "bad_total")]),
        ("sum(increase(a[1m])) + sum(increase(b[1m]))", [(1, "a"), (1, "b")]),
        (
            "sum(increase(a[1m])) - (sum(increase(b[1m])) - sum(increase(c[1m])))",
            [(1, "a"), (-1, "b"), (1, "c")],
        ),
    ],
)
def test_sums_and_differences_of_growth_are_taken_apart(errors: str, expected: list[tuple[int, str]]) -> None:
    assert signs(asked(errors)) == expected


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        ("sum(bad_total)", '"bad_total" in "sum(bad_total)" is no sum of what counters grew'),
        ("max(increase(bad_total[1m]))", "is no sum of what counters grew"),
        ("sum(increase(bad_total[1m])) * 2", "is no sum of what counters grew"),
        ("sum(irate(bad_total[1m]))", '"irate(…)"'),
        ("sum(increase(bad_total[1m])", "expected )"),
        ("sum(increase(bad_total{a='{{nobody}}'}[1m]))", "nothing is known for {{nobody}}"),
    ],
)
def test_what_cannot_be_counted_says_why_and_what_to_write(errors: str, said: str) -> None:
    problem = asked(errors).problem
    assert problem.startswith("it cannot be counted: ")
    assert said in problem
    assert "write it as sum(increase(NAME{…}[{{over}}]))" in problem


def test_a_query_is_told_what_it_would_need() -> None:
    assert asked(total="").problem == (
        '"errors" cannot be counted: give it errors and total, or histogram, instead of query'
    )


@pytest.mark.parametrize("since", [AT, AT + timedelta(seconds=1), None])
def test_without_time_there_is_nothing_to_count(since: datetime | None) -> None:
    assert (
        asked("sum(increase(bad_total[1m]))", since=since).problem == "no time has passed since the last look"
    )


def test_a_replica_is_known_by_the_total_or_the_counter_itself_whatever_the_variant() -> None:
    found = asked('sum(increase(bad_total{service="{{service}}",variant="{{variant}}",kind="5xx"}[1m]))')
    assert [str(known) for known in found.errors[0].known] == [
        "hits_total",
        'bad_total{service="shop",kind="5xx"}',
    ]
    assert [str(known) for known in found.total[0].known] == ["hits_total"]


def test_the_query_for_a_histogram() -> None:
    found = asked(histogram='took_bucket{variant="{{variant}}"}', dimension="user segment")
    assert found.buckets is not None
    assert str(found.buckets.growth(15_000, "instance", found.by)) == (
        "sum by (user_segment, le) ("
        '(last_over_time(took_bucket{variant="on"}[15000ms])'
        ' - last_over_time(took_bucket{variant="on"}[15m] offset 15000ms)'
        ' unless (last_over_time(took_bucket{variant="on"}[15m] offset 15000ms)'
        ' > min_over_time(took_bucket{variant="on"}[15000ms])))'
        ' or (last_over_time(took_bucket{variant="on"}[15000ms])'
        ' and on (instance) (last_over_time(took_bucket{le="+Inf"}[15m] offset 15000ms))))'
    )


def test_both_variants_are_asked_for_in_one_query() -> None:
    trees: dict[str, Node | None] = {}
    for variant in ("on", "off"):
        [counter] = asked("sum(increase(bad_total[1m]))", variant=variant).total
        tree = counter.growth(15_000, "instance", ())
        trees[str(tree)] = tree
    [batch] = batches(trees)
    assert batch.members == dict(zip(trees, ("on", "off"), strict=True))
    assert batch.text.startswith(
        'sum by (variant) ((last_over_time(hits_total{variant=~"on|off"}[15000ms]) - '
    )
    assert batch.text.endswith(" and on (instance) (last_over_time(hits_total[15m] offset 15000ms))))")


def test_what_a_thousand_services_count_takes_few_queries() -> None:
    trees: dict[str, Node | None] = {}
    for number in range(1000):
        metric = Metric(
            "errors",
            Unit.PERCENT,
            errors='sum(increase(hits_total{service="{{service}}",status=~"5.."}[1m]))',
            total='sum(increase(hits_total{service="{{service}}"}[1m]))',
        )
        request = MetricRequest(metric, Arm.CANARY, {"service": f"s{number}"}, since=SINCE)
        for counter in counting(request, AT).counters:
            tree = counter.growth(15_000, "instance", ())
            trees[str(tree)] = tree
    assert len(trees) == 2000
    found = batches(trees)
    assert len(found) == 2000 / MOST_TOGETHER
    assert 'last_over_time(hits_total{service=~"' in found[0].text.rpartition(" and on ")[2], (
        "known ones, too"
    )
