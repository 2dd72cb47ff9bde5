"""One metric of a release under test: its margins (whole and by segment), its limits, and what is counted beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from pilotage.decisions.evidence import dispersion, grid, intake, intervals, slow
from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.design import Kind, Limit, Margin, MetricDesign
from pilotage.decisions.evidence.errors import ErrorsTest
from pilotage.decisions.evidence.judgement import Pair
from pilotage.decisions.evidence.latency import LatencyTest, calibrate, pairs
from pilotage.decisions.evidence.limits import LimitTest
from pilotage.decisions.evidence.recent import Recent
from pilotage.decisions.evidence.seen import Seen
from pilotage.decisions.evidence.segments import Roster
from pilotage.decisions.evidence.step import Step


class MarginTest(Protocol):
    """An e-process against one margin, for counts of shape (2, *shape, classes)."""

    def look(self, step: Step, counts: Array, phi: Array | float) -> None:
        """Learn from one look; ``phi``: its dispersion."""

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
        self._errors = design.kind is Kind.ERRORS
        self.spread = dispersion.Dispersion()
        self.roster = Roster()
        self.totals: Array = np.zeros((2, self.classes))
        self.compared: Array = np.zeros((2, 2))
        self.recent = Recent()
        self._least_limit = min((limit.share for limit in design.limits), default=None)
        self._strictest = min((margin.ratio for margin in design.margins if margin.rolls_back), default=None)
        self.phi = 1.0
        self.missed = 0
        self.problem = ""
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
            return LatencyTest(margin.ratio, self.design.bounds, usual)
        return ErrorsTest(margin.ratio, shape, grid.IN_SEGMENT if shape else grid.CENTRE)

    def look(self, step: Step, spent: float, pair: Pair | None, segments: Mapping[str, Pair] | None) -> None:
        """Learn from one look; ``spent``: what of the onset prior was spent before it."""
        counts, self.problem = intake.paired(pair, self.design)
        self.missed = self.missed + 1 if self._lacks(counts) else 0
        whole = np.zeros_like(self.totals) if counts is None else counts
        requests = np.add.reduce(whole, axis=-1)
        complete = bool(requests[0] > 0.0 and requests[1] > 0.0)
        both, of_both = (whole, requests) if complete else (np.zeros_like(whole), np.zeros(2))
        self.phi = float(self._phi(both, of_both))
        for test in self.whole:
            test.look(step, both, self.phi)
        for limit, limit_test in zip(self.design.limits, self.limits, strict=True):
            limit_test.look(step.mass, self._beyond(limit, whole), requests, self.phi)
        if any(self.parts) or any(self.limits_by_segment):
            self._look_at_segments(step, spent, segments or {})
        if self._errors:
            self.spread.learn(both[1, 1], of_both[1])
            self.recent.look(whole[:, 1].tolist(), requests.tolist(), self.phi, step.looks, self._least_limit)
        if complete:
            self._compare(whole, requests)
        self.totals = self.totals + whole  # last: whatever is slow is told from past looks

    def _compare(self, both: Array, requests: Array) -> None:
        """What a complete look adds to the interval: without failures (slow requests) in either arm nothing."""
        bad = self._bad(both)
        (n1, n0), (e1, e0) = requests.tolist(), bad.tolist()
        if e1 or e0:
            self.log_likelihoods = self.log_likelihoods + intervals.log_likelihood(bad, requests, self.phi)
        self.compared = self.compared + np.array(((n1, e1), (n0, e0)))

    def _phi(self, counts: Array, requests: Array) -> Array:
        """The dispersion of this look, whole or by segment. ``counts`` (2, ..., classes), ``requests`` (2, ...) to (...)."""
        return self.spread.now(
            dispersion.variance(counts[..., 1], requests) if self._errors else pairs(requests)
        )

    def _beyond(self, limit: Limit, counts: Array) -> Array:
        """The requests a limit counts: the failed ones, or those that are too slow. Shape (..., classes) to (...)."""
        if self._errors:
            return counts[..., 1]
        bounds = self.design.bounds
        counted: Array = counts @ slow.too_slow(slow.threshold(limit, bounds, self.totals[1]), bounds)
        return counted

    def _bad(self, both: Array) -> Array:
        """The requests of each arm that the interval compares: failed, or slower than the control's p95. Shape (2,)."""
        if self._errors:
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
        requests = counts.sum(axis=-1)
        phi = self._phi(counts, requests)
        for part in self.parts:
            if part is not None:
                part.look(step, counts, phi)
        for limit, limit_test in zip(self.design.limits, self.limits_by_segment, strict=True):
            if limit_test is not None:
                limit_test.look(step.mass, self._beyond(limit, counts), requests, self.phi)

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
            test.look(step, nothing, 1.0)
        for limit in self.limits:
            limit.look(spent, np.zeros(2), np.zeros(2), 1.0)

    def put(self, kept: Mapping[str, Array]) -> None:
        """Go on from what ``arrays`` gave."""
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

    def seen(self) -> Seen:
        """What people may be told of this look, whatever comes later."""
        canary, control = np.add.reduce(self.totals, axis=-1).tolist()
        return Seen(
            self.design,
            self._strictest,
            (canary, control),
            self.totals,
            self.compared,
            self.log_likelihoods,
            self.recent.numbers,
            self.phi,
            self.missed,
            self.problem,
            [limit.seen for limit in self.limits],
            [limit.seen if limit is not None else None for limit in self.limits_by_segment],
            self.roster.names,
        )
