"""Kayenta's metric classifier: Mann-Whitney with an interval for the shift, for many pairs of series at once.

Read in spinnaker/kayenta: ``MannWhitneyClassifier.scala``, ``MannWhitney.scala``, ``NetflixACAJudge.scala``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.evidence.traffic import Counts

Z98 = 2.3263478740408408
"""The normal quantile of 0.99: the judge fixes a two-sided confidence of 0.98."""

TOLERANCE = 0.25
"""Part of the estimated shift that the interval's lower end has to exceed."""


def higher(experiment: Counts, control: Counts) -> NDArray[np.bool_]:
    """Which rows of ``experiment`` are "High" against ``control``; both (rows, points), NaN where there is no point.

    High: the lower end of the interval for the shift is above a quarter of the estimated shift, and the mean is at least
    that of the control (not asked where one mean is 0). A row without points on one side passes, and so do equal rows.
    """
    low, estimate = shift(experiment, control)
    with np.errstate(divide="ignore", invalid="ignore"):
        totals = [np.nansum(side, axis=1) for side in (experiment, control)]
        counts = [(~np.isnan(side)).sum(axis=1) for side in (experiment, control)]
        ratio = (totals[0] / counts[0]) / (totals[1] / counts[1])
    effect = (ratio >= 1) | (totals[0] == 0) | (totals[1] == 0)
    same = experiment.shape == control.shape and (np.sort(experiment) == np.sort(control)).all(axis=1)
    high: NDArray[np.bool_] = (low > TOLERANCE * np.abs(estimate)) & effect & np.logical_not(same)
    return high


def shift(experiment: Counts, control: Counts) -> tuple[Counts, Counts]:
    """The interval's lower end and the Hodges-Lehmann estimate of ``experiment`` - ``control``, by row; NaN without points.

    Both invert the rank sum: between two neighbouring differences it does not move, so the root that Kayenta searches by
    Brent's method lies on one of the differences, and its place among them follows from the normal approximation, with
    the correction for continuity (interval only) and for ties inside each side.
    """
    sizes = [(~np.isnan(side)).sum(axis=1) for side in (experiment, control)]
    pairs = sizes[0] * sizes[1]
    differences = (experiment[:, :, None] - control[:, None, :]).reshape(len(experiment), -1)
    differences.sort(axis=1)  # NaN go last
    both = sizes[0] + sizes[1]
    ties = _ties(experiment) + _ties(control)
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma = np.sqrt(pairs / 12 * (both + 1 - ties / (both * (both - 1))))
    sigma = np.nan_to_num(sigma)
    found = []
    for place in (np.floor(pairs / 2 - 0.5 - Z98 * sigma), np.floor(pairs / 2)):
        index = np.clip(place, 0, np.maximum(pairs - 1, 0)).astype(int)
        value = np.take_along_axis(differences, index[:, None], 1)[:, 0]
        found.append(np.where(pairs > 0, value, np.nan))
    return found[0], found[1]


def _ties(values: Counts) -> Counts:
    """Sum of t^3 - t over the groups of t equal values in each row."""
    together = (values[:, :, None] == values[:, None, :]).sum(axis=2)
    counted: Counts = np.where(together > 0, together.astype(float) ** 2 - 1, 0.0).sum(axis=1)
    return counted
