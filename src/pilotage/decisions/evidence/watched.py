"""One metric of a release under test: its margins (whole and by segment), its limits, and what is counted beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from pilotage.decisions.evidence import dispersion, grid, intake, intervals, sizing, slow
from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.design import Design, Kind, Limit, Margin, MetricDesign
from pilotage.decisions.evidence.errors import ErrorsTest
from pilotage.decisions.evidence.judgement import Interval, Pair
from pilotage.decisions.evidence.latency import LatencyTest, calibrate
from pilotage.decisions.evidence.limits import LimitTest
from pilotage.decisions.evidence.segments import Roster
from pilotage.decisions.evidence.step import Step


class MarginTest(Protocol):
    """An e-process against one margin, for counts of shape (2, *shape, classes)."""

    def look(self, step: Step, counts: Array) -> None:
        """Learn from one look."""

    def log_e(self, log_left: float) -> Array:
        """The logarithm of the e-value."""

    def add(self, rows: int, spent: float) -> None:
        """New rows on the first axis (segments)."""

    def wealth(self) -> list[Array]:
        """What has been learned."""

    def take(self, wealth: list[Array]) -> None:
        """Go on from what ``wealth`` gave."""


class Watched:
    """The state of one metric: fed look by look, asked by the verdict."""

    def __init__(self, design: MetricDesign, history: Sequence[Pair] = ()) -> None:
        self.design = design
        self.classes = intake.width(design)
        self.spread = dispersion.Dispersion()
        self.roster = Roster()
        self.totals: Array = np.zeros((2, self.classes))
        self.compared: Array = np.zeros((2, 2))
        self.phi = 1.0
        self.missed = 0
        self.problem = ""
        self.log_likelihoods: Array = np.zeros_like(intervals.GRID)
        self.learn(history)
        self.limits = [LimitTest(limit.share) for limit in design.limits]

    def learn(self, history: Sequence[Pair]) -> None:
        """Start from the A/A looks of the old version."""
        looks = [counts for pair in history if (counts := intake.paired(pair, self.design)[0]) is not None]
        self._usual = np.zeros(self.classes)
        if looks and self.design.kind is Kind.LATENCY:
            self.spread, self._usual = calibrate(np.stack(looks, axis=1))
        elif looks:
            counts = np.stack(looks, axis=-1)
            self.spread = dispersion.measure(counts[:, 1], counts.sum(axis=1))
        self.whole = [self._test(margin) for margin in self.design.margins]
        self.parts = [
            self._test(margin, (0,)) if margin.by_segment else None for margin in self.design.margins
        ]

    def _test(self, margin: Margin, shape: tuple[int, ...] = ()) -> MarginTest:
        if self.design.kind is Kind.LATENCY:
            usual = np.broadcast_to(self._usual, (*shape, self.classes))
            return LatencyTest(margin.ratio, self.design.bounds, self.spread, usual)
        return ErrorsTest(margin.ratio, self.spread, shape, grid.IN_SEGMENT if shape else grid.CENTRE)

    def look(self, step: Step, spent: float, pair: Pair | None, segments: Mapping[str, Pair] | None) -> None:
        """Learn from one look; ``spent``: what of the onset prior was spent before it."""
        counts, self.problem = intake.paired(pair, self.design)
        self.missed = self.missed + 1 if self._lacks(counts) else 0
        whole = np.zeros_like(self.totals) if counts is None else counts
        both = whole if min(whole.sum(axis=-1)) > 0.0 else np.zeros_like(whole)
        for test in self.whole:
            test.look(step, both)
        if any(self.parts):
            self._look_at_segments(step, spent, segments or {})
        self.phi = float(self.spread.now(dispersion.variance(both[:, 1], both.sum(axis=-1))))
        for limit, limit_test in zip(self.design.limits, self.limits, strict=True):
            limit_test.look(step.mass, self._beyond(limit, whole), whole.sum(axis=-1), self.phi)
        if self.design.kind is Kind.ERRORS:
            self.spread.learn(both[1, 1], both[1].sum())
        if both.any():
            bad = self._bad(both)
            self.log_likelihoods = self.log_likelihoods + intervals.log_likelihood(
                bad, both.sum(axis=-1), self.phi
            )
            self.compared += np.stack((both.sum(axis=-1), bad), axis=-1)
        self.totals += whole  # last: whatever is slow is told from past looks

    def _beyond(self, limit: Limit, whole: Array) -> Array:
        """The requests of each arm that a limit counts: failed, or too slow. Shape (2,)."""
        if self.design.kind is Kind.ERRORS:
            return whole[:, 1]
        bounds = self.design.bounds
        counted: Array = whole @ slow.too_slow(slow.threshold(limit, bounds, self.totals[1]), bounds)
        return counted

    def _bad(self, both: Array) -> Array:
        """The requests of each arm that the interval compares: failed, or slower than the control's p95. Shape (2,)."""
        if self.design.kind is Kind.ERRORS:
            return both[:, 1]
        counted: Array = both @ slow.slowest(self.design.bounds, self.totals[1])
        return counted

    def _lacks(self, counts: Array | None) -> bool:
        """Whether this look lacks what the metric is judged by."""
        return counts is None or (bool(self.problem) and bool(self.whole))

    def _look_at_segments(self, step: Step, spent: float, segments: Mapping[str, Pair]) -> None:
        counts, fresh = self.roster.read(self.design, segments)
        for test in self.parts:
            if test is None:
                continue
            if fresh:
                test.add(fresh, spent)
            if self.roster.names:
                test.look(step, counts)

    def margin_log_e(self, index: int, log_left: float) -> tuple[float, str]:
        """The logarithm of a margin's e-value, and the segment that has most of it."""
        whole = float(self.whole[index].log_e(log_left))
        parts = self.parts[index]
        if parts is None or not self.roster.names:
            return whole, ""
        return self.roster.combine(whole, parts.log_e(log_left))

    def arrays(self) -> dict[str, Array]:
        """The state in named arrays (segments' names and weights are kept beside them)."""
        kept = {
            "counters": np.array((self.missed, self.roster.later, self.phi), dtype=np.float64),
            "dispersion": self.spread.kept,
            "last window": self.spread.last,
            "totals": self.totals,
            "compared": self.compared,
            "interval": self.log_likelihoods,
        }
        for index, (whole, parts) in enumerate(zip(self.whole, self.parts, strict=True)):
            for number, wealth in enumerate(whole.wealth()):
                kept[f"margin {index}.{number}"] = wealth
            for number, wealth in enumerate(parts.wealth() if parts is not None else ()):
                kept[f"margin {index}.{number} by segment"] = wealth
        for index, limit in enumerate(self.limits):
            kept[f"limit {index} totals"], kept[f"limit {index}"] = limit.totals, limit.log_wealth
        return kept

    def resize(self, rows: int) -> None:
        """Make room for the segments of a kept state."""
        for parts in self.parts:
            if parts is not None and rows:
                parts.add(rows, 0.0)

    def put(self, kept: Mapping[str, Array]) -> None:
        """Go on from what ``arrays`` gave."""
        missed, later, self.phi = map(float, kept["counters"])
        self.missed, self.roster.later = int(missed), int(later)
        self.spread.kept, self.spread.last = kept["dispersion"], kept["last window"]
        self.totals, self.log_likelihoods = kept["totals"], kept["interval"]
        self.compared = kept["compared"]
        for index, (whole, parts) in enumerate(zip(self.whole, self.parts, strict=True)):
            for suffix, test in (("", whole), (" by segment", parts)):
                if test is not None:
                    count = len(test.wealth())
                    test.take([kept[f"margin {index}.{number}{suffix}"] for number in range(count)])
        for index, limit in enumerate(self.limits):
            limit.totals, limit.log_wealth = kept[f"limit {index} totals"], kept[f"limit {index}"]

    @property
    def requests(self) -> Array:
        """Requests so far, canary first. Shape (2,)."""
        answer: Array = self.totals.sum(axis=-1)
        return answer

    @property
    def hits(self) -> Array:
        """Failed (or slow) requests so far, canary first. Shape (2,)."""
        return self.totals[:, 1] if self.design.kind is Kind.ERRORS else self.compared[:, 1]

    @property
    def strictest(self) -> float | None:
        """The smallest ratio among the margins that roll back; None where there is none."""
        return min((margin.ratio for margin in self.design.margins if margin.rolls_back), default=None)

    def interval(self, budget: float) -> Interval:
        """Where the ratio canary : control lies, with the confidence the budget leaves."""
        (n1, n0), (e1, e0) = self.requests, self.hits
        estimate = float(e1 / n1 / (e0 / n0)) if min(n1, n0, e0) > 0.0 else None
        return intervals.confidence_sequence(self.log_likelihoods, budget, estimate)

    def worthwhile(self, design: Design) -> float:
        """The ratio that must have been visible before a stage is left."""
        return design.worthwhile

    def needed_requests(self, design: Design) -> float:
        """Requests on the canary that reveal the worthwhile ratio, at the share and the error rate so far."""
        return sizing.needed_requests(self.worthwhile(design), *self._sized(design))

    def smallest(self, design: Design) -> float | None:
        """The smallest ratio that the traffic so far could have revealed."""
        return sizing.smallest_ratio(float(self.requests[0]), *self._sized(design))

    def _sized(self, design: Design) -> tuple[float, float, float, float, float]:
        """The control's rate, the canary's share, the budget, the margin, and phi."""
        canary, control = map(float, self.requests)
        rate = max(design.base, float(self.hits[1] + 0.5) / (control + 1.0))
        return rate, canary / (canary + control), design.budget, self.strictest or 1.0, self.phi
