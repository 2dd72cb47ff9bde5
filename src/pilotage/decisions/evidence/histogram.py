"""The test of whole histograms: are the canary's requests slower, in any bucket, at any percentile?

With f0 a guess of the control's bucket shares (from past looks only), f1 one of an alternative and rho = f1 / f0:

    ln L = sum_b x1_b ln rho_b - sum_b (x0_b + x1_b) ln(1 - pi + pi rho_b),     pi = n1 / (n0 + n1)

For any common distribution of both arms E[L] = A^n1 B^n0 with pi A + (1 - pi) B = 1, so E[L] <= 1 by the inequality of the
arithmetic and geometric mean, however wrong f0 is (k-sample e-variable of Turner, Ly & Gruenwald 2024, arXiv 2106.02693).
rho is made to rise with the bucket; then E[L] <= 1 also for every canary that is stochastically faster than the control.
A margin is tested by dividing the canary's times by it first. Source: evidence.md 3.6a.
"""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence import onset
from pilotage.decisions.evidence.arrays import NOTHING, Array
from pilotage.decisions.evidence.buckets import above, nearest_bounds, stretched
from pilotage.decisions.evidence.dispersion import temper

SLOWER = (1.06, 1.12, 1.2, 1.35, 1.6, 2.0, 3.0, 5.0)
SLOWER_WEIGHTS = (0.14, 0.16, 0.14, 0.12, 0.08, 0.06, 0.04, 0.02)
TAILS = (0.05, 0.01)
HEAVIER = (1.5, 2.5, 5.0)
TAIL_WEIGHT = 0.04
KEPT = 0.98
UNCHANGED = 0.02
"""The part of every alternative in which nothing changed: no single request can speak against it without bound."""
ENOUGH = 30.0
"""Requests of the control that must be known before anything is wagered on the shape of its histogram."""


def log_likelihood_ratio(rho: Array, counts: Array) -> Array:
    """The logarithm of L. ``rho`` (..., A, B); ``counts`` (2, ..., B), canary first; answer (..., A)."""
    requests = counts.sum(axis=-1)
    share = (requests[0] / np.maximum(requests[0] + requests[1], 1e-300))[..., None, None]
    both = (counts[0] + counts[1])[..., None, :]
    logs = counts[0][..., None, :] * np.log(rho) - both * np.log1p(share * (rho - 1.0))
    answer: Array = logs.sum(axis=-1)
    return answer


class HistogramTest:
    """An e-process for "the canary is slower". ``shape``: leading axes; ``usual`` (*shape, B): the control so far.

    Older looks fade from ``usual`` (2 % per planned look), so that f0 follows the time of day.
    """

    def __init__(self, bounds: tuple[float, ...], usual: Array) -> None:
        self.usual = usual
        self._stretch = stretched(bounds, np.array(SLOWER))
        weights = np.array((*SLOWER_WEIGHTS, *(TAIL_WEIGHT,) * (len(TAILS) * len(HEAVIER))))
        self.log_prior: Array = np.log(weights / weights.sum())
        self.log_wealth: Array = np.full((*usual.shape[:-1], len(weights)), NOTHING)

    def shares(self) -> Array:
        """The guess f0 of the control's bucket shares, none of them zero. Shape (*shape, B)."""
        filled = self.usual + 0.5
        answer: Array = filled / filled.sum(axis=-1, keepdims=True)
        return answer

    def look(self, mass: float, counts: Array, phi: Array | float, budget: float, looks: float) -> None:
        """Learn from one look: ``counts`` (2, *shape, B), the canary's already divided by the margin."""
        log_ratio = log_likelihood_ratio(self.alternatives(self.shares()), counts)
        known = (self.usual.sum(axis=-1) >= ENOUGH) & (counts.sum(axis=-1) > 0.0).all(axis=0)
        log_ratio = np.where(known[..., None], temper(log_ratio, phi, budget), 0.0)
        self.log_wealth = onset.grow(self.log_wealth, self.log_prior, mass, log_ratio)
        self.usual = self.usual * KEPT**looks + counts[1]

    def alternatives(self, shares: Array) -> Array:
        """The rho of each alternative, rising with the bucket, with sum f0 rho = 1. Shape (..., B) to (..., A, B)."""
        slower = np.matmul(shares[..., None, None, :], self._stretch)[..., 0, :] / shares[..., None, :]
        rho = np.concatenate((np.maximum.accumulate(slower, axis=-1), self._heavier(shares)), axis=-2)
        rho /= (rho * shares[..., None, :]).sum(axis=-1, keepdims=True)
        answer: Array = (1.0 - UNCHANGED) * rho + UNCHANGED
        return answer

    def _heavier(self, shares: Array) -> Array:
        """More requests above the bounds nearest p95 and p99, as many times as ``HEAVIER`` says. Shape (..., 6, B)."""
        bound = nearest_bounds(shares, np.array(TAILS))
        slow = np.arange(shares.shape[-1]) > bound[..., None]
        tail = np.take_along_axis(above(shares), bound, axis=-1)[..., None, None]
        times = np.minimum(np.array(HEAVIER)[:, None], 0.9 / tail)
        heavier = np.where(
            slow[..., None, :], np.maximum(times, 1.0), np.minimum((1.0 - times * tail) / (1.0 - tail), 1.0)
        )
        answer: Array = heavier.reshape((*shares.shape[:-1], -1, shares.shape[-1]))
        return answer

    def log_e(self, log_left: float) -> Array:
        """The logarithm of the e-value, of shape ``shape``."""
        return onset.log_e(self.log_wealth, log_left)

    def add(self, rows: int, spent: float) -> None:
        """New rows on the first axis, as though they had been there without data while ``spent`` of the onset was."""
        fresh = self.log_prior + (math.log(spent) if spent > 0.0 else NOTHING)
        self.log_wealth = np.concatenate((self.log_wealth, np.broadcast_to(fresh, (rows, len(fresh)))))
        self.usual = np.concatenate((self.usual, np.zeros((rows, self.usual.shape[-1]))))
