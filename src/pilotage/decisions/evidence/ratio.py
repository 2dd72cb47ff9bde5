"""The conditional test of one count: does the canary have more of them than ``tolerated`` times the control's share?

Given E = e0 + e1 such requests (failed ones, say) among n0 + n1, a rate ratio r makes e1 binomial with the probability
r n1 / (r n1 + n0), whatever the rate itself is: what hits both arms alike cancels. Against the null ratio r0 that is

    ln L(r) = e1 ln(r / r0) - E ln[(r n1 + n0) / (r0 n1 + n0)]

E[L] <= 1 under every ratio <= r0 (the likelihood ratio is monotone in e1), and shares may change at every look.
Under a random split of a fixed set of requests it is only more conservative (Hoeffding 1963).
Sources: evidence.md 3.1; Lindon & Malek 2022 (arXiv 2011.03567); Turner, Ly & Gruenwald 2024 (2106.02693).
"""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence import grid, onset
from pilotage.decisions.evidence.arrays import NOTHING, Array, set_against
from pilotage.decisions.evidence.dispersion import temper


def log_likelihood_ratio(alternatives: Array, tolerated: float, hits: Array, requests: Array) -> Array:
    """The logarithm of L for each alternative. ``hits`` and ``requests``: shape (2, ...), canary first; answer (..., K).

    An alternative that is not worse than the null wagers nothing (0): under a null that fades (see ``warmup``), it comes
    back when the null has sunk below it. An arm without requests tells nothing either (0).
    """
    worse = np.maximum(alternatives, tolerated) if tolerated >= alternatives[0] else alternatives
    canary, failed, all_failed = map(set_against, (requests[0], hits[0], hits[0] + hits[1]))
    # With an arm empty the two terms cancel; with both empty there are no hits, and 0 log(1e-300 / 1e-300) is 0.
    control = set_against(np.maximum(requests[1], 1e-300))
    mixed = np.log((worse * canary + control) / (tolerated * canary + control))
    answer: Array = failed * np.log(worse / tolerated) - all_failed * mixed
    return answer


class RatioTest:
    """An e-process for "the ratio is above ``tolerated``", with an onset anywhere.

    ``shape``: the leading axes (() for one count, (S,) for segments, (R,) for a batch). ``log_wealth`` has shape
    (*shape, K). ``nearest``, ``highest``, ``centre``: see ``grid``. Bring the onset's mass of the look to ``look``; the same
    ``Onset`` may serve many tests.
    """

    def __init__(
        self,
        tolerated: float,
        shape: tuple[int, ...] = (),
        nearest: float = 1.15,
        highest: float = grid.HIGHEST,
        centre: float = grid.CENTRE,
    ) -> None:
        self.tolerated = tolerated
        self.alternatives = grid.ratios(tolerated, nearest, highest)
        self.log_prior = grid.log_prior(self.alternatives, tolerated, centre)
        self.log_wealth: Array = np.full((*shape, len(self.alternatives)), NOTHING)

    def look(
        self, mass: float, null: float, hits: Array, requests: Array, phi: Array | float, budget: float
    ) -> None:
        """Learn from one look. ``null``: the ratio tolerated now (never below ``tolerated``).

        ``hits``, ``requests``: (2, *shape), canary first. ``phi``, ``budget``: see ``dispersion.temper``.
        """
        log_ratio = log_likelihood_ratio(self.alternatives, max(null, self.tolerated), hits, requests)
        self.log_wealth = onset.grow(self.log_wealth, self.log_prior, mass, temper(log_ratio, phi, budget))

    def log_e(self, log_left: float) -> Array:
        """The logarithm of the e-value so far, of shape ``shape``."""
        return onset.log_e(self.log_wealth, log_left)

    def add(self, rows: int, spent: float) -> None:
        """New rows on the first axis, as though they had been there without data while ``spent`` of the onset was."""
        fresh = self.log_prior + math.log(spent) if spent > 0.0 else np.full_like(self.log_prior, NOTHING)
        rows_of = np.broadcast_to(fresh, (rows, *self.log_wealth.shape[1:]))
        self.log_wealth = np.concatenate((self.log_wealth, rows_of))
