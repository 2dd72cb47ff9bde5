"""A release whose sources count: each look is told what both arms did since the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilotage.decisions import watch
from pilotage.domain import facts as f
from pilotage.domain.metrics import Arm, MetricRequest, Reading, Sample
from pilotage.domain.tallies import Tally
from tests.support.playing import CLOCK, Play, plan_from

COUNTED = """
  failures:
    unit: percent
    source: main
    errors: sum(increase(failed{variant="{{variant}}"}[{{over}}]))
    total: sum(increase(served{variant="{{variant}}"}[{{over}}]))
    split: [region]
  speed:
    unit: time
    source: main
    histogram: seconds_bucket{variant="{{variant}}"}
    quantile: 0.95
"""

BOUNDS = (0.1, 0.25, 0.5, 1.0)

WINDOW = 50
"""A sample covers this many looks."""


@dataclass(frozen=True, slots=True)
class Did:
    """What one arm did in one look. ``buckets``: one count for each of ``BOUNDS`` and one for everything slower."""

    requests: float
    errors: float = 0.0
    buckets: tuple[float, ...] = ()
    problem: str = ""


class CountedPlay(Play):
    """``looks`` lets time pass look by look; everything else is as in ``Play``."""

    def __init__(self, stages: str, start: datetime | None = None, metrics: str = COUNTED) -> None:
        plan = plan_from(stages, metrics=metrics.strip("\n").lstrip())
        super().__init__(plan, *((start,) if start else ()))
        self.requested: list[MetricRequest] = []

    def looks(
        self,
        times: int,
        canary: Did | None,
        control: Did | None = None,
        regions: Mapping[str, tuple[Did, Did]] | None = None,
    ) -> CountedPlay:
        """``times`` looks, each with the same counts for every metric that is asked for."""
        for _ in range(times):
            self.now += timedelta(seconds=self.plan.evidence.every.approximate_seconds)
            asked = watch.requests(self.release, self.judging, self.now)
            self.requested += asked
            arms = {Arm.CANARY: canary, Arm.BASELINE: control}
            tallies: list[Tally] = []
            samples: list[Sample] = []
            for request in asked:
                did = arms[request.arm]
                if request.reading is Reading.COUNT and request.dimension:
                    for name, (inside, outside) in (regions or {}).items():
                        one = inside if request.arm is Arm.CANARY else outside
                        tallies.append(tally(request, one, name))
                elif request.reading is Reading.COUNT and did is not None:
                    tallies.append(tally(request, did))
                elif request.reading is Reading.VALUE and not request.dimension and did and did.requests:
                    value = 100 * did.errors / did.requests if request.metric.total else 0.2
                    samples.append(
                        Sample(request.metric.name, self.now, value, WINDOW * did.requests, arm=request.arm)
                    )
            self._decide(f.Tick(tuple(samples), tuple(tallies)), CLOCK)
            self._settle()
        return self


def tally(request: MetricRequest, did: Did, segment: str = "") -> Tally:
    """What a source that counted ``did`` answers to ``request``."""
    assert request.since is not None
    assert request.until is not None
    buckets = did.buckets if request.metric.histogram else ()
    return Tally(
        request.metric.name, request.since, request.until, did.requests, did.errors, BOUNDS if buckets else (), buckets,
        request.arm, request.dimension, segment, did.problem,
    )  # fmt: skip
