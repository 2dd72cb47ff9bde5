"""When may a regression have begun? A prior over its onset, spent as time goes by, keeps one exact test for all of it.

Per alternative k with prior weight w_k, and with gamma the prior probability that the regression began since the last look:

    S_k <- (S_k + w_k * gamma) * L_k,     e = (what is not spent) + sum_k S_k

The mixture of martingales is one (start value 1), so P(e ever reaches 1/budget) <= budget whatever the onset (Ville 1939).
It is a Shiryaev-Roberts e-detector (Shin, Ramdas, Rinaldo 2023, arXiv 2203.03532) with a proper prior. Source: evidence.md 3.2.
Mass is spent by elapsed time, so a late or missing look changes nothing in the prior: what two looks would have spent,
one spends.
"""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence.arrays import NOTHING, Array, log_sum

AT_ONCE = 0.4
AT_STAGES = 0.22
AT_SURPRISES = 0.04
"""Kept for stage starts where none was planned; the rest of what stages would have is for the start."""
BEYOND = 0.03
"""Of the mass spread over time, this part (of the whole) is kept for a release that lasts longer than planned."""


class Onset:
    """How much of the prior is spent: 40 % at the start, 22 % at later stage starts, 38 % evenly over the planned length.

    ``horizon`` and ``every`` are seconds (None: unknown length; the mass is then spent slower and slower, for ever);
    ``planned``: later stage starts, 0: the start has most of what is kept for them.
    A stage start takes an equal part of what is kept for stages, one part staying for starts nobody planned; it is taken
    when the stage begins, before that look is seen, so the prior stays predictable.
    """

    def __init__(self, horizon: float | None, every: float, planned: int = 0) -> None:
        self.horizon, self.every, self.planned = horizon, every, planned
        self.reserve = AT_STAGES if planned else AT_SURPRISES
        self.pending = AT_ONCE + AT_STAGES - self.reserve
        self.spent_until, self.left = 0.0, 1.0

    def began(self) -> None:
        """A later stage began: some of its reserve is spent with the next look."""
        part = self.reserve / (max(self.planned, 1) + 1)
        self.planned = max(self.planned - 1, 0)
        self.reserve -= part
        self.pending += part

    def spend(self, seconds: float) -> float:
        """The prior probability that the regression began since the last look, which ends at ``seconds``."""
        mass = self.pending + self._spread(seconds) - self._spread(self.spent_until)
        self.pending = 0.0
        self.spent_until = seconds
        self.left -= mass
        return mass

    def _spread(self, seconds: float) -> float:
        """The mass spread over the time up to ``seconds``."""
        evenly = 1.0 - AT_ONCE - AT_STAGES
        if self.horizon is None:
            return evenly * _slowly(seconds / self.every)
        after = max(seconds - self.horizon, 0.0)
        within = min(seconds / self.horizon, 1.0)
        return (evenly - BEYOND) * within + BEYOND * _slowly(after / self.every)

    @property
    def log_left(self) -> float:
        """The logarithm of what is not spent: the part of the wealth that nothing was wagered with yet."""
        return math.log(self.left) if self.left > 0.0 else NOTHING

    def numbers(self) -> tuple[float, ...]:
        """The state as plain numbers."""
        return (float(self.planned), self.spent_until, self.reserve, self.pending, self.left)

    def take(self, numbers: tuple[float, ...]) -> None:
        """The state from ``numbers()``."""
        planned, self.spent_until, self.reserve, self.pending, self.left = numbers
        self.planned = int(planned)


def _slowly(looks: float) -> float:
    """A share of one that grows like the sum of 1/(j ln^2 j): most early, some for ever."""
    return 1.0 - math.log(2.0) / math.log(2.0 + looks)


def grow(log_wealth: Array, log_prior: Array, mass: float, log_ratio: Array) -> Array:
    """One look of the recursion, in logarithms. All of shape (..., K); ``log_prior`` (K,); ``mass`` a probability."""
    if mass <= 0.0:
        return log_wealth + log_ratio
    grown: Array = np.logaddexp(log_wealth, log_prior + math.log(mass)) + log_ratio
    return grown


def log_e(log_wealth: Array, log_left: float) -> Array:
    """The logarithm of the e-value: all wealth and what is not spent. Shape (..., K) to (...)."""
    total: Array = np.logaddexp(log_sum(log_wealth), log_left)
    return total
