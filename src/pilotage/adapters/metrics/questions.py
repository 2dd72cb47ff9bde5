"""What a metric asks of a source, in PromQL, and how the numbers found become samples.

A question is the same for a Prometheus server and for a scraped service; the adapters only differ in who evaluates it:

* ``query``: asked as it stands; its answer is the value, in the metric's unit (percent as 5 for 5 %, time in seconds);
* ``errors`` and ``total``: the value is ``100 * errors / total``, the count is ``total``; without requests, no data;
* ``histogram`` and ``quantile``: the growth of the buckets over ``over``, and the quantile of it, as
  ``histogram_quantile`` does; the count is the growth of the ``+Inf`` bucket. Buckets of times are in seconds.

**How to write queries that can be split.** For ``in any user segment`` (``split: [user segment]``) every aggregation is
kept apart by the label of that name, with ``_`` for spaces: an author's ``sum(increase(x[{{over}}]))`` is asked as
``sum by (user_segment) (increase(x[{{over}}]))``. So the series must carry the label ``user_segment``, and a query must
not drop it by other means (``without (user_segment)``, ``label_replace``). A query without any aggregation must
answer one series for each value of the label.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pilotage.adapters.metrics import buckets
from pilotage.adapters.metrics.promql import parse_selector
from pilotage.adapters.metrics.promql_text import NotUnderstood, escaped, split
from pilotage.decisions.variables import PLACEHOLDER
from pilotage.domain.metrics import MetricRequest, Sample


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: its labels (without the name) and its value at that moment."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a source answered to one query: series, perhaps none; or why it did not answer.

    ``unknown`` are the names in the query of which the source knows no series at all.
    """

    series: tuple[Series, ...] = ()
    problem: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A request with its queries: one, or ``errors`` and ``total``; or the ``problem`` that keeps it unasked."""

    request: MetricRequest
    queries: tuple[str, ...] = ()
    problem: str = ""

    @property
    def over(self) -> str:
        """The span the numbers cover, as Prometheus writes it (``1h30m``)."""
        return _variables(self.request)["over"]

    @property
    def label(self) -> str:
        """The label that carries the dimension asked for; empty for the whole."""
        return label_of(self.request)


def label_of(request: MetricRequest) -> str:
    """The label that carries the dimension asked for; empty for the whole."""
    return re.sub(r"[\s-]+", "_", request.dimension.strip())


def question(request: MetricRequest) -> Question:
    """The queries that answer ``request``, with the variables filled in."""
    metric = request.metric
    try:
        if metric.histogram and metric.quantile is not None:
            return Question(request, (_bucket_query(request),))
        if metric.query:
            return Question(request, (_query(request, metric.query),))
        if metric.errors and metric.total:
            return Question(request, (_query(request, metric.errors), _query(request, metric.total)))
    except NotUnderstood as error:
        return Question(request, problem=f"the query cannot be asked: {error}; mend it in the plan")
    return Question(
        request,
        problem=f'"{metric.name}" has no query to ask; give it query, errors and total, or histogram and quantile',
    )


def _query(request: MetricRequest, text: str) -> str:
    filled = fill(request, text)
    label = label_of(request)
    return split(filled, label) if label else filled


def _bucket_query(request: MetricRequest) -> str:
    selector = parse_selector(fill(request, request.metric.histogram))
    label = label_of(request)
    return f"sum by ({f'{label}, ' if label else ''}le) (increase({selector}[{Question(request).over}]))"


def fill(request: MetricRequest, text: str, **instead: str) -> str:
    """``text`` with the variables filled in, some of them ``instead`` with other values; raises ``NotUnderstood``."""
    variables = _variables(request) | instead

    def value(placeholder: re.Match[str]) -> str:
        name = " ".join(placeholder[1].split())
        if name not in variables:
            raise NotUnderstood(f"nothing is known for {{{{{name}}}}} here")
        return escaped(variables[name])

    return PLACEHOLDER.sub(value, text).strip()


def _variables(request: MetricRequest) -> dict[str, str]:
    """The request's variables; ``over`` is always there, and written as Prometheus writes spans."""
    return {
        **request.variables,
        "over": (request.variables.get("over") or str(request.metric.over)).replace(" ", ""),
    }


