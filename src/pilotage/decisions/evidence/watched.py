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
from pilotage.decisions.evidence.latency import LatencyTest, calibrate, pairs
from pilotage.decisions.evidence.limits import LimitTest
from pilotage.decisions.evidence.recent import Recent
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
        self.recent = Recent()
        self._least_limit = min((limit.share for limit in design.limits), default=None)
        self.phi = 1.0
        self.missed = 0
        self.problem = ""
        self._sums: tuple[tuple[float, float], tuple[float, float]] | None = None
        self.log_likelihoods: Array = np.zeros_like(intervals.GRID)
        self.learn(history)
        self.limits = [LimitTest(limit.share) for limit in design.limits]
        self.limits_by_segment = [
            LimitTest(limit.share, (0,)) if limit.by_segment else None for limit in design.limits
        ]

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
        requests = whole.sum(axis=-1)
        complete = bool(requests[0] > 0.0 and requests[1] > 0.0)
        both = whole if complete else np.zeros_like(whole)
        for test in self.whole:
            test.look(step, both)
        self.phi = self._phi(both, requests if complete else np.zeros(2))
        for limit, limit_test in zip(self.design.limits, self.limits, strict=True):
            limit_test.look(step.mass, whole @ self._beyond(limit), requests, self.phi)
        if any(self.parts) or any(self.limits_by_segment):
            self._look_at_segments(step, spent, segments or {})
        if self.design.kind is Kind.ERRORS:
            self.spread.learn(both[1, 1], requests[1] if complete else 0.0)
            self.recent.look(whole[:, 1].tolist(), requests.tolist(), self.phi, step.looks, self._least_limit)
        if complete:
            self._compare(whole, requests)
        self.totals += whole  # last: whatever is slow is told from past looks
        self._sums = None

    def _compare(self, both: Array, requests: Array) -> None:
        """What a complete look adds to the interval."""
        bad = self._bad(both)
        self.log_likelihoods = self.log_likelihoods + intervals.log_likelihood(bad, requests, self.phi)
        self.compared[:, 0] += requests
        self.compared[:, 1] += bad

    def _phi(self, both: Array, requests: Array) -> float:
        """The dispersion of this look."""
        errors = self.design.kind is Kind.ERRORS
        return float(
            self.spread.now(dispersion.variance(both[:, 1], requests) if errors else pairs(requests))
        )

    def _beyond(self, limit: Limit) -> Array:
        """Which classes of requests a limit counts: the failed ones, or those that are too slow. Shape (classes,)."""
        if self.design.kind is Kind.ERRORS:
            return np.array((0.0, 1.0))
        bounds = self.design.bounds
        return slow.too_slow(slow.threshold(limit, bounds, self.totals[1]), bounds)

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
        for test in (*self.parts, *self.limits_by_segment):
            if test is not None and fresh:
                test.add(fresh, spent)
        if not self.roster.names:
            return
        for part in self.parts:
            if part is not None:
                part.look(step, counts)
        for limit, limit_test in zip(self.design.limits, self.limits_by_segment, strict=True):
            if limit_test is not None:
                limit_test.look(step.mass, counts @ self._beyond(limit), counts.sum(axis=-1), self.phi)

    def margin_log_e(self, index: int, log_left: float) -> tuple[float, str]:
        """The logarithm of a margin's e-value, and the segment that has most of it."""
        whole = float(self.whole[index].log_e(log_left))
        parts = self.parts[index]
        if parts is None or not self.roster.names:
            return whole, ""
        return self.roster.combine(whole, parts.log_e(log_left))

    def limit_log_e(self, index: int, log_left: float) -> tuple[float, float, str, bool]:
        """A limit's evidence: the canary's, the control's, the segment it is of, and whether there is no control.

        Segments share a second budget of the same size by their weights, so the whole keeps its own.
        """
        canary, control = map(float, self.limits[index].log_e(log_left))
        alone = bool(self.limits[index].totals[1, 0] <= 0.0)
        parts = self.limits_by_segment[index]
        if parts is None or not self.roster.names:
            return canary, control, "", alone
        each = parts.log_e(log_left)
        weighted = each[0] + np.log(self.roster.weights)
        best = int(weighted.argmax())
        if weighted[best] <= canary:
            return canary, control, "", alone
        return float(weighted[best]), float(each[1, best]), self.roster.names[best], alone

    def limit_totals(self, index: int, segment: str = "") -> Array:
        """Requests and hits so far of the whole, or of a segment. Shape (2, 2), canary first."""
        parts = self.limits_by_segment[index]
        if segment and parts is not None:
            chosen: Array = parts.seen[:, self.roster.names.index(segment)]
            return chosen
        return self.limits[index].seen

    def arrays(self) -> dict[str, Array]:
        """The state in named arrays (segments' names and weights are kept beside them)."""
        kept = {
            "counters": np.array((self.missed, self.roster.later, self.phi), dtype=np.float64),
            "dispersion": self.spread.kept,
            "last window": self.spread.last,
            "totals": self.totals,
            "compared": self.compared,
            "recent": np.array(self.recent.numbers),
            "interval": self.log_likelihoods,
        }
        for index, (whole, parts) in enumerate(zip(self.whole, self.parts, strict=True)):
            for number, wealth in enumerate(whole.wealth()):
                kept[f"margin {index}.{number}"] = wealth
            for number, wealth in enumerate(parts.wealth() if parts is not None else ()):
                kept[f"margin {index}.{number} by segment"] = wealth
        for name, limit in self._named_limits():
            kept[f"{name} totals"], kept[f"{name} seen"], kept[name] = (
                limit.totals,
                limit.seen,
                limit.log_wealth,
            )
        return kept

    def _named_limits(self) -> list[tuple[str, LimitTest]]:
        named = [(f"limit {index}", limit) for index, limit in enumerate(self.limits)]
        parts = enumerate(self.limits_by_segment)
        return named + [(f"limit {index} by segment", limit) for index, limit in parts if limit is not None]

    def resize(self, rows: int) -> None:
        """Make room for the segments of a kept state."""
        for parts in (*self.parts, *self.limits_by_segment):
            if parts is not None and rows:
                parts.add(rows, 0.0)

    def begin_late(self, spent: float, budget: float) -> None:
        """Begin when ``spent`` of the onset prior is gone already, as though there had been no data until now."""
        step = Step(spent, None, 0.0, budget, 0.0)
        nothing = np.zeros_like(self.totals)
        for test in self.whole:
            test.look(step, nothing)
        for limit in self.limits:
            limit.look(spent, np.zeros(2), np.zeros(2), 1.0)

    def put(self, kept: Mapping[str, Array]) -> None:
        """Go on from what ``arrays`` gave."""
        self._sums = None
        missed, later, self.phi = map(float, kept["counters"])
        self.missed, self.roster.later = int(missed), int(later)
        self.spread.take(kept["dispersion"], kept["last window"])
        self.totals, self.log_likelihoods = kept["totals"], kept["interval"]
        self.compared, self.recent.numbers = kept["compared"], tuple(kept["recent"].tolist())
        for index, (whole, parts) in enumerate(zip(self.whole, self.parts, strict=True)):
            for suffix, test in (("", whole), (" by segment", parts)):
                if test is not None:
                    count = len(test.wealth())
                    test.take([kept[f"margin {index}.{number}{suffix}"] for number in range(count)])
        for name, limit in self._named_limits():
            limit.totals, limit.seen, limit.log_wealth = (
                kept[f"{name} totals"],
                kept[f"{name} seen"],
                kept[name],
            )

    @property
    def requests(self) -> tuple[float, float]:
        """Requests so far, canary first."""
        return self._summed()[0]

    @property
    def hits(self) -> tuple[float, float]:
        """Failed (or slow) requests so far, canary first."""
        return self._summed()[1]

    def _summed(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Requests and hits, added up once a look."""
        if self._sums is None:
            canary, control = map(float, self.totals.sum(axis=-1))
            hits = self.totals if self.design.kind is Kind.ERRORS else self.compared
            self._sums = (canary, control), (float(hits[0, 1]), float(hits[1, 1]))
        return self._sums

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
