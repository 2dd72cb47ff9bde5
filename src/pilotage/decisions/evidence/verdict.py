"""From the state of all metrics to one judgement: roll back, hold, ready, or go on. Source: evidence.md 3.9 and 3.10."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from pilotage.decisions.evidence import because
from pilotage.decisions.evidence.account import SeenAccount
from pilotage.decisions.evidence.design import Design, MetricDesign
from pilotage.decisions.evidence.judgement import Action, Found, Judgement
from pilotage.decisions.evidence.limits import PART
from pilotage.decisions.evidence.watched import Watched

DOUBT = math.log(10.0)


class Terms:
    """What a design fixes for all its judgements. ``needed``: the logarithm of the evidence that rolls back.

    ``leading`` by metric: which margin counts in the family, the smallest that rolls back (None: there is none).
    ``log_weights``: of the metrics that have one; the weights sum to one. ``rolling``: the margins and limits, by metric
    and key, that roll back.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        self.needed = math.log(1.0 / design.budget)
        self.leading = {metric.name: _leading(metric) for metric in design.metrics}
        heavy = {m.name: m.weight for m in design.metrics if self.leading[m.name] is not None}
        total = math.fsum(heavy.values())
        self.log_weights = {name: math.log(weight / total) for name, weight in heavy.items()}
        margins = {(m.name, margin.key) for m in design.metrics for margin in m.margins if margin.rolls_back}
        self.rolling = margins | {(m.name, limit.key) for m in design.metrics for limit in m.limits}


def _leading(metric: MetricDesign) -> int | None:
    rolls = [i for i, margin in enumerate(metric.margins) if margin.rolls_back]
    return min(rolls, key=lambda i: metric.margins[i].ratio, default=None)


class Family(NamedTuple):
    """The release's own e-value: sum of w_m e_m over each metric's smallest margin that rolls back.

    A weighted mean of e-values is one under any dependence, never worse than Bonferroni. ``log_parts`` by metric.
    """

    log_e: float
    log_parts: Mapping[str, float]

    @property
    def largest(self) -> str:
        """The metric with the largest part."""
        return max(self.log_parts, key=self.log_parts.__getitem__, default="")


def judge(terms: Terms, metrics: Sequence[Watched], log_left: float) -> Judgement:
    """The answer after a look. Pure: the same state gives the same answer."""
    margins = {m.design.name: [m.margin_log_e(i, log_left) for i in range(len(m.whole))] for m in metrics}
    family = _family(terms, margins)
    found: list[Found] = []
    for metric in metrics:
        found += _margins(terms, metric, margins[metric.design.name], family)
        if metric.limits:
            found += _limits(terms, metric, margins[metric.design.name], log_left)
    action = _action(terms, family, found, metrics)
    account = SeenAccount(terms.design, [metric.seen() for metric in metrics], family.log_e, found, action)
    if action is Action.CONTINUE and not account.missing:
        action = Action.READY
    return Judgement(action, math.exp(min(family.log_e, 700.0)), 1.0 / terms.design.budget, account)


def _family(terms: Terms, margins: Mapping[str, Sequence[tuple[float, str]]]) -> Family:
    parts = {
        name: weight + margins[name][lead][0]
        for name, weight in terms.log_weights.items()
        if (lead := terms.leading[name]) is not None
    }
    return Family(float(reduce(np.logaddexp, parts.values())) if parts else 0.0, parts)


def _margins(
    terms: Terms, metric: Watched, log_es: Sequence[tuple[float, str]], family: Family
) -> list[Found]:
    """How the margins stand. A wider margin is certain only where the smallest that rolls back is: nulls are nested."""
    name = metric.design.name
    lead = terms.leading[name]
    answer = []
    for index, margin in enumerate(metric.design.margins):
        log_e, segment = log_es[index]
        threshold = terms.needed - terms.log_weights[name] if margin.rolls_back else terms.needed
        certain = log_e >= threshold
        if index == lead and family.log_e >= terms.needed:
            certain = certain or family.largest == name
        elif margin.rolls_back and lead is not None:
            certain = certain and log_es[lead][0] >= threshold
        doubt = log_e - threshold + terms.needed >= DOUBT
        answer.append(Found(name, margin.key, log_e, threshold, certain, doubt, segment=segment))
    return answer


def _limits(
    terms: Terms, metric: Watched, log_es: Sequence[tuple[float, str]], log_left: float
) -> list[Found]:
    """How the limits stand: certain where the canary is worse than a control that keeps the limit; else everybody's."""
    answer = []
    threshold = terms.needed - math.log(PART)
    lead = terms.leading[metric.design.name]
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


def _action(terms: Terms, family: Family, found: Sequence[Found], metrics: Sequence[Watched]) -> Action:
    """Roll back beats hold beats going on."""
    suspect = [f for f in found if f.certain or f.doubt or f.shared]
    if any(f.certain and (f.metric, f.key) in terms.rolling for f in suspect):
        return Action.ROLL_BACK
    if suspect or family.log_e >= DOUBT or any(m.missed >= because.MISSES for m in metrics):
        return Action.HOLD
    return Action.CONTINUE
