"""The rules other tools use, as their sources have them. Each takes the traffic of many rollouts and gives, for each of
them, the tick at which it would roll back (``NEVER``: not at all).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.evidence.mann_whitney import higher
from bench.evidence.traffic import BOUNDS, Counts, Traffic

Alarms = NDArray[np.int64]
Rule = Callable[[Traffic], Alarms]
NEVER = -1
MINUTE = 4
"""Ticks in a minute."""


def first(flags: NDArray[np.bool_]) -> Alarms:
    """The first tick that is flagged, by rollout."""
    return np.where(flags.any(axis=1), flags.argmax(axis=1), NEVER)


def consecutive(flags: NDArray[np.bool_], times: int) -> NDArray[np.bool_]:
    """Flagged, and so were the ``times`` - 1 ticks before."""
    run = flags.copy()
    for back in range(1, times):
        run[:, back:] &= flags[:, :-back]
        run[:, :back] = False
    return run


def rates(errors: Counts, requests: Counts) -> Counts:
    """Errors by request; NaN without requests, and where a counter was reset."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate: Counts = np.where((requests > 0) & (errors >= 0), errors / requests, np.nan)
    return rate


def argo_default(traffic: Traffic) -> Alarms:
    """Error rate over 1 %, once. Argo Rollouts, ``analysis/analysis.go``: a metric has failed when ``failed >
    failureLimit``, whose default is 0. A look without requests gives no measurement.
    """
    return first(rates(traffic.canary.errors, traffic.canary.requests) > 0.01)


def over_1_percent_thrice(traffic: Traffic) -> Alarms:
    """Error rate over 1 % at 3 looks in a row: the rule most teams write by hand."""
    return first(consecutive(rates(traffic.canary.errors, traffic.canary.requests) > 0.01, 3))


def over_5_percent_thrice(traffic: Traffic) -> Alarms:
    """Error rate over 5 % at 3 looks in a row."""
    return first(consecutive(rates(traffic.canary.errors, traffic.canary.requests) > 0.05, 3))


def flagger_success_rate(traffic: Traffic) -> Alarms:
    """Success rate below 99 % over a minute, looked at once a minute, threshold 5. Flagger, ``pkg/controller/scheduler.go``:
    failed checks add up over the whole run and are never taken back; no values is a failed check. Flagger itself rolls
    back one interval after the check that reaches the threshold; here it does so at once.
    """
    requests, errors = _by_minute(traffic.canary.requests), _by_minute(traffic.canary.errors)
    failed = ~(rates(errors, requests) <= 0.01)
    return _fifth_failed_check(failed)


def flagger_p99(traffic: Traffic) -> Alarms:
    """99th percentile over 500 ms over a minute, looked at once a minute, threshold 5. Flagger's other built-in check."""
    failed = ~(quantiles(_by_minute(_buckets(traffic)[1]), 0.99) <= 0.5)
    return _fifth_failed_check(failed)


def p95_thrice(traffic: Traffic) -> Alarms:
    """The canary's 95th percentile over 1.2 times the control's at 3 looks in a row."""
    control, canary = (quantiles(buckets, 0.95) for buckets in _buckets(traffic))
    return first(consecutive(canary > 1.2 * control, 3))


def kayenta_errors(traffic: Traffic) -> Alarms:
    """Kayenta's NetflixACAJudge on the error rate as one critical metric: a window of 15 minutes, judged every 5."""
    control, canary = traffic.control, traffic.canary
    return _kayenta(rates(control.errors, control.requests), rates(canary.errors, canary.requests))


def kayenta_p95(traffic: Traffic) -> Alarms:
    """The same on the 95th percentile of each tick."""
    control, canary = (quantiles(buckets, 0.95) for buckets in _buckets(traffic))
    return _kayenta(control, canary)


def naive_z(traffic: Traffic) -> Alarms:
    """The two-proportion z test on all requests so far, one-sided at 1 %, looked at every tick as if it were the first."""
    n0, e0, n1, e1 = (
        np.cumsum(np.maximum(counts, 0), axis=1)
        for arm in (traffic.control, traffic.canary)
        for counts in (arm.requests, arm.errors)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (e0 + e1) / (n0 + n1)
        z = (e1 / n1 - e0 / n0) / np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    return first(z > 2.326)


def quantiles(buckets: Counts, q: float) -> Counts:
    """Prometheus' ``histogram_quantile``: linear inside the bucket; the last finite bound beyond it; NaN without requests."""
    bounds = np.array([0.0, *BOUNDS])
    cumulative = np.cumsum(buckets, axis=-1)
    rank = q * cumulative[..., -1]
    bucket = (cumulative < rank[..., None]).sum(axis=-1)
    inside = np.minimum(bucket, len(BOUNDS) - 1)
    count = np.take_along_axis(buckets, inside[..., None], -1)[..., 0]
    below = np.take_along_axis(cumulative, inside[..., None], -1)[..., 0] - count
    with np.errstate(divide="ignore", invalid="ignore"):
        value = bounds[inside] + (bounds[inside + 1] - bounds[inside]) * (rank - below) / count
    value = np.where(bucket > len(BOUNDS) - 1, bounds[-1], value)
    quantile: Counts = np.where(cumulative[..., -1] > 0, value, np.nan)
    return quantile


def _buckets(traffic: Traffic) -> tuple[Counts, Counts]:
    """The histograms of the control and of the canary."""
    if traffic.control.buckets is None or traffic.canary.buckets is None:
        raise ValueError("this rule reads latency, and the scenario has none: ask it in a latency scenario")
    return traffic.control.buckets, traffic.canary.buckets


def _by_minute(counts: Counts) -> Counts:
    """Sums over whole minutes, axis 1."""
    minutes = counts.shape[1] // MINUTE
    cut = np.maximum(counts[:, : minutes * MINUTE], 0)
    summed: Counts = cut.reshape(len(cut), minutes, MINUTE, *counts.shape[2:]).sum(axis=2)
    return summed


def _fifth_failed_check(failed: NDArray[np.bool_]) -> Alarms:
    """The last tick of the minute in which the fifth check failed."""
    minute = first(failed.cumsum(axis=1) >= 5)
    return np.where(minute == NEVER, NEVER, minute * MINUTE + MINUTE - 1)


def _kayenta(control: Counts, canary: Counts, window: int = 60, every: int = 20) -> Alarms:
    """The tick of the first look at which the canary is "High"."""
    rollouts, ticks = canary.shape
    alarms = np.full(rollouts, NEVER)
    for end in range(every, ticks + 1, every):
        open_ = np.flatnonzero(alarms == NEVER)
        if not open_.size:
            break
        span = slice(max(0, end - window), end)
        alarms[open_[higher(canary[open_, span], control[open_, span])]] = end - 1
    return alarms
