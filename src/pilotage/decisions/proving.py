"""From plan to null hypothesis: which sequential tests the lines of a plan become (``evidence.md`` §1 and §3.7).

A test needs counts, so only metrics read as ``errors`` and ``total``, or as a ``histogram``, have any.

* ``worse than baseline by 20%`` and ``> 1.2x baseline`` are *margins*: tests against the control at the same time.
* ``error rate > 5%`` is a *limit* of five requests in a hundred; ``latency p95 > 3s`` is one of five in a hundred
  slower than that, and ``latency p95 > 2x baseline`` of five slower than twice the control's p95.
* A guarded metric without a relative line of its own is held against what it ``tolerates`` (20 % more errors, 10 %
  slower), and ``reactions: {worse: …}`` says what follows.

Relative tests need arms that chance alone tells apart: a share of all users. A team, a region or beta testers are no
such share, and nobody is left to compare with once everybody is in; there only limits are tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pilotage.decisions.baking import bake_of
from pilotage.decisions.evidence.design import USUAL_WEIGHT, Design, Kind, Limit, Margin, MetricDesign
from pilotage.decisions.judging import clock_key
from pilotage.domain.conditions import Comparison, Every, Measured, OnTarget, Operator, WorseThanBaseline
from pilotage.domain.metrics import BaselineKind, Metric
from pilotage.domain.plan import Plan
from pilotage.domain.rollback import TriggerClass
from pilotage.domain.stages import Stage

TOLERATED_ERRORS, TOLERATED_TIME = 20.0, 10.0
"""Percent worse than the control that are no regression where the plan does not say."""

UNKNOWN_BOUNDS = (1.0, 2.0)
"""Stand for the buckets of a histogram that has not been seen yet, so that its weight is kept for it."""


@dataclass(slots=True)
class Tested:
    """A metric under test, whole or by one dimension, with the margins and limits found so far, by key."""

    metric: Metric
    dimension: str = ""
    margins: dict[str, Margin] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the tests call it."""
        return f"{self.metric.name} by {self.dimension}" if self.dimension else self.metric.name


def countable(metric: Metric | None) -> bool:
    """Whether the source of this metric can count requests, so that there is something to test."""
    if metric is None or not metric.connected or not metric.lower_is_better:
        return False
    return bool(metric.errors and metric.total) or bool(metric.histogram)


def has_control(metric: Metric) -> bool:
    """Whether the metric tells those who meet the change from the others, and is compared with them."""
    texts = " ".join((metric.errors, metric.total, metric.histogram))
    return metric.baseline.kind is BaselineKind.CONTROL and "variant" in texts


def margin_key(metric: str) -> str:
    """The name of the margin a guarded metric is held to where no line of the plan compares it."""
    return f"{metric} worse than the control"


def under_test(plan: Plan) -> tuple[Tested, ...]:
    """Every metric of the plan that is under test, with its margins and limits."""
    found: dict[tuple[str, str], Tested] = {}
    acting = [t for t in plan.rollback.triggers if t.kind is not TriggerClass.WATCH and t.condition]
    for trigger in acting:
        for term in trigger.condition.terms if trigger.condition else ():
            if isinstance(term, Comparison | WorseThanBaseline | OnTarget):
                _add(found, plan, term, rolls_back=trigger.kind is TriggerClass.AUTOMATIC)
    guards = [guard for stage in plan.stages for guard in stage.guards]
    for alert in (guard.alert for guard in guards if guard.alert):
        _add(found, plan, alert, rolls_back=plan.reactions.alert == "roll back")
    for name in dict.fromkeys((*(g.metric for g in guards), *_triggered(plan))):
        metric = plan.metrics.get(name)
        if metric is not None and countable(metric) and has_control(metric):
            entry = found.setdefault((name, ""), Tested(metric))
            if not entry.margins:
                key, ratio = margin_key(name), 1 + tolerated(metric) / 100
                entry.margins[key] = Margin(key, ratio, rolls_back=True)
    return tuple(found.values())


