"""Which requests count as too slow, bucket by bucket."""

from __future__ import annotations

import numpy as np

from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.buckets import quantile
from pilotage.decisions.evidence.design import Limit

USUAL_SHARE = 0.05
"""For people and for sizing, the slow requests are those beyond the control's p95."""


def threshold(limit: Limit, bounds: tuple[float, ...], control: Array) -> float | None:
    """Beyond how many seconds a request is too slow; None while nothing is known of the control.

    ``control``: its histogram of past looks, shape (B,).
    """
    if limit.times_control is None:
        return limit.slower_than
    usual = quantile(control, bounds, limit.share)
    return None if usual is None else limit.times_control * usual


def too_slow(beyond: float | None, bounds: tuple[float, ...]) -> Array:
    """1 for every bucket whose requests are all slower than ``beyond`` seconds, else 0. Shape (B,).

    A bucket that the threshold runs through does not count: nobody knows on which side its requests lie, so a limit is
    taken a little too high rather than too low. Beyond the last finite bound nothing can be told.
    """
    begins = np.concatenate(((0.0,), bounds))
    answer: Array = np.zeros(len(begins)) if beyond is None else (begins >= beyond).astype(np.float64)
    return answer


def slowest(bounds: tuple[float, ...], control: Array) -> Array:
    """The buckets beyond the bound nearest the control's p95, as ``too_slow`` gives them; nothing without a control."""
    usual = quantile(control, bounds, USUAL_SHARE)
    if usual is None:
        return np.zeros(len(bounds) + 1)
    nearest = min(bounds, key=lambda bound: abs(np.log(bound / min(usual, 2.0 * bounds[-1]))))
    return too_slow(nearest, bounds)
