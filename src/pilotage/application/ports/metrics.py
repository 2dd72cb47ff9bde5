"""The metrics port: numbers from a source, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pilotage.domain.metrics import MetricRequest, Sample, Source
from pilotage.domain.tallies import Tally


class Metrics(Protocol):
    """One kind of source (``prometheus``, ``scrape``).

    One call may carry the requests of many releases. No method ever raises for the outside's faults: an unreachable,
    slow or lying source is "no data" with the reason in words.
    """

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        """Answer every request with at least one sample; without data, with ``value=None`` and ``problem`` in words."""
        ...

    async def count(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Tally]:
        """What happened in each request's ``since`` to ``until`` (``at`` where it has none), by segment where it asks for one.

        Exact, never estimated, and telescoping: asked again from where the last answer ended, no event is counted
        twice. An event that is counted late (its scrape was) is in the next answer. Where nothing can be counted the
        tally has a ``problem``; metrics that are a ``query`` never can be.
        """
        ...

    async def halves(
        self, source: Source, requests: Sequence[MetricRequest], at: datetime
    ) -> Sequence[Tally]:
        """Each request's ``since`` to ``until`` in looks of its ``every``, in two halves of the ``replicas``, oldest first.

        The halves are told apart as the arms ``canary`` and ``baseline``; looks in which either half was not seen are
        left out. Where there are no two halves, one tally whose ``problem`` says why.
        """
        ...
