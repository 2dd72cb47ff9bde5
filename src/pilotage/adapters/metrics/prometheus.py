"""Asks a Prometheus server, or anything that speaks its HTTP API (Thanos, Mimir, VictoriaMetrics).

``sources: {main: {type: prometheus, url: https://prometheus.example.com, token: env:PROMETHEUS_TOKEN}}``; ``url`` may
carry a path (``…/prometheus``). API: https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pilotage.adapters.metrics.counting import Counter, Counting, counting
from pilotage.adapters.metrics.halving import Halving
from pilotage.adapters.metrics.merging import batches
from pilotage.adapters.metrics.promql import Node
from pilotage.adapters.metrics.promql_text import names
from pilotage.adapters.metrics.questions import Found, Question, Series, answer, question
from pilotage.adapters.metrics.tallying import checked, tallies
from pilotage.adapters.metrics.web import Answer, Unanswered, Web, shown
from pilotage.application.ports.secrets import Secrets
from pilotage.domain.errors import PilotageError
from pilotage.domain.metrics import MetricRequest, Sample, Source
from pilotage.domain.tallies import Tally

AT_ONCE = 8
"""Requests under way at one server at the same time (Prometheus itself evaluates 20 queries at once by default)."""

Row = tuple[dict[str, str], list[tuple[float, float]]]
"""One series: its labels, and (seconds since 1970, value) at each moment asked for."""


_Sending = asyncio.Task[dict[str, Found]]


class PrometheusMetrics:
    """The metrics port over Prometheus. ``url`` and ``token`` of a source may be secret references."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._web = Web()
        self._together: dict[tuple[Source, datetime], tuple[dict[str, Node | None], _Sending]] = {}

    async def read(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Sample]:
        """The values as of ``at``, in as few requests as are sound; see the port."""
        moments: dict[datetime, list[Question]] = {}
        for request in requests:
            moments.setdefault(request.until or at, []).append(question(request))
        answers = await asyncio.gather(*(self._as_of(source, asked, m, at) for m, asked in moments.items()))
        return [sample for some in answers for sample in some]

    async def _as_of(
        self, source: Source, asked: Sequence[Question], moment: datetime, at: datetime
    ) -> list[Sample]:
        found = await self._instant(source, (text for one in asked for text in one.queries), moment)
        await self._name_unknown(source, found, moment)
        answers = (answer(one, [found[text] for text in one.queries], at) for one in asked)
        return [sample for some in answers for sample in some]

    async def count(self, source: Source, requests: Sequence[MetricRequest], at: datetime) -> Sequence[Tally]:
        """The growth of counters since the last look, in as few requests as are sound; see the port and ``counting``.

        All of it lies the source's ``delay`` further back than it says, at both ends.
        """
        asked = [counting(request, at) for request in requests]
        answers = await asyncio.gather(*(self._count(source, one) for one in asked))
        return [tally for some in answers for tally in some]

    async def _count(self, source: Source, asked: Counting) -> list[Tally]:
        span = milliseconds(asked.ended) - milliseconds(asked.begun)
        wanted = {
            counter: counter.growth(span, asked.request.replicas, asked.by) for counter in asked.counters
        }
        numbers = asked.buckets.number(span, asked.by) if asked.buckets else None
        trees: dict[str, Node | None] = {str(tree): tree for tree in (*wanted.values(), numbers) if tree}
        moment = asked.ended - _delay(source)
        grown = await self._instant(source, trees, moment) if trees else {}
        found = {counter: grown[str(tree)] for counter, tree in wanted.items()}
        await self._name_unscraped(source, found, moment, span)
        if asked.buckets and numbers:
            found[asked.buckets] = checked(asked, found[asked.buckets], grown[str(numbers)])
        return tallies(asked, found, asked.begun, asked.ended)

    async def _name_unscraped(
        self, source: Source, found: dict[Counter, Found], moment: datetime, span: int
    ) -> None:
        """Where nothing was found, ask whether anything of that name was scraped: silence must not look like calm."""
        scraped = {counter.selector.name for counter, part in found.items() if part.series or part.problem}
        doubtful = {counter.selector.name for counter in found} - scraped
        if not doubtful:
            return
        any_of_them = "|".join(sorted(doubtful))
        check = f'count by (__name__) (last_over_time({{__name__=~"{any_of_them}"}}[{span}ms]))'
        checked = (await self._instant(source, {check: None}, moment))[check]
        doubtful -= {series.labels.get("__name__", "") for series in checked.series}
        for counter in found:
            if counter.selector.name in doubtful:
                unknown = () if checked.problem else (counter.selector.name,)
                found[counter] = Found(problem=checked.problem, unknown=unknown)

    async def halves(
        self, source: Source, requests: Sequence[MetricRequest], at: datetime
    ) -> Sequence[Tally]:
        """The looks of a stretch of time, in two halves of the replicas; see the port and ``halving``."""
        room = asyncio.Semaphore(AT_ONCE)

        async def one(request: MetricRequest) -> list[Tally]:
            async with room:
                return await self._halve(source, Halving.of(request, at))

        answers = await asyncio.gather(*(one(request) for request in requests))
        return [tally for some in answers for tally in some]

    async def _halve(self, source: Source, halving: Halving) -> list[Tally]:
        if halving.asked.problem:
            return halving.without(halving.asked.problem)
        delay = _delay(source)
        moment = halving.asked.ended - delay
        rows = await self._ask(source, "query", {"query": halving.who, "time": _stamp(moment)})
        if isinstance(rows, str):
            return halving.without(rows)
        halves = halving.halves(labels for labels, _ in rows)
        if isinstance(halves, str):
            return halving.without(halves)
        span = {
            "start": _stamp(halving.first - delay),
            "end": _stamp(moment),
            "step": f"{halving.every.total_seconds():.3f}",
        }
        tables: list[dict[Counter, dict[float, list[Series]]]] = []
        for half in halves:
            table = {}
            for counter in halving.asked.counters:
                rows = await self._ask(source, "query_range", {"query": halving.query(counter, half), **span})
                if isinstance(rows, str):
                    return halving.without(rows)
                table[counter] = _by_moment(rows)
            tables.append(table)
        return halving.tallies(tables, delay)

    async def read_range(
        self, source: Source, request: MetricRequest, start: datetime, end: datetime, step: timedelta
    ) -> Sequence[Sample]:
        """The values of one metric from ``start`` to ``end``, ``step`` apart, oldest first: for charts and replay.

        Moments without data are absent; where there is no data at all, one sample says why.
        """
        asked = question(request)
        span = {"start": _stamp(start), "end": _stamp(end), "step": f"{step.total_seconds():.3f}"}
        tables: list[dict[float, list[Series]]] = []
        found: dict[str, Found] = {}
        for text in asked.queries:
            rows = await self._ask(source, "query_range", {"query": text, **span})
            tables.append({} if isinstance(rows, str) else _by_moment(rows))
            found[text] = Found(problem=rows) if isinstance(rows, str) else Found(tuple(_newest(rows)))
        await self._name_unknown(source, found, end)
        whole = [found[text] for text in asked.queries]
        if asked.problem or any(part.problem or part.unknown for part in whole):
            return answer(asked, whole, end)
        samples: list[Sample] = []
        for moment in sorted({moment for table in tables for moment in table}):
            at_moment = [Found(tuple(table.get(moment, ()))) for table in tables]
            samples += answer(asked, at_moment, datetime.fromtimestamp(moment, UTC))
        return [sample for sample in samples if sample.value is not None] or answer(asked, whole, end)

    async def close(self) -> None:
        """Close the connections."""
        await self._web.close()

    async def _instant(
        self, source: Source, texts: Iterable[str] | Mapping[str, Node | None], at: datetime
    ) -> dict[str, Found]:
        """The answers to ``texts``, asked together with whatever else is asked of this source, for this moment, now.

        A mapping gives the trees of texts that are written by us.
        The runtime asks for many releases in calls of their own, made at the same time: they share what they can.
        """
        together = self._together.get((source, at))
        if together is None:
            # The task begins after everybody who is ready to ask now has added their queries.
            texts_of_all: dict[str, Node | None] = {}
            together = texts_of_all, asyncio.create_task(self._send(source, texts_of_all, at))
            self._together[source, at] = together
        wanted: dict[str, Node | None] = dict(texts) if isinstance(texts, Mapping) else dict.fromkeys(texts)
        sending = together[1]
        together[0].update(wanted)
        found = await asyncio.shield(sending)  # one of many who wait may give up without stopping it
        return {text: found[text] for text in wanted}

    async def _send(self, source: Source, texts: dict[str, Node | None], at: datetime) -> dict[str, Found]:
        del self._together[source, at]
        room = asyncio.Semaphore(AT_ONCE)

        async def one(text: str) -> Found:
            async with room:
                rows = await self._ask(source, "query", {"query": text, "time": _stamp(at)})
            return Found(problem=rows) if isinstance(rows, str) else Found(tuple(_newest(rows)))

        wanted = batches(dict(sorted(texts.items())))
        found = await asyncio.gather(*(one(batch.text) for batch in wanted))
        return dict(pair for batch, whole in zip(wanted, found, strict=True) for pair in batch.share(whole))

    async def _name_unknown(self, source: Source, found: dict[str, Found], at: datetime) -> None:
        """Where nothing was found, ask whether the names exist at all: a mistyped one must not look like calm."""
        empty = {text: names(text) for text, one in found.items() if not one.series and not one.problem}
        wanted = sorted({name for some in empty.values() for name in some})
        if not wanted:
            return
        any_of_them = "|".join(wanted)
        check = f'count by (__name__) ({{__name__=~"{any_of_them}"}})'
        checked = (await self._instant(source, [check], at))[check]
        known = {series.labels.get("__name__") for series in checked.series}
        for text, some in empty.items():
            unknown = () if checked.problem else tuple(name for name in some if name not in known)
            found[text] = Found(problem=checked.problem, unknown=unknown)

    async def _ask(self, source: Source, path: str, form: Mapping[str, str]) -> list[Row] | str:
        """The series in the answer, or in words why there is none."""
        seconds = source.timeout.approximate_seconds
        try:
            url = (await self._secrets.resolve(source.url)).strip()
            token = await self._secrets.resolve(source.token) if source.token else ""
            if not url:
                return f'the source "{source.name}" has no address; give it url: https://…'
            address = f"{url.rstrip('/')}/api/v1/{path}"
            got = await self._web.ask(
                address, seconds=seconds, form={**form, "timeout": f"{seconds:g}s"}, token=token
            )
            return _rows(url, got)
        except Unanswered as lack:
            return str(lack)
        except PilotageError as error:
            return ". ".join(filter(None, (error.message, error.hint)))


