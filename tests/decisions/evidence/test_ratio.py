"""The conditional ratio test: an e-value by exact sums, not by simulation."""

from __future__ import annotations

from itertools import product
from math import comb, exp

import numpy as np
import pytest

from pilotage.decisions.evidence.onset import Onset
from pilotage.decisions.evidence.ratio import RatioTest, log_likelihood_ratio

REQUESTS = np.array((20.0, 80.0))
TOLERATED = 1.2


def binomial(hits: int, total: int, ratio: float) -> float:
    """P(``hits`` of ``total`` failures are the canary's) when it fails ``ratio`` times as often."""
    chance = ratio * REQUESTS[0] / (ratio * REQUESTS[0] + REQUESTS[1])
    return float(comb(total, hits) * chance**hits * (1 - chance) ** (total - hits))


@pytest.mark.parametrize("total", [0, 1, 3, 12])
@pytest.mark.parametrize(("ratio", "expected"), [(1.2, 1.0), (1.0, None), (0.3, None)])
def test_the_mean_of_each_likelihood_ratio_is_one_at_the_margin_and_less_below(
    total: int, ratio: float, expected: float | None
) -> None:
    alternatives = RatioTest(TOLERATED).alternatives
    mean = np.zeros_like(alternatives)
    for hits in range(total + 1):
        arms = np.array((float(hits), float(total - hits)))
        mean += binomial(hits, total, ratio) * np.exp(
            log_likelihood_ratio(alternatives, TOLERATED, arms, REQUESTS)
        )
    if expected is not None:
        assert mean == pytest.approx(expected, abs=1e-12)
    else:
        assert (mean <= 1.0 + 1e-12).all()
        assert total == 0 or (mean < 1.0).all()


@pytest.mark.parametrize("phi", [1.0, 3.0])
@pytest.mark.parametrize("ratio", [1.2, 0.9])
def test_the_mean_of_the_e_value_after_several_looks_is_at_most_one_whatever_the_onset(
    phi: float, ratio: float
) -> None:
    totals = (2, 0, 3, 4)
    mean = 0.0
    for outcome in product(*(range(total + 1) for total in totals)):
        onset = Onset(horizon=60.0, every=15.0, planned=1)
        test = RatioTest(TOLERATED)
        chance = 1.0
        for place, (hits, total) in enumerate(zip(outcome, totals, strict=True)):
            if place == 2:
                onset.began()
            chance *= binomial(hits, total, ratio)
            arms = np.array((float(hits), float(total - hits)))
            test.look(onset.spend(15.0 * (place + 1)), TOLERATED, arms, REQUESTS, phi, 0.01)
        mean += chance * exp(float(test.log_e(onset.log_left)))
    if phi == 1.0 and ratio == TOLERATED:
        assert mean == pytest.approx(1.0, abs=1e-12)
    else:
        assert mean < 1.0


def test_under_a_fading_null_an_alternative_wagers_only_where_it_is_worse_than_the_null() -> None:
    alternatives = np.array((2.0, 10.0))
    hits = np.array((5.0, 1.0))
    strict = log_likelihood_ratio(alternatives, 1.2, hits, REQUESTS)
    wide = log_likelihood_ratio(alternatives, 4.0, hits, REQUESTS)
    assert wide[0] == 0.0
    assert 0.0 < wide[1] < strict[1]


@pytest.mark.parametrize("empty", [(0.0, 80.0), (20.0, 0.0), (0.0, 0.0)])
def test_half_a_comparison_teaches_nothing(empty: tuple[float, float]) -> None:
    hits = np.minimum(np.array((3.0, 3.0)), np.array(empty))
    log_ratio = log_likelihood_ratio(RatioTest(TOLERATED).alternatives, TOLERATED, hits, np.array(empty))
    assert log_ratio == pytest.approx(0.0, abs=1e-12)


def test_an_error_rate_that_moves_in_both_arms_cancels() -> None:
    alternatives = RatioTest(TOLERATED).alternatives
    few = log_likelihood_ratio(alternatives, TOLERATED, np.array((1.0, 4.0)), REQUESTS)
    many = log_likelihood_ratio(alternatives, TOLERATED, np.array((10.0, 40.0)), REQUESTS)
    assert (few < 0.1).all()
    assert (many < few + 0.1).all()
