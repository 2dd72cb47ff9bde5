"""What the sequential tests say about a line of the plan, in the same form as what a threshold says (``Verdict``).

A line is *proven* when its test is certain within the budget for false alarms. Until then it does not hold, however
high the last number was; and while there is doubt nothing advances.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta

from pilotage.decisions import judging, proving, weighing
from pilotage.decisions.exposure import randomised
from pilotage.decisions.judging import Verdict, clock_key
from pilotage.decisions.turn import Turn
from pilotage.decisions.watch import current_stage, guarded_metrics, terms
from pilotage.domain.conditions import Comparison, Measured, OnTarget, WorseThanBaseline
from pilotage.domain.events.judging import Evidence
from pilotage.domain.judging import Standing
from pilotage.domain.plan import Reaction
from pilotage.domain.rollback import TriggerClass

MOST_LOG = 690.0
"""The largest logarithm whose exponential is still a number."""


def proven(turn: Turn, term: Measured) -> Verdict | None:
    """Whether a line under test is proven; None where it is not under test, and the last numbers must do."""
    standing = _standing(turn, term)
    if standing is None or isinstance(term, OnTarget):
        return None
    if _relative(term) and not randomised(turn.release.exposure):
        words = f"{turn.release.exposure} are no random part of the users, so they cannot be compared with the others"
        return Verdict(None, words)
    if not standing.certain and not _relative(term) and (told := _crossed(turn, term)):
        return told
    broken = standing.log_e >= standing.needed
    if not standing.certain and not (standing.shared and broken):
        return Verdict(False, standing.because, standing=standing)
    since = standing.certain_since or standing.doubt_since
    # A control that is gone is no better and no worse: without one the limit alone rolls back.
    shared = standing.shared and weighing.has_control_now(turn.judging, turn.plan, term.metric)
    told = Verdict(True, standing.because, since, shared=shared, segment=standing.segment, standing=standing)
    return _sustained(turn, term, told, standing) if term.sustained is not None else told


def _crossed(turn: Turn, term: Comparison | WorseThanBaseline) -> Verdict | None:
    """A limit that the numbers are beyond, as the plan says it, by both arms, or by a change that is proven to be worse.

    Both arms: everybody's incident. Else, that the true rate is beyond the limit may take long to prove when it is close
    to it; but the budget is for releases that are no worse than the control, and this one is.
    """
    told = judging.verdict(turn.judging, turn.plan, term, turn.at)
    if not told.holds:
        return None
    worst = _worst_margin(turn, term.metric)
    if worst is not None:
        return replace(told, because=f"{told.because}; {worst.because}", shared=False, standing=worst)
    return told if told.shared else None


def _worst_margin(turn: Turn, metric: str) -> Standing | None:
    """The margin of a metric that is proven to be exceeded, by the most evidence; None where none is."""
    weighed = turn.judging.weighing
    margins = {key for entry in proving.under_test(turn.plan) for key in entry.margins}
    found = (
        weighing.standing(turn.judging, turn.plan, metric, s.key, turn.at)
        for s in (weighed.standings if weighed else ())
        if s.metric == metric and s.key in margins and s.certain
    )
    return max((s for s in found if s is not None), key=lambda s: s.log_e, default=None)


def _relative(term: Comparison | WorseThanBaseline) -> bool:
    return isinstance(term, WorseThanBaseline) or term.of_baseline


def _sustained(
    turn: Turn, term: Comparison | WorseThanBaseline, told: Verdict, standing: Standing
) -> Verdict:
    """``for 5m`` of what is proven: from when it began to show, as long as the numbers do not say that it is over."""
    assert term.sustained is not None
    clock = turn.judging.clocks.get(clock_key(term))
    if clock is not None and not clock.holds and turn.at - clock.seen <= _recent(turn):
        return Verdict(False, f"{clock.because}; {told.because}")
    began = [m for m in (standing.doubt_since, standing.certain_since, clock.since if clock else None) if m]
    ready = min(began, default=turn.at) + timedelta(seconds=term.sustained.approximate_seconds)
    if ready > turn.at:
        return Verdict(False, f"{told.because}; it must last {term.sustained}", told.since, ready)
    return told


def _recent(turn: Turn) -> timedelta:
    settings = turn.plan.evidence
    return timedelta(seconds=settings.every.approximate_seconds + settings.gap.approximate_seconds)


def _standing(turn: Turn, term: Measured) -> Standing | None:
    return weighing.standing(turn.judging, turn.plan, term.metric, clock_key(term), turn.at)


def worse(turn: Turn, metric: str, since: datetime | None) -> Verdict | None:
    """Where a guarded metric is proven to be worse than the control by more than it tolerates; else None."""
    found = weighing.standing(turn.judging, turn.plan, metric, proving.margin_key(metric), turn.at)
    if found is None or not found.certain or (since and found.certain_since and found.certain_since <= since):
        return None
    return Verdict(True, found.because, found.certain_since, segment=found.segment, standing=found)


def deciding(turn: Turn, standing: Standing | None) -> Evidence | None:
    """The numbers that decided, for the record, on the scale of the release: whatever part of its budget a line has,
    1 / budget is needed. Beyond 1e300 evidence is not told apart any more.
    """
    if standing is None:
        return None
    budget = turn.plan.evidence.false_alarms
    log_e = standing.log_e - standing.needed - math.log(budget)
    return Evidence(math.exp(min(log_e, MOST_LOG)), 1 / budget, standing.low, standing.high)


def beyond_but_not_proven(turn: Turn, alert: Comparison) -> Verdict | None:
    """Where the last number is beyond an alert that is under test and not proven: nothing is known, and nothing passes."""
    told = judging.verdict(turn.judging, turn.plan, alert, turn.at)
    return Verdict(None, f"{told.because}; not yet certain", unsure=True) if told.holds else None


def doubts(turn: Turn) -> tuple[str, ...]:
    """In words, the lines of this stage's metrics that may be beyond what is tolerated; nothing advances meanwhile."""
    weighed = turn.judging.weighing
    if weighed is None:
        return ()
    told_only = turn.plan.reactions.worse in (Reaction.NOTE, Reaction.TELL)
    accepted = (
        {m for m, state in turn.release.guards.items() if state == "worse"} if told_only else set[str]()
    )
    watched = {clock_key(term) for term in terms(turn.release)}
    watched |= {proving.margin_key(metric) for metric in guarded_metrics(turn.release)}
    fresh = (
        weighing.standing(turn.judging, turn.plan, s.metric, s.key, turn.at)
        for s in weighed.standings
        if s.key in watched and s.metric not in accepted
    )
    told = [s.because for s in fresh if s is not None and s.doubt]
    for trigger in turn.plan.rollback.triggers:
        if trigger.condition and trigger.kind is not TriggerClass.WATCH:
            limits = (t for t in trigger.condition.terms if isinstance(t, Comparison) and not t.of_baseline)
            told += [f"{trigger.text}: {beyond}" for t in limits if (beyond := _beyond(turn, t))]
    return tuple(dict.fromkeys(told))


