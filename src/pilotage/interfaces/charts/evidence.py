"""One metric of a release as a picture: both arms, the interval that decides, the evidence, stages, and the decision.

Nothing is smoothed or estimated here: every number comes from ``EvidenceView``, and the interval drawn is the one the
tests decided with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from pilotage.application.use_cases.evidence_view import EvidenceView, MetricEvidence
from pilotage.domain.ids import slug
from pilotage.interfaces.charts import panels
from pilotage.interfaces.charts.panels import Frame
from pilotage.interfaces.charts.scales import time_ticks
from pilotage.interfaces.charts.style import CSS, ROOT
from pilotage.interfaces.charts.svg import element, fitting, safe, width_of, words, wrapped
from pilotage.interfaces.numbers import amount, between, evidence, many, times

Place = Callable[[datetime], float]
"""Where a moment stands, from left to right."""

WIDTH = 800.0
_LEFT, _RIGHT, _END = 64.0, 676.0, 784.0
_RATES, _RATIO, _EVIDENCE = 180.0, 120.0, 90.0
"""Heights of the three panels. Between ``_RIGHT`` and ``_END`` lines have their names."""


_AHEAD = 0.3
"""At most this part of what was drawn so far is left empty for the time ahead."""


def draw(view: EvidenceView, metric: str = "", *, style: bool = True) -> str:
    """The chart of one metric (``metric`` empty: the one with the most evidence against it), as a whole SVG document.

    ``style`` False leaves the style sheet out, for pages that serve ``style.CSS`` themselves. A metric that is not
    under test, or has no data, is drawn as that: with the words that say why.
    """
    found = view.metric(metric) if metric else view.chosen()
    title = f"{view.title or view.release}: {found.metric if found else metric or 'evidence'}"
    body, height = (
        _nothing(view, found, title) if found is None or not found.points else _chart(view, found, title)
    )
    name = slug(f"{view.release}-{found.metric if found else metric}")
    return element(
        "svg",
        element("title", safe(title), id=f"{name}-title"),
        element("desc", safe(describe(view, found)), id=f"{name}-desc"),
        *([element("style", CSS)] if style else []),
        element("rect", width=WIDTH, height=height, class_="paper"),
        body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        width=WIDTH,
        height=height,
        class_=ROOT,
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def describe(view: EvidenceView, metric: MetricEvidence | None) -> str:
    """The picture in sentences, for who cannot see it."""
    return " ".join(text if text.endswith(".") else f"{text}." for text in _sentences(view, metric))


def _sentences(view: EvidenceView, metric: MetricEvidence | None) -> Iterator[str]:
    if metric is None or not metric.points:
        yield f"No data yet{f': {metric.problem}' if metric and metric.problem else ''}"
        return
    arms = [
        f"{arm} {amount(value, metric.unit)} over {many(requests)} requests"
        for arm, value, requests in (
            ("canary", metric.canary, metric.canary_requests),
            ("baseline", metric.baseline, metric.baseline_requests),
        )
        if value is not None
    ]
    yield f"{metric.metric}: {', '.join(arms)}" if arms else metric.metric
    if metric.intervals:
        last, sure = metric.intervals[-1], 100 * (1 - view.budget)
        yield f"Canary : baseline, {metric.ratio_of}, is {between(last.low, last.high)}, with {sure:g} % confidence at any time"
    for line in metric.tests:
        yield f"{line.line or line.key}: evidence {evidence(line.e_value)} of {evidence(line.needed)}, {line.verdict}"
    for decided in view.decided:
        yield decided.sentence


# --- the parts ----------------------------------------------------------------------------------------------------


def _nothing(view: EvidenceView, metric: MetricEvidence | None, title: str) -> tuple[str, float]:
    why = (
        metric.problem
        if metric is not None
        else " ".join(view.notes) or "nothing of this release is under test"
    )
    lines = wrapped(why, WIDTH - 120, 13)
    middle = [words(line, WIDTH / 2, 128 + 20 * i, "say", "middle") for i, line in enumerate(lines)]
    return (
        words(title, 16, 28, "title")
        + words("No data yet", WIDTH / 2, 100, "none", "middle")
        + "".join(middle),
        120.0 + 20 * len(lines) + 20,
    )


def _chart(view: EvidenceView, metric: MetricEvidence, title: str) -> tuple[str, float]:
    zone = ZoneInfo(view.timezone)
    since, until = _span(view, metric)
    length = (until - since).total_seconds()

    def x(at: datetime) -> float:
        return _LEFT + 6 + (_RIGHT - _LEFT - 12) * min(max((at - since).total_seconds() / length, 0), 1)

    top = 96.0
    first = Frame(_LEFT, _RIGHT, top, top + _RATES, x)
    parts = [_heads(view, metric, title), panels.rates(first, metric)]
    frames, bottom = [first], first.bottom
    if metric.intervals:
        frame = Frame(_LEFT, _RIGHT, bottom + 40, bottom + 40 + _RATIO, x)
        sure = 100 * (1 - view.budget)
        text = (
            f"Canary : baseline, {metric.ratio_of}, and where it lies with {sure:g} % confidence at any time"
        )
        parts += [words(text, 16, frame.top - 12, "head"), panels.ratio(frame, metric)]
        frames, bottom = [*frames, frame], frame.bottom
    if metric.levels:
        frame = Frame(_LEFT, _RIGHT, bottom + 40, bottom + 40 + _EVIDENCE, x)
        needed = metric.tests[0].needed if metric.tests else view.needed
        limit = bool(metric.tests) and metric.tests[0].tolerated is None
        what = "the limit is broken" if limit else "it is worse than tolerated"
        text = f"Evidence that {what} (false alarm budget {100 * view.budget:g} % per release)"
        parts += [
            words(text, 16, frame.top - 12, "head"),
            panels.evidence(frame, metric.levels, needed),
        ]
        frames, bottom = [*frames, frame], frame.bottom
    parts += _stages(view, frames)
    if view.baked is not None and since < view.baked <= until:
        parts.append(_through(frames, x(view.baked), "stage"))
        text = f"baked {view.baked.astimezone(zone):%H:%M}"
        parts.append(words(text, x(view.baked) - 5, first.top + 12, "halo", "end"))
    parts += _decisions(view, frames, zone)
    parts += _clock(since, until, x, bottom, zone)
    said, height = _says(view, metric, bottom + 46)
    return "".join([*parts, said]), height


def _span(view: EvidenceView, metric: MetricEvidence) -> tuple[datetime, datetime]:
    """From the first moment to the last, and on towards the end of the bake: what is empty there is time left."""
    moments = [p.at for p in metric.points] + [d.at for d in view.decided]
    since = min([*moments, *([view.since] if view.since else [])])
    until = max([*moments, *([view.until] if view.until else []), since + timedelta(seconds=60)])
    if view.baked is not None and view.baked > until:
        until = min(view.baked, until + _AHEAD * (until - since))
    return since, until


def _heads(view: EvidenceView, metric: MetricEvidence, title: str) -> str:
    compared = any(p.baseline is not None for p in metric.points)
    entries = [("canary", _with("Canary", metric.canary, metric))]
    if compared:
        entries.append(("baseline", _with("Baseline", metric.baseline, metric)))
    if metric.intervals:
        entries.append(("band", f"{100 * (1 - view.budget):g} % interval, valid at any time"))
    exposed = f"{many(metric.canary_requests)} requests on the canary"
    return (
        words(fitting(title, WIDTH - 32 - width_of(exposed, 12), 15), 16, 28, "title")
        + words(exposed, _END, 28, anchor="end")
        + panels.legend(16, 52, entries)
    )


def _with(arm: str, value: float | None, metric: MetricEvidence) -> str:
    return arm if value is None else f"{arm} {amount(value, metric.unit)}"


def _stages(view: EvidenceView, frames: Sequence[Frame]) -> Iterator[str]:
    """A line where each exposure began, and its name above where there is room."""
    x = frames[0].x
    ends = [*(x(stage.since) for stage in view.stages[1:]), _RIGHT]
    for stage, end in zip(view.stages, ends, strict=True):
        yield _through(frames, x(stage.since), "stage", above=18)
        if name := fitting(f"{stage.stage}: {stage.exposure}", end - x(stage.since) - 8, 12):
            yield words(name, x(stage.since) + 5, frames[0].top - 8)


def _decisions(view: EvidenceView, frames: Sequence[Frame], zone: tzinfo) -> Iterator[str]:
    for decided in view.decided[-4:]:
        at, rolled = frames[0].x(decided.at), decided.what == "rolled back"
        yield _through(frames, at, "rolled" if rolled else "held")
        text = f"{decided.at.astimezone(zone):%H:%M:%S} {decided.what}"
        room = at + 6 + width_of(text, 12) < _RIGHT
        class_ = "er halo" if rolled else "wn halo"
        yield words(text, at + 6 if room else at - 6, frames[0].top + 12, class_, None if room else "end")


def _through(frames: Sequence[Frame], x: float, class_: str, above: float = 0.0) -> str:
    """An upright line through every panel; ``above``: it begins so much higher."""
    return "".join(
        element("line", x1=x, x2=x, y1=frame.top - (0.0 if i else above), y2=frame.bottom, class_=class_)
        for i, frame in enumerate(frames)
    )


def _clock(since: datetime, until: datetime, x: Place, bottom: float, zone: tzinfo) -> Iterator[str]:
    for at, text in time_ticks(since, until, zone):
        yield words(text, x(at), bottom + 18, anchor="middle")
    room, name = _END - _RIGHT - 16, str(zone)
    if width_of(name, 12) > room:
        name = name.rpartition("/")[2].replace("_", " ")
    yield words(fitting(name, room, 12), _END, bottom + 18, anchor="end")


def _says(view: EvidenceView, metric: MetricEvidence, y: float) -> tuple[str, float]:
    """What the numbers say, in sentences below the picture."""
    told = [decided.sentence for decided in view.decided[-1:]]
    told += [line.because for line in metric.tests if line.because and not told][:1]
    if metric.smallest is not None and not view.decided:
        told.append(f"So much traffic could have shown {times(metric.smallest)} or more.")
    if view.missing and not view.decided:
        told.append(f"Still missing: {view.missing}")
    told += [metric.problem] if metric.problem else []
    lines = [line for text in told for line in wrapped(text, WIDTH - 32, 13)]
    parts = [words(line, 16, y + 20 * i, "say") for i, line in enumerate(lines)]
    y += 20 * len(lines) + 4
    rule = "How it decides: as much evidence as is needed, and it is rolled back; in doubt, nothing advances."
    if metric.intervals and panels.has_margin(metric):
        rule += " The whole band is above the tolerated line then."
    rules = wrapped(rule, WIDTH - 32, 12)
    parts += [words(line, 16, y + 17 * i) for i, line in enumerate(rules)]
    return "".join(parts), y + 17 * len(rules)
