"""Judging: from samples to "holds", "does not hold" or "cannot tell", over time.

Every watched comparison has one clock: whether it holds, since when, and when a usable sample was last seen. A gap in
the data is neither good nor bad: a short one stops the clock, one longer than the plan's ``gap`` sets it back (§2.1 of
the language). Too few requests, no baseline and no data are "cannot tell", never a pass (S10).

This is the seam behind which evidence decides relative conditions: ``observe`` folds samples into the judging row,
``verdict`` reads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pilotage.domain.conditions import Comparison, Every, Measured, OnTarget, WorseThanBaseline
from pilotage.domain.judging import Clock, Judging
from pilotage.domain.metrics import Arm, BaselineKind, Metric, Sample
from pilotage.domain.plan import Plan
from pilotage.domain.time import Duration


@dataclass(frozen=True, slots=True)
class Verdict:
    """``holds`` True, False, or None when it cannot be told; ``because`` the numbers in words; ``since`` how long it has been so.

    ``shared`` says that what it is compared with breaks the same limit: an incident of everybody, not of this change.
    ``unsure`` says that there is data, but too little of it.
    """

    holds: bool | None
    because: str
    since: datetime | None = None
    ready_at: datetime | None = None
    """When a sustained condition will hold if nothing changes; None when that cannot be said."""
    shared: bool = False
    unsure: bool = False
    segment: str = ""


def clock_key(term: Measured) -> str:
    """The name of the clock of a comparison; the ``for`` part is not in it, so lines that differ only there share one."""
    if isinstance(term, OnTarget):
        return f"{term.metric} on target"
    if isinstance(term, Comparison):
        what = f"{term.metric} {term.operator} {term.limit:g}{'x' if term.of_baseline else ''}"
    else:
        what = f"{term.metric} worse by {term.percent:g}"
    return f"{what} in {term.scope.every} {term.scope.dimension}" if term.scope else what


def sample_key(metric: str, arm: Arm, dimension: str = "", segment: str = "") -> str:
    """Where the newest sample of a metric, arm and segment is kept."""
    return f"{metric}|{arm}|{dimension}|{segment}"


# --- folding samples in -------------------------------------------------------------------------------------------


def observe(judging: Judging, plan: Plan, terms: Iterable[Measured], samples: Iterable[Sample]) -> Judging:
    """The judging row after ``samples`` (in order of time), for the comparisons now watched."""
    by_metric: dict[str, list[Measured]] = {}
    for term in terms:
        by_metric.setdefault(term.metric, []).append(term)
    newest, clocks = dict(judging.samples), dict(judging.clocks)
    moments: dict[tuple[datetime, str], list[Sample]] = {}
    for sample in sorted(samples, key=lambda s: s.observed_at):
        moments.setdefault((sample.observed_at, sample.metric), []).append(sample)
    for (at, metric), group in moments.items():
        for sample in group:
            key = sample_key(metric, sample.arm, sample.dimension, sample.segment)
            if sample.value is not None:
                newest[key] = sample
                newest.pop(f"{metric}|problem", None)
            elif sample.arm is Arm.CANARY and not sample.segment:
                newest[f"{metric}|problem"] = sample
        since = min((s.steady_since or s.observed_at for s in group if s.value is not None), default=None)
        for term in by_metric.get(metric, ()) if since is not None else ():
            _run(clocks, plan, term, newest, since or at, at)
    return replace(judging, clocks=clocks, samples=newest)


def _run(
    clocks: dict[str, Clock],
    plan: Plan,
    term: Measured,
    newest: dict[str, Sample],
    start: datetime,
    at: datetime,
) -> None:
    answer, because = _truth(plan, term, newest, at)
    if answer is None:
        return
    key = clock_key(term)
    old = clocks.get(key)
    if old is None or old.holds is not answer:
        clocks[key] = Clock(answer, start, at, because=because)
        return
    expected = interval(plan, plan.metrics.get(term.metric))
    gap = (start - old.seen).total_seconds()
    if gap > expected + plan.evidence.gap.approximate_seconds:
        clocks[key] = Clock(answer, start, at, because=because)
    else:
        pause = max(0.0, gap - 2 * expected)
        clocks[key] = replace(old, seen=max(at, old.seen), paused=old.paused + pause, because=because)


def interval(plan: Plan, metric: Metric | None) -> float:
    """Seconds expected between two samples: the tick, or how often people are asked for the number."""
    if metric is not None and not metric.connected and metric.ask_every is not None:
        return metric.ask_every.approximate_seconds
    return plan.evidence.every.approximate_seconds


# --- one comparison on the newest samples ---------------------------------------------------------------------------


def _truth(plan: Plan, term: Measured, newest: dict[str, Sample], at: datetime) -> tuple[bool | None, str]:
    """Whether a comparison holds on the newest samples, and the numbers in words."""
    if isinstance(term, OnTarget):
        target = next((m.target for m in plan.metrics.values() if m.name == term.metric), None)
        return _truth(plan, target, newest, at) if target else (None, f"{term.metric} has no target")
    if term.scope is None:
        sample = newest.get(sample_key(term.metric, Arm.CANARY))
        return _compare(plan, term, sample, newest, at) if sample else (None, f"no data for {term.metric}")
    found = [
        (s.segment, *_compare(plan, term, s, newest, at))
        for s in newest.values()
        if s.metric == term.metric and s.arm is Arm.CANARY and s.dimension == term.scope.dimension and s.segment
        and fresh(plan, s, at)
    ]  # fmt: skip
    told = [(segment, answer, why) for segment, answer, why in found if answer is not None]
    if not told:
        return None, f"no data for {term.metric} by {term.scope.dimension}"
    if term.scope.every is Every.ANY:
        hit = next((x for x in told if x[1]), None)
        return (
            (True, f"{hit[2]} in {term.scope.dimension} {hit[0]}")
            if hit
            else (False, f"{told[0][2]} in every {term.scope.dimension}")
        )
    miss = next((x for x in told if not x[1]), None)
    return (
        (False, f"{miss[2]} in {term.scope.dimension} {miss[0]}")
        if miss
        else (True, f"{told[0][2]} in every {term.scope.dimension}")
    )


def _compare(
    plan: Plan, term: Comparison | WorseThanBaseline, sample: Sample, newest: dict[str, Sample], at: datetime
) -> tuple[bool | None, str]:
    metric = plan.metrics.get(term.metric)
    if sample.value is None:
        return None, f"no data for {term.metric}"
    if not enough(plan, sample):
        return (
            None,
            f"{term.metric} rests on {sample.count:g} requests; {plan.evidence.minimum:g} are needed to tell",
        )
    if isinstance(term, Comparison) and not term.of_baseline:
        return term.operator.holds(
            sample.value, term.limit
        ), f"{term.metric} is {show(metric, sample.value)}{_behind(sample)}"
    base = _baseline(plan, metric, sample, newest, at)
    if base is None:
        return None, f"{term.metric} has nothing to be compared with yet"
    words = (
        f"{term.metric} is {show(metric, sample.value)}, the baseline {show(metric, base)}{_behind(sample)}"
    )
    if isinstance(term, Comparison):
        return term.operator.holds(sample.value, term.limit * base), words
    lower = metric.lower_is_better if metric else True
    limit = base * (1 + term.percent / 100) if lower else base * (1 - term.percent / 100)
    return (sample.value > limit if lower else sample.value < limit), words


def _baseline(
    plan: Plan, metric: Metric | None, sample: Sample, newest: dict[str, Sample], at: datetime
) -> float | None:
    if metric is not None and metric.baseline.kind is BaselineKind.FIXED:
        return metric.baseline.value
    base = newest.get(
        sample_key(sample.metric, Arm.BASELINE, sample.dimension, sample.segment)
    ) or newest.get(sample_key(sample.metric, Arm.BASELINE))
    if base is None or base.value is None or not enough(plan, base):
        return None
    concurrent = metric is None or metric.baseline.kind is BaselineKind.CONTROL
    return None if concurrent and not fresh(plan, base, at) else base.value


def enough(plan: Plan, sample: Sample) -> bool:
    """Whether enough requests stand behind a sample (where their number is known)."""
    return sample.count is None or sample.count >= plan.evidence.minimum


def fresh(plan: Plan, sample: Sample, at: datetime) -> bool:
    """Whether a sample is recent enough to count; stale data is no data (S10)."""
    allowed = interval(plan, plan.metrics.get(sample.metric)) + plan.evidence.gap.approximate_seconds
    return (at - sample.observed_at).total_seconds() <= allowed


# --- reading ------------------------------------------------------------------------------------------------------


def verdict(
    judging: Judging,
    plan: Plan,
    term: Measured,
    at: datetime,
    not_before: datetime | None = None,
    sustained: Duration | None = None,
) -> Verdict:
    """Whether ``term`` holds at ``at``; with ``for`` (its own, or ``sustained``) only after that much time of data.

    Time before ``not_before`` does not count (in a gate: the last rise of exposure).
    """
    lasts = sustained or (term.sustained if isinstance(term, Comparison | WorseThanBaseline) else None)
    clock = judging.clocks.get(clock_key(term))
    metric = plan.metrics.get(term.metric)
    if clock is None:
        return _cannot_tell(judging, plan, term)
    allowed = interval(plan, metric) + plan.evidence.gap.approximate_seconds
    if (at - clock.seen).total_seconds() > allowed:
        return Verdict(
            None,
            f"the last data for {term.metric} is from {(at - clock.seen).total_seconds() / 60:.0f} minutes ago",
        )
    if not_before is not None and clock.seen < not_before:
        return Verdict(None, f"no data for {term.metric} since exposure rose")
    shared = _shared(plan, term, judging, at)
    segment = clock.because.rsplit(" ", 1)[-1] if getattr(term, "scope", None) and clock.holds else ""
    if not clock.holds or lasts is None:
        return Verdict(clock.holds, clock.because, clock.since, shared=shared, segment=segment)
    since = max(clock.since, not_before) if not_before else clock.since
    so_far = (clock.seen - since).total_seconds() - (clock.paused if since == clock.since else 0.0)
    left = lasts.approximate_seconds - so_far
    if left <= 0:
        return Verdict(True, f"{clock.because}, for {lasts}", since, shared=shared, segment=segment)
    ready = clock.seen + timedelta(seconds=left)
    return Verdict(
        False,
        f"{clock.because}, for {_span(so_far)} of {lasts}",
        since,
        ready_at=ready,
        shared=shared,
        segment=segment,
    )


def _cannot_tell(judging: Judging, plan: Plan, term: Measured) -> Verdict:
    problem = judging.samples.get(f"{term.metric}|problem")
    if problem is not None:
        return Verdict(None, f"no data for {term.metric}: {problem.problem or 'the source has none'}")
    newest = dict(judging.samples)
    at = max((s.observed_at for s in newest.values()), default=None)
    answer, because = _truth(plan, term, newest, at) if at else (None, f"no data for {term.metric} yet")
    few = any(
        s.metric == term.metric and s.value is not None and not enough(plan, s) for s in newest.values()
    )
    return Verdict(answer if answer is None else None, because, unsure=few)


def _shared(plan: Plan, term: Measured, judging: Judging, at: datetime) -> bool:
    """Whether the concurrent control breaks the same absolute limit (``evidence.md`` §3.7: hold and page, not roll back)."""
    metric = plan.metrics.get(term.metric)
    if (
        not isinstance(term, Comparison)
        or term.of_baseline
        or metric is None
        or metric.baseline.kind is not BaselineKind.CONTROL
    ):
        return False
    base = judging.samples.get(sample_key(term.metric, Arm.BASELINE))
    if base is None or base.value is None or not enough(plan, base) or not fresh(plan, base, at):
        return False
    return term.operator.holds(base.value, term.limit)


def last_seen(judging: Judging, metric: str) -> datetime | None:
    """When the metric last gave a number for those who meet the change."""
    return max((s.observed_at for s in judging.samples.values() if s.metric == metric and s.arm is Arm.CANARY and s.value is not None),
               default=None)  # fmt: skip


def show(metric: Metric | None, value: float) -> str:
    """A value as people write it: ``0.9 %``, ``340 ms``, ``2.1 s``, ``12``."""
    match metric.unit.value if metric else "":
        case "percent":
            return f"{value:.3g} %"
        case "time":
            return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"
        case "per s":
            return f"{value:.3g} per s"
        case _:
            return f"{value:g}"


def _behind(sample: Sample) -> str:
    return (
        f" of {sample.count:.0f} requests" if sample.count is not None and sample.errors is not None else ""
    )


def _span(seconds: float) -> str:
    return str(Duration(seconds=float(max(0, round(seconds)))))