def answer(asked: Question, found: Sequence[Found], observed_at: datetime) -> list[Sample]:
    """The samples ``found`` (one for each query, in order) amounts to: at least one, perhaps without data."""
    problem = asked.problem or next((part.problem for part in found if part.problem), "")
    if problem:
        return [_sample(asked, observed_at, problem=problem)]
    if unknown := [name for part in found for name in part.unknown]:
        return [_sample(asked, observed_at, problem=_no_such_series(unknown))]
    if asked.request.metric.quantile is not None:
        samples = _from_buckets(asked, found[0], observed_at)
    elif len(found) == 2:
        samples = _from_errors(asked, found[0], found[1], observed_at)
    else:
        samples = _from_query(asked, found[0], observed_at)
    return samples or [
        _sample(asked, observed_at, problem=f"no data: the source found nothing for {asked.queries[-1]}")
    ]


def _no_such_series(unknown: Sequence[str]) -> str:
    wanted = ", ".join(dict.fromkeys(unknown))
    return (
        f"no such series: {wanted}; check the name against the service's /metrics "
        "(a counter that appears with its first event must be there, at 0, from the start)"
    )


def _from_query(asked: Question, found: Found, at: datetime) -> list[Sample]:
    segments, problem = _by_segment(asked, found)
    if problem:
        return [_sample(asked, at, problem=problem)]
    return [_number(asked, at, segment, value) for segment, value in segments.items()]


def _from_errors(asked: Question, errors: Found, total: Found, at: datetime) -> list[Sample]:
    failed, problem = _by_segment(asked, errors)
    requests, other_problem = _by_segment(asked, total)
    if problem or other_problem:
        return [_sample(asked, at, problem=problem or other_problem)]
    samples = []
    for segment, count in requests.items():
        bad = failed.get(segment, 0.0)
        if not math.isfinite(count) or not math.isfinite(bad):
            samples.append(
                _sample(asked, at, segment, problem="the source answered a value that is no number")
            )
        elif count <= 0:
            samples.append(_sample(asked, at, segment, problem=f"no requests in the last {asked.over}"))
        else:
            samples.append(_sample(asked, at, segment, value=100 * bad / count, count=count, errors=bad))
    return samples


def _from_buckets(asked: Question, found: Found, at: datetime) -> list[Sample]:
    wanted = asked.request.metric.quantile
    assert wanted is not None
    by_segment: dict[str, dict[float, float]] = {}
    for series in found.series:
        try:
            bound = float(series.labels["le"])
        except (KeyError, ValueError):
            return [
                _sample(
                    asked,
                    at,
                    problem='the series have no label "le": a histogram is named by its _bucket series',
                )
            ]
        by_segment.setdefault(series.labels.get(asked.label, ""), {})[bound] = series.value
    samples = []
    for segment, counts in by_segment.items():
        value = buckets.quantile(wanted, counts)
        if value is None or not math.isfinite(value):
            samples.append(_sample(asked, at, segment, problem=f"no requests in the last {asked.over}"))
        else:
            samples.append(_sample(asked, at, segment, value=value, count=buckets.total(counts)))
    return samples


def _by_segment(asked: Question, found: Found) -> tuple[dict[str, float], str]:
    """The value of every segment (one, named "", for the whole), or the problem of telling them apart."""
    segments: dict[str, float] = {}
    for series in found.series:
        segment = series.labels.get(asked.label, "") if asked.label else ""
        if asked.label and asked.label not in series.labels:
            return (
                {},
                f'the query does not tell "{asked.request.dimension}" apart: its series carry no label "{asked.label}"',
            )
        if segment in segments:
            whole = f" for {asked.label}={segment}" if asked.label else ""
            return (
                {},
                f"the query answers several series{whole}, and one is expected; put them together, such as sum(…)",
            )
        segments[segment] = series.value
    return segments, ""


def _number(asked: Question, at: datetime, segment: str, value: float) -> Sample:
    if not math.isfinite(value):
        return _sample(
            asked,
            at,
            segment,
            problem="the source answered a value that is no number (nothing divided by nothing?)",
        )
    return _sample(asked, at, segment, value=value)


def _sample(
    asked: Question,
    at: datetime,
    segment: str = "",
    *,
    value: float | None = None,
    count: float | None = None,
    errors: float | None = None,
    problem: str = "",
) -> Sample:
    request = asked.request
    return Sample(
        metric=request.metric.name,
        observed_at=at,
        value=value,
        count=count,
        errors=errors,
        arm=request.arm,
        dimension=request.dimension,
        segment=segment,
        problem=problem,
    )
