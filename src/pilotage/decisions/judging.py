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

from pilotage.domain.conditions import Comparison, Every, Measured, OnTarget, Scope, WorseThanBaseline
from pilotage.domain.judging import Clock, Judging, Pause, Standing
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
    standing: Standing | None = None
    """The sequential test that answered, where one did."""


MOST_PAUSES = 32
"""So many short gaps of a clock are kept apart; older ones are added to the next, which never makes a gate pass sooner."""

NEVER = float("inf")
"""Seconds until a number goes stale that nobody is asked for regularly: it counts until somebody brings another."""


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
        pauses = _with_pause(old.pauses, gap - 2 * expected, start)
        paused = sum(pause.seconds for pause in pauses)
        clocks[key] = replace(old, seen=max(at, old.seen), paused=paused, because=because, pauses=pauses)


def _with_pause(pauses: tuple[Pause, ...], seconds: float, ended: datetime) -> tuple[Pause, ...]:
    if seconds <= 0:
        return pauses
    kept = (*pauses, Pause(ended, seconds))
    if len(kept) <= MOST_PAUSES:
        return kept
    first, second, *rest = kept
    return (Pause(second.ended, first.seconds + second.seconds), *rest)


def interval(plan: Plan, metric: Metric | None) -> float:
    """Seconds expected between two samples: the tick, or how often people are asked for the number (else never)."""
    if metric is not None and not metric.connected:
        return metric.ask_every.approximate_seconds if metric.ask_every else NEVER
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
    return _truth_by_segment(plan, term, term.scope, newest, at)


def _truth_by_segment(
    plan: Plan, term: Comparison | WorseThanBaseline, scope: Scope, newest: dict[str, Sample], at: datetime
) -> tuple[bool | None, str]:
    """``in any``: one segment suffices. ``in every``: all must agree, and one that cannot be told is never a pass (S10)."""
    kind = scope.dimension
    found = [
        (s, *(_compare(plan, term, s, newest, at) if fresh(plan, s, at) else (None, "it has gone silent")))
        for s in newest.values()
        if s.metric == term.metric and s.arm is Arm.CANARY and s.dimension == kind and s.segment
    ]
    told = [(sample, why) for sample, answer, why in found if answer is not None]
    if not told:
        return None, f"no data for {term.metric} by {kind}"
    decisive = scope.every is Every.ANY
    hit = next(((s, why) for s, answer, why in found if answer is decisive), None)
    if hit is not None:
        return decisive, f"{hit[1]} in {kind} {hit[0].segment}"
    unknown = next(((s, why) for s, answer, why in found if answer is None), None)
    if unknown is not None and not decisive:
        return None, f"{kind} {unknown[0].segment}: {unknown[1]}"
    return not decisive, f"{told[0][1]} in every {kind}"


def _compare(
    plan: Plan, term: Comparison | WorseThanBaseline, sample: Sample, newest: dict[str, Sample], at: datetime
) -> tuple[bool | None, str]:
    metric = plan.metrics.get(term.metric)
    if sample.value is None:
        return None, f"no data for {term.metric}"
    if not enough(plan, sample):
        return None, _few_words(plan, sample)
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
    return (at - sample.observed_at).total_seconds() <= _allowed(plan, sample.metric)


def _allowed(plan: Plan, metric: str) -> float:
    """Seconds after which the last data of a metric is stale."""
    return interval(plan, plan.metrics.get(metric)) + plan.evidence.gap.approximate_seconds


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
    if clock is None:
        return _without_clock(judging, plan, term, at, not_before, lasts)
    allowed = _allowed(plan, term.metric)
    silent = (at - clock.seen).total_seconds()
    if silent > allowed:
        few = _too_few(judging, plan, term, at)
        words = f"the last data for {term.metric} is from {_span(silent)} ago"
        return Verdict(None, few or words, unsure=bool(few))
    if not_before is not None and clock.seen <= not_before:
        return Verdict(None, f"no data for {term.metric} since then")
    told = Verdict(
        clock.holds,
        clock.because,
        clock.since,
        shared=clock.holds and _shared(plan, term, judging, at),
        segment=_segment(term, clock),
    )
    return _sustained(told, clock, lasts, not_before) if clock.holds and lasts is not None else told


def _sustained(told: Verdict, clock: Clock, lasts: Duration, not_before: datetime | None) -> Verdict:
    """Whether what holds now has held for ``lasts`` of data; short gaps in between do not count."""
    since = max(clock.since, not_before) if not_before else clock.since
    paused = sum(pause.seconds for pause in clock.pauses if pause.ended > since)
    so_far = (clock.seen - since).total_seconds() - paused
    left = lasts.approximate_seconds - so_far
    if left <= 0:
        return replace(told, because=f"{clock.because}, for {lasts}", since=since)
    words = f"{clock.because}, for {_span(so_far)} of {lasts}"
    return replace(
        told, holds=False, because=words, since=since, ready_at=clock.seen + timedelta(seconds=left)
    )


def _segment(term: Measured, clock: Clock) -> str:
    """The segment an ``in any`` holds in; the words that decided end in it."""
    scope = None if isinstance(term, OnTarget) else term.scope
    if scope is None or not clock.holds or scope.every is not Every.ANY:
        return ""
    return clock.because.rpartition(f" in {scope.dimension} ")[2]


def _without_clock(
    judging: Judging,
    plan: Plan,
    term: Measured,
    at: datetime,
    not_before: datetime | None,
    lasts: Duration | None,
) -> Verdict:
    """What can be said of a comparison whose clock has not begun: a number brought before it was watched counts."""
    problem = judging.samples.get(f"{term.metric}|problem")
    if problem is not None:
        return Verdict(None, f"no data for {term.metric}: {problem.problem or 'the source has none'}")
    seen = last_seen(judging, term.metric)
    if seen is None:
        return Verdict(None, f"no data for {term.metric} yet")
    answer, because = _truth(plan, term, judging.samples, at)
    if few := _too_few(judging, plan, term, at):
        return Verdict(None, few, unsure=True)
    recent = (at - seen).total_seconds() <= _allowed(plan, term.metric)
    if answer is None or not recent or lasts is not None or (not_before is not None and seen <= not_before):
        return Verdict(None, because if answer is None else f"no data for {term.metric} since then")
    return Verdict(answer, because, seen, shared=_shared(plan, term, judging, at))


def _too_few(judging: Judging, plan: Plan, term: Measured, at: datetime) -> str:
    """In words, where there is recent data on ``term`` but too few requests stand behind it to tell; else empty."""
    dimension = term.scope.dimension if not isinstance(term, OnTarget) and term.scope else ""
    for sample in judging.samples.values():
        about = sample.metric == term.metric and sample.arm is Arm.CANARY and sample.dimension == dimension
        if about and sample.value is not None and not enough(plan, sample) and fresh(plan, sample, at):
            return _few_words(plan, sample)
    return ""


def _few_words(plan: Plan, sample: Sample) -> str:
    needed = plan.evidence.minimum
    return f"{sample.metric} rests on {sample.count:g} requests; {needed:g} are needed to tell"


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
