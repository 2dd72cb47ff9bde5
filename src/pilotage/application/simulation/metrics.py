"""Simulated metrics: a value that satisfies everything the plan hopes for, or one that breaks everything it fears."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from pilotage.domain.conditions import Comparison, Condition, Measured, Operator, WorseThanBaseline
from pilotage.domain.metrics import Arm, Metric, Sample, Unit
from pilotage.domain.plan import Plan

REQUESTS = 50_000.0
"""Requests behind a simulated sample: enough for any minimum a plan sets."""


class Model:
    """The values of a plan's metrics, worked out once: ``hopes`` must hold and ``fears`` must not, when all is well."""

    def __init__(self, plan: Plan) -> None:
        """Collect every comparison of the plan by metric."""
        self.plan = plan
        self.hopes: dict[str, list[Comparison]] = {}
        self.fears: dict[str, list[Comparison | WorseThanBaseline]] = {}
        for condition in _hoped(plan):
            for term in condition.terms:
                if isinstance(term, Comparison):
                    self.hopes.setdefault(term.metric, []).append(term)
        guards = [guard for stage in plan.stages for guard in stage.guards]
        for target in (*(g.target for g in guards), *(m.target for m in plan.metrics.values())):
            if target:
                self.hopes.setdefault(target.metric, []).append(target)
        for alert in (g.alert for g in guards):
            if alert:
                self.fears.setdefault(alert.metric, []).append(alert)
        for trigger in plan.rollback.triggers:
            for feared in trigger.condition.terms if trigger.condition else ():
                if isinstance(feared, Comparison | WorseThanBaseline):
                    self.fears.setdefault(feared.metric, []).append(feared)
        self._good = {name: self._healthy(metric) for name, metric in plan.metrics.items()}

    def good(self, metric: str) -> float:
        """The value when all is well."""
        return self._good.get(metric, 0.0)

    def bad(self, metric: str) -> float:
        """A value beyond every limit on this metric."""
        declared = self.plan.metrics.get(metric)
        good = self.good(metric)
        limits = [t.limit * (good if t.of_baseline else 1.0) for t in self._fears_and_hopes(metric)]
        ratios = [1 + f.percent / 100 for f in self.fears.get(metric, ()) if isinstance(f, WorseThanBaseline)]
        if declared is not None and not declared.lower_is_better:
            return 0.5 * min([*limits, good])
        worst = 1.6 * max([*limits, good * max(ratios, default=2.0), 0.1])
        return min(worst, 100.0) if declared is not None and declared.unit is Unit.PERCENT else worst

    def _fears_and_hopes(self, metric: str) -> list[Comparison]:
        return [
            *self.hopes.get(metric, ()),
            *(f for f in self.fears.get(metric, ()) if isinstance(f, Comparison)),
        ]

    def _healthy(self, metric: Metric) -> float:
        hopes = [h for h in self.hopes.get(metric.name, ()) if not h.of_baseline]
        exact = next((h.limit for h in hopes if h.operator is Operator.EQUAL), None)
        if exact is not None:
            return exact
        floors = [h.limit for h in hopes if h.operator in (Operator.ABOVE, Operator.AT_LEAST)]
        if floors:
            top = max(floors)
            ceiling = metric.best_score or (100.0 if metric.unit is Unit.PERCENT else float("inf"))
            return (top + ceiling) / 2 if ceiling != float("inf") else top * 1.2 + 1
        caps = [h.limit for h in hopes] + [
            f.limit
            for f in self.fears.get(metric.name, ())
            if isinstance(f, Comparison)
            and not f.of_baseline
            and f.operator in (Operator.ABOVE, Operator.AT_LEAST)
        ]
        positive = [c for c in caps if c > 0]
        if any(c <= 0 for c in caps):
            return 0.0
        return 0.4 * min(positive) if positive else (0.0 if metric.unit is Unit.COUNT else 1.0)


def samples(
    watched: Iterable[Measured],
    model: Model,
    since: datetime,
    at: datetime,
    bad: dict[str, float],
    silent: frozenset[str],
) -> Iterator[Sample]:
    """What the sources say about what is ``watched`` over a span: one steady sample a metric, arm and segment."""
    seen: set[tuple[str, str]] = set()
    for term in watched:
        scope = term.scope if isinstance(term, Comparison | WorseThanBaseline) else None
        dimension = scope.dimension if scope else ""
        if (term.metric, dimension) in seen or term.metric in silent or term.metric not in model.plan.metrics:
            continue
        seen.add((term.metric, dimension))
        value = bad.get(term.metric, model.good(term.metric))
        steady = since if since < at else None
        segment = "one" if dimension else ""
        for arm, number in ((Arm.CANARY, value), (Arm.BASELINE, model.good(term.metric))):
            yield Sample(term.metric, at, number, REQUESTS, None, arm, dimension, segment, steady)


def _hoped(plan: Plan) -> Iterable[Condition]:
    for check in (*plan.before, *plan.sign_offs):
        yield from check.conditions
    for stage in plan.stages:
        for check in (*stage.before, *stage.gate, *stage.judge):
            yield from check.conditions
        for step in stage.walk():
            yield from step.measure
    for procedure in plan.rollback.procedures:
        for step in procedure.steps:
            for inner in step.walk():
                yield from inner.measure
