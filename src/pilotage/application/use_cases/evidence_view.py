"""What is shown of the evidence: plain numbers, the same for the table, the JSON, the chart and the web pages.

Moments are aware; rates and times are in the metric's own unit (percent: 5 for 5 %; seconds); ratios are canary :
control; e-values are plain numbers (not logarithms), at most ``LARGEST``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from pilotage.domain.metrics import Unit

LARGEST = 1e100
"""Evidence beyond this is shown as this: it has been certain for long, and JSON and charts stay finite."""


def e_value(log_e: float) -> float:
    """The e-value of its natural logarithm, at most ``LARGEST``."""
    return math.exp(min(log_e, math.log(LARGEST)))


@dataclass(frozen=True, slots=True)
class RatePoint:
    """Both arms over the span that ends at ``at``; None: no data (never zero). ``requests`` are the canary's so far."""

    at: datetime
    canary: float | None
    baseline: float | None
    requests: float


@dataclass(frozen=True, slots=True)
class RatioPoint:
    """Where the ratio lies, as the tests had it at ``at``: the interval that decides. ``high`` None: it has no upper end."""

    at: datetime
    low: float
    estimate: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Level:
    """How much evidence there was against "no worse than tolerated"."""

    at: datetime
    e_value: float


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit that a line of the plan states, in the metric's unit, and that line's words."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class StageSpan:
    """A time in which a stage had one exposure. ``until`` None: it still has."""

    stage: str
    exposure: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineEvidence:
    """How one line of the plan stands: its evidence, how much it needs, and since when it is certain or doubted.

    ``key`` names the test, ``line`` is the plan's own words for it.

    ``verdict``: ``certain`` (beyond what is tolerated), ``shared`` (a limit is broken, by the baseline too), ``doubt`` (it
    may be beyond), ``fine``, or ``nothing`` (the canary had no requests yet). ``e_value`` and ``needed`` are on the scale of the
    release, whatever part of its budget the line has: ``needed`` is 1 / budget for every line.
    """

    key: str
    e_value: float
    needed: float
    verdict: str
    because: str
    since: datetime | None = None
    segment: str = ""
    tolerated: float | None = None
    """The ratio that is no regression; None for an absolute limit."""
    line: str = ""


@dataclass(frozen=True, slots=True)
class MetricEvidence:
    """One metric under test. ``canary_requests`` and ``baseline_requests`` are all that were counted.

    ``tests`` begin with the line of the plan that is nearest to deciding, and ``levels`` are its evidence over time.
    ``points`` are over ``span`` seconds each, or as many more as enough requests take; ``canary`` and
    ``baseline`` are those of the last one. ``smallest``: the smallest ratio the traffic so far could have shown.
    ``problem``: why nothing could be counted, in words.
    """

    metric: str
    unit: Unit
    span: float
    points: tuple[RatePoint, ...] = ()
    intervals: tuple[RatioPoint, ...] = ()
    levels: tuple[Level, ...] = ()
    tests: tuple[LineEvidence, ...] = ()
    limits: tuple[LimitLine, ...] = ()
    tolerated: float | None = None
    canary: float | None = None
    baseline: float | None = None
    canary_requests: float = 0.0
    baseline_requests: float = 0.0
    smallest: float | None = None
    problem: str = ""
    ratio_of: str = "failed requests"
    """What the ratios are ratios of: the shares of ``failed requests`` or, for a latency, of ``slow requests``."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The moment a release was rolled back or held by its numbers, and the sentence that says why."""

    at: datetime
    what: str
    """``rolled back`` or ``held``."""
    sentence: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """Everything the numbers of one release say.

    ``e_value`` is the release's own evidence, all metrics together, against ``needed`` (1 / ``budget``). ``missing``
    says in words what the present stage still needs before it may be left; ``notes`` what else a reader must know (old
    looks that are no longer stored, metrics without counts).
    """

    release: str
    title: str
    status: str
    timezone: str
    budget: float
    needed: float
    e_value: float = 1.0
    number: int = 0
    """How many events there are: what an ETag is made of."""
    looks: int = 0
    since: datetime | None = None
    until: datetime | None = None
    metrics: tuple[MetricEvidence, ...] = ()
    stages: tuple[StageSpan, ...] = ()
    decided: tuple[Decided, ...] = ()
    baked: datetime | None = None
    """When the present stage will have baked, if nothing holds it up; None where that cannot be said."""
    missing: str = ""
    notes: tuple[str, ...] = ()

    def metric(self, name: str) -> MetricEvidence | None:
        """The metric of that name, or None."""
        return next((each for each in self.metrics if each.metric == name), None)

    def chosen(self) -> MetricEvidence | None:
        """The metric to show where nobody chose one: the one with the most evidence against it."""
        return max(self.metrics, key=_weight_of, default=None)


def _weight_of(metric: MetricEvidence) -> float:
    return max((test.e_value / test.needed for test in metric.tests), default=0.0)
