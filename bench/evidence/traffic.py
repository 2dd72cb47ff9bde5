"""The counts of many simulated rollouts at once: what every rule and policy is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
"""Whole numbers kept as floats, so that every rule computes in one type. Shape (rollouts, ticks, …)."""

TICK = 15.0
"""Seconds between two looks."""

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Upper bounds of the histogram's buckets in seconds: the defaults of Prometheus' clients; +Inf follows."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One version's traffic: ``requests`` and ``errors`` are (rollouts, ticks); ``buckets`` (rollouts, ticks, buckets),
    not cumulative; ``segment_requests`` and ``segment_errors`` (rollouts, ticks, segments). None: not simulated.
    """

    requests: Counts
    errors: Counts
    buckets: Counts | None = None
    segment_requests: Counts | None = None
    segment_errors: Counts | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """Both arms of the release, and two halves of the old version in the hour before (240 ticks).

    ``moved`` tells the ticks at which the canary got more traffic on new replicas, the first one is 0.
    """

    control: Arm
    canary: Arm
    history: tuple[Arm, Arm]
    moved: tuple[int, ...] = (0,)

    @property
    def rollouts(self) -> int:
        """How many releases were simulated side by side."""
        return len(self.canary.requests)

    @property
    def ticks(self) -> int:
        """How many looks each of them has."""
        return int(self.canary.requests.shape[1])
