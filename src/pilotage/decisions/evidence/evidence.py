"""The one class to feed: a release's evidence, look by look."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Self

from pilotage.decisions.evidence import saved, verdict
from pilotage.decisions.evidence.design import USUAL_WEIGHT, Design, Kind, Limit, Margin, MetricDesign
from pilotage.decisions.evidence.judgement import Judgement, Pair
from pilotage.decisions.evidence.onset import Onset
from pilotage.decisions.evidence.step import Step
from pilotage.decisions.evidence.watched import Watched

Pairs = Mapping[str, Pair] | Pair
Segments = Mapping[str, Mapping[str, Pair]] | Mapping[str, Pair]


class Evidence:
    """Whether a canary is worse than its control, judged at every look with one budget for the whole release.

    ``design`` is fixed before the first look. ``history``: by metric the looks of the old version split in two halves
    (the last hour, oldest first), from which dispersion and usual latencies are learned; a plain sequence of pairs serves
    all metrics. ``observe`` may be called as often as one likes, late, or not at all: times are seconds since the
    evidence began. Raises ValueError for a design that cannot be tested, saying why.
    """

    def __init__(
        self, design: Design, history: Mapping[str, Sequence[Pair]] | Sequence[Pair] | None = None
    ) -> None:
        saved.check(design)
        self.design = design
        self._terms = verdict.Terms(design)
        past = history or {}
        self._metrics = [
            Watched(metric, past.get(metric.name, ()) if isinstance(past, Mapping) else past)
            for metric in design.metrics
        ]
        self._onset = Onset(design.horizon, design.every, len(design.stages))
        self._seconds = 0.0
        self._fresh: float | None = 0.0
        self._judgement: Judgement | None = None

    @classmethod
    def of_service(  # noqa: PLR0913 - the settings of the standard service, each with its default
        cls,
        bounds: Sequence[float] = (),
        *,
        budget: float = 0.01,
        errors: float = 1.2,
        latency: float = 1.1,
        limit: float | None = 0.05,
        by_segment: bool = False,
        every: float = 15.0,
        horizon: float | None = None,
        grace: float = 120.0,
        history: Sequence[Pair] | None = None,
    ) -> Self:
        """The standard service: "errors" and (with ``bounds``) "latency", weighted 3 : 1; feed it one bare Pair.

        ``errors`` and ``latency`` are the tolerated ratios, ``limit`` the share of requests that may fail whatever the
        control does (None: no limit), ``bounds`` the histogram's finite upper bounds in seconds.
        """
        limits = () if limit is None else (Limit("limit", limit),)
        metrics = [
            MetricDesign(
                "errors",
                Kind.ERRORS,
                (Margin("errors", errors, by_segment),),
                limits,
                USUAL_WEIGHT[Kind.ERRORS],
            ),
        ]
        if bounds:
            margins = (Margin("latency", latency, by_segment),)
            weight = USUAL_WEIGHT[Kind.LATENCY]
            metrics.append(MetricDesign("latency", Kind.LATENCY, margins, (), weight, tuple(bounds)))
        design = Design(tuple(metrics), budget, every, horizon, grace=grace)
        return cls(design, history)

    def began(self, seconds: float, *, fresh: bool = True) -> None:
        """A stage began, or exposure rose, at ``seconds``. ``fresh``: with new replicas, which may need to warm up.

        Told before any look it is the start itself; without it the start counts as fresh.
        """
        started = self._seconds > 0.0
        if started:
            self._onset.began()
        if fresh:
            self._fresh = seconds
        elif not started:
            self._fresh = None

    def observe(self, seconds: float, pairs: Pairs, segments: Segments | None = None) -> Judgement:
        """Learn from one look that ends at ``seconds``, and judge. A repeated or older look changes nothing.

        ``pairs``: by metric, or one pair for all metrics. A metric that is missing has no data. ``segments``: by metric
        and segment, or by segment for all metrics. Counts that cannot be (negative, not a number, another number of
        buckets) are no data, and the judgement says so.
        """
        if not (math.isfinite(seconds) and seconds > self._seconds):
            return self.judgement
        since = None if self._fresh is None else max(self._seconds - self._fresh, 0.0)
        spent = 1.0 - self._onset.left
        looks = (seconds - self._seconds) / self.design.every
        step = Step(self._onset.spend(seconds), since, self.design.grace, self.design.budget, looks)
        for metric in self._metrics:
            name = metric.design.name
            pair = pairs if isinstance(pairs, Pair) else pairs.get(name)
            metric.look(step, spent, pair, _of_metric(segments, name))
        self._seconds = seconds
        self._judgement = None
        return self.judgement

    @property
    def judgement(self) -> Judgement:
        """The last answer, reckoned when it is first asked for: restoring alone costs none."""
        if self._judgement is None:
            self._judgement = self._judge()
        return self._judgement

    def state(self) -> dict[str, tuple[float, ...]]:
        """All that was learned, as plain finite numbers; ``restore`` goes on from it to the last digit."""
        times = (self._seconds, math.inf if self._fresh is None else self._fresh)
        return saved.state(self._metrics, self._onset, times)

    @classmethod
    def restore(cls, design: Design, state: Mapping[str, Sequence[float]]) -> Self:
        """Go on from ``state()`` under the same design. Raises ValueError where the state is of another design."""
        evidence = cls(design)
        evidence._seconds, fresh = saved.restore(evidence._metrics, evidence._onset, state, design.budget)
        evidence._fresh = fresh
        return evidence

    def _judge(self) -> Judgement:
        return verdict.judge(self._terms, self._metrics, self._onset.log_left)


def _of_metric(segments: Segments | None, name: str) -> Mapping[str, Pair] | None:
    """The segments of one metric."""
    if not segments:
        return None
    if all(isinstance(value, Pair) for value in segments.values()):
        return {segment: pair for segment, pair in segments.items() if isinstance(pair, Pair)}
    own = segments.get(name)
    return own if isinstance(own, Mapping) else None
