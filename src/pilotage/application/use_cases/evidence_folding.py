"""From stored looks to what is shown: the same fold that decided live, once more, with every step kept for the picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from pilotage.application.use_cases.evidence_series import MOST_POINTS, Series
from pilotage.application.use_cases.evidence_view import (
    Decided,
    EvidenceView,
    Level,
    LimitLine,
    LineEvidence,
    MetricEvidence,
    RatioPoint,
    StageSpan,
    e_value,
)
from pilotage.application.use_cases.past_looks import PastLook, forgotten, with_the_release
from pilotage.decisions.baking import bake_of
from pilotage.decisions.evidence.judgement import Interval, Judgement
from pilotage.decisions.evolve import evolve
from pilotage.decisions.explain import sentence
from pilotage.decisions.judging import clock_key
from pilotage.decisions.proving import Tested, countable, under_test
from pilotage.decisions.variables import title
from pilotage.decisions.watch import current_stage
from pilotage.decisions.weighing import weighed_on
from pilotage.domain import events as e
from pilotage.domain.conditions import Measured
from pilotage.domain.events import Happened
from pilotage.domain.judging import Judging, Standing, Weighing
from pilotage.domain.metrics import Arm, Metric
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status

if TYPE_CHECKING:
    from pilotage.decisions.evidence.evidence import Evidence

_T = TypeVar("_T")

BY_NUMBERS = (e.HoldCause.GUARD, e.HoldCause.TRIGGER, e.HoldCause.NO_DATA)
"""Causes of a hold that come from what is measured."""


MANY = 10_000
"""Requests without a single failure from which on it is worth asking whether failures would be seen."""


def fold_looks(release: Release, history: Sequence[Happened], looks: Sequence[PastLook]) -> EvidenceView:
    """What the numbers of ``release`` say: ``history`` are its events, ``looks`` what is still stored, oldest first."""
    plan = release.plan
    trail = _Trail(plan)
    for look, state in with_the_release(release, history, looks):
        trail.take(look, state)
    weighing = trail.judging.weighing
    notes = [forgotten(release, history, looks), *_not_under_test(plan), *trail.never_failed()]
    return EvidenceView(
        release=release.id,
        title=title(release),
        status=str(release.status),
        timezone=plan.timezone,
        budget=plan.evidence.false_alarms,
        needed=weighing.needed if weighing else 1 / plan.evidence.false_alarms,
        e_value=min(weighing.e_value, 1e100) if weighing else 1.0,
        number=release.number,
        looks=len(looks),
        since=release.started,
        until=release.ended or (looks[-1].at if looks else None),
        metrics=tuple(trail.shown(entry) for entry in trail.tested),
        stages=tuple(_stages(plan, history)),
        decided=tuple(_decided(release, history)),
        baked=_baked(release),
        missing=weighing.missing if weighing and not release.over else "",
        notes=tuple(note for note in notes if note),
    )


@dataclass(slots=True)
class _Trail:
    """The fold on its way: the judging row, and what every look left for the picture."""

    plan: Plan
    tested: tuple[Tested, ...] = ()
    judging: Judging = field(default_factory=Judging)
    tests: Evidence | None = None
    told: Judgement | None = None
    series: dict[str, Series] = field(default_factory=dict)
    intervals: dict[str, list[RatioPoint]] = field(default_factory=dict)
    levels: dict[str, list[Level]] = field(default_factory=dict)
    exposure: object = None
    words: dict[str, str] = field(default_factory=dict)
    """The plan's own words, by the name of the test they become."""

    def __post_init__(self) -> None:
        """Make room for every metric under test."""
        self.tested = under_test(self.plan)
        self.words = {clock_key(term): term.text for term in _terms(self.plan) if term.text}
        every = self.plan.evidence.every.approximate_seconds
        for entry in self.tested:
            span = max(entry.metric.over.approximate_seconds, every)
            self.series[entry.name] = Series(entry.metric, span, self.plan.evidence.minimum)

    def take(self, look: PastLook, state: Release) -> None:
        """One look, with the release as it was then."""
        if not look.tick.tallies:
            return
        changed = state.exposure != self.exposure
        self.exposure = state.exposure
        for series in self.series.values():
            series.add(look.at, look.tick.tallies, changed=changed)
        tick = look.tick
        self.judging, tests = weighed_on(self.judging, state, tick.tallies, tick.history, self.tests)
        if tests is None:
            return
        self.tests, self.told = tests, (told := tests.judgement)
        for name, interval in told.intervals.items():
            self.intervals.setdefault(name, []).append(_ratio(look.at, interval))
        for found in told.found:
            self.levels.setdefault(found.key, []).append(
                Level(look.at, _on_the_scale(found.log_e, found.needed, self.plan))
            )

    def shown(self, entry: Tested) -> MetricEvidence:
        """One metric, as it stands at the end."""
        series, weighing = self.series[entry.name], self.judging.weighing
        points = tuple(series.points()) if any(c or b for _, c, b in series.looks) else ()
        standings = (
            [s for s in weighing.standings if s.key in (*entry.margins, *entry.limits)] if weighing else []
        )
        leading = max(standings, key=lambda s: s.log_e - s.needed, default=None)
        return MetricEvidence(
            metric=entry.name,
            unit=entry.metric.unit,
            span=series.span,
            points=points,
            intervals=_thinned(self.intervals.get(entry.name, ())),
            levels=_thinned(self.levels.get(leading.key, ())) if leading else (),
            tests=tuple(self._line(s, entry) for s in sorted(standings, key=lambda s: s.needed - s.log_e)),
            limits=tuple(_limits(entry, self.words)),
            tolerated=min((margin.ratio for margin in entry.margins.values()), default=None),
            canary=points[-1].canary if points else None,
            baseline=points[-1].baseline if points else None,
            canary_requests=series.total[Arm.CANARY].requests,
            baseline_requests=series.total[Arm.BASELINE].requests,
            smallest=self.told.smallest.get(entry.name) if self.told else None,
            problem=_problem(entry.metric, weighing),
            ratio_of="slow requests" if entry.metric.histogram else "failed requests",
        )

    def never_failed(self) -> Iterator[str]:
        """The metrics of which no failed request was ever counted, in either arm: calm, or a query that finds nothing."""
        for entry in self.tested:
            total = self.series[entry.name].total
            requests = sum(one.requests for one in total.values())
            if (
                not entry.metric.histogram
                and requests >= MANY
                and not any(one.errors for one in total.values())
            ):
                yield (
                    f"No failed request of {entry.name} was ever counted, in {requests:,.0f} of both arms; "
                    "if that is too good to be true, check its errors query."
                )

    def _line(self, standing: Standing, entry: Tested) -> LineEvidence:
        margin = entry.margins.get(standing.key)
        verdict = next((word for word in ("certain", "shared", "doubt") if getattr(standing, word)), "fine")
        if verdict == "fine" and not self.series[entry.name].total[Arm.CANARY].requests:
            verdict = "nothing"
        return LineEvidence(
            key=standing.key,
            e_value=_on_the_scale(standing.log_e, standing.needed, self.plan),
            needed=1 / self.plan.evidence.false_alarms,
            verdict=verdict,
            because=standing.because,
            since=standing.certain_since or standing.doubt_since,
            segment=standing.segment,
            tolerated=margin.ratio if margin else None,
            line=self.words.get(standing.key, standing.key),
        )


