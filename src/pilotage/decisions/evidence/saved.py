"""The state as plain numbers, so that a restart goes on exactly where it was; and designs that cannot be tested."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.design import Design, Kind, Limit, MetricDesign
from pilotage.decisions.evidence.onset import Onset
from pilotage.decisions.evidence.watched import Watched

State = dict[str, tuple[float, ...]]


def check(design: Design) -> None:
    """Raise ValueError where a design cannot be tested."""
    if not 0.0 < design.budget < 1.0:
        raise ValueError(
            f"the budget is {design.budget:g}; it must lie between 0 and 1 (0.01 is one release in a hundred)"
        )
    if not (design.every > 0.0 and math.isfinite(design.every)):
        raise ValueError(f"looks come every {design.every:g} seconds; expected more than 0")
    if design.horizon is not None and not (design.horizon > 0.0 and math.isfinite(design.horizon)):
        raise ValueError(
            f"the release is planned for {design.horizon:g} seconds; expected more than 0, or None"
        )
    names = [metric.name for metric in design.metrics]
    if len(set(names)) < len(names):
        raise ValueError("two metrics have the same name; give each its own")
    for metric in design.metrics:
        _check_metric(metric)


def _check_metric(metric: MetricDesign) -> None:
    if not (metric.weight > 0.0 and math.isfinite(metric.weight)):
        raise ValueError(f"{metric.name}: the weight is {metric.weight:g}; expected more than 0")
    keys = [m.key for m in metric.margins] + [x.key for x in metric.limits]
    if len(set(keys)) < len(keys):
        raise ValueError(f"{metric.name}: two margins or limits have the same key; give each its own")
    for margin in metric.margins:
        if not (margin.ratio >= 1.0 and math.isfinite(margin.ratio)):
            raise ValueError(
                f"{metric.name}: the margin {margin.key} is {margin.ratio:g}; expected 1 or more (1.2: 20 % worse)"
            )
    for limit in metric.limits:
        _check_limit(metric, limit)
    if metric.kind is Kind.LATENCY:
        rising = all(low < high for low, high in zip(metric.bounds, metric.bounds[1:], strict=False))
        if (
            len(metric.bounds) < 2
            or metric.bounds[0] <= 0.0
            or not rising
            or not math.isfinite(metric.bounds[-1])
        ):
            raise ValueError(
                f"{metric.name}: expected two or more finite bounds in seconds above 0, ascending"
            )


def _check_limit(metric: MetricDesign, limit: Limit) -> None:
    if not 0.0 < limit.share < 1.0:
        raise ValueError(
            f"{metric.name}: the limit {limit.key} is {limit.share:g}; expected a share between 0 and 1 (0.05: five in a hundred)"
        )
    if metric.kind is Kind.ERRORS:
        return
    if (limit.slower_than is None) == (limit.times_control is None):
        raise ValueError(f"{metric.name}: the limit {limit.key} needs either slower_than or times_control")
    if limit.slower_than is not None and metric.bounds and limit.slower_than > metric.bounds[-1]:
        raise ValueError(
            f"{metric.name}: the limit {limit.key} is {limit.slower_than:g} s, and the histogram tells nothing beyond "
            f"{metric.bounds[-1]:g} s; take a lower limit or a histogram with a higher bound"
        )


def state(metrics: Sequence[Watched], onset: Onset, times: tuple[float, float]) -> State:
    """Everything as tuples of floats. ``times``: last look, last fresh start (infinite: none; kept as -1)."""
    seconds, fresh = times
    kept: State = {
        "clock": (seconds, -1.0 if math.isinf(fresh) else 1.0, 0.0 if math.isinf(fresh) else fresh)
    }
    kept["onset"] = onset.numbers()
    for metric in metrics:
        name = metric.design.name
        for part, array in metric.arrays().items():
            kept[f"{name}/{part}"] = tuple(map(float, array.ravel()))
        for row, (segment, weight) in enumerate(zip(metric.roster.names, metric.roster.weights, strict=True)):
            kept[f"{name}/segment/{segment}"] = (float(row), weight)
    return kept


def restore(
    metrics: Sequence[Watched], onset: Onset, kept: Mapping[str, Sequence[float]], budget: float
) -> tuple[float, float | None]:
    """Put everything back; the last look's seconds and those of the last fresh start (None: none).

    A metric of which nothing was kept begins anew: its buckets have only now become known.
    """
    try:
        seconds, is_fresh, fresh = kept["clock"]
        onset.take(tuple(kept["onset"]))
        for metric in metrics:
            if not any(key.startswith(f"{metric.design.name}/") for key in kept):
                metric.begin_late(1.0 - onset.left, budget)
                continue
            prefix = f"{metric.design.name}/segment/"
            rows = sorted(
                (numbers[0], key, numbers[1]) for key, numbers in kept.items() if key.startswith(prefix)
            )
            metric.roster.restore([(key.removeprefix(prefix), weight) for _, key, weight in rows])
            metric.resize(len(rows))
            metric.put(
                {
                    part: _like(kept[f"{metric.design.name}/{part}"], array)
                    for part, array in metric.arrays().items()
                }
            )
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"this state is of another design or version ({error}); begin the evidence anew"
        ) from error
    return seconds, fresh if is_fresh > 0.0 else None


def _like(numbers: Sequence[float], array: Array) -> Array:
    return np.array(numbers, dtype=np.float64).reshape(array.shape)
