"""Weighing: counts go into the sequential tests look by look, and how they stand comes out.

What the tests remember lives in the judging row, not in the chain (``Weighing``); the numbers that decide go into the
event. A restart continues with the same numbers to the last digit, and a replay is this same fold over stored looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pilotage.decisions import proving
from pilotage.decisions.evidence.judgement import Counts, Found, Judgement, Pair
from pilotage.decisions.exposure import randomised
from pilotage.decisions.watch import current_stage, weighing_of
from pilotage.domain.judging import Judging, Standing, Weighing
from pilotage.domain.metrics import Arm
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release
from pilotage.domain.steps import Deploy, Run
from pilotage.domain.tallies import Tally

if TYPE_CHECKING:
    from pilotage.decisions.evidence.evidence import Evidence

SILENT_LOOKS = 3
"""So many looks without data are no data."""

CHANGED_BUCKETS = "its buckets are no longer those it began with; it is counted again with the next release"


@dataclass(slots=True)
class _Arms:
    """The tallies of one metric and segment, by arm."""

    canary: Tally | None = None
    control: Tally | None = None


@dataclass(slots=True)
class _Look:
    """The tallies of one look by metric and dimension, then by segment ("": the whole)."""

    begun: datetime
    ended: datetime
    arms: dict[tuple[str, str], dict[str, _Arms]] = field(default_factory=dict)
    counted: dict[str, datetime] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def weigh(
    judging: Judging, release: Release, tallies: Sequence[Tally], history: Sequence[Tally] = ()
) -> Judging:
    """The judging row after one look: ``tallies`` of one span of time, and with the first look the old version's hour.

    A look that is not later than the last one changes nothing. A rollback begins the tests anew, and so does a memory that
    another version of Pilotage left and this one cannot read.
    """
    return weighed_on(judging, release, tallies, history)[0]


def weighed_on(
    judging: Judging,
    release: Release,
    tallies: Sequence[Tally],
    history: Sequence[Tally] = (),
    before: Evidence | None = None,
) -> tuple[Judging, Evidence | None]:
    """As ``weigh``, and the tests with their judgement of this look, for those who draw it; None where it changed nothing.

    Who goes through many looks hands in the tests of the one ``before``: the same numbers, without restoring them.
    """
    from pilotage.decisions.evidence.evidence import Evidence  # numpy, which most commands do not need

    old = weighing_of(release, judging)
    if not tallies or (old is not None and max(t.ended for t in tallies) <= old.seen):
        return judging, None
    look = _look(tallies, old)
    begun, stage = (old.begun, old.stage) if old else (look.begun, release.stage)
    bounds = {**_bounds(look), **(old.bounds if old else {})}
    design = proving.design(release.plan, stage, bounds)
    if design is None:
        return judging, None
    if old is None:
        tests = Evidence(design, _halves(history))
    elif before is not None and before.design == design:
        tests = before
    else:
        try:
            tests = Evidence.restore(design, _kept(old, bounds))
        except ValueError:
            # What an earlier version remembered has another shape, and the release must be carried on.
            return weighed_on(replace(judging, weighing=None), release, tallies, history)
    raised = release.exposure_raised
    if raised is not None and (old is None or old.raised != raised):
        seconds = max((raised - begun).total_seconds(), 0.0)
        tests.began(seconds, fresh=_fresh(release, first=old is None or not old.compared))
    pairs, segments = _pairs(release, look, bounds)
    told = tests.observe((look.ended - begun).total_seconds(), pairs, segments)
    names = {entry.name: entry.metric.name for entry in proving.under_test(release.plan)}
    weighing = Weighing(
        begun=begun,
        seen=look.ended,
        stage=stage,
        raised=raised,
        bounds=bounds,
        numbers=tests.state(),
        standings=tuple(_standing(names[found.metric], found, told, old, look.ended) for found in told.found),
        # What could not be counted now is counted with the next look: its span stays open.
        counted={**(old.counted if old else {}), **look.counted},
        compared=(old is not None and old.compared) or any(pair.control for pair in pairs.values()),
        controlled={**(old.controlled if old else {}), **_controlled(look, pairs, names)},
        problems=look.problems,
        e_value=float(told.e_value),
        needed=float(told.needed),
        missing=told.missing,
    )
    return replace(judging, weighing=weighing), tests


# --- what a look holds --------------------------------------------------------------------------------------------


def _look(tallies: Sequence[Tally], old: Weighing | None) -> _Look:
    """The tallies by what they are about. A span that was counted already, in part, is no data: nothing counts twice."""
    look = _Look(min(t.begun for t in tallies), max(t.ended for t in tallies))
    for tally in tallies:
        problem = tally.problem
        if not problem and old is not None and tally.begun < old.counted.get(tally.metric, old.begun):
            problem = "the source counted again what was counted before"
        if not problem and old is not None and old.bounds.get(tally.metric, tally.bounds) != tally.bounds:
            problem = CHANGED_BUCKETS
        if problem:
            look.problems.setdefault(tally.metric, problem)
            continue
        look.counted[tally.metric] = max(tally.ended, look.counted.get(tally.metric, tally.ended))
        arms = look.arms.setdefault((tally.metric, tally.dimension), {}).setdefault(tally.segment, _Arms())
        if tally.arm is Arm.CANARY:
            arms.canary = tally
        else:
            arms.control = tally
    return look


def _kept(old: Weighing, bounds: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """What the tests remember, without the metrics whose buckets were not known until now: these begin here."""
    new = bounds.keys() - old.bounds.keys()
    begins = tuple(f"{name}{end}" for name in new for end in ("/", " by "))
    return {key: numbers for key, numbers in old.numbers.items() if not key.startswith(begins)}


def _bounds(look: _Look) -> dict[str, tuple[float, ...]]:
    return {
        metric: tally.bounds
        for (metric, _), segments in look.arms.items()
        for arms in segments.values()
        for tally in (arms.canary, arms.control)
        if tally is not None and tally.bounds
    }


def _pairs(
    release: Release, look: _Look, bounds: Mapping[str, tuple[float, ...]]
) -> tuple[dict[str, Pair], dict[str, dict[str, Pair]]]:
    """The arms as the tests take them. Where chance did not tell them apart there is no control."""
    random = randomised(release.exposure)
    pairs: dict[str, Pair] = {}
    segments: dict[str, dict[str, Pair]] = {}
    for entry in proving.under_test(release.plan):
        metric = entry.metric
        compared = random and proving.has_control(metric)
        whole = look.arms.get((metric.name, ""), {}).get("")
        if (pair := _pair(whole, compared, bounds.get(metric.name, ()))) is not None:
            pairs[entry.name] = pair
        if entry.dimension:
            found = look.arms.get((metric.name, entry.dimension), {})
            split = {
                name: pair
                for name, arms in found.items()
                if name and (pair := _pair(arms, compared, bounds.get(metric.name, ()))) is not None
            }
            segments[entry.name] = split
    return pairs, segments


def _pair(arms: _Arms | None, compared: bool, bounds: tuple[float, ...]) -> Pair | None:
    """Both arms of the same span; a control that could not be counted leaves nothing to compare with."""
    if arms is None or arms.canary is None or arms.canary.bounds != bounds:
        return None
    if not compared:
        return Pair(_counts(arms.canary))
    if arms.control is None or arms.control.bounds != bounds:
        return None
    return Pair(_counts(arms.canary), _counts(arms.control))


def _controlled(look: _Look, pairs: Mapping[str, Pair], names: Mapping[str, str]) -> dict[str, datetime]:
    """The metrics whose control had requests in this look."""
    return {
        names[name]: look.ended
        for name, pair in pairs.items()
        if pair.control is not None and (pair.control.requests > 0 or any(pair.control.buckets))
    }


def _counts(tally: Tally) -> Counts:
    return Counts(tally.requests, tally.errors, tally.buckets)


def _halves(history: Iterable[Tally]) -> dict[str, list[Pair]]:
    """The old version's last hour, one pair of halves for each look, oldest first, by metric."""
    looks: dict[str, dict[datetime, _Arms]] = {}
    for tally in history:
        if tally.problem or tally.dimension:
            continue
        arms = looks.setdefault(tally.metric, {}).setdefault(tally.ended, _Arms())
        if tally.arm is Arm.CANARY:
            arms.canary = tally
        else:
            arms.control = tally
    return {
        metric: [
            Pair(_counts(arms.canary), _counts(arms.control))
            for _, arms in sorted(by_end.items())
            if arms.canary is not None and arms.control is not None
        ]
        for metric, by_end in looks.items()
    }


