"""How long requests take: lognormal (median 80 ms, sigma 0.6) with 2 % in a Pareto tail (a = 1.6 from 200 ms); p95 236 ms."""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, log, sqrt

import numpy as np
from numpy.random import Generator

from bench.evidence.traffic import BOUNDS, Counts

GRID = np.linspace(log(0.2), log(8.0), 1201)
"""Logarithms of the factors by which latency may be stretched; between them shares are interpolated."""


@dataclass(frozen=True, slots=True)
class Latency:
    """The distribution of one request's time, in seconds."""

    median: float = 0.080
    sigma: float = 0.6
    tail: float = 0.02
    tail_from: float = 0.200
    tail_power: float = 1.6
    stuck_from: float = 0.5

    def body_below(self, seconds: float) -> float:
        """P(time <= ``seconds``) in the lognormal part."""
        return 0.5 * (1 + erf(log(seconds / self.median) / (self.sigma * sqrt(2))))

    def tail_below(self, seconds: float) -> float:
        """P(time <= ``seconds``) in the Pareto part."""
        return self._beyond(self.tail_from, seconds)

    def stuck_below(self, seconds: float) -> float:
        """P(time <= ``seconds``) of requests that a fault keeps waiting: a Pareto tail from ``stuck_from``."""
        return self._beyond(self.stuck_from, seconds)

    def _beyond(self, start: float, seconds: float) -> float:
        return 0.0 if seconds < start else 1 - (start / seconds) ** self.tail_power

    def shares(self, times: Counts, stuck: Counts | float = 0.0) -> Counts:
        """Shares of the buckets when everything takes ``times`` as long, and a share ``stuck`` of the requests waits.

        Shape: that of ``times``, and one axis more for the buckets.
        """
        at = (np.log(times) - GRID[0]) / (GRID[1] - GRID[0])
        left = np.clip(np.floor(at).astype(int), 0, len(GRID) - 2)
        part = (at - left)[..., None]
        body, heavy, late = (table[left] * (1 - part) + table[left + 1] * part for table in self._tables())
        waits = np.asarray(stuck)[..., None]
        shares: Counts = (1 - waits) * ((1 - self.tail) * body + self.tail * heavy) + waits * late
        return shares

    def _tables(self) -> tuple[Counts, Counts, Counts]:
        """Bucket shares of the body, of the tail and of stuck requests, for every factor of the grid."""
        tables = []
        for below in (self.body_below, self.tail_below, self.stuck_below):
            rows = [[0.0, *(below(bound / exp(factor)) for bound in BOUNDS), 1.0] for factor in GRID]
            tables.append(np.diff(np.array(rows), axis=1))
        return tables[0], tables[1], tables[2]


def histogram(rng: Generator, requests: Counts, shares: Counts) -> Counts:
    """How many of the ``requests`` fall into each bucket: multinomial, exactly."""
    shares = shares / shares.sum(axis=-1, keepdims=True)
    counts: Counts = rng.multinomial(requests.astype(np.int64), shares).astype(float)
    return counts
