"""Absolute limits: more than a share p* of the requests fail (or are too slow), whatever anybody else does.

Two tests, each with its own budget of alpha/10. Both count failures e among n requests of one arm.

*From the start*: the one-sample mixture ln B(a+e, b+n-e)/B(a,b) - e ln p* - (n-e) ln(1-p*), averaged over Beta(1,1) and
Beta(.5,9.5), and only while e/n > p*. At p* = 5 % and alpha = 1 %, 3 of 3, 12 of 50 and 84 of 1000 are enough, 1 of 10 is not.
Why it holds for every rate below p* too: above e/n = p* the statistic grows with e, so the alarm is an increasing event, and
a release with a lower rate can be coupled to one with exactly p* that always has at least as many failures.

*From any later moment*: history dilutes e/n, so a grid of rates p > p* runs with the onset recursion beside it,
ln L = e ln(p/p*) + (n-e) ln((1-p)/(1-p*)), whose expectation is at most 1 under every rate up to p*.

Source: evidence.md 3.7 (the first test).
"""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence import onset
from pilotage.decisions.evidence.arrays import NOTHING, Array

PRIORS = ((1.0, 1.0), (0.5, 9.5))
PART = 0.1
"""The part of the budget that each of the two tests has."""
RATES = 10


def log_beta_mixture(hits: float, requests: float, share: float) -> float:
    """The logarithm of the mixture's e-value for ``hits`` of ``requests`` against the null rate ``share``."""
    misses = requests - hits
    null = hits * math.log(share) + misses * math.log1p(-share)
    logs = [_log_beta(a + hits, b + misses) - _log_beta(a, b) - null for a, b in PRIORS]
    return float(np.logaddexp.reduce(logs)) - math.log(len(PRIORS))


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


class LimitTest:
    """Both tests for both arms: the canary's answer counts, the control's tells whether the trouble is everybody's.

    ``shape``: () for the whole, (S,) for segments. ``totals``: (2, *shape, 2) requests and hits since the start, canary
    first, as the test counts them (divided by phi); ``seen``: as they were. ``log_wealth``: (2, *shape, K).
    """

    def __init__(self, share: float, shape: tuple[int, ...] = ()) -> None:
        self.share = share
        odds = share / (1.0 - share)
        higher = odds * np.exp(np.linspace(math.log(1.3), math.log(max(50.0, 19.0 / odds)), RATES))
        rates = higher / (1.0 + higher)
        per_miss = np.log((1.0 - rates) / (1.0 - share))
        self._scores: Array = np.stack((per_miss, np.log(rates / share) - per_miss))
        self.log_prior: Array = np.full(RATES, -math.log(RATES))
        self.totals: Array = np.zeros((2, *shape, 2))
        self.seen: Array = np.zeros((2, *shape, 2))
        self.log_wealth: Array = np.full((2, *shape, RATES), NOTHING)

    def look(self, mass: float, hits: Array, requests: Array, phi: float) -> None:
        """Learn from one look; ``hits``, ``requests``: shape (2, *shape), canary first. Clumped counts count less."""
        counted = np.concatenate((requests[..., None], hits[..., None]), axis=-1)
        self.seen = self.seen + counted
        counted = counted / phi
        self.totals = self.totals + counted
        log_ratio = counted @ self._scores
        self.log_wealth = onset.grow(self.log_wealth, self.log_prior, mass, log_ratio)

    def log_e(self, log_left: float) -> Array:
        """The larger of the two tests' logarithms, shape (2, *shape), canary first."""
        later: Array = onset.log_e(self.log_wealth, log_left)
        above = self.totals[..., 1] > self.share * self.totals[..., 0]
        if above.any():
            for place in map(tuple, np.argwhere(above)):
                requests, hits = map(float, self.totals[place])
                later[place] = max(float(later[place]), log_beta_mixture(hits, requests, self.share))
        return later

    def add(self, rows: int, spent: float) -> None:
        """New segments, as though they had been there without data while ``spent`` of the onset was."""
        fresh = self.log_prior + math.log(spent) if spent > 0.0 else np.full(RATES, NOTHING)
        self.log_wealth = np.concatenate((self.log_wealth, np.broadcast_to(fresh, (2, rows, RATES))), axis=1)
        self.totals = np.concatenate((self.totals, np.zeros((2, rows, 2))), axis=1)
        self.seen = np.concatenate((self.seen, np.zeros((2, rows, 2))), axis=1)
