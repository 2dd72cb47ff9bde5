"""What is watched right now: the comparisons to judge, and the numbers to ask the sources for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pilotage.decisions.exposure import randomised
from pilotage.decisions.proving import has_control, under_test
from pilotage.decisions.variables import variables
from pilotage.domain.conditions import Comparison, Condition, Measured, OnTarget, WorseThanBaseline
from pilotage.domain.gates import Check
from pilotage.domain.judging import Judging, Weighing
from pilotage.domain.metrics import Arm, BaselineKind, Metric, MetricRequest, Reading
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status, StepStatus
from pilotage.domain.rollback import TriggerClass
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Deploy

LONGEST_LOOK = timedelta(hours=1)
"""Counts are asked for no longer back than this; what happened before, while nobody looked, is not weighed."""

HISTORY = timedelta(hours=1)
"""So much of the old version's time shows how noisy two equal halves of it are."""

WEEK = timedelta(days=7)


def current_stage(release: Release) -> Stage | None:
    """The stage the release is in, or None before the first."""
    return release.plan.stage_by_id.get(release.stage)


def under_watch(release: Release) -> bool:
    """Whether guards and triggers act: the release runs, and somebody meets the change or it is deployed to production."""
    if release.status is not Status.RUNNING:
        return False
    if not release.exposure.nobody or "deployment ends" in release.anchors:
        return True  # said first: looking through all that passed takes its time in long plans
    return any(_in_production(release, key) for key in release.passed)


def is_watched(release: Release, metric: str) -> bool:
    """Whether this metric can say anything now: one that tells the variants apart (or people's word about users) has
    nothing to say while nobody meets the change.
    """
    if not under_watch(release):
        return False
    declared = release.plan.metrics.get(metric)
    if release.plan.exposure is None or declared is None or not release.exposure.nobody:
        return True
    return declared.connected and "variant" not in _texts(declared)


def _in_production(release: Release, key: str) -> bool:
    step = release.plan.step_by_key.get(key)
    return step is not None and isinstance(step.action, Deploy) and step.action.environment == "production"


def terms(release: Release) -> tuple[Measured, ...]:
    """Every comparison whose clock must run now, each once."""
    found: dict[Measured, None] = {}
    for term in _all_terms(release):
        if isinstance(term, Comparison | WorseThanBaseline | OnTarget):
            found.setdefault(term)
            if isinstance(term, OnTarget) and (target := _target(release, term.metric)):
                found.setdefault(target)
    return tuple(found)


def _all_terms(release: Release) -> Iterable[object]:
    stage = current_stage(release)
    if release.status is Status.PLANNED or release.over:
        return
    if under_watch(release):
        for guard in stage.guards if stage else ():
            yield from (limit for limit in (guard.target, guard.alert) if limit)
        for trigger in release.plan.rollback.triggers:
            yield from trigger.condition.terms if trigger.condition else ()
    if stage is not None:
        yield from _of_checks((*stage.before, *stage.gate, *stage.judge))
    else:
        yield from _of_checks(release.plan.before)
    upcoming = next((s for s in release.plan.stages if s.id not in release.stages), None)
    if upcoming is not None:
        yield from _of_checks((*upcoming.before, *release.plan.sign_offs))
    for key, state in release.steps.items():
        if state.status is not StepStatus.RUNNING:
            continue
        step = release.plan.step_by_key.get(written_key(key))
        if step is not None and step.measure:
            yield from _of(step.measure)


def written_key(key: str) -> str:
    """Where a step stands in the plan: ``rollback-2/standard/verify`` is an occurrence of ``rollback/standard/verify``."""
    if key.startswith("rollback-"):
        key = "rollback/" + key.split("/", 1)[1]
    return key.split("@", 1)[0]


def _target(release: Release, metric: str) -> Comparison | None:
    declared = release.plan.metrics.get(metric)
    return declared.target if declared else None


def _of_checks(checks: Iterable[Check]) -> Iterable[object]:
    for check in checks:
        yield from _of(check.conditions)


