"""From the state of all metrics to one judgement: roll back, hold, ready, or go on. Source: evidence.md 3.9 and 3.10."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pilotage.decisions.evidence import because, readiness
from pilotage.decisions.evidence.design import Design, Kind
from pilotage.decisions.evidence.judgement import Action, Found, Interval, Judgement
from pilotage.decisions.evidence.limits import PART
from pilotage.decisions.evidence.watched import Watched

DOUBT = math.log(10.0)


@dataclass(frozen=True, slots=True)
class Family:
    """The release's own e-value: sum of w_m e_m over each metric's smallest margin that rolls back.

    A weighted mean of e-values is one under any dependence, never worse than Bonferroni. ``log_parts`` by metric.
    """

    log_e: float
    log_parts: dict[str, float]

    @property
    def largest(self) -> str:
        """The metric with the largest part."""
        return max(self.log_parts, key=self.log_parts.__getitem__, default="")


def leading(watched: Watched) -> int | None:
    """Which margin of a metric counts in the family: the smallest that rolls back."""
    rolls = [i for i, margin in enumerate(watched.design.margins) if margin.rolls_back]
    return min(rolls, key=lambda i: watched.design.margins[i].ratio, default=None)


def log_weights(metrics: Sequence[Watched]) -> dict[str, float]:
    """Logarithms of the weights of the metrics that may roll back; the weights sum to one."""
    heavy = {m.design.name: m.design.weight for m in metrics if leading(m) is not None}
    total = math.fsum(heavy.values())
    return {name: math.log(weight / total) for name, weight in heavy.items()}


def judge(design: Design, metrics: Sequence[Watched], log_left: float) -> Judgement:
    """The answer after a look. Pure: the same state gives the same answer."""
    needed = math.log(1.0 / design.budget)
    weights = log_weights(metrics)
    margins = {m.design.name: [m.margin_log_e(i, log_left) for i in range(len(m.whole))] for m in metrics}
    parts = {
        m.design.name: weights[m.design.name] + margins[m.design.name][lead][0]
        for m in metrics
        if (lead := leading(m)) is not None
    }
    family = Family(float(np.logaddexp.reduce(list(parts.values()))) if parts else 0.0, parts)
    found: list[Found] = []
    for metric in metrics:
        found += _margins(metric, margins[metric.design.name], family, weights, needed)
        found += _limits(metric, margins[metric.design.name], log_left, needed)
    found = [replace(f, because=because.of_found(design, metrics, family.log_e, f)) for f in found]
    action = _action(family, found, metrics)
    intervals = {m.design.name: _interval(design, m, found) for m in metrics if m.whole}
    missing = readiness.missing(design, metrics, intervals)
    if action is Action.CONTINUE and not missing:
        action = Action.READY
    return Judgement(
        action,
        math.exp(min(family.log_e, 700.0)),
        1.0 / design.budget,
        because.of_judgement(metrics, family.log_e, needed, action, found, missing),
        tuple(found),
        intervals,
        {m.design.name: readiness.smallest(design, m) for m in metrics if m.whole},
        missing,
    )


def _interval(design: Design, metric: Watched, found: Sequence[Found]) -> Interval:
    """Where the ratio lies. A margin that is refuted bounds it too: what is shown is what decided."""
    interval = metric.interval(design.budget)
    if metric.design.kind is not Kind.ERRORS:
        return interval  # it compares the shares of slow requests, and the margin is about times
    ratios = {margin.key: margin.ratio for margin in metric.design.margins}
    certain = [
        ratios[f.key] for f in found if f.metric == metric.design.name and f.certain and f.key in ratios
    ]
    low = max((interval.low, *certain))
    return Interval(low, interval.estimate, max(interval.high, low))


def _margins(
    metric: Watched,
    log_es: Sequence[tuple[float, str]],
    family: Family,
    weights: dict[str, float],
    needed: float,
) -> list[Found]:
    """How the margins stand. A wider margin is certain only where the smallest that rolls back is: nulls are nested."""
    name, lead = metric.design.name, leading(metric)
    answer = []
    for index, margin in enumerate(metric.design.margins):
        log_e, segment = log_es[index]
        threshold = needed - weights[name] if margin.rolls_back else needed
        certain = log_e >= threshold
        if index == lead and family.log_e >= needed:
            certain = certain or family.largest == name
        elif margin.rolls_back and lead is not None:
            certain = certain and log_es[lead][0] >= threshold
        doubt = log_e - threshold + needed >= DOUBT
        answer.append(Found(name, margin.key, log_e, threshold, certain, doubt, segment=segment))
    return answer


def _limits(
    metric: Watched, log_es: Sequence[tuple[float, str]], log_left: float, needed: float
) -> list[Found]:
    """How the limits stand: certain where the canary is worse than a control that keeps the limit; else everybody's."""
    answer = []
    threshold = needed - math.log(PART)
    lead = leading(metric)
    for index, limit in enumerate(metric.design.limits):
        log_e, control, segment, alone = metric.limit_log_e(index, log_left)
        broken = log_e >= threshold
        # A margin's evidence is that of the whole and all segments: the canary is worse somewhere.
        relative = max((log_e for log_e, _ in log_es), default=0.0) if lead is None else log_es[lead][0]
        worse = alone or (relative > 0.0 and control < DOUBT)
        doubt = log_e >= DOUBT or control >= DOUBT
        shared = (broken and not worse) or control >= DOUBT
        certain = broken and worse
        answer.append(Found(metric.design.name, limit.key, log_e, threshold, certain, doubt, shared, segment))
    return answer


def _action(family: Family, found: Sequence[Found], metrics: Sequence[Watched]) -> Action:
    """Roll back beats hold beats going on."""
    rolling = {
        (m.design.name, margin.key) for m in metrics for margin in m.design.margins if margin.rolls_back
    }
    rolling |= {(m.design.name, limit.key) for m in metrics for limit in m.design.limits}
    if any(f.certain and (f.metric, f.key) in rolling for f in found):
        return Action.ROLL_BACK
    if family.log_e >= DOUBT or any(f.certain or f.doubt or f.shared for f in found):
        return Action.HOLD
    return Action.HOLD if any(m.missed >= because.MISSES for m in metrics) else Action.CONTINUE
