"""What one metric had seen at a look: all that people are told is reckoned from it, when they ask.

Nothing in it changes with later looks: the state replaces its arrays and never writes into those it has handed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pilotage.decisions.evidence import intervals, sizing
from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.design import Design, Kind, MetricDesign
from pilotage.decisions.evidence.judgement import Interval


class Seen(NamedTuple):
    """``requests`` so far, canary first; ``totals`` (2, classes): the same by class. ``compared`` (2, 2): arms by (requests,
    hits) of the looks that had both arms. ``log_likelihoods``: of the grid of ratios (see ``intervals``). ``recent``: see
    ``Recent.numbers``. ``strictest``: the smallest ratio among the margins that roll back; None where there is none.

    ``limits`` by limit: arms by (requests, hits); ``limits_by_segment`` (2, S, 2) where a limit is judged by segment, its
    rows named by ``segments`` (of which later looks only add more).
    """

    design: MetricDesign
    strictest: float | None
    requests: tuple[float, float]
    totals: Array
    compared: Array
    log_likelihoods: Array
    recent: Sequence[float]
    phi: float
    missed: int
    problem: str
    limits: Sequence[Array]
    limits_by_segment: Sequence[Array | None]
    segments: Sequence[str]

    @property
    def hits(self) -> tuple[float, float]:
        """Failed (or slow) requests so far, canary first."""
        hits = self.totals if self.design.kind is Kind.ERRORS else self.compared
        return float(hits[0, 1]), float(hits[1, 1])

    def limit_totals(self, index: int, segment: str = "") -> Array:
        """Requests and hits so far of the whole, or of a segment. Shape (2, 2), canary first."""
        parts = self.limits_by_segment[index]
        if segment and parts is not None:
            chosen: Array = parts[:, self.segments.index(segment)]
            return chosen
        return self.limits[index]

    def interval(self, budget: float) -> Interval:
        """Where the ratio canary : control lies, with the confidence the budget leaves."""
        (n1, n0), (e1, e0) = self.requests, self.hits
        estimate = e1 / n1 / (e0 / n0) if min(n1, n0, e0) > 0.0 else None
        return intervals.confidence_sequence(self.log_likelihoods, budget, estimate)

    def needed_requests(self, design: Design) -> float:
        """Requests on the canary that reveal the worthwhile ratio, at the share and the error rate so far."""
        return sizing.needed_requests(design.worthwhile, *self._sized(design))

    def smallest(self, design: Design) -> float | None:
        """The smallest ratio that the traffic so far could have revealed (None: none yet)."""
        if min(self.requests) <= 0.0:
            return None
        return sizing.smallest_ratio(self.requests[0], *self._sized(design))

    def _sized(self, design: Design) -> tuple[float, float, float, float, float]:
        """The control's rate, the canary's share, the budget, the margin, and phi."""
        canary, control = self.requests
        rate = max(design.base, (self.hits[1] + 0.5) / (control + 1.0))
        return rate, canary / (canary + control), design.budget, self.strictest or 1.0, self.phi
