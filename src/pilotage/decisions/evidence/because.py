"""The sentences: what was seen, how sure that is, and what would be needed. For people who do not read formulas."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pilotage.decisions.evidence import buckets, slow, words
from pilotage.decisions.evidence.design import Design, Kind, Limit, Margin
from pilotage.decisions.evidence.judgement import Action, Found
from pilotage.decisions.evidence.recent import told_of
from pilotage.decisions.evidence.seen import Seen
from pilotage.decisions.evidence.slow import USUAL_SHARE

MISSES = 3


def of_found(design: Design, metrics: Sequence[Seen], family: float, found: Found) -> str:
    """One margin or limit in a sentence; ``family``: the logarithm of the release's e-value."""
    metric = next(m for m in metrics if m.design.name == found.metric)
    for margin in metric.design.margins:
        if margin.key == found.key:
            return _margin(design, metric, margin, family, found)
    limit = next(limit for limit in metric.design.limits if limit.key == found.key)
    return _limit(design, metric, limit, found)


def _margin(design: Design, metric: Seen, margin: Margin, family: float, found: Found) -> str:
    # The release's own e-value is told where it decides; else that of this margin, brought to the same scale.
    decides = margin.rolls_back and family >= found.log_e - found.needed - math.log(design.budget)
    proof = _proof(design, family if decides else _to_scale(design, found))
    where = f' (most in segment "{found.segment}")' if found.segment else ""
    if not found.certain:
        return f"{_seen(design, metric)}{where}: {proof}"
    return f"{_seen(design, metric)}{where}: {_how_much(design, metric, margin)}, {proof}"


def _to_scale(design: Design, found: Found) -> float:
    """The logarithm of the evidence on the one scale people see, that of the release: 1 / budget is what is needed."""
    return found.log_e - found.needed - math.log(design.budget)


def _proof(design: Design, log_e: float) -> str:
    return f"evidence {words.evidence(log_e)} against {words.evidence(-math.log(design.budget))} needed"


def _seen(design: Design, metric: Seen) -> str:
    """What both arms did: since it began to look worse, or, where that is all the time, so far."""
    told = told_of(metric.recent, metric.requests, metric.hits)
    (n1, n0), (e1, e0) = told.requests, told.hits
    name, lately = metric.design.name, _lately(design, told.looks)
    if n1 <= 0.0:
        return f"{name}: no requests on the canary yet"
    if metric.design.kind is Kind.LATENCY:
        return _times(metric)
    if n0 <= 0.0:
        return f"{name} on the canary {words.rate(e1, n1)}, no baseline{lately}"
    return f"{name} on the canary {words.rate(e1, n1)}, baseline {words.rate(e0, n0)}{lately}"


def _lately(design: Design, looks: float) -> str:
    return f" in the last {words.span(looks * design.every)}" if looks else ""


def _times(metric: Seen) -> str:
    """How long the slower requests of both arms took so far: their p95."""
    canary, control = (buckets.quantile(arm, metric.design.bounds, USUAL_SHARE) for arm in metric.totals)
    told = f"{metric.design.name}: p95 on the canary {words.seconds(canary, metric.design.bounds[-1])}"
    baseline = (
        f"baseline {words.seconds(control, metric.design.bounds[-1])}"
        if control is not None
        else "no baseline"
    )
    return f"{told}, {baseline}"


def _how_much(design: Design, metric: Seen, margin: Margin) -> str:
    """How much worse at least: the end of the interval, or, where that says less, the margin that is refuted."""
    if metric.design.kind is Kind.LATENCY:  # its interval is of slow requests, the margin of times
        return f"requests on the canary take more than {words.times(margin.ratio)} times as long"
    low = metric.interval(design.budget).low
    least = f"at least {words.times(low)}" if low > margin.ratio else f"more than {words.times(margin.ratio)}"
    return f"{least} times worse"


def _limit(design: Design, metric: Seen, limit: Limit, found: Found) -> str:
    (n1, e1), (n0, e0) = metric.limit_totals(metric.design.limits.index(limit), found.segment)
    lately = ""
    if metric.design.kind is Kind.ERRORS and not found.segment:
        told = told_of(metric.recent, metric.requests, metric.hits)
        (n1, n0), (e1, e0), lately = told.requests, told.hits, _lately(design, told.looks)
    proof = _proof(design, _to_scale(design, found))
    allowed = f"the limit is {words.percent(limit.share)}"
    seen = f"{metric.design.name} on the canary {words.rate(float(e1), float(n1))}"
    if metric.design.kind is Kind.LATENCY:
        beyond = slow.threshold(limit, metric.design.bounds, metric.totals[1])
        than = f" slower than {words.seconds(beyond, math.inf)}" if beyond is not None else " too slow"
        seen = f"{metric.design.name}: {words.rate(float(e1), float(n1))} of the canary's requests{than}"
    if found.segment:
        seen += f' in segment "{found.segment}"'
    seen += lately
    if found.shared:
        beside = f", baseline {words.rate(float(e0), float(n0))}"
        return f"{seen}{beside}: {allowed}, and the baseline is no better, so this is not the release's own: {proof}"
    return f"{seen}: {allowed}, {proof}"


def of_judgement(
    design: Design,
    metrics: Sequence[Seen],
    family: float,
    action: Action,
    found: Sequence[Found],
    missing: str,
) -> str:
    """The judgement in one sentence: that of what decided, or what is waited for."""
    silent = [m for m in metrics if m.missed >= MISSES]
    if action is Action.ROLL_BACK or any(f.certain or f.shared for f in found):
        first = [f for f in found if f.certain] or [f for f in found if f.shared]
        return max(first, key=lambda f: f.log_e - f.needed).because
    if silent:
        return "; ".join(_silence(metric) for metric in silent)
    if action is Action.HOLD:
        doubtful = max(found, key=lambda f: f.log_e - f.needed)
        return f"in doubt: {doubtful.because}"
    quiet = f"nothing worse than tolerated so far: {_proof(design, family)}"
    return f"{quiet}; still needed: {missing}" if missing else quiet


def _silence(metric: Seen) -> str:
    """How long a metric has had no data, and why where that is known (after a restart, not before the next look)."""
    why = f" ({metric.problem})" if metric.problem else ""
    return f"{metric.design.name}: no data for {metric.missed} looks{why}"
