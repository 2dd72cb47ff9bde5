"""What an author's queries count: how much counters grew since the last look, exactly, for the sequential tests.

Prometheus' ``increase`` is made for charts: it extrapolates to the edges of its span, and two spans side by side count
the step between them twice or never. A test needs counts that add up. So ``sum(increase(x{…}[5m]))`` is taken apart
into the counters it adds up, and each is asked how far it went from one look to the next (``promql.Growth``)::

    now    = last_over_time(x[since to at])              the newest scrape of this span
    before = last_over_time(x[15m]) as of since           the newest scrape up to the last look
    growth = now - before, unless x was less than before in between: then it began anew, and now is what it grew
             now, for a series that was not there before, on a replica that was

Why this adds up, for each series: ``before`` of one look is the ``now`` of the look before it (or of the last look that
had one), so the differences telescope to the last value minus the first, whatever happens in between.

* *A scrape that is missing or late*: the span has no ``now``, so the series adds nothing; the next scrape brings the
  difference to the last one that was seen. Nothing is lost and nothing is there twice. Where no series at all was
  scraped, there is no data, and never a zero.
* *A scrape that is under way* has a time before ``at`` and is not yet there; seen by the next look only as ``before``
  it would never be counted. So a server is asked as of a moment before the look, by the source's ``delay``.
* *A series that goes stale* (its pod was replaced) stays where it stood; ``last_over_time`` looks past stale markers.
* *A counter that begins anew* adds what it shows: as in ``increase``, what came between the last scrape and the end of
  the process is lost. If it has climbed beyond its old value before anybody looks, only the difference is counted:
  less than there was, never more.
* *A label that appears with its first event* (the first 500) grew from nothing.
* *A replica nobody watched before* (a new pod, or a Prometheus that began with empty disks and meets processes that
  have counted for weeks) has no step to count yet; it is counted from its second look. Otherwise one look would hold
  the whole life of one arm. A replica was watched if it had a series of the total, or of this counter, of any variant.
* *A Prometheus that was restarted* keeps its series; a gap of up to a quarter of an hour is bridged like missing scrapes;
  after a longer one the counting goes on, and what was in the gap is lost.
* *Replicas that count in different buckets* cannot be added up: their number per bucket is asked for, too, and where
  it differs there is no data.
* *Two looks at one moment* have no span between them, and no data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pilotage.adapters.metrics.promql import (
    Aggregate,
    Binary,
    Growth,
    Latest,
    Matcher,
    Node,
    OverTime,
    Selector,
    parse,
    parse_selector,
)
from pilotage.adapters.metrics.promql_text import NotUnderstood
from pilotage.adapters.metrics.questions import fill, label_of
from pilotage.domain.metrics import MetricRequest

HOW_TO_WRITE = "write it as sum(increase(NAME{…}[{{over}}])), or as sums and differences of these, so that it can be counted"
NO_TIME = "no time has passed since the last look"

_OR_ZERO = re.compile(r"\s+or\s+vector\s*\(\s*0\s*\)\s*$")
_ANOTHER = "some other variant"
_ALL = Matcher("le", "=", "+Inf")
"""Every histogram has this bucket, so it alone tells whether a replica was watched."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One set of counters that is added (``sign`` 1) or taken away (-1).

    ``known`` select what shows that a replica was watched before this set had a series on it.
    """

    selector: Selector
    sign: int = 1
    known: tuple[Selector, ...] = ()

    def growth(self, milliseconds: int, replicas: str, by: tuple[str, ...]) -> Node:
        """What to ask a Prometheus server."""
        return Aggregate("sum", Growth(self.selector, self.known, milliseconds, replicas), by)

    def number(self, milliseconds: int, by: tuple[str, ...]) -> Node:
        """What to ask a Prometheus server for how many series there are."""
        return Aggregate("count", Latest(self.selector, milliseconds), by)

    def among(self, matcher: Matcher) -> Counter:
        """Only those counters that ``matcher`` leaves."""
        narrow = [Selector(one.name, (*one.matchers, matcher)) for one in (self.selector, *self.known)]
        return Counter(narrow[0], self.sign, tuple(narrow[1:]))


@dataclass(frozen=True, slots=True)
class Counting:
    """A request to count, taken apart: ``total`` and ``errors``, or ``buckets``; or the ``problem`` that keeps it unasked."""

    request: MetricRequest
    begun: datetime
    ended: datetime
    total: tuple[Counter, ...] = ()
    errors: tuple[Counter, ...] = ()
    buckets: Counter | None = None
    problem: str = ""

    @property
    def label(self) -> str:
        """The label that carries the dimension asked for; empty for the whole."""
        return label_of(self.request)

    @property
    def by(self) -> tuple[str, ...]:
        """The labels that the answer is told apart by."""
        labels = (self.label, "le" if self.buckets else "")
        return tuple(label for label in labels if label)

    @property
    def counters(self) -> tuple[Counter, ...]:
        """Everything that is asked for."""
        return (*self.total, *self.errors, *((self.buckets,) if self.buckets else ()))


def counting(request: MetricRequest, at: datetime) -> Counting:
    """What to count for ``request`` at ``at``, with the variables filled in."""
    metric = request.metric
    ended = request.until or at
    begun = request.since or ended
    if ended <= begun:
        return Counting(request, min(begun, ended), ended, problem=NO_TIME)
    try:
        if metric.histogram:
            selector = parse_selector(fill(request, metric.histogram))
            elsewhere = parse_selector(fill(request, metric.histogram, variant=_ANOTHER))
            any_variant = _of_any_variant(selector, elsewhere)
            known = (Selector(any_variant.name, (*any_variant.matchers, _ALL)),)
            return Counting(request, begun, ended, buckets=Counter(selector, known=known))
        if metric.errors and metric.total:
            total = tuple(_counters(request, metric.total))
            errors = tuple(_counters(request, metric.errors))
            watched = tuple(known for counter in total for known in counter.known)
            return Counting(request, begun, ended, _known_by(total, watched), _known_by(errors, watched))
    except NotUnderstood as error:
        return Counting(request, begun, ended, problem=f"it cannot be counted: {error}; {HOW_TO_WRITE}")
    return Counting(
        request,
        begun,
        ended,
        problem=f'"{metric.name}" cannot be counted: give it errors and total, or histogram, instead of query',
    )


def _known_by(counters: tuple[Counter, ...], watched: tuple[Selector, ...]) -> tuple[Counter, ...]:
    return tuple(
        Counter(one.selector, one.sign, tuple(dict.fromkeys((*watched, *one.known)))) for one in counters
    )


def _counters(request: MetricRequest, text: str) -> Iterator[Counter]:
    """The counters a query adds up. Whether it writes ``increase`` or ``rate``, and over what span, makes no difference."""
    filled = _OR_ZERO.sub("", fill(request, text))
    elsewhere = _OR_ZERO.sub("", fill(request, text, variant=_ANOTHER))
    pairs = zip(_leaves(parse(filled), 1, filled), _leaves(parse(elsewhere), 1, filled), strict=True)
    for (selector, sign), (other, _) in pairs:
        yield Counter(selector, sign, (_of_any_variant(selector, other),))


def _leaves(node: Node, sign: int, text: str) -> Iterator[tuple[Selector, int]]:
    match node:
        case OverTime(selector=selector):
            yield selector, sign
        case Aggregate(function="sum", of=of):
            yield from _leaves(of, sign, text)
        case Binary(sign="+", left=left, right=right):
            yield from (*_leaves(left, sign, text), *_leaves(right, sign, text))
        case Binary(sign="-", left=left, right=right):
            yield from (*_leaves(left, sign, text), *_leaves(right, -sign, text))
        case _:
            raise NotUnderstood(f'"{node}" in "{text}" is no sum of what counters grew')


def _of_any_variant(selector: Selector, elsewhere: Selector) -> Selector:
    """``selector`` without the labels that tell the variants apart: ``elsewhere`` is the same for another variant."""
    same = [mine for mine, other in zip(selector.matchers, elsewhere.matchers, strict=True) if mine == other]
    return Selector(selector.name, tuple(same))
