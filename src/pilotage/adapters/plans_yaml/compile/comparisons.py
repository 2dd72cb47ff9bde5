"""Lines that compare with a baseline: whether there is anything to compare with, and whether it can be tested."""

from __future__ import annotations

from collections.abc import Sequence

from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.rollback import HOME as ROLLBACK
from pilotage.adapters.plans_yaml.tree import Place
from pilotage.decisions.exposure import randomised
from pilotage.decisions.proving import countable, has_control
from pilotage.domain.conditions import Comparison, WorseThanBaseline
from pilotage.domain.exposure import Exposure
from pilotage.domain.metrics import BaselineKind, Metric
from pilotage.domain.plan import Plan


def check_comparisons(reading: Reading, plan: Plan, ceilings: Sequence[Exposure]) -> None:
    """A comparison with those who do not have the change needs somebody who does not have it, and a metric that tells.

    ``ceilings``: the most that may meet the change in each stage.
    """
    alone = {stage.id for stage, ceiling in zip(plan.stages, ceilings, strict=True) if ceiling.everyone}
    if alone or ceilings[-1].nobody:
        alone.add(ROLLBACK)  # triggers count in every stage, also in the last
    compared = any(randomised(ceiling) for ceiling in ceilings)
    for place, condition, home in reading.conditions:
        for term in condition.terms:
            relative = isinstance(term, WorseThanBaseline) or (
                isinstance(term, Comparison) and term.of_baseline
            )
            metric = (
                plan.metrics.get(term.metric) if isinstance(term, Comparison | WorseThanBaseline) else None
            )
            if metric is None or not relative:
                continue
            if metric.baseline.kind is BaselineKind.LAST:
                reading.yet(f"comparing {metric.name} with the last {metric.baseline.span}", place)
            if metric.baseline.kind is BaselineKind.CONTROL:
                _check_control(reading, metric, place, home in alone, compared and home == ROLLBACK)


def _check_control(reading: Reading, metric: Metric, place: Place, alone: bool, earlier: bool) -> None:
    """``alone``: there is a stage in which everybody has the change; ``earlier``: one before it has a share to compare."""
    if alone and not earlier:
        reading.problems.error(
            place,
            f'at 100 % exposure nobody is left to compare with; {metric.name} needs "baseline: previous"',
        )
    elif metric.connected and countable(metric) and not has_control(metric):
        reading.problems.warn(
            place,
            f"{metric.name} does not tell those who meet the change from the others; "
            'put {{variant}} into its query, or say "baseline: previous"',
        )
    elif metric.connected and not countable(metric):
        reading.problems.warn(
            place,
            f"the requests behind {metric.name} cannot be counted, so its newest number decides, without a budget for "
            'false alarms; "errors" and "total", or "histogram" and "quantile", can be counted',
        )
    elif alone and metric.name not in _limited(reading):
        reading.problems.warn(
            place,
            f'at 100 % exposure nobody is left to compare with; there only limits count, such as "{metric.name} > …"',
        )


def _limited(reading: Reading) -> frozenset[str]:
    """The metrics for which a trigger states a limit that counts in every stage."""
    return frozenset(
        term.metric
        for _, condition, home in reading.conditions
        for term in condition.terms
        if home == ROLLBACK and isinstance(term, Comparison) and not term.of_baseline
    )
