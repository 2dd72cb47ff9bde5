"""Reads a service's own ``/metrics``: no Prometheus needed.

``sources: {shop: {type: scrape, url: http://127.0.0.1:8000/metrics}}``; several instances stand in ``url`` with spaces
between, and their series are added up like those of any label. What may be asked is in ``promql.FORMS``.

Counters are remembered in memory only: after a start of Pilotage a growth has no data until two readings exist, and
covers the span really seen until that is as long as ``over``. Where one of several instances does not answer there is
no data at all: what it saw might be the errors.

Counts go from the last reading up to the last look to the newest, and their tallies say from when to when that is. The
newest of one look is the first of the next, so they telescope; what a page that did not answer would have shown is in
the next that does, where the caller asks from what was last counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from pilotage.adapters.metrics.counting import Counter, Counting, counting
from pilotage.adapters.metrics.evaluate import aggregated, evaluate, grown_since, selectors, spans
from pilotage.adapters.metrics.exposition import ACCEPT, read_page
from pilotage.adapters.metrics.history import History
from pilotage.adapters.metrics.promql import FORMS, Node, parse
from pilotage.adapters.metrics.promql_text import NotUnderstood
from pilotage.adapters.metrics.questions import Found, Question, answer, question
from pilotage.adapters.metrics.tallying import checked, no_tally, tallies
from pilotage.adapters.metrics.web import Unanswered, Web, shown
from pilotage.application.ports.secrets import Secrets
from pilotage.domain.errors import PilotageError
from pilotage.domain.metrics import MetricRequest, Sample, Source
from pilotage.domain.tallies import Tally

AS_GOOD_AS_NEW = 0.2
"""Seconds for which one reading serves whoever else asks: many releases of one service tick at about the same time."""


class ScrapeMetrics:
    """The metrics port over ``/metrics`` pages. ``url`` and ``token`` of a source may be secret references."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._web = Web()
        self._histories: dict[str, History] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        """One reading of every address, and the answers it and the earlier ones give; see the port."""
        now = [request for request in requests if request.until is None]
        earlier = [question(request) for request in requests if request.until is not None]
        asked = [question(request) for request in now]
        past = _nothing(earlier, "a scraped service tells nothing of days ago; a Prometheus server does", at)
        trees: dict[str, Node] = {}
        found: dict[str, Found] = {}
        for text in (text for one in asked for text in one.queries):
            try:
                trees[text] = parse(text)
                list(spans(trees[text]))
            except NotUnderstood as error:
                found[text] = Found(problem=f"{error}; {FORMS}")
                trees.pop(text, None)
        names = frozenset(selector.name for tree in trees.values() for selector in selectors(tree))
        longest = max((span for tree in trees.values() for span in spans(tree)), default=0.0)
        histories = await self._histories_as_of(source, names, longest, at) if trees else {}
        if isinstance(histories, str):
            return [*_nothing(asked, histories, at), *past]
        observed_at = min((history.readings[-1].at for history in histories.values()), default=at)
        found |= {text: evaluate(tree, histories) for text, tree in trees.items()}
        samples = (answer(one, [found[text] for text in one.queries], observed_at) for one in asked)
        return [*(sample for some in samples for sample in some), *past]

    async def count(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Tally]:
        """One reading of every address, and the growth since the last look; see the port."""
        asked = [counting(request, at) for request in requests]
        names = frozenset(counter.selector.name for one in asked for counter in one.counters)
        longest = max((at - one.begun).total_seconds() for one in asked) if asked else 0.0
        histories = await self._histories_as_of(source, names, longest, at) if names else {}
        if isinstance(histories, str):
            return [no_tally(one.request, one.begun, at, one.problem or histories) for one in asked]
        return [tally for one in asked for tally in _counted(one, histories)]

    async def halves(
        self,
        source: Source,  # noqa: ARG002 - no scraped source remembers an hour
        requests: Sequence[MetricRequest],
        at: datetime,
    ) -> Sequence[Tally]:
        """There is nothing to split: what was before Pilotage looked, nobody wrote down."""
        why = "a scraped source remembers nothing from before, so there is no hour to split in halves; Prometheus does"
        return [no_tally(one, one.since or at, one.until or at, why) for one in requests]

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()

    async def _histories_as_of(
        self, source: Source, names: frozenset[str], longest: float, at: datetime
    ) -> Mapping[str, History] | str:
        """The histories of all addresses as of now, or in words why there are none."""
        try:
            return await self._look(source, names, longest, at)
        except Unanswered as lack:
            return str(lack)
        except PilotageError as error:
            return ". ".join(filter(None, (error.message, error.hint)))

    async def _look(
        self, source: Source, names: frozenset[str], longest: float, at: datetime
    ) -> Mapping[str, History]:
        """The histories of all addresses, each with a reading as of now; raises ``Unanswered``."""
        addresses = (await self._secrets.resolve(source.url)).split()
        if not addresses:
            raise Unanswered(f'the source "{source.name}" has no address; give it url: http://…/metrics')
        token = await self._secrets.resolve(source.token) if source.token else ""
        for address in addresses:
            self._histories.setdefault(address, History()).want(names, longest)
        looks = (self._look_at(address, names, source, token, at) for address in addresses)
        for outcome in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        return {shown(address): self._histories[address] for address in addresses}

    async def _look_at(
        self, address: str, names: frozenset[str], source: Source, token: str, at: datetime
    ) -> None:
        history = self._histories[address]
        async with self._locks.setdefault(address, asyncio.Lock()):
            if history.fresh(names, at, AS_GOOD_AS_NEW):
                return
            timeout = source.timeout.approximate_seconds
            got = await self._web.ask(address, seconds=timeout, token=token, accept=ACCEPT)
            if got.status != 200:
                raise Unanswered(
                    f"{shown(address)} answers with HTTP status {got.status} instead of its metrics"
                )
            try:
                page = read_page(got.text, got.media_type, history.names)
            except ValueError as error:
                raise Unanswered(
                    f"{shown(address)} is no page of metrics in Prometheus' format: {error}"
                ) from None
            history.add(page, history.moment(at))


def _counted(asked: Counting, histories: Mapping[str, History]) -> list[Tally]:
    together = frozenset(counter.selector.name for counter in asked.counters)
    found: dict[Counter, Found] = {}
    begun, ended = asked.begun, asked.ended
    for counter in asked.counters:
        found[counter], opened, closed = grown_since(counter.selector, histories, asked.begun, together)
        if found[counter].series:
            begun, ended = opened, closed
    if asked.buckets is not None:
        part = found[asked.buckets]
        found[asked.buckets] = checked(asked, part, Found(tuple(aggregated("count", asked.by, part.series))))
    return tallies(asked, found, begun, ended)


def _nothing(asked: Sequence[Question], problem: str, at: datetime) -> list[Sample]:
    """No data for anybody; whoever could not even ask keeps their own reason."""
    return [
        sample for one in asked for sample in answer(one, [Found(problem=problem)] * len(one.queries), at)
    ]
