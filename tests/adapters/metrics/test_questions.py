"""From a metric to its queries, and from what was found to samples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pilotage.adapters.metrics.questions import Found, Series, answer, question
from pilotage.domain.metrics import Arm, Metric, MetricRequest, Unit
from pilotage.domain.time import Duration

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
RATE = Metric(
    "error rate",
    Unit.PERCENT,
    errors='sum(increase(errors{variant="{{variant}}"}[{{over}}]))',
    total="sum(increase(requests[{{ over }}]))",
    over=Duration(seconds=5400),
)
LATENCY = Metric("latency", Unit.TIME, histogram="seconds_bucket", quantile=0.95)
GAUGE = Metric("queue", Unit.COUNT, query="max(queue)")


def request(metric: Metric, dimension: str = "", **variables: str) -> MetricRequest:
    return MetricRequest(metric, Arm.CANARY, {"variant": "on", **variables}, dimension)


def test_variables_are_filled_in_and_over_is_written_as_prometheus_does() -> None:
    assert question(request(RATE)).queries == (
        'sum(increase(errors{variant="on"}[1h30m]))',
        "sum(increase(requests[1h30m]))",
    )
    assert question(request(RATE, over="2d 3h")).queries[1] == "sum(increase(requests[2d3h]))"


def test_a_value_with_quotes_stays_a_value() -> None:
    [errors, _] = question(request(RATE, variant='o"n')).queries
    assert errors == 'sum(increase(errors{variant="o\\"n"}[1h30m]))'


def test_a_dimension_splits_every_query_by_its_label() -> None:
    asked = question(request(RATE, "user segment"))
    assert asked.queries[1] == "sum by (user_segment) (increase(requests[1h30m]))"
    assert question(request(LATENCY, "region")).queries == (
        "sum by (region, le) (increase(seconds_bucket[5m]))",
    )


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (replace(GAUGE, query="queue{x='{{colour}}'}"), "nothing is known for {{colour}} here"),
        (replace(LATENCY, histogram="sum(x)"), "expected a series such as name_bucket"),
        (Metric("told", Unit.COUNT), '"told" has no query to ask; give it query, errors and total'),
    ],
)
def test_what_cannot_be_asked_is_no_data_in_words(metric: Metric, said: str) -> None:
    [sample] = answer(question(request(metric)), [], AT)
    assert sample.value is None
    assert said in sample.problem


def found(*values: float, **labels: str) -> Found:
    return Found(tuple(Series(labels, value) for value in values))


def test_errors_without_any_series_are_none_while_their_name_is_known() -> None:
    [sample] = answer(question(request(RATE)), [Found(), found(40)], AT)
    assert (sample.value, sample.count, sample.errors) == (0, 40, 0)
    [mistyped] = answer(question(request(RATE)), [Found(unknown=("errors",)), found(40)], AT)
    assert mistyped.value is None
    assert mistyped.problem.startswith("no such series: errors; check the name")


@pytest.mark.parametrize(
    ("metric", "parts", "said"),
    [
        (RATE, [found(0), found(0)], "no requests in the last 1h30m"),
        (RATE, [found(0), Found()], "the source found nothing for sum(increase(requests[1h30m]))"),
        (RATE, [found(float("nan")), found(4)], "no number"),
        (RATE, [Found(problem="it broke"), found(4)], "it broke"),
        (GAUGE, [found(float("nan"))], "no number"),
        (GAUGE, [found(float("inf"))], "no number"),
        (
            GAUGE,
            [found(1, 2)],
            "answers several series, and one is expected; put them together, such as sum(…)",
        ),
        (LATENCY, [found(4)], 'no label "le"'),
        (LATENCY, [found(4, le="+Inf")], "no requests in the last 5m"),
    ],
)
def test_whatever_is_no_number_is_no_data(metric: Metric, parts: list[Found], said: str) -> None:
    [sample] = answer(question(request(metric)), parts, AT)
    assert sample.value is None
    assert said in sample.problem


def test_a_split_that_the_series_do_not_carry_is_told() -> None:
    asked = question(request(replace(GAUGE, query="queue"), "user segment"))
    [unsplit] = answer(asked, [found(4, other="x")], AT)
    assert 'carry no label "user_segment"' in unsplit.problem
    [twice] = answer(asked, [found(4, 5, user_segment="power")], AT)
    assert "several series for user_segment=power" in twice.problem
    [one] = answer(asked, [found(4, user_segment="power")], AT)
    assert (one.dimension, one.segment, one.value) == ("user segment", "power", 4)


def test_segments_are_judged_each_for_itself() -> None:
    asked = question(request(RATE, "region"))
    total = Found((Series({"region": "east"}, 10), Series({"region": "west"}, 0)))
    samples = {s.segment: s for s in answer(asked, [found(5, region="east"), total], AT)}
    assert samples["east"].value == 50
    assert samples["west"].value is None