def _fresh(release: Release, *, first: bool) -> bool:
    """Whether those who meet the change now meet replicas (or a path through them) that nobody has warmed up."""
    stage = current_stage(release)
    deploys = stage is not None and any(isinstance(step.action, Deploy | Run) for step in stage.walk())
    by_flag = release.plan.exposure is not None and release.plan.exposure.via == "flag"
    return first or deploys or not by_flag


# --- what comes out -----------------------------------------------------------------------------------------------


def _standing(metric: str, found: Found, told: Judgement, old: Weighing | None, at: datetime) -> Standing:
    before = next((s for s in old.standings if s.key == found.key), None) if old else None
    ratio = told.intervals.get(found.metric)
    return Standing(
        metric,
        found.key,
        float(found.log_e),
        float(found.needed),
        found.because,
        bool(found.certain),
        bool(found.doubt),
        bool(found.shared),
        found.segment,
        _since(found.certain, before.certain_since if before else None, at),
        _since(found.doubt or found.certain, before.doubt_since if before else None, at),
        float(ratio.low) if ratio else None,
        float(ratio.high) if ratio else None,
    )


def _since(holds: bool, before: datetime | None, at: datetime) -> datetime | None:
    return (before or at) if holds else None


def standing(judging: Judging, plan: Plan, metric: str, key: str, at: datetime) -> Standing | None:
    """How a margin or limit stands; None where nothing was counted for it, or for too long (stale data is no data)."""
    weighing = judging.weighing
    if weighing is None or metric not in weighing.counted:
        return None
    allowed = plan.evidence.every.approximate_seconds + plan.evidence.gap.approximate_seconds
    if at - weighing.counted[metric] > timedelta(seconds=allowed):
        return None
    return next((s for s in weighing.standings if s.key == key), None)


def has_control_now(judging: Judging, plan: Plan, metric: str) -> bool:
    """Whether the control of a metric had requests in one of the last three looks: an incident may be shared with it."""
    weighing = judging.weighing
    if weighing is None or metric not in weighing.controlled:
        return False
    longest = timedelta(seconds=SILENT_LOOKS * plan.evidence.every.approximate_seconds)
    return weighing.seen - weighing.controlled[metric] <= longest
