"""A quick check of the promise on fixed seeds; ``bench/evidence`` measures it at length."""

from __future__ import annotations

import numpy as np
import pytest

from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.many import ManyRollouts
from tests.decisions.evidence.feeding import seeded

ROLLOUTS, LOOKS = 400, 400


def failed(rng: np.random.Generator, kind: str, rate: Array, requests: Array) -> Array:
    """How many requests fail: each by itself, in clumps of five, or (canary) as many times as ``kind`` says."""
    if kind == "clumps":
        clumped: Array = np.minimum(requests, 5.0 * rng.poisson(requests * rate / 5.0))
        return clumped
    times = np.ones((2, 1)) if kind != "+10 %" else np.array(((1.1,), (1.0,)))
    drawn: Array = rng.binomial(requests.astype(int), np.minimum(rate * times, 0.9)).astype(float)
    return drawn


@pytest.mark.parametrize("kind", ["stationary", "+10 %", "bursts", "clumps"])
def test_harmless_releases_are_rolled_back_less_often_than_the_budget_says(kind: str) -> None:
    rng = seeded(51)
    past = np.full((2, ROLLOUTS, 240), 750.0)
    before = np.stack(
        [
            failed(rng, "stationary" if kind == "+10 %" else kind, np.full((2, 1), 0.001), past[:, :, k])
            for k in range(240)
        ],
        axis=-1,
    )
    many = ManyRollouts(
        ROLLOUTS,
        horizon=15.0 * LOOKS,
        stages=(1500.0, 3000.0),
        grace=0.0,
        history_errors=np.stack((past - before, before), axis=-1),
    )
    alarmed = np.zeros(ROLLOUTS)
    for look in range(LOOKS):
        if look in (100, 200):
            many.began(15.0 * look)
        share = (0.01, 0.05, 0.25, 0.5)[look // 100]
        requests = rng.poisson(1500.0 * np.array(((share,), (1.0 - share,))), (2, ROLLOUTS)).astype(float)
        burst = kind == "bursts" and look % 50 < 6
        bad = failed(rng, kind, np.full((2, 1), 0.04 if burst else 0.001), requests)
        log_e = many.observe(15.0 * (look + 1), np.stack((requests - bad, bad), axis=-1))
        alarmed = np.maximum(alarmed, many.alarms(log_e))
    # At most 1 % is promised: 4 of 400. Ten or more would have a probability below 1 %.
    assert alarmed.sum() < 10
