"""The panels of a chart of evidence: what was measured, the interval that decides, and the evidence itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from pilotage.application.use_cases.evidence_view import Level, MetricEvidence, RatioPoint
from pilotage.domain.metrics import Unit
from pilotage.interfaces.charts.scales import Scale, evidence_ticks, linear_ticks, ratio_ticks
from pilotage.interfaces.charts.svg import element, path, width_of, words
from pilotage.interfaces.numbers import amount, many, times

T = TypeVar("T")

DOUBT = 10.0
"""The e-value from which nothing advances."""

_LINE = 15.0
"""Between two lines of words."""

_OVER = 1000.0
"""Evidence of more than so many times what is needed is drawn at the upper edge: it has been enough for long."""

_GAP = 3.0
"""So many usual distances between two points are a gap in the data: no line is drawn across it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a panel stands: between ``left`` and ``right``, ``top`` and ``bottom``; ``x`` places moments."""

    left: float
    right: float
    top: float
    bottom: float
    x: Callable[[datetime], float]

    def y(self, low: float, high: float, *, log: bool = False) -> Scale:
        """The scale of this panel's values."""
        return Scale(low, high, self.bottom, self.top, log)

    def across(self, y: float, class_: str) -> str:
        """A line from left to right."""
        return element("line", x1=self.left, x2=self.right, y1=y, y2=y, class_=class_)

    def tick(self, y: float, text: str) -> str:
        """A grid line with its words to the left."""
        return self.across(y, "grid") + words(text, self.left - 8, y + 4, anchor="end")

    def named(self, y: float, text: str, class_: str) -> str:
        """Words for a line at ``y``, in the margin to its right."""
        return words(text, self.right + 8, y + 4, class_)


def rates(frame: Frame, metric: MetricEvidence) -> str:
    """Both arms over time, and the limits that the plan states."""
    seen = [v for p in metric.points for v in (p.canary, p.baseline) if v is not None]
    highest = max(seen, default=0.0)
    near = [limit for limit in metric.limits if limit.value <= 5 * highest]
    top = max([highest * 1.12, *(limit.value * 1.2 for limit in near)], default=0.0) or 1.0
    y = frame.y(0.0, top)
    parts = [frame.tick(y(tick), amount(tick, metric.unit)) for tick in linear_ticks(top)]
    for arm in ("baseline", "canary"):
        values = [(p.at, p.canary if arm == "canary" else p.baseline) for p in metric.points]
        parts += [_line(frame, y, run, arm) for run in _runs(values)]
    if metric.points and (last := metric.points[-1]).canary is not None:
        parts.append(_dot(frame.x(last.at), y(last.canary)))
    names = [(y(limit.value), f"limit {amount(limit.value, metric.unit)}") for limit in near]
    parts += [frame.across(place, "limit") for place, _ in names]
    far = [limit.value for limit in metric.limits if limit not in near]
    if far:
        names.append((frame.top, f"\u2191 limit {amount(min(far), metric.unit)}"))
    parts += [frame.named(place, text, "er") for place, text in _apart(names)]
    return "".join(parts)


def has_margin(metric: MetricEvidence) -> bool:
    """Whether what is tolerated is a ratio of the same kind as the interval: that of a latency is one of times."""
    return metric.tolerated is not None and metric.unit is not Unit.TIME


