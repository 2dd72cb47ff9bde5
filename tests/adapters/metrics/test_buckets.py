"""Quantiles from buckets, as histogram_quantile gives them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.adapters.metrics import buckets


@pytest.mark.parametrize(
    ("wanted", "counts", "value"),
    [
        (0.5, {0.1: 10, 0.2: 30, math.inf: 40}, 0.15),
        (0.25, {0.1: 10, 0.2: 30, math.inf: 40}, 0.1),
        (0.1, {0.1: 10, 0.2: 30, math.inf: 40}, 0.04),  # the lowest bucket begins at 0
        (0.95, {0.1: 10, 0.2: 30, math.inf: 40}, 0.2),  # beyond the last bound nothing is known
        (1.0, {0.1: 10, 0.2: 10, math.inf: 10}, 0.1),
        (0.5, {0.1: 10, 0.2: 9, math.inf: 10}, 0.05),  # a bucket read a moment late never shrinks
    ],
)
def test_a_quantile_is_found_as_prometheus_does(
    wanted: float, counts: dict[float, float], value: float
) -> None:
    assert buckets.quantile(wanted, counts) == pytest.approx(value)


@pytest.mark.parametrize("counts", [{}, {math.inf: 5}, {0.1: 0, math.inf: 0}, {0.1: 3, 0.2: 4}])
def test_without_observations_or_a_last_bucket_there_is_none(counts: dict[float, float]) -> None:
    assert buckets.quantile(0.5, counts) is None


@given(
    st.lists(st.integers(0, 100), min_size=3, max_size=3).filter(any),
    st.floats(0.01, 0.99),
    st.floats(0.01, 0.99),
)
def test_a_higher_quantile_is_never_lower_and_stays_within_the_bounds(
    observed: list[int], one: float, other: float
) -> None:
    below = [sum(observed[: i + 1]) for i in range(3)]
    counts = dict(zip([0.1, 0.2, math.inf], map(float, below), strict=True))
    low, high = (buckets.quantile(q, counts) for q in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert 0 <= low <= high <= 0.2
