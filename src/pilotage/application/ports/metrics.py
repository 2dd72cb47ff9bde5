"""The metrics port: numbers from a source, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pilotage.domain.metrics import MetricRequest, Sample, Source


class Metrics(Protocol):
    """One kind of source (``prometheus``, ``scrape``)."""

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        """Answer every request with at least one sample; without data, with ``value=None`` and ``problem`` in words.

        One call may carry the requests of many releases. Never raises for the outside's faults: an unreachable, slow
        or lying source is "no data" with the reason.
        """
        ...
