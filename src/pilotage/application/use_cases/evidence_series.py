"""Counts over time, pooled to a few hundred points: what a chart's lines are made of.

One look holds too few requests for a rate, so each point pools the looks of the last ``span`` seconds, as the plan's own
metric does, and more of them where those hold fewer requests than the plan asks for to tell (``minimum``); but never
across a change of exposure. While there are fewer than those there is no point at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pilotage.application.use_cases.evidence_view import RatePoint
from pilotage.domain.metrics import Arm, Metric
from pilotage.domain.tallies import Tally

MOST_POINTS = 240
"""Points of one line: more than a chart 800 wide can tell apart."""

FEW = 20
"""Fewer requests than this make no rate, whatever a plan says."""


@dataclass(slots=True)
class Counted:
    """What one arm did over some looks."""

    requests: float = 0.0
    errors: float = 0.0
    bounds: tuple[float, ...] = ()
    buckets: tuple[float, ...] = ()

    def add(self, tally: Tally, sign: int = 1) -> None:
        """Count a tally in (``sign`` -1: out again)."""
        self.requests += sign * tally.requests
        self.errors += sign * tally.errors
        if tally.bounds == self.bounds:
            self.buckets = tuple(b + sign * t for b, t in zip(self.buckets, tally.buckets, strict=True))
        elif sign > 0:  # other buckets from here on: what was counted in the old ones has no place in them
            self.bounds, self.buckets = tally.bounds, tally.buckets

    def value(self, metric: Metric, minimum: float) -> float | None:
        """The metric's value over all of it, in the metric's unit; None where there are too few requests to tell."""
        if self.requests < max(minimum, FEW):
            return None
        if not metric.histogram:
            return 100 * min(max(self.errors, 0.0) / self.requests, 1.0)
        return quantile(self.bounds, self.buckets, metric.quantile or 0.95)


def quantile(bounds: Sequence[float], buckets: Sequence[float], at: float) -> float | None:
    """The ``at``-quantile of a histogram, linear inside a bucket, as Prometheus reckons it; seconds.

    ``buckets`` are not cumulative; the last one, without an upper bound, answers with its lower one.

    >>> quantile((0.1, 0.2), (50.0, 50.0, 0.0), 0.75)
    0.15
    """
    wanted, below = at * sum(buckets), 0.0
    for bound, before, count in zip(bounds, (0.0, *bounds), buckets, strict=False):
        if count > 0 and below + count >= wanted:
            return round(before + (bound - before) * (wanted - below) / count, 9)
        below += count
    return bounds[-1] if bounds else None


@dataclass(slots=True)
class Series:
    """The tallies of one metric, look by look."""

    metric: Metric
    span: float
    minimum: float = FEW
    looks: list[tuple[datetime, Tally | None, Tally | None]] = field(default_factory=list)
    """When a look ended, what the canary did, what the control did."""
    breaks: set[int] = field(default_factory=set)
    """Looks (by number) before which exposure changed."""
    total: dict[Arm, Counted] = field(default_factory=lambda: {arm: Counted() for arm in Arm})

    def add(self, at: datetime, tallies: Iterable[Tally], *, changed: bool) -> None:
        """Take in one look; ``changed``: exposure is not what it was at the last one."""
        arms = {
            tally.arm: tally
            for tally in tallies
            if tally.metric == self.metric.name and not (tally.dimension or tally.segment or tally.problem)
        }
        if changed:
            self.breaks.add(len(self.looks))
        self.looks.append((at, arms.get(Arm.CANARY), arms.get(Arm.BASELINE)))
        for arm, tally in arms.items():
            self.total[arm].add(tally)

    def points(self) -> Iterator[RatePoint]:
        """At most ``MOST_POINTS``, the last look always among them."""
        step = max(1, -(-len(self.looks) // MOST_POINTS))
        inside: deque[tuple[datetime, Tally | None, Tally | None]] = deque()
        canary, control, so_far = Counted(), Counted(), 0.0
        for number, look in enumerate(self.looks):
            if number in self.breaks:
                inside.clear()
                canary, control = Counted(), Counted()
            inside.append(look)
            so_far += look[1].requests if look[1] else 0.0
            _count(canary, control, look, 1)
            while inside[0][0] <= look[0] - timedelta(seconds=self.span):
                if canary.requests - (inside[0][1].requests if inside[0][1] else 0.0) < self.minimum:
                    break
                _count(canary, control, inside.popleft(), -1)
            if (len(self.looks) - 1 - number) % step == 0:
                seen = look[1] is not None
                yield RatePoint(
                    look[0],
                    canary.value(self.metric, self.minimum) if seen else None,
                    control.value(self.metric, self.minimum) if look[2] is not None else None,
                    so_far,
                )


def _count(
    canary: Counted, control: Counted, look: tuple[datetime, Tally | None, Tally | None], sign: int
) -> None:
    for counted, tally in ((canary, look[1]), (control, look[2])):
        if tally is not None:
            counted.add(tally, sign)
