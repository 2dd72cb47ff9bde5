"""What is shown: the ratio canary : control with a confidence sequence, and quantiles with a band. Valid at every look."""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence.arrays import Array, log_sum
from pilotage.decisions.evidence.judgement import Interval

WIDEST = 64.0
GRID: Array = np.exp(np.linspace(-math.log(WIDEST), math.log(WIDEST), 193))
LOG_GRID: Array = np.log(GRID)
_WEIGHTS = np.exp(-0.5 * LOG_GRID**2)
LOG_WEIGHTS: Array = np.log(_WEIGHTS / _WEIGHTS.sum())


def log_likelihood(hits: Array, requests: Array, phi: float) -> Array:
    """The log of the conditional likelihood of each ratio of the grid, one look; ``hits``, ``requests``: (2,), canary first.

    l(r) = [e1 ln r - E ln(r pi + 1 - pi)] / phi. Source: evidence.md 3.11.
    """
    share = requests[0] / (requests[0] + requests[1])
    answer: Array = (hits[0] * LOG_GRID - (hits[0] + hits[1]) * np.log(GRID * share + 1.0 - share)) / phi
    return answer


def confidence_sequence(log_likelihoods: Array, budget: float, estimate: float | None) -> Interval:
    """All ratios that a log-normal mixture over the grid does not beat by 1/budget: the sum of all looks goes in.

    The bounds are the outermost ratios kept, widened to the next of the grid (one that is cut off by the grid's end is
    0 or infinity).
    """
    mixture = float(log_sum(log_likelihoods + LOG_WEIGHTS))
    # The best ratio beats any mixture; that the maximum is taken too guards against rounding.
    least = min(mixture + math.log(budget), float(log_likelihoods.max()))
    kept = np.flatnonzero(log_likelihoods >= least)
    first, last = int(kept[0]) - 1, int(kept[-1]) + 1
    low = float(GRID[first]) if first >= 0 else 0.0
    high = float(GRID[last]) if last < len(GRID) else math.inf
    return Interval(low, estimate, high)


def band(requests: float, budget: float) -> float:
    """Half the width of a band around an empirical distribution function that holds at every look (Howard & Ramdas 2022).

    0.85 sqrt((ln(1 + ln n) + 0.8 ln(1612 / budget)) / n) (arXiv 1906.09712, constants as in evidence.md 3.6c).
    """
    if requests < 1.0:
        return 1.0
    inner = math.log1p(math.log(requests)) + 0.8 * math.log(1612.0 / budget)
    return min(1.0, 0.85 * math.sqrt(inner / requests))
