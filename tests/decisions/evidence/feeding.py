"""Traffic for the tests: two arms with known rates, from a seed that every test prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.random import Generator

from pilotage.decisions.evidence import Counts, Evidence, Judgement, Pair

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)


def seeded(seed: int) -> Generator:
    """Random numbers of a seed, which is printed so that a failure can be repeated."""
    sys.stdout.write(f"seed {seed}\n")
    return np.random.default_rng(seed)


def arm(rng: Generator, requests: int, rate: float, slower: float | None = None) -> Counts:
    """One arm's look: failures with ``rate``; times lognormal around 80 ms, ``slower`` times as long (None: not measured)."""
    errors = float(rng.binomial(requests, rate))
    if slower is None:
        return Counts(float(requests), errors)
    times = slower * np.exp(rng.normal(np.log(0.08), 0.6, requests))
    buckets = np.bincount(np.searchsorted(BOUNDS, times), minlength=len(BOUNDS) + 1)
    return Counts(float(requests), errors, tuple(map(float, buckets)))


def looks(
    rng: Generator,
    count: int,
    rates: tuple[float, float] = (0.001, 0.001),
    slower: float | None = None,
    requests: tuple[int, int] = (150, 1350),
) -> Iterator[Pair]:
    """``count`` looks of a canary and a control; ``rates`` and ``requests`` canary first. Times where ``slower`` is given."""
    for _ in range(count):
        canary, control = (int(rng.poisson(expected)) for expected in requests)
        yield Pair(
            arm(rng, canary, rates[0], slower),
            arm(rng, control, rates[1], None if slower is None else 1.0),
        )


def hour(rng: Generator, latency: bool = False) -> list[Pair]:
    """The A/A hour: 240 looks of two equal halves."""
    return list(looks(rng, 240, slower=1.0 if latency else None, requests=(750, 750)))


def feed(evidence: Evidence, pairs: Sequence[Pair] | Iterator[Pair], begin: float = 0.0) -> list[Judgement]:
    """One look every 15 seconds after ``begin``."""
    return [evidence.observe(begin + 15.0 * (place + 1), pair) for place, pair in enumerate(pairs)]
