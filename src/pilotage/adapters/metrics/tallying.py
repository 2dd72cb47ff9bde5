"""How the growth that a source found becomes tallies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from pilotage.adapters.metrics.counting import Counter, Counting
from pilotage.adapters.metrics.questions import Found, Series
from pilotage.domain.metrics import Arm, MetricRequest
from pilotage.domain.tallies import Tally

NO_NUMBER = "the source answered a value that is no number"
NOT_ADDING_UP = (
    "its buckets do not add up: replicas count in different buckets, or one began anew in between; "
    "the next look is counted again"
)


class NotCounted(Exception):
    """There is no count, and the message says why; it becomes the problem of a tally."""


def tallies(
    asked: Counting, found: Mapping[Counter, Found], begun: datetime, ended: datetime, arm: Arm | None = None
) -> list[Tally]:
    """What ``found`` amounts to: one tally, or one for each segment; at least one, perhaps with a problem."""
    try:
        if asked.problem:
            raise NotCounted(asked.problem)
        for counter in asked.counters:
            _check_name(found[counter])
        for counter in asked.counters:
            _check(found[counter])
        if asked.buckets is not None:
            return _of_buckets(asked, found[asked.buckets], begun, ended, arm)
        return _of_errors(asked, found, begun, ended, arm)
    except NotCounted as lack:
        return [no_tally(asked.request, begun, ended, str(lack), arm)]


def no_tally(
    request: MetricRequest, begun: datetime, ended: datetime, problem: str, arm: Arm | None = None
) -> Tally:
    """The tally that says that nothing could be counted, and why."""
    return Tally(
        request.metric.name,
        begun,
        ended,
        arm=arm or request.arm,
        dimension=request.dimension,
        problem=problem,
    )


def checked(asked: Counting, part: Found, numbers: Found) -> Found:
    """The buckets in ``part``, or the problem that replicas count in different ones.

    ``numbers`` are how many series there are of each bucket: each replica has one of every bucket.
    """
    by_segment: dict[str, set[float]] = {}
    for series in numbers.series:
        by_segment.setdefault(series.labels.get(asked.label, ""), set()).add(series.value)
    uneven = any(len(different) > 1 for different in by_segment.values())
    problem = part.problem or numbers.problem or (NOT_ADDING_UP if uneven else "")
    return Found(problem=problem) if problem else part


def _check_name(part: Found) -> None:
    if part.unknown:
        names = ", ".join(part.unknown)
        raise NotCounted(
            f"nothing was scraped of {names} in this span; check that the name is right and its service is up "
            "(a counter that appears with its first event must be there, at 0, from the start)"
        )


def _check(part: Found) -> None:
    if part.problem:
        raise NotCounted(part.problem)
    if not all(math.isfinite(series.value) for series in part.series):
        raise NotCounted(NO_NUMBER)


def _of_errors(
    asked: Counting, found: Mapping[Counter, Found], begun: datetime, ended: datetime, arm: Arm | None
) -> list[Tally]:
    requests = _summed(asked, asked.total, found)
    if not requests:
        raise NotCounted(_nothing_seen(asked.total))
    failed = _summed(asked, asked.errors, found)
    if any(count < 0 for count in (*requests.values(), *failed.values())):
        raise NotCounted(
            "more was taken away than there was to begin with; check the differences in errors and total"
        )
    return [
        Tally(
            asked.request.metric.name,
            begun,
            ended,
            count,
            failed.get(segment, 0.0),
            arm=arm or asked.request.arm,
            dimension=asked.request.dimension,
            segment=segment,
        )
        for segment, count in sorted(requests.items())
    ]


def _summed(asked: Counting, counters: Sequence[Counter], found: Mapping[Counter, Found]) -> dict[str, float]:
    """The growth of the counters by segment, "" for the whole."""
    sums: dict[str, float] = {}
    for counter in counters:
        for series in found[counter].series:
            segment = _segment(asked, series)
            sums[segment] = sums.get(segment, 0.0) + counter.sign * series.value
    return sums


def _segment(asked: Counting, series: Series) -> str:
    if not asked.label:
        return ""
    if asked.label not in series.labels:
        dimension = asked.request.dimension
        raise NotCounted(
            f'"{dimension}" cannot be told apart: there are series that carry no label "{asked.label}"'
        )
    return series.labels[asked.label]


def _of_buckets(
    asked: Counting, part: Found, begun: datetime, ended: datetime, arm: Arm | None
) -> list[Tally]:
    by_segment: dict[str, dict[float, float]] = {}
    for series in part.series:
        segment = by_segment.setdefault(_segment(asked, series), {})
        bound = _bound(series)
        segment[bound] = segment.get(bound, 0.0) + series.value
    if not by_segment:
        raise NotCounted(_nothing_seen(asked.counters))
    made: list[Tally] = []
    for name, cumulative in sorted(by_segment.items()):
        bounds, counts = apart(cumulative)
        made.append(
            Tally(
                asked.request.metric.name,
                begun,
                ended,
                math.fsum(counts),
                0.0,
                bounds,
                counts,
                arm or asked.request.arm,
                asked.request.dimension,
                name,
            )
        )
    return made


def _bound(series: Series) -> float:
    try:
        bound = float(series.labels["le"])
    except (KeyError, ValueError):
        bound = math.nan
    if math.isnan(bound):
        raise NotCounted('the series have no label "le": a histogram is named by its _bucket series')
    return bound


def apart(cumulative: Mapping[float, float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The finite bounds, and the count of each bucket by itself, the last one for all above; raises ``NotCounted``.

    ``cumulative`` counts what was at or below each bound, as Prometheus does.
    """
    bounds = sorted(cumulative)
    if not bounds or bounds[-1] != math.inf:
        raise NotCounted(
            'the histogram has no bucket without an upper bound (le="+Inf"); nothing says how many there were'
        )
    counts = [cumulative[bound] for bound in bounds]
    alone = [counts[0], *(upper - lower for lower, upper in pairwise(counts))]
    if min(alone) < 0:
        raise NotCounted(NOT_ADDING_UP)
    return tuple(bounds[:-1]), tuple(alone)


def _nothing_seen(counters: Iterable[Counter]) -> str:
    series = " + ".join(str(counter.selector) for counter in counters)
    return f"no series of {series} were seen in this span: there was no request yet, or no scrape"
