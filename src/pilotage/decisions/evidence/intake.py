"""What a look may hold: counts that cannot be are no data, in words; they never become "nothing failed"."""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.design import Kind, MetricDesign
from pilotage.decisions.evidence.judgement import Counts, Pair

LARGEST = 1e10
"""Requests in one look; beyond, sums of many looks would lose the digits that the tests live on."""
NO_CANARY = "no requests on the canary"
NO_CONTROL = "no requests on the baseline"
NOBODY = "no baseline to compare with"


def width(metric: MetricDesign) -> int:
    """How many classes of requests a metric has: (fine, failed), or one for each bucket."""
    return 2 if metric.kind is Kind.ERRORS else len(metric.bounds) + 1


def counted(counts: Counts, metric: MetricDesign) -> tuple[float, ...] | str:
    """One arm's requests by class (``width`` of them), or why there are none.

    More failures than requests (two counters scraped a moment apart) are taken as all requests failed. The number of
    requests of a histogram is the sum of its buckets.
    """
    latency = metric.kind is Kind.LATENCY
    if latency and len(counts.buckets) != len(metric.bounds) + 1:
        if not counts.buckets:
            return "no histogram"
        return (
            f"the histogram has {len(counts.buckets)} buckets, expected {len(metric.bounds) + 1}: "
            "start the evidence again with the new bounds"
        )
    numbers = tuple(counts.buckets) if latency else (counts.requests, counts.errors)
    if not all(map(math.isfinite, numbers)):
        return "a count is not a number"
    if max(numbers) > LARGEST:
        return "a count is too large to be one"
    if min(numbers) < 0.0:
        return "a counter went backwards (a restart?)"
    if latency:
        return numbers
    errors = min(counts.errors, counts.requests)
    return counts.requests - errors, errors


def paired(pair: Pair | None, metric: MetricDesign) -> tuple[Array | None, str]:
    """Both arms of a look, shape (2, width), canary first, and what is missing in words.

    Where only the control is missing, its row is zeros: limits can still be judged. None: nothing can be.
    """
    if pair is None:
        return None, "no data"
    canary = counted(pair.canary, metric)
    if isinstance(canary, str):
        return None, f"canary: {canary}"
    if sum(canary) <= 0.0:
        return None, NO_CANARY
    control = (0.0,) * len(canary) if pair.control is None else counted(pair.control, metric)
    problem = NOBODY if pair.control is None else ""
    if isinstance(control, str):
        problem, control = f"baseline: {control}", (0.0,) * len(canary)
    if not problem and sum(control) <= 0.0:
        problem = NO_CONTROL
    return np.array((canary, control), dtype=np.float64), problem
