"""Whether a stage has seen enough to be left: promotion is evidence too. Source: evidence.md 3.8 and 3.9."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pilotage.decisions.evidence import words
from pilotage.decisions.evidence.design import Design
from pilotage.decisions.evidence.judgement import Interval
from pilotage.decisions.evidence.watched import Watched


def smallest(design: Design, metric: Watched) -> float | None:
    """The smallest ratio that the traffic so far could have revealed (None: none yet)."""
    canary, control = metric.requests
    if canary <= 0.0 or control <= 0.0:
        return None
    return metric.smallest(design)


def missing(design: Design, metrics: Sequence[Watched], intervals: Mapping[str, Interval]) -> str:
    """What must still be seen, in words with numbers; empty when there is nothing left to see.

    Enough is the traffic that would have revealed ``design.worthwhile``, or an interval that ends below the margin.
    """
    lacks = []
    for metric in metrics:
        lead = metric.strictest
        if lead is None:
            continue
        name = metric.design.name
        canary, control = metric.requests
        if canary <= 0.0 or control <= 0.0:
            lacks.append(f"{name}: nothing to compare yet")
        elif intervals[name].high > lead:
            needed = metric.needed_requests(design)
            if not math.isfinite(needed):
                lacks.append(f"{name}: not enough requests to tell how many are needed")
            elif canary < needed:
                ratio = words.times(metric.worthwhile(design))
                lacks.append(
                    f"{name}: about {words.number(math.ceil(needed - canary))} more requests on the canary "
                    f"to have seen a regression of {ratio} times"
                )
    return "; ".join(lacks)
