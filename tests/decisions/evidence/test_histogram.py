"""Histograms: the e-value of two histograms never favours anybody, whatever is believed about the control."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.decisions.evidence.buckets import above, divided, nearest_bounds, quantile, stretched
from pilotage.decisions.evidence.histogram import HistogramTest, log_likelihood_ratio

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0)
CLASSES = len(BOUNDS) + 1
shares = st.lists(st.floats(0.001, 1.0), min_size=CLASSES, max_size=CLASSES).map(
    lambda parts: np.array(parts) / sum(parts)
)


@given(truth=shares, believed=shares, canary=st.integers(1, 2000), control=st.integers(1, 2000))
def test_with_the_same_latency_in_both_arms_the_mean_is_at_most_one(
    truth: np.ndarray, believed: np.ndarray, canary: int, control: int
) -> None:
    """The inequality of the means: n1 ln A + n0 ln B <= 0 for any truth, however wrong the belief."""
    rho = HistogramTest(BOUNDS, np.zeros(CLASSES)).alternatives(believed)
    share = canary / (canary + control)
    mixed = 1.0 - share + share * rho
    log_mean = canary * np.log((truth * rho / mixed).sum(axis=-1)) + control * np.log(
        (truth / mixed).sum(axis=-1)
    )
    assert (log_mean <= 1e-9).all()


@given(truth=shares, believed=shares, faster=st.integers(0, CLASSES - 2), part=st.floats(0.0, 1.0))
def test_a_canary_that_is_faster_has_a_mean_of_at_most_one(
    truth: np.ndarray, believed: np.ndarray, faster: int, part: float
) -> None:
    canary = truth.copy()
    canary[faster] += part * canary[faster + 1]
    canary[faster + 1] *= 1.0 - part
    rho = HistogramTest(BOUNDS, np.zeros(CLASSES)).alternatives(believed)
    mixed = 0.75 + 0.25 * rho
    log_mean = 25 * np.log((canary * rho / mixed).sum(axis=-1)) + 75 * np.log((truth / mixed).sum(axis=-1))
    assert (log_mean <= 1e-9).all()


def test_the_formula_is_the_mean_over_all_outcomes() -> None:
    truth = np.array((0.1, 0.2, 0.3, 0.2, 0.15, 0.05))
    rho = HistogramTest(BOUNDS, np.zeros(CLASSES)).alternatives(truth[::-1])
    mean = np.zeros(rho.shape[0])
    for canary, first, second in product(range(CLASSES), repeat=3):
        counts = np.zeros((2, CLASSES))
        counts[0, canary] += 1.0
        counts[1, first] += 1.0
        counts[1, second] += 1.0
        chance = truth[canary] * truth[first] * truth[second]
        mean += chance * np.exp(log_likelihood_ratio(rho, counts))
    assert (mean <= 1.0 + 1e-12).all()
    assert (mean > 0.5).all()


def test_slower_alternatives_rise_with_the_bucket() -> None:
    rho = HistogramTest(BOUNDS, np.zeros(CLASSES)).alternatives(np.full(CLASSES, 1.0 / CLASSES))
    assert (np.diff(rho, axis=-1) >= -1e-12).all()


@given(factor=st.floats(0.1, 10.0), believed=shares)
def test_stretching_keeps_every_request(factor: float, believed: np.ndarray) -> None:
    for matrix in (stretched(BOUNDS, np.array((factor,)))[0], divided(believed, BOUNDS, max(factor, 1.0))):
        assert matrix.sum(axis=-1) == pytest.approx(1.0)
        assert (matrix >= 0.0).all()


def test_stretching_by_the_width_of_a_bucket_moves_it_by_one() -> None:
    matrix = stretched(BOUNDS, np.array((2.0,)))[0]
    assert matrix[1, 2] == pytest.approx(1.0)
    assert matrix[3, 4] == pytest.approx(1.0)


def test_dividing_by_the_control_s_own_shape_undoes_a_slowdown() -> None:
    """Exact for a log-logistic distribution: F = 1 / (1 + (t / 0.1)^-3)."""

    def histogram(slower: float) -> np.ndarray:
        below = 1.0 / (1.0 + (np.array(BOUNDS) / (0.1 * slower)) ** -3.0)
        return np.diff(np.concatenate(([0.0], below, [1.0])))

    undone = histogram(2.0) @ divided(histogram(1.0), BOUNDS, 2.0)
    assert undone == pytest.approx(histogram(1.0), abs=0.003)


def test_quantiles_and_shares_above() -> None:
    counts = np.array((0.0, 0.0, 90.0, 10.0, 0.0, 0.0))
    assert above(counts) == pytest.approx([100.0, 100.0, 10.0, 0.0, 0.0])
    assert quantile(counts, BOUNDS, 0.10) == pytest.approx(0.25)
    assert quantile(counts, BOUNDS, 0.05) == pytest.approx(0.25 * 2**0.5)
    assert quantile(np.zeros(CLASSES), BOUNDS, 0.05) is None
    assert quantile(np.eye(CLASSES)[-1], BOUNDS, 0.05) == np.inf
    assert nearest_bounds((counts + 0.5) / 103.0, np.array((0.1,))).tolist() == [2]