def _delay(source: Source) -> timedelta:
    return timedelta(seconds=source.delay.approximate_seconds)


def _rows(url: str, got: Answer) -> list[Row] | str:
    """The series in an answer; or, in words (Prometheus' own where it has some), what is wrong."""
    try:
        body = json.loads(got.text)
        if body["status"] == "error":
            return f"Prometheus at {shown(url)} refuses the query ({body['errorType']}): {body['error']}"
        kind, result = body["data"]["resultType"], body["data"]["result"]
        if kind == "string":
            return "the query answers a text; a number is expected"
        if kind == "scalar":
            return [({}, [_point(result)])]
        # A native histogram has neither "value" nor "values": it is no single number, and left out.
        return [
            (dict(series["metric"]), [_point(point) for point in series.get("values", [series.get("value")])])
            for series in result
            if "value" in series or "values" in series
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        media = got.media_type or "no content type"
        return f"{shown(url)} does not answer like Prometheus (HTTP status {got.status}, {media}); is it the right address?"


def _point(point: Sequence[Any]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _newest(rows: Sequence[Row]) -> Iterator[Series]:
    """Each series at its last moment; an instant query has only one."""
    for labels, points in rows:
        if points:
            yield Series(labels, points[-1][1])


def _by_moment(rows: Sequence[Row]) -> dict[float, list[Series]]:
    moments: dict[float, list[Series]] = {}
    for labels, points in rows:
        for moment, value in points:
            moments.setdefault(moment, []).append(Series(labels, value))
    return moments


def _stamp(moment: datetime) -> str:
    """Whole milliseconds, always rounded alike: a moment is the same as the end of one span and the begin of another."""
    return f"{milliseconds(moment) / 1000:.3f}"


def milliseconds(moment: datetime) -> int:
    """Since 1970, rounded down."""
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
