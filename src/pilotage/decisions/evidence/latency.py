"""The test of how long requests take: on the whole histogram, and on the share of slow requests at three bounds.

Half is wagered on the first, a fifth on the second, and the rest is kept: a wager less for few rare slow requests to win.
Both see the canary's times divided by the tolerated margin. The second is the test of failed requests (``ratio``)
applied to "slower than the bound nearest the control's p75, p95, p99", known from past looks: exact for any f0, and quick
where only the tail moves. Source: evidence.md 3.6b. During warm-up the margin is the fading one of ``warmup``.
"""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence import dispersion, warmup
from pilotage.decisions.evidence.arrays import Array, log_sum
from pilotage.decisions.evidence.buckets import above, divided, nearest_bounds, stretched
from pilotage.decisions.evidence.histogram import KEPT, HistogramTest
from pilotage.decisions.evidence.ratio import RatioTest
from pilotage.decisions.evidence.step import Step

ON_HISTOGRAM, ON_SLOW = math.log(0.5), math.log(0.2)
KEPT_BACK = math.log(0.3)
SLOW = np.array((0.25, 0.05, 0.01))
SLOW_RATIO = 1.2
SLOW_HIGHEST = 20.0
SLACK = 1.05
"""While replicas warm up their times are divided by this much more: the shape inside a bucket is only a guess."""
CALIBRATED = np.array((0.5, 0.2, 0.05))


class LatencyTest:
    """An e-process for "the canary's requests take more than ``margin`` times as long".

    Counts have shape (2, *shape, B): arm (canary first), leading axes, buckets. ``usual`` (*shape, B): the control's
    histogram before the release (zeros: unknown).
    """

    def __init__(self, margin: float, bounds: tuple[float, ...], usual: Array) -> None:
        self.margin, self.bounds = margin, bounds
        self.histogram = HistogramTest(bounds, usual)
        self.slow = RatioTest(SLOW_RATIO, (*usual.shape[:-1], len(SLOW)), nearest=1.08, highest=SLOW_HIGHEST)
        self._divide = stretched(bounds, np.array((1.0 / margin,)))[0]

    def look(self, step: Step, counts: Array, phi: Array | float) -> None:
        """Learn from one look; ``phi``: its dispersion, of shape ``shape``."""
        fair = np.stack((self._fair(step, counts[0]), counts[1]))
        self._look_at_slow(step, fair, phi)
        self.histogram.look(step.mass, fair, phi, step.budget, step.looks)

    def _look_at_slow(self, step: Step, fair: Array, phi: Array | float) -> None:
        bound = nearest_bounds(self.histogram.shares(), SLOW)
        hits = np.take_along_axis(above(fair), np.stack((bound, bound)), axis=-1)
        requests = np.broadcast_to(fair.sum(axis=-1)[..., None], hits.shape)
        self.slow.look(step.mass, SLOW_RATIO, hits, requests, np.asarray(phi)[..., None], step.budget)

    def _fair(self, step: Step, canary: Array) -> Array:
        """The canary's histogram with its times divided by what is tolerated now."""
        warm = warmup.tolerated(self.margin, warmup.LATENCY, step.grace, step.since)
        if warm > self.margin:
            shape = divided(self.histogram.shares(), self.bounds, warm / self.margin * SLACK)
            canary = np.matmul(canary[..., None, :], shape)[..., 0, :]
        answer: Array = canary @ self._divide
        return answer

    def log_e(self, log_left: float) -> Array:
        """The logarithm of the e-value, of shape ``shape``."""
        slow = log_sum(self.slow.log_e(log_left)) - math.log(len(SLOW)) + ON_SLOW
        answer: Array = np.logaddexp(
            np.logaddexp(self.histogram.log_e(log_left) + ON_HISTOGRAM, slow), KEPT_BACK
        )
        return answer

    def wealth(self) -> list[Array]:
        """What has been learned, leading axes first."""
        return [self.histogram.log_wealth, self.histogram.usual, self.slow.log_wealth]

    def take(self, wealth: list[Array]) -> None:
        """Go on from what ``wealth`` gave."""
        self.histogram.log_wealth, self.histogram.usual, self.slow.log_wealth = wealth

    def add(self, rows: int, spent: float) -> None:
        """New segments."""
        self.histogram.add(rows, spent)
        self.slow.add(rows, spent)


def pairs(requests: Array) -> Array:
    """How much two arms can tell about each other: n0 n1 / (n0 + n1). Shape (2, ...) to (...)."""
    answer: Array = requests[0] * requests[1] / np.maximum(requests[0] + requests[1], 1e-300)
    return answer


def calibrate(history: Array) -> tuple[dispersion.Dispersion, Array]:
    """Dispersion and usual histogram from A/A looks (2, ..., T, B), oldest first; of shapes (...) and (..., B).

    The worst dispersion of the shares slower than the bounds nearest p50, p80 and p95.
    """
    looks = history.shape[-2]
    shares = history.sum(axis=(0, -2)) + 0.5
    bound = nearest_bounds(shares / shares.sum(axis=-1, keepdims=True), CALIBRATED)
    tails = above(history)
    index = np.broadcast_to(bound[..., None, :], (*tails.shape[:-1], len(CALIBRATED)))
    hits = np.moveaxis(np.take_along_axis(tails, index, axis=-1), -1, -2)
    requests = np.broadcast_to(history.sum(axis=-1)[..., None, :], hits.shape)
    found = dispersion.measure(hits, requests)
    fading = KEPT ** np.arange(looks - 1, -1, -1)
    usual = (history.sum(axis=0) * fading[:, None]).sum(axis=-2)
    spread = dispersion.Dispersion(found.kept.shape[1:-1])
    spread.kept[0], spread.kept[1] = found.kept[0].max(axis=-1), found.kept[1].max(axis=-1)
    spread.kept[2] = pairs(history.sum(axis=-1)).mean(axis=-1)
    return spread, usual
