"""Tallies: what happened between two looks, counted. The sequential tests live on them; rates and quantiles are for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotage.domain.metrics import Arm


@dataclass(frozen=True, slots=True)
class Tally:
    """How many requests one arm answered from ``begun`` to ``ended``, and how. The spans of one metric never overlap.

    ``errors`` counts those that failed, for a metric with ``errors`` and ``total``. ``buckets``, for a histogram, counts
    the requests of each bucket by itself (not cumulative): one for each of ``bounds`` (finite upper bounds, ascending,
    in seconds) and a last one for all that were slower. ``problem`` says in words why nothing could be counted; nothing
    counted is never nothing failed.
    """

    metric: str
    begun: datetime
    ended: datetime
    requests: float = 0.0
    errors: float = 0.0
    bounds: tuple[float, ...] = ()
    buckets: tuple[float, ...] = ()
    arm: Arm = Arm.CANARY
    dimension: str = ""
    segment: str = ""
    problem: str = ""
