"""What people read of one look, reckoned when it is asked for: most looks are only counted, and never read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pilotage.decisions.evidence import because, readiness
from pilotage.decisions.evidence.design import Design, Kind
from pilotage.decisions.evidence.judgement import Action, Found, Interval
from pilotage.decisions.evidence.seen import Seen


@dataclass(frozen=True, eq=False)
class SeenAccount:
    """What a judgement says. ``metrics``: what each had seen. ``family``: the logarithm of the release's e-value.

    ``standings``: how margins and limits stand, still without words. ``action``: what they say should happen, before it is
    asked whether a stage has seen enough to be left.
    """

    design: Design
    metrics: Sequence[Seen]
    family: float
    standings: Sequence[Found]
    action: Action

    @cached_property
    def found(self) -> tuple[Found, ...]:
        """Every margin and limit with its sentence."""
        return tuple(
            replace(f, because=because.of_found(self.design, self.metrics, self.family, f))
            for f in self.standings
        )

    @cached_property
    def because(self) -> str:
        """The sentence of the judgement."""
        return because.of_judgement(
            self.design, self.metrics, self.family, self.action, self.found, self.missing
        )

    @cached_property
    def intervals(self) -> Mapping[str, Interval]:
        """The ratio of every metric that has a margin."""
        return {m.design.name: self._interval(m) for m in self.metrics if m.design.margins}

    @cached_property
    def smallest(self) -> Mapping[str, float | None]:
        """The smallest ratio that could have been seen, of every metric that has a margin."""
        return {m.design.name: m.smallest(self.design) for m in self.metrics if m.design.margins}

    @cached_property
    def missing(self) -> str:
        """What must still be seen before a stage may be left."""
        return readiness.missing(self.design, self.metrics, self._interval)

    def _interval(self, metric: Seen) -> Interval:
        """Where the ratio lies. A margin that is refuted bounds it too: what is shown is what decided."""
        interval = metric.interval(self.design.budget)
        if metric.design.kind is not Kind.ERRORS:
            return interval  # it compares the shares of slow requests, and the margin is about times
        ratios = {margin.key: margin.ratio for margin in metric.design.margins}
        certain = [
            ratios[f.key]
            for f in self.standings
            if f.metric == metric.design.name and f.certain and f.key in ratios
        ]
        low = max((interval.low, *certain))
        return Interval(low, interval.estimate, max(interval.high, low))
