"""Many rollouts at once are the same tests as one by one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from pilotage.decisions.evidence import Counts, Evidence, Pair
from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.many import ManyRollouts
from tests.decisions.evidence.feeding import BOUNDS, seeded

ROLLOUTS, LOOKS, SEGMENTS = 3, 40, 4


def traffic(rng: np.random.Generator, expected: tuple[float, float]) -> tuple[Array, Array]:
    """(fine, failed) requests (2, R, T, 2) and histograms (2, R, T, B)."""
    requests = rng.poisson(np.array(expected)[:, None, None], (2, ROLLOUTS, LOOKS))
    failed = rng.binomial(requests, np.array((0.004, 0.002))[:, None, None])
    shares = rng.dirichlet(np.ones(len(BOUNDS) + 1))
    return np.stack((requests - failed, failed), axis=-1).astype(float), rng.multinomial(
        requests, shares
    ).astype(float)


def counts(errors: Array, buckets: Array) -> Counts:
    return Counts(float(errors.sum()), float(errors[1]), tuple(map(float, buckets)))


@pytest.mark.parametrize("grace", [0.0, 120.0])
def test_each_rollout_has_the_e_value_it_has_alone(grace: float) -> None:
    rng = seeded(41)
    past_errors, past_buckets = traffic(rng, (750.0, 750.0))
    errors, buckets = traffic(rng, (60.0, 900.0))
    errors[0, 1, 7] = buckets[0, 1, 7] = 0.0
    many = ManyRollouts(
        ROLLOUTS,
        BOUNDS,
        horizon=900.0,
        stages=(300.0,),
        grace=grace,
        history_errors=past_errors,
        history_latency=past_buckets,
    )
    alone = []
    for rollout in range(ROLLOUTS):
        history = [
            Pair(
                *(
                    counts(past_errors[side, rollout, look], past_buckets[side, rollout, look])
                    for side in (0, 1)
                )
            )
            for look in range(LOOKS)
        ]
        design = Evidence.of_service(BOUNDS, horizon=900.0, grace=grace).design
        alone.append(Evidence(replace(design, stages=(300.0,)), history))
    for look in range(LOOKS):
        seconds = 15.0 * (look + 1)
        if look == 20:
            many.began(seconds - 15.0)
            for evidence in alone:
                evidence.began(seconds - 15.0)
        together = many.observe(seconds, errors[:, :, look], buckets[:, :, look])
        for rollout, evidence in enumerate(alone):
            pair = Pair(
                *(counts(errors[side, rollout, look], buckets[side, rollout, look]) for side in (0, 1))
            )
            e_value = evidence.observe(seconds, pair).e_value
            assert math.log(e_value) == pytest.approx(together[rollout], abs=1e-9)


def test_segments_are_the_same_too() -> None:
    rng = seeded(42)
    requests = rng.poisson(np.array((15.0, 200.0))[:, None, None, None], (2, ROLLOUTS, LOOKS, SEGMENTS)) + 1
    failed = rng.binomial(requests, 0.01)
    parts = np.stack((requests - failed, failed), axis=-1).astype(float)
    many = ManyRollouts(ROLLOUTS, horizon=900.0, grace=0.0, segments=SEGMENTS)
    alone = [
        Evidence.of_service(by_segment=True, limit=None, horizon=900.0, grace=0.0) for _ in range(ROLLOUTS)
    ]
    for look in range(LOOKS):
        together = many.observe(15.0 * (look + 1), parts[:, :, look].sum(axis=2), segments=parts[:, :, look])
        for rollout, evidence in enumerate(alone):
            both = parts[:, rollout, look]
            segments = {
                f"s{place}": Pair(*(Counts(float(side[place].sum()), float(side[place, 1])) for side in both))
                for place in range(SEGMENTS)
            }
            whole = Pair(*(Counts(float(side.sum()), float(side[:, 1].sum())) for side in both))
            e_value = evidence.observe(15.0 * (look + 1), whole, segments).e_value
            assert math.log(e_value) == pytest.approx(together[rollout], abs=1e-9)