def _of(conditions: Iterable[Condition]) -> Iterable[object]:
    for condition in conditions:
        yield from condition.terms


def guarded_metrics(release: Release) -> tuple[str, ...]:
    """The metrics whose silence holds and pages: those a guard or an acting trigger reads now."""
    if not under_watch(release):
        return ()
    stage = current_stage(release)
    names = [g.metric for g in stage.guards] if stage else []
    for trigger in release.plan.rollback.triggers:
        if trigger.condition and trigger.kind is not TriggerClass.WATCH:
            names += [
                t.metric
                for t in trigger.condition.terms
                if isinstance(t, Comparison | WorseThanBaseline | OnTarget)
            ]
    return tuple(name for name in dict.fromkeys(names) if is_watched(release, name))


def requests(release: Release, judged: Judging, at: datetime) -> tuple[MetricRequest, ...]:
    """What to ask the connected sources for; empty when nothing is watched."""
    return (*_values(release, at), *_counts(release, judged, at))


def _values(release: Release, at: datetime) -> tuple[MetricRequest, ...]:
    """The numbers as they stand, over the span each metric covers."""
    wanted: dict[tuple[str, Arm, str], MetricRequest] = {}
    for term in terms(release):
        metric = release.plan.metrics.get(term.metric)
        if metric is None or not metric.connected:
            continue
        scope = term.scope if isinstance(term, Comparison | WorseThanBaseline) else None
        for arm in _arms(release, metric, term):
            for dimension in ("", scope.dimension) if scope else ("",):
                key = (metric.name, arm, dimension)
                if key not in wanted and (is_watched(release, metric.name) or not _variants(release, metric)):
                    until = _week_before(release, at) if _previous(metric, arm) else None
                    filled = _filled(release, metric, arm, at)
                    wanted[key] = MetricRequest(metric, arm, filled, dimension, until=until)
    for metric in _compared_with_before(release):
        wanted[metric.name, Arm.BASELINE, ""] = MetricRequest(
            metric, Arm.BASELINE, _filled(release, metric, Arm.BASELINE, at)
        )
    return tuple(wanted.values())


def weighing_of(release: Release, judged: Judging) -> Weighing | None:
    """The tests under way; None before the first look, and again after a rollback, or after a person let it go on.

    What runs after a rollback is something else; and who lets a release go on asks for the proof again.
    """
    weighing = judged.weighing
    started = release.rollback.started if release.rollback else None
    anew = [moment for moment in (started, release.judged_anew) if moment is not None]
    return None if weighing is None or any(moment >= weighing.seen for moment in anew) else weighing