def compares(plan: Plan) -> bool:
    """Whether any metric of the plan is compared with a control."""
    return any(entry.margins for entry in under_test(plan))


def tolerated(metric: Metric) -> float:
    """How many percent worse than the control is still no regression."""
    if metric.tolerate is not None:
        return metric.tolerate
    return TOLERATED_TIME if metric.histogram else TOLERATED_ERRORS


def _triggered(plan: Plan) -> Iterator[str]:
    for trigger in plan.rollback.triggers:
        for term in trigger.condition.terms if trigger.condition else ():
            if isinstance(term, Comparison | WorseThanBaseline | OnTarget):
                yield term.metric


def _add(found: dict[tuple[str, str], Tested], plan: Plan, term: Measured, *, rolls_back: bool) -> None:
    metric = plan.metrics.get(term.metric)
    if isinstance(term, OnTarget) or metric is None or not countable(metric):
        return
    dimension = term.scope.dimension if term.scope and term.scope.every is Every.ANY else ""
    if term.scope and not dimension:
        return
    key = clock_key(term)
    entry = found.setdefault((metric.name, dimension), Tested(metric, dimension))
    if isinstance(term, WorseThanBaseline):
        if has_control(metric):
            ratio = 1 + term.percent / 100
            entry.margins[key] = Margin(key, ratio, by_segment=bool(dimension), rolls_back=rolls_back)
    elif term.operator in (Operator.ABOVE, Operator.AT_LEAST):
        _add_comparison(entry, term, key, rolls_back=rolls_back)


def _add_comparison(entry: Tested, term: Comparison, key: str, *, rolls_back: bool) -> None:
    metric, by_segment = entry.metric, bool(entry.dimension)
    share = 1 - (metric.quantile or 0.0)
    if term.of_baseline:
        if not has_control(metric):
            return
        if metric.histogram:
            entry.limits[key] = Limit(key, share, times_control=term.limit, by_segment=by_segment)
        else:
            entry.margins[key] = Margin(key, max(term.limit, 1.0), by_segment, rolls_back)
    elif metric.histogram:
        entry.limits[key] = Limit(key, share, slower_than=term.limit, by_segment=by_segment)
    elif 0 < term.limit < 100:
        entry.limits[key] = Limit(key, term.limit / 100, by_segment=by_segment)


def design(plan: Plan, stage: str, bounds: dict[str, tuple[float, ...]]) -> Design | None:
    """The tests of a plan that begin in ``stage``; None where it has none.

    ``bounds``: the buckets of each histogram, as the first look found them.
    """
    metrics = tuple(_tests_of(entry, bounds) for entry in under_test(plan))
    if not metrics:
        return None
    settings = plan.evidence
    starts = tuple(_starts(plan.stages, stage))
    return Design(
        metrics,
        budget=settings.false_alarms,
        every=settings.every.approximate_seconds,
        horizon=starts[-1] if len(starts) > 1 else None,
        stages=starts[1:-1],
        grace=settings.grace.approximate_seconds,
        worthwhile=settings.reveal or 1000.0,
    )


def _tests_of(entry: Tested, bounds: dict[str, tuple[float, ...]]) -> MetricDesign:
    kind = Kind.LATENCY if entry.metric.histogram else Kind.ERRORS
    return MetricDesign(
        entry.name,
        kind,
        tuple(entry.margins.values()),
        tuple(entry.limits.values()),
        entry.metric.weight or USUAL_WEIGHT[kind],
        bounds.get(entry.metric.name, UNKNOWN_BOUNDS) if kind is Kind.LATENCY else (),
    )


def _starts(stages: Iterable[Stage], first: str) -> Iterator[float]:
    """Seconds from the start of ``first`` to the planned start of each rung from there on, and to the end of the last."""
    begun, seconds = False, 0.0
    for stage in stages:
        begun = begun or stage.id == first
        if begun:
            bake = bake_of(stage)
            for _ in stage.rungs or (None,):
                yield seconds
                seconds += 0.0 if bake.ongoing else bake.least.approximate_seconds
    yield seconds
