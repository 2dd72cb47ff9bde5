"""Absolute limits: the numbers of the reference, and e-values by exact sums."""

from __future__ import annotations

from itertools import product
from math import comb, exp, log

import numpy as np
import pytest

from pilotage.decisions.evidence.limits import LimitTest, log_beta_mixture
from pilotage.decisions.evidence.onset import Onset

NEEDED = log(10 / 0.01)


@pytest.mark.parametrize(
    ("failed", "requests", "enough"),
    [(3, 3, True), (12, 50, True), (84, 1000, True), (1, 10, False), (2, 2, False), (11, 50, False)],
)
def test_how_many_failures_break_a_limit_of_five_percent(failed: int, requests: int, enough: bool) -> None:
    assert (log_beta_mixture(failed, requests, 0.05) >= NEEDED) is enough


def test_the_mixture_has_the_mean_one_at_the_limit() -> None:
    mean = sum(
        comb(30, hits) * 0.05**hits * 0.95 ** (30 - hits) * exp(log_beta_mixture(hits, 30, 0.05))
        for hits in range(31)
    )
    assert mean == pytest.approx(1.0)


@pytest.mark.parametrize(("rate", "most"), [(0.05, 1.0), (0.01, 1.0)])
def test_the_test_from_any_moment_has_a_mean_of_at_most_one(rate: float, most: float) -> None:
    mean = 0.0
    for outcome in product(range(4), repeat=3):
        onset, test, chance = Onset(60.0, 15.0), LimitTest(0.05), 1.0
        for look, hits in enumerate(outcome):
            chance *= comb(3, hits) * rate**hits * (1 - rate) ** (3 - hits)
            test.look(onset.spend(15.0 * (look + 1)), np.array((hits, 0.0)), np.array((3.0, 0.0)), 1.0)
        later = np.logaddexp(np.logaddexp.reduce(test.log_wealth[0]), onset.log_left)
        mean += chance * exp(float(later))
    assert mean <= most + 1e-12
    assert (mean == pytest.approx(1.0)) is (rate == 0.05)


def test_a_long_good_history_does_not_hide_a_limit_that_is_broken_later() -> None:
    onset, test = Onset(7200.0, 15.0), LimitTest(0.05)
    for look in range(1, 401):
        test.look(onset.spend(15.0 * look), np.array((0.0, 0.0)), np.array((150.0, 1350.0)), 1.0)
    broken_after = None
    for look in range(401, 421):
        test.look(onset.spend(15.0 * look), np.array((22.0, 0.0)), np.array((150.0, 1350.0)), 1.0)
        if broken_after is None and test.log_e(onset.log_left)[0] >= NEEDED:
            broken_after = look - 400
    requests, hits = test.totals[0]
    assert hits / requests < 0.05
    assert broken_after is not None
    assert broken_after <= 3


def test_below_the_limit_nothing_speaks_against_the_canary() -> None:
    onset, test = Onset(3600.0, 15.0), LimitTest(0.05)
    for look in range(1, 101):
        test.look(onset.spend(15.0 * look), np.array((5.0, 45.0)), np.array((150.0, 1350.0)), 1.0)
    assert (test.log_e(onset.log_left) < 0.0).all()