def _beyond(turn: Turn, term: Comparison) -> str:
    """In words, where the last number is beyond a limit under test that is not proven to be exceeded; else empty."""
    answer = proven(turn, term)
    if answer is None or answer.holds:
        return ""
    told = judging.verdict(turn.judging, turn.plan, replace(term, sustained=None), turn.at)
    return f"{told.because}, which proves nothing yet" if told.holds else ""


def silent(turn: Turn) -> tuple[str, ...]:
    """In words, the connected metrics of guards and triggers whose last looks had no data: nothing advances meanwhile."""
    every = turn.plan.evidence.every.approximate_seconds
    longest = timedelta(seconds=weighing.SILENT_LOOKS * every)
    told = []
    for name in guarded_metrics(turn.release):
        metric, seen = turn.plan.metrics.get(name), judging.last_seen(turn.judging, name)
        begun = (turn.release.exposure_raised, turn.judging.watched_since.get(name))
        quiet_since = max((m for m in (seen, *begun) if m is not None), default=turn.at)
        if metric is None or not metric.connected or turn.at - quiet_since <= longest:
            continue
        problem = turn.judging.samples.get(f"{name}|problem")
        why = f": {problem.problem}" if problem is not None and problem.problem else ""
        told.append(f"no data for {name} at the last looks{why}")
    return tuple(told)


def missing(turn: Turn) -> str:
    """In words, how much more traffic a comparison with the others needs before it could have shown anything; else empty.

    Only while chance decides who meets the change, and only where the plan wants something shown (``reveal``).
    """
    weighed, stage = turn.judging.weighing, current_stage(turn.release)
    if weighed is None or stage is None or turn.plan.evidence.reveal is None:
        return ""
    if not randomised(turn.release.exposure) or not proving.compares(turn.plan):
        return ""
    return weighed.missing
