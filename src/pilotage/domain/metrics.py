"""Metrics: what is measured and where it comes from, and the numbers that come back (never a verdict)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pilotage.domain.conditions import Comparison
from pilotage.domain.people import Who
from pilotage.domain.time import Duration


class Unit(StrEnum):
    """What a metric is counted in. Values are kept in percent (5 for 5 %), seconds, counts, points, bytes, events per second."""

    PERCENT = "percent"
    TIME = "time"
    COUNT = "count"
    SCORE = "score"
    BYTES = "bytes"
    PER_SECOND = "per s"


class BaselineKind(StrEnum):
    """What ``worse than baseline`` compares with."""

    CONTROL = "control"
    PREVIOUS = "previous"
    FIXED = "fixed"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Baseline:
    """``control`` (at the same time), ``previous`` (the version before), ``fixed 300ms`` (``value``), ``last 7d`` (``span``)."""

    kind: BaselineKind = BaselineKind.CONTROL
    value: float | None = None
    span: Duration | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where metrics come from: ``type`` is prometheus, scrape or manual; ``url`` and ``token`` may be secret references."""

    name: str
    type: str
    url: str = ""
    token: str = ""
    timeout: Duration = Duration(seconds=10)
    delay: Duration = Duration(seconds=2)
    """How long after it happened something is there to be counted: a scrape takes its time, and so does remote storage."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a plan. Which of ``query``, ``errors``/``total``, ``histogram``/``quantile`` is set says how it is read."""

    name: str
    unit: Unit
    source: str = "manual"
    query: str = ""
    errors: str = ""
    total: str = ""
    histogram: str = ""
    quantile: float | None = None
    over: Duration = Duration(seconds=300)
    over_whole: str = ""
    """``stage`` or ``release`` when the span is not a duration; empty otherwise."""
    lower_is_better: bool = True
    baseline: Baseline = Baseline()
    split: tuple[str, ...] = ()
    target: Comparison | None = None
    alert: Comparison | None = None
    ask_every: Duration | None = None
    ask_who: Who | None = None
    best_score: float | None = None
    describe: str = ""
    connected: bool = False
    """Whether a connected source answers for it; else people report it with ``pilotage report``."""
    tolerate: float | None = None
    """How many percent worse than the control is still no regression; None takes the usual of its kind."""
    weight: float | None = None
    """Its part in the release's own evidence, beside the other metrics; None takes the usual of its kind."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A guardrail in force: the metric with its target and alert (either may be None)."""

    metric: str
    target: Comparison | None = None
    alert: Comparison | None = None


class Arm(StrEnum):
    """Which side of the comparison a sample describes: those who meet the change, or what they are compared with."""

    CANARY = "canary"
    BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class Sample:
    """Numbers a source gave, never a verdict.

    ``value`` is in the metric's unit, or None when the source answered that there is no data. ``count`` is how many
    requests (or other events) stand behind it, where known; ``errors`` how many of them failed. ``segment`` is the
    value of the dimension asked for. ``steady_since`` says that the same value held from then until ``observed_at``
    (simulation and replay give long quiet spans in one sample); None means a single instant.
    """

    metric: str
    observed_at: datetime
    value: float | None
    count: float | None = None
    errors: float | None = None
    arm: Arm = Arm.CANARY
    dimension: str = ""
    segment: str = ""
    steady_since: datetime | None = None
    problem: str = ""
    """Why there is no data, in words for people (``connection refused``); empty when there is data."""


class Reading(StrEnum):
    """How a metric is read.

    ``value``: as it stands over its ``over`` (a ``Sample``). ``count``: what happened since the last look (a ``Tally``).
    ``halves``: a stretch of time look by look, in two halves of the replicas (pairs of ``Tally``, for A/A).
    """

    VALUE = "value"
    COUNT = "count"
    HALVES = "halves"


@dataclass(frozen=True, slots=True)
class MetricRequest:
    """What the runtime asks a metrics adapter: one metric, for one arm, with the template variables already filled in."""

    metric: Metric
    arm: Arm
    variables: dict[str, str] = field(default_factory=dict)
    dimension: str = ""
    """A dimension of the metric's ``split`` to answer by, or empty for the whole."""
    reading: Reading = Reading.VALUE
    since: datetime | None = None
    """Counts and halves: what happened after this moment."""
    until: datetime | None = None
    """Counts and halves: what happened up to this moment; a value: as it was at this moment. None: the moment of asking.
    Callers keep ``since`` and ``until`` on one grid for all releases, so that those that ask the same share one query."""
    every: Duration = Duration(seconds=15)
    """Halves: the length of one look."""
    replicas: str = "instance"
    """The label that tells the replicas of a service apart."""
