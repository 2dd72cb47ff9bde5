"""Dispersion: chance alone changes nothing, clumps and slow noise are seen, and a phi never makes a test less careful."""

from __future__ import annotations

import numpy as np
import pytest

from pilotage.decisions.evidence import dispersion
from pilotage.decisions.evidence.dispersion import Dispersion
from tests.decisions.evidence.feeding import seeded

REQUESTS = np.full((2, 200, 240), 750.0)
BUSY = np.array(1e9)


def test_independent_failures_are_not_dispersed() -> None:
    rng = seeded(1)
    found = dispersion.measure(rng.binomial(750, 0.002, (2, 200, 240)).astype(float), REQUESTS)
    phi = found.now(np.full(200, 1e9))
    assert (phi == 1.0).mean() > 0.85
    assert np.quantile(phi, 0.99) < 3.0


def test_clumps_of_three_are_seen_in_every_hour() -> None:
    rng = seeded(2)
    clumps = rng.poisson(0.5, (2, 200, 240))
    failed = clumps + rng.negative_binomial(np.maximum(clumps, 1), 1 / 3) * (clumps > 0)
    phi = dispersion.measure(failed.astype(float), REQUESTS).now(np.zeros(200))
    assert phi.min() > 3.0
    assert phi.mean() == pytest.approx(1.0 + dispersion.SAFETY * 4.0, rel=0.1)


def test_noise_that_lasts_counts_more_the_more_failures_there_are() -> None:
    rng = seeded(3)
    level = np.zeros((2, 200, 240))
    for tick in range(1, 240):
        level[..., tick] = 0.9 * level[..., tick - 1] + np.sqrt(0.19) * rng.normal(size=(2, 200))
    failed = rng.poisson(7.5 * np.exp(0.4 * level)).astype(float)
    found = dispersion.measure(failed, REQUESTS)
    quiet, busy = found.now(np.full(200, 0.1)), found.now(np.full(200, 1e9))
    assert (busy > quiet).all()
    assert np.median(busy) > 5.0


def test_without_an_hour_nothing_is_taken_from_it() -> None:
    assert float(Dispersion().now(BUSY)) == 1.0
    assert float(dispersion.measure(np.zeros((2, 1)), np.ones((2, 1))).now(BUSY)) == 1.0
    assert float(dispersion.measure(np.zeros((2, 240)), np.zeros((2, 240))).now(BUSY)) == 1.0


def test_the_control_s_unrest_is_learned_during_the_release() -> None:
    rng = seeded(4)
    calm, restless = Dispersion(), Dispersion()
    for _ in range(240):
        calm.learn(np.array(float(rng.poisson(1.5))), np.array(1500.0))
        clumps = rng.poisson(0.3)
        restless.learn(np.array(5.0 * clumps), np.array(1500.0))
    assert float(calm.now(BUSY)) == 1.0
    assert float(restless.now(BUSY)) > 3.0


def test_an_hour_without_dispersion_limits_what_unrest_can_mean() -> None:
    """Bursts of both arms make the control restless; the halves of the hour agree, so little is made of it."""
    rng = seeded(5)
    rate = np.where(rng.random(240) < 0.05, 0.08, 0.002)
    hour = dispersion.measure(rng.binomial(750, rate, (2, 240)).astype(float), np.full((2, 240), 750.0))
    alone = Dispersion()
    for burst in rng.binomial(1500, rate):
        hour.learn(np.array(float(burst)), np.array(1500.0))
        alone.learn(np.array(float(burst)), np.array(1500.0))
    assert float(hour.now(BUSY)) < 3.5
    assert float(alone.now(BUSY)) > 2.0 * float(hour.now(BUSY))


def test_tempering_divides_and_bounds_one_look_from_above_only() -> None:
    log_ratio = np.array((9.0, -9.0))
    assert dispersion.temper(log_ratio, 1.0, 0.01).tolist() == [9.0, -9.0]
    assert dispersion.temper(log_ratio, 2.0, 0.01) == pytest.approx([min(4.5, 0.75 * np.log(100)), -4.5])
    assert dispersion.temper(10.0 * log_ratio, 6.0, 0.01)[0] == pytest.approx(np.log(100) / 2)