def ratio(frame: Frame, metric: MetricEvidence) -> str:
    """The interval that decides, on a scale where twice and half are equally far from 1."""
    points = metric.intervals
    tolerated = metric.tolerated if metric.tolerated is not None and has_margin(metric) else 1.0
    settled = points[len(points) // 3 :]
    low = max(1 / 16, min([0.5, *(p.low for p in settled)]) / 1.1)
    high = min(64.0, max([2 * tolerated, *(p.high for p in settled if p.high is not None)]) * 1.1)
    y = frame.y(low, high, log=True)
    parts = [frame.tick(y(tick), times(tick)) for tick in ratio_ticks(low, high)]
    parts += [_band(frame, y, [p for _, p in run]) for run in _runs([(p.at, p) for p in points])]
    estimates = [(p.at, p.estimate if p.estimate and y.has(p.estimate) else None) for p in points]
    parts += [_line(frame, y, run, "canary") for run in _runs(estimates)]
    parts += [frame.across(y(1.0), "same")]
    if has_margin(metric):
        parts.append(frame.across(y(tolerated), "limit"))
        parts.append(frame.named(y(tolerated), f"tolerated {times(tolerated)}", "er"))
    if estimates and (last := estimates[-1][1]) is not None:
        parts.append(_dot(frame.x(points[-1].at), y(last)))
    return "".join(parts)


def evidence(frame: Frame, levels: Sequence[Level], needed: float) -> str:
    """The evidence against "no worse than tolerated", and how much a rollback needs."""
    highest = max([needed * 10, *(level.e_value for level in levels)])
    y = frame.y(0.1, min(highest, needed * _OVER), log=True)
    parts = [frame.tick(y(tick), many(tick)) for tick in evidence_ticks(y.high)]
    parts += [
        _line(frame, y, run, "canary") for run in _runs([(level.at, level.e_value) for level in levels])
    ]
    if levels:
        over = levels[-1].e_value >= needed
        parts.append(_dot(frame.x(levels[-1].at), y(levels[-1].e_value), "dot er" if over else "dot"))
    parts += [frame.across(y(needed), "limit"), frame.named(y(needed), f"needed {many(needed)}", "er")]
    if needed > 2 * DOUBT:
        parts += [frame.across(y(DOUBT), "doubt"), frame.named(y(DOUBT), f"doubt {many(DOUBT)}", "wn")]
    return "".join(parts)


def legend(x: float, y: float, entries: Iterable[tuple[str, str]]) -> str:
    """Marks with their words, from left to right. A mark is the class of a line, or ``band``."""
    parts = []
    for mark, text in entries:
        if mark == "band":
            parts.append(element("rect", x=x, y=y - 9, width=22, height=10, class_="band"))
        else:
            parts.append(element("line", x1=x, x2=x + 22, y1=y - 4, y2=y - 4, class_=mark))
        parts.append(words(text, x + 28, y))
        x += 28 + width_of(text, 12) + 22
    return "".join(parts)


def _apart(names: Iterable[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Names from the top down, each moved below the one before where they would lie upon each other."""
    lowest = float("-inf")
    for place, text in sorted(names):
        lowest = max(place, lowest + _LINE)
        yield lowest, text


def _dot(x: float, y: float, class_: str = "dot") -> str:
    return element("circle", cx=x, cy=y, r=4, class_=class_)


def _line(frame: Frame, y: Scale, run: Sequence[tuple[datetime, float]], class_: str) -> str:
    if len(run) == 1:
        at, value = run[0]
        return element("circle", cx=frame.x(at), cy=y(value), r=2.5, class_=f"dot {class_}")
    return element("path", d=path((frame.x(at), y(value)) for at, value in run), class_=class_)


def _band(frame: Frame, y: Scale, run: Sequence[RatioPoint]) -> str:
    upper = [(frame.x(p.at), y(y.high if p.high is None else p.high)) for p in run]
    lower = [(frame.x(p.at), y(p.low)) for p in run]
    if len(run) == 1:
        (x, top), (_, bottom) = upper[0], lower[0]
        return element("line", x1=x, x2=x, y1=top, y2=bottom, class_="edge")
    inside = [[(at, v if v is not None and y.has(v) else None) for at, v in edge] for edge in _edges(run)]
    edges = "".join(_line(frame, y, part, "edge") for edge in inside for part in _runs(edge))
    return element("path", d=f"{path([*upper, *reversed(lower)])}Z", class_="band") + edges


def _edges(run: Sequence[RatioPoint]) -> list[list[tuple[datetime, float | None]]]:
    return [[(p.at, p.high) for p in run], [(p.at, p.low) for p in run]]


def _runs(points: Sequence[tuple[datetime, T | None]]) -> Iterator[list[tuple[datetime, T]]]:
    """The points that hang together: missing data is a gap, never a line."""
    steps = sorted((after[0] - before[0]).total_seconds() for before, after in pairwise(points))
    usual = steps[len(steps) // 2] if steps else 0.0
    run: list[tuple[datetime, T]] = []
    for at, value in points:
        if run and (value is None or (at - run[-1][0]).total_seconds() > _GAP * usual):
            yield run
            run = []
        if value is not None:
            run.append((at, value))
    if run:
        yield run
