"""A quantile from the cumulative buckets of a histogram, by the rules of Prometheus' ``histogram_quantile``."""

from __future__ import annotations

import math
from collections.abc import Mapping


def total(buckets: Mapping[float, float]) -> float | None:
    """How many observations there are: the bucket without an upper bound; None where there is no such bucket."""
    return buckets.get(math.inf)


def quantile(wanted: float, buckets: Mapping[float, float]) -> float | None:
    """The ``wanted`` quantile (0 to 1) of ``{upper bound: observations at or below it}``; None without observations.

    Linear between the bounds of the bucket it falls in, the lowest bucket beginning at 0; in the last bucket, which
    has no upper bound, the highest finite bound. Source: Prometheus, promql/quantile.go, ``bucketQuantile``.
    """
    bounds = sorted(buckets)
    count = total(buckets)
    if not count or len(bounds) < 2:
        return None
    # Buckets scraped at slightly different moments may shrink upwards; a cumulative count never does.
    below = list[float]()
    for bound in bounds:
        below.append(max(buckets[bound], below[-1] if below else 0.0))
    rank = wanted * count
    place = next((i for i, seen in enumerate(below) if seen >= rank), len(bounds) - 1)
    if math.isinf(bounds[place]):
        return bounds[-2]
    if place == 0:
        return bounds[0] if bounds[0] <= 0 else bounds[0] * (rank / below[0] if below[0] else 0.0)
    inside = below[place] - below[place - 1]
    share = (rank - below[place - 1]) / inside if inside else 0.0
    return bounds[place - 1] + (bounds[place] - bounds[place - 1]) * share
