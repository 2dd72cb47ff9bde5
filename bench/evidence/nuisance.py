"""What makes harmless traffic look bad: days, bursts, clumps, noise of pods, warm-up. Factors around 1."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from bench.evidence.traffic import TICK, Counts

DAY = 24 * 3600 / TICK
"""Ticks in a day."""


def log_noise(rng: Generator, rollouts: int, ticks: int, sd: float, memory: float) -> Counts:
    """The exponential of a stationary AR(1) series of standard deviation ``sd``, correlation ``memory`` a tick."""
    steps = rng.standard_normal((rollouts, ticks))
    value = steps[:, 0]
    series = np.empty_like(steps)
    fresh = np.sqrt(1 - memory**2)
    for tick in range(ticks):
        series[:, tick] = value
        if tick + 1 < ticks:
            value = memory * value + fresh * steps[:, tick + 1]
    factors: Counts = np.exp(sd * series)
    return factors


def bursts(
    rng: Generator, rollouts: int, ticks: int, times: float, every: float = 150, lasting: float = 6
) -> Counts:
    """``times`` during bursts that begin every ``every`` ticks on average and last ``lasting`` on average, else 1."""
    luck = rng.random((rollouts, ticks))
    on = luck[:, 0] < lasting / (every + lasting)
    factors = np.ones((rollouts, ticks))
    for tick in range(1, ticks):
        on = np.where(on, luck[:, tick] >= 1 / lasting, luck[:, tick] < 1 / every)
        factors[on, tick] = times
    return factors


def day(rng: Generator, rollouts: int, ticks: int, swing: float) -> Counts:
    """A sine over 24 hours with a random time of day at the start; its logarithm swings by ``swing`` either way."""
    phase = rng.uniform(0, 2 * np.pi, (rollouts, 1))
    factors: Counts = np.exp(swing * np.sin(2 * np.pi * np.arange(ticks) / DAY + phase))
    return factors


def fading(times: float, starts: tuple[int, ...], ticks: int, constant: float = 60.0) -> Counts:
    """1 + (``times`` - 1) * exp(-t / ``constant``) since the last of ``starts``: a cold cache that warms up. Shape (ticks,)."""
    tick = np.arange(ticks)
    begun = np.array(starts)[np.searchsorted(starts, tick, side="right") - 1]
    # The mean of the exponential over one tick, not its value at the start.
    share = constant / TICK * (1 - np.exp(-TICK / constant))
    factors: Counts = 1 + (times - 1) * share * np.exp(-(tick - begun) * TICK / constant)
    return factors


def since(onset: int, times: float, ticks: int, ramp: int = 0) -> Counts:
    """1 before ``onset``, then ``times``, reached in a straight line over ``ramp`` ticks. Shape (ticks,)."""
    tick = np.arange(ticks)
    reached = np.clip((tick - onset + 1) / ramp, 0, 1) if ramp else (tick >= onset).astype(float)
    factors: Counts = 1 + (times - 1) * reached
    return factors


def clumped(rng: Generator, expected: Counts, mean: float = 3.0) -> Counts:
    """Errors that come in clumps of geometric size (``mean``), with ``expected`` errors on average: one client retries."""
    clumps = rng.poisson(expected / mean)
    # The sum of k geometric sizes is k plus a negative binomial, drawn as a Poisson with gamma mean (0 for k = 0).
    more = rng.poisson(rng.standard_gamma(clumps.astype(float)) * (mean - 1))
    errors: Counts = (clumps + more).astype(float)
    return errors