def _counts(release: Release, judged: Judging, at: datetime) -> Iterable[MetricRequest]:
    """What happened since the last look, for the sequential tests; before the first, how noisy the old version was.

    Looks end on a grid that all releases share, so that one answer serves many.
    """
    if not under_watch(release):
        return
    every = release.plan.evidence.every.approximate_seconds
    until = datetime.fromtimestamp(at.timestamp() // every * every, UTC)
    weighing = weighing_of(release, judged)
    asked: dict[tuple[str, Arm, str], MetricRequest] = {}
    for entry in under_test(release.plan):
        metric = entry.metric
        if not is_watched(release, metric.name):
            continue
        since = _counted_until(weighing, metric.name, until) or until - timedelta(seconds=every)
        if since >= until:
            continue
        compared = has_control(metric) and randomised(release.exposure)
        for arm in (Arm.CANARY, Arm.BASELINE) if compared else (Arm.CANARY,):
            for dimension in ("", entry.dimension) if entry.dimension else ("",):
                asked[metric.name, arm, dimension] = MetricRequest(
                    metric, arm, _filled(release, metric, arm, at), dimension, Reading.COUNT, since, until,
                    replicas=release.plan.evidence.replicas,
                )  # fmt: skip
        if weighing is None and has_control(metric):
            yield _history(release, metric, at)
    yield from asked.values()


def _counted_until(weighing: Weighing | None, metric: str, until: datetime) -> datetime | None:
    """Up to when a metric was counted; not longer ago than a look may be long. None before the first look."""
    if weighing is None:
        return None
    return max(weighing.counted.get(metric, weighing.begun), until - LONGEST_LOOK)


def _history(release: Release, metric: Metric, at: datetime) -> MetricRequest:
    """The last hour of the old version, in two halves of its replicas."""
    settings = release.plan.evidence
    every = settings.every.approximate_seconds
    ended = (release.exposure_raised or at).timestamp() // every * every
    until = datetime.fromtimestamp(ended, UTC)
    variables = _filled(release, metric, Arm.BASELINE, at) | {"version": release.previous}
    return MetricRequest(
        metric,
        Arm.BASELINE,
        variables,
        "",
        Reading.HALVES,
        until - HISTORY,
        until,
        settings.every,
        settings.replicas,
    )


def _previous(metric: Metric, arm: Arm) -> bool:
    return arm is Arm.BASELINE and metric.baseline.kind is BaselineKind.PREVIOUS


def _week_before(release: Release, at: datetime) -> datetime | None:
    """The same weekday and hour, as many whole weeks ago as it takes to be before the change; None: that is now.

    Traffic on a Monday morning is compared with a Monday morning. Where the source does not go back so far, what was
    measured just before the change stays the baseline.
    """
    raised = release.exposure_raised
    if raised is None:
        return None
    begun = min(raised, release.started or raised)
    weeks = int((at - begun) / WEEK) + 1
    return at - weeks * WEEK


def _compared_with_before(release: Release) -> Iterable[Metric]:
    """The metrics that anything in the plan compares with the version before, while only that one can be met."""
    if release.status is not Status.RUNNING or release.exposure_raised is not None or under_watch(release):
        return
    for name in _relative_metrics(release.plan):
        metric = release.plan.metrics.get(name)
        if metric is not None and metric.connected and metric.baseline.kind is BaselineKind.PREVIOUS:
            yield metric


def _relative_metrics(plan: Plan) -> Iterable[str]:
    checks = (c for s in plan.stages for c in (*s.before, *s.gate, *s.judge))
    limits = (limit for s in plan.stages for g in s.guards for limit in (g.target, g.alert) if limit)
    triggers = (t for trigger in plan.rollback.triggers if trigger.condition for t in trigger.condition.terms)
    for term in (*_of_checks(checks), *limits, *triggers):
        if isinstance(term, WorseThanBaseline) or (isinstance(term, Comparison) and term.of_baseline):
            yield term.metric


def _arms(release: Release, metric: Metric, term: Measured) -> tuple[Arm, ...]:
    """The baseline is asked for where something is compared with it (or may be a shared incident), while it exists."""
    relative = isinstance(term, WorseThanBaseline) or (isinstance(term, Comparison) and term.of_baseline)
    match metric.baseline.kind:
        case BaselineKind.CONTROL:
            split = (
                release.plan.exposure is not None
                and not release.exposure.everyone
                and "variant" in _texts(metric)
            )
            return (Arm.CANARY, Arm.BASELINE) if split else (Arm.CANARY,)
        case BaselineKind.PREVIOUS:
            return (Arm.CANARY, Arm.BASELINE) if relative else (Arm.CANARY,)
        case _:
            return (Arm.CANARY,)


def _variants(release: Release, metric: Metric) -> bool:
    return release.plan.exposure is not None and "variant" in _texts(metric)


def _texts(metric: Metric) -> str:
    return " ".join((metric.query, metric.errors, metric.total, metric.histogram))


def _filled(release: Release, metric: Metric, arm: Arm, at: datetime) -> dict[str, str]:
    canary = arm is Arm.CANARY
    over = f"{max(1, round(metric.over.approximate_seconds))}s"
    before = _previous(metric, arm)
    version = release.previous if before else release.version
    return variables(release, at, over=over, variant="on" if canary else "off", version=version)
