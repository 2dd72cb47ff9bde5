"""Histograms with fixed buckets: what they become when every request takes longer, and shares above a bound.

Inside a bucket requests are taken as spread evenly over the logarithm of time; the first bucket begins, and the last ends,
one ratio of its neighbours further. Bounds are seconds, ascending; histograms have one class more than there are bounds.
"""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence.arrays import Array, Indices


def stretched(bounds: tuple[float, ...], factors: Array) -> Array:
    """For each factor the matrix M with ``histogram @ M`` = the histogram when all take ``factor`` times as long.

    ``factors`` (A,), answer (A, B, B); every row sums to one. Fractional counts are fine: the score of a request split
    over two buckets is, in expectation, at most that of one that is put into either by chance (Jensen).
    """
    logs = np.log(np.asarray(bounds, dtype=np.float64))
    edges = np.concatenate(([2.0 * logs[0] - logs[1]], logs, [2.0 * logs[-1] - logs[-2]]))
    moved = edges[None, :] + np.log(factors)[:, None]
    low, high = moved[:, :-1, None], moved[:, 1:, None]
    lower = np.concatenate(([-math.inf], logs))
    upper = np.concatenate((logs, [math.inf]))
    overlap = np.minimum(high, upper) - np.maximum(low, lower)
    answer: Array = np.maximum(overlap, 0.0) / (high - low)
    return answer


def divided(shares: Array, bounds: tuple[float, ...], factor: float) -> Array:
    """The matrix M with ``histogram @ M`` = the histogram when all take 1/``factor`` of the time, for large factors.

    How requests lie inside a wide bucket matters then: they are spread as the control's are, from ``shares`` (..., B), none
    zero, whose distribution is taken as logit-linear in the logarithm of time between bounds (exact for a log-logistic one).
    Answer (..., B, B), rows sum to one.
    """
    logs = np.log(np.asarray(bounds, dtype=np.float64))
    below = np.cumsum(shares, axis=-1)[..., :-1]
    logits = np.log(below / above(shares))
    points = logs - math.log(factor)
    left = np.clip(np.searchsorted(logs, points) - 1, 0, len(logs) - 2)
    part = (points - logs[left]) / (logs[left + 1] - logs[left])
    ends = 1.0 / (1.0 + np.exp(-(logits[..., left] * (1.0 - part) + logits[..., left + 1] * part)))
    low = np.concatenate((np.zeros_like(ends[..., :1]), ends), axis=-1)[..., :, None]
    high = np.concatenate((ends, np.ones_like(ends[..., :1])), axis=-1)[..., :, None]
    slower = (high - np.maximum(low, below[..., None, :])) / np.maximum(high - low, 1e-300)
    slower = np.clip(slower, 0.0, 1.0)
    answer: Array = -np.diff(
        np.concatenate((np.ones_like(slower[..., :1]), slower, np.zeros_like(slower[..., :1])), axis=-1),
        axis=-1,
    )
    return answer


def above(histogram: Array) -> Array:
    """How many are slower than each bound. Shape (..., B) to (..., B - 1)."""
    answer: Array = np.cumsum(histogram[..., ::-1], axis=-1)[..., -2::-1]
    return answer


def nearest_bounds(shares: Array, quantiles: Array) -> Indices:
    """For each tail share of ``quantiles`` (Q,) the bound whose share above it is nearest (in logarithm).

    ``shares`` (..., B): shares of all classes, none zero; answer (..., Q) indices of bounds.
    """
    tails = np.log(above(shares))
    answer: Indices = np.abs(tails[..., None, :] - np.log(quantiles)[:, None]).argmin(axis=-1)
    return answer


def quantile(histogram: Array, bounds: tuple[float, ...], share: float) -> float | None:
    """The time that only ``share`` of the requests exceed, in seconds, log-linear inside its bucket; None without requests.

    Beyond the last bound nothing is known: infinite.
    """
    total = float(histogram.sum())
    if total <= 0.0:
        return None
    tails = np.concatenate(([1.0], above(histogram) / total))
    place = int(np.flatnonzero(tails > share)[-1])
    if place >= len(bounds):
        return math.inf
    low = bounds[place - 1] if place else bounds[0] ** 2 / bounds[1]
    part = (tails[place] - share) / (tails[place] - tails[place + 1])
    return float(low * (bounds[place] / low) ** part)