def _ratio(at: datetime, interval: Interval) -> RatioPoint:
    known = interval.estimate is not None and math.isfinite(interval.estimate)
    high = interval.high if math.isfinite(interval.high) else None
    return RatioPoint(at, interval.low, interval.estimate if known else None, high)


def _thinned(points: Sequence[_T]) -> tuple[_T, ...]:
    """At most ``MOST_POINTS`` of them, the last always; each as it was, none averaged."""
    step = max(1, -(-len(points) // MOST_POINTS))
    return tuple(reversed(points[::-1][::step]))


def _on_the_scale(log_e: float, needed: float, plan: Plan) -> float:
    """Evidence on the one scale that people see, that of the release: 1 / budget is what every line needs."""
    return e_value(log_e - needed - math.log(plan.evidence.false_alarms))


def _limits(entry: Tested, words: Mapping[str, str]) -> Iterator[LimitLine]:
    """The absolute limits, in the metric's unit; one that is a factor of the baseline moves with it and is no line."""
    for limit in entry.limits.values():
        if limit.slower_than is not None:
            yield LimitLine(limit.slower_than, words.get(limit.key, limit.key))
        elif limit.times_control is None:
            yield LimitLine(100 * limit.share, words.get(limit.key, limit.key))


def _problem(metric: Metric, weighing: Weighing | None) -> str:
    if weighing is None:
        return f"nothing was counted for {metric.name} yet"
    if metric.name in weighing.problems:
        return (
            f"nothing could be counted for {metric.name} at the last look: {weighing.problems[metric.name]}"
        )
    return "" if metric.name in weighing.counted else f"nothing was counted for {metric.name} yet"


def _not_under_test(plan: Plan) -> Iterator[str]:
    """Why a metric that guards or triggers read is under no test, where something can be done about it."""
    tested = {entry.metric.name for entry in under_test(plan)}
    for name, metric in plan.metrics.items():
        if name in tested or countable(metric) or name not in _read(plan):
            continue
        if not metric.connected:
            yield f"{name} is reported by hand, so its last number counts and nothing is tested."
        elif metric.lower_is_better:
            yield (
                f"{name} is read as one number, without the requests behind it, so nothing is tested; "
                "write it as errors and total, or as a histogram."
            )
        else:
            yield f"{name} is better the higher it is; only its last number counts."


def _read(plan: Plan) -> set[str]:
    """The metrics that guards and triggers read."""
    return {term.metric for term in _terms(plan)} | {g.metric for stage in plan.stages for g in stage.guards}


def _terms(plan: Plan) -> Iterator[Measured]:
    """What triggers and the alerts of guards compare."""
    for trigger in plan.rollback.triggers:
        for term in trigger.condition.terms if trigger.condition else ():
            if isinstance(term, Measured):
                yield term
    yield from (guard.alert for stage in plan.stages for guard in stage.guards if guard.alert)


def _stages(plan: Plan, history: Sequence[Happened]) -> Iterator[StageSpan]:
    """Each exposure with its time, from the first one that let anybody in."""
    names = {stage.id: stage.name for stage in plan.stages}
    changes = [(h.at, h.event) for h in history if isinstance(h.event, e.ExposureChanged)]
    ends: list[datetime | None] = [*(at for at, _ in changes[1:]), None]
    for (at, changed), until in zip(changes, ends, strict=False):  # without a change there is an end too many
        if not changed.after.nobody:
            yield StageSpan(names.get(changed.stage, changed.stage), str(changed.after), at, until)


def _baked(release: Release) -> datetime | None:
    stage, state = current_stage(release), release.stages.get(release.stage)
    if stage is None or state is None or state.bake_from is None or bake_of(stage).ongoing:
        return None
    if release.status is not Status.RUNNING or release.hold is not None:
        return None
    over = bake_of(stage).least.after(state.bake_from, ZoneInfo(release.plan.timezone))
    return over + timedelta(seconds=state.held_for)


def _decided(release: Release, history: Sequence[Happened]) -> Iterator[Decided]:
    """Every time the release was rolled back, or held by its numbers."""
    state = Release(release.id, release.plan)
    for happened in history:
        match happened.event:
            case e.RollbackStarted():
                yield Decided(happened.at, "rolled back", sentence(happened, state))
            case e.Held(cause=cause) if cause in BY_NUMBERS:
                yield Decided(happened.at, "held", sentence(happened, state))
            case _:
                pass
        state = evolve(state, happened)
