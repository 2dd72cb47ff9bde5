"""What is tested: metrics with their margins and limits, the budget for false alarms, and the plan's times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a metric counts: requests that failed, or how long requests took (a histogram)."""

    ERRORS = "errors"
    LATENCY = "latency"


USUAL_WEIGHT = {Kind.ERRORS: 3.0, Kind.LATENCY: 1.0}
"""A request that fails is worse than a slow one, and histograms tell much with every request: they can do with less."""


@dataclass(frozen=True, slots=True)
class Margin:
    """The canary may be worse than the control at the same time by ``ratio``, and not more.

    ``ratio`` 1.2 tolerates 20 % more errors, or (latency) requests that take 20 % longer. ``key`` names the margin in
    what is answered. ``by_segment`` judges every segment by itself besides the whole. Only margins with
    ``rolls_back`` count towards the release's own e-value; the others are there to hold or to tell.
    """

    key: str
    ratio: float = 1.2
    by_segment: bool = False
    rolls_back: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """No more than ``share`` (0.05: five in a hundred) of the canary's requests may fail or be too slow.

    For latency a request is too slow beyond ``slower_than`` seconds, or beyond ``times_control`` times the time that
    only ``share`` of the control's requests exceeded so far (2.0 with share 0.05: p95 > 2x the control's).
    """

    key: str
    share: float = 0.05
    slower_than: float | None = None
    times_control: float | None = None
    by_segment: bool = False


@dataclass(frozen=True, slots=True)
class MetricDesign:
    """One metric under test. ``bounds`` (latency): finite upper bounds of the buckets, ascending, in seconds.

    ``weight`` is its part of the release's e-value; the weights of all metrics are brought to a sum of one.
    """

    name: str
    kind: Kind = Kind.ERRORS
    margins: tuple[Margin, ...] = ()
    limits: tuple[Limit, ...] = ()
    weight: float = 1.0
    bounds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Design:
    """Everything that is fixed before the first look.

    ``budget`` is the probability with which a harmless release may be rolled back; a tenth of it is for the limits.
    Times are seconds: ``every`` between two looks, ``horizon`` the planned length of the release (None: unknown),
    ``stages`` the planned starts of later stages (the real ones are told with ``Evidence.began``), ``grace`` how long
    after new replicas began only a catastrophe counts. ``worthwhile`` is the ratio a stage must have been able to see
    before it may be left; ``base``: an error rate below which traffic is sized as though the control failed this often
    (a service that never fails would else need endless traffic to be promoted).
    """

    metrics: tuple[MetricDesign, ...]
    budget: float = 0.01
    every: float = 15.0
    horizon: float | None = None
    stages: tuple[float, ...] = ()
    grace: float = 120.0
    worthwhile: float = 3.0
    base: float = 0.001
