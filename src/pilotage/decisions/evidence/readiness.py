"""Whether a stage has seen enough to be left: promotion is evidence too. Source: evidence.md 3.8 and 3.9."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from pilotage.decisions.evidence import words
from pilotage.decisions.evidence.design import Design
from pilotage.decisions.evidence.judgement import Interval
from pilotage.decisions.evidence.seen import Seen


def missing(design: Design, metrics: Sequence[Seen], interval: Callable[[Seen], Interval]) -> str:
    """What must still be seen, in words with numbers; empty when there is nothing left to see.

    Enough is the traffic that would have revealed ``design.worthwhile``, or an interval that ends below the margin.
    """
    lacks = (_lacking(design, metric, interval) for metric in metrics)
    return "; ".join(
        f"{metric.design.name}: {lack}" for metric, lack in zip(metrics, lacks, strict=True) if lack
    )


def _lacking(design: Design, metric: Seen, interval: Callable[[Seen], Interval]) -> str:
    """What one metric lacks. Its interval, which costs more than all the rest, is asked for last."""
    lead = metric.strictest
    if lead is None:
        return ""
    canary, control = metric.requests
    if canary <= 0.0 or control <= 0.0:
        return "nothing to compare yet"
    needed = metric.needed_requests(design)
    if canary >= needed or interval(metric).high <= lead:
        return ""
    if not math.isfinite(needed):
        return "not enough requests to tell how many are needed"
    return (
        f"about {words.number(math.ceil(needed - canary))} more requests on the canary "
        f"to have seen a regression of {words.times(design.worthwhile)} times"
    )
