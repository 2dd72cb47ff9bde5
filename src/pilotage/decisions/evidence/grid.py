"""The alternatives of a test: ratios worse than the tolerated one, and how much is wagered on each."""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence.arrays import Array

POINTS = 24
HIGHEST = 100.0
CENTRE = 6.0
WIDTH = 1.0
EVENLY = 0.15
IN_SEGMENT = 30.0
"""The centre for a single segment: with its few requests only large ratios can be seen at all."""


def ratios(tolerated: float, nearest: float = 1.15, highest: float = HIGHEST, points: int = POINTS) -> Array:
    """Ratios from ``nearest`` times the tolerated one to ``highest``, evenly on a log scale. Shape (points,).

    Source: evidence.md 3.1. Where the tolerated ratio is itself large, the grid reaches four times beyond it.
    """
    top = max(highest, 4.0 * tolerated)
    return tolerated * np.exp(np.linspace(math.log(nearest), math.log(top / tolerated), points))


def log_prior(alternatives: Array, tolerated: float, centre: float = CENTRE, width: float = WIDTH) -> Array:
    """Logarithms of the weights of ``alternatives``, which sum to one. Shape (K,).

    A bell over the logarithm of the excess ratio around ``centre`` (small regressions need every bit of evidence, large
    ones have plenty), and some spread evenly so that no ratio is forgotten. Any weights fixed beforehand are valid.
    """
    excess = np.log(alternatives / tolerated)
    bell = np.exp(-0.5 * ((excess - math.log(centre)) / width) ** 2)
    prior: Array = np.log((1.0 - EVENLY) * bell / bell.sum() + EVENLY / len(alternatives))
    return prior
