"""Reacting to what is measured and reported: guards between target and alert, triggers by class, silence.

Automatic triggers act by themselves; while people confirm or discuss, the release is held; the most urgent class wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pilotage.decisions import judging, people, rollback, weighed
from pilotage.decisions.asking import ask, escalate, roles_of, wait_for, withdraw
from pilotage.decisions.folds.world import ALERTED, fired_key
from pilotage.decisions.turn import Turn
from pilotage.decisions.watch import current_stage, guarded_metrics, under_watch
from pilotage.domain import events as e
from pilotage.domain.conditions import Comparison, OnTarget, WorseThanBaseline
from pilotage.domain.facts import Tick
from pilotage.domain.judging import Standing
from pilotage.domain.metrics import Guard
from pilotage.domain.people import Actor
from pilotage.domain.plan import Reaction
from pilotage.domain.rollback import Deciding, Otherwise, Trigger, TriggerClass

ON_TARGET, WATCH, ALERT, WORSE = "on target", "watch", "alert", "worse"
NO_DATA, UNSURE = "no data", "unsure"
SHARED = "; what it is compared with breaks the same limit, so this is not the change's doing"
URGENCY = (TriggerClass.AUTOMATIC, TriggerClass.CONFIRM, TriggerClass.DISCUSS, TriggerClass.WATCH)


@dataclass(frozen=True, slots=True)
class Firing:
    """A trigger whose condition holds now, and the numbers it holds on."""

    trigger: Trigger
    because: str
    shared: bool = False
    segment: str = ""
    standing: Standing | None = None


def react(turn: Turn) -> bool:
    """What guards, triggers and silence ask for now. Returns whether anything happened."""
    moved = _silence(turn)
    _watch_since(turn)
    if not under_watch(turn.release):
        return moved
    moved |= _ask_numbers(turn)
    for firing in sorted(_firings(turn), key=lambda f: URGENCY.index(f.trigger.kind)):
        if turn.release.status != "running":
            return True
        moved |= _act(turn, firing)
    if turn.release.status == "running":
        for metric in _guards(turn):
            moved |= metric
    return moved


def _watch_since(turn: Turn) -> None:
    """Remember since when each guarded metric is watched, so that its silence can be measured.

    After a time in which nobody looked (no worker ran) it begins anew: that silence was ours, not the source's.
    """
    known, looked = turn.judging.watched_since, turn.judging.looked
    guarded = guarded_metrics(turn.release)
    if isinstance(turn.fact.body, Tick) and guarded:
        evidence = turn.plan.evidence
        longest = evidence.gap.approximate_seconds + 2 * evidence.every.approximate_seconds
        begun = min((s.steady_since or s.observed_at for s in turn.fact.body.samples), default=turn.at)
        if looked is not None and (begun - looked).total_seconds() > longest:
            known = {name: at for name, at in known.items() if _by_hand(turn, name)}
        looked = turn.at
    watched = {metric: known.get(metric, turn.at) for metric in guarded}
    turn.judging = replace(turn.judging, watched_since=watched, looked=looked)


def _ask_numbers(turn: Turn) -> bool:
    """Ask for the numbers that people bring, as often as the plan says."""
    moved = False
    for name in guarded_metrics(turn.release):
        metric = turn.plan.metrics.get(name)
        if metric is None or metric.connected or metric.ask_every is None:
            continue
        question, last = f"number/{name}", judging.last_seen(turn.judging, name)
        due = metric.ask_every.after(last, turn.zone) if last else turn.at
        if due > turn.at:
            turn.expect(f"{name} is asked for", due)
        elif question not in turn.release.questions:
            text = f"What is {name}?"
            moved |= ask(
                turn, question, e.QuestionKind.NUMBER, text, roles_of(metric.ask_who), name, aside=True
            )
    return moved


# --- triggers -----------------------------------------------------------------------------------------------------


def _firings(turn: Turn) -> Iterator[Firing]:
    for trigger in turn.plan.rollback.triggers:
        firing = _reported(turn, trigger) if trigger.condition is None else _measured(turn, trigger)
        if firing is not None:
            yield firing


def _measured(turn: Turn, trigger: Trigger) -> Firing | None:
    """Every term holds, and this is not the breach that was answered already."""
    if trigger.condition is None:
        return None
    told = []
    for term in trigger.condition.terms:
        if not isinstance(term, Comparison | WorseThanBaseline | OnTarget):
            return None
        found = weighed.proven(turn, term)
        if found is None:
            found = judging.verdict(turn.judging, turn.plan, term, turn.at, _went_back(turn))
        if found.ready_at is not None:
            turn.wait(f"{trigger.text}: {found.because}", (), found.ready_at)
        if not found.holds:
            return None
        told.append(found)
    shared = all(v.shared for v in told)
    fired = turn.release.fired.get(fired_key(trigger.id, shared))
    began = max((v.since for v in told if v.since is not None), default=None)
    if fired is not None and (began is None or began <= fired):
        return None
    segment = next((v.segment for v in told if v.segment), "")
    standing = next((v.standing for v in told if v.standing), None)
    return Firing(trigger, "; ".join(v.because for v in told), shared, segment, standing)


def _reported(turn: Turn, trigger: Trigger) -> Firing | None:
    """A report acts on one of the roles it names, on an alert where the plan says so, else on two different people."""
    reporters = turn.release.reported.get(trigger.id, ())
    if not reporters:
        return None
    if trigger.kind is TriggerClass.AUTOMATIC:
        if trigger.by is not None:
            said = [
                any(people.role_for(turn.release, p, (r,), turn.at, turn.surroundings) for p in reporters)
                for r in trigger.by.roles
            ]
            enough = any(said) if trigger.by.any_of else all(said)
        else:
            two_people = len([r for r in reporters if r != ALERTED]) >= 2  # the language's own number
            enough = two_people or (trigger.from_alert and ALERTED in reporters)
        if not enough:
            whose = f"it acts on the word of {trigger.by}" if trigger.by else "somebody else must say so too"
            turn.expect(f"{trigger.report}: reported by {', '.join(reporters)}; {whose}")
            return None
    return Firing(trigger, f"reported by {', '.join(reporters)}")


def _act(turn: Turn, firing: Firing) -> bool:
    trigger = firing.trigger
    rule = Actor(rule=trigger.text)
    decided = weighed.deciding(turn, firing.standing)
    fired = e.TriggerFired(trigger.id, trigger.kind, firing.because, firing.segment, firing.shared, decided)
    turn.happen(fired, firing.because, rule)
    reason = f"{trigger.text}: {firing.because}"
    match trigger.kind:
        case TriggerClass.AUTOMATIC if firing.shared:
            hold(turn, e.HoldCause.TRIGGER, reason + SHARED, trigger.id, page=True, by=rule)
        case TriggerClass.AUTOMATIC:
            rollback.begin(turn, reason, trigger=trigger, by=rule, segment=firing.segment, automatic=True)
        case TriggerClass.CONFIRM | TriggerClass.DISCUSS:
            _decide(turn, trigger, reason, rule)
        case TriggerClass.WATCH:
            pass
    return True


def _decide(turn: Turn, trigger: Trigger, reason: str, rule: Actor) -> None:
    section = turn.plan.rollback
    confirm = trigger.kind is TriggerClass.CONFIRM
    deciding = section.confirm if confirm else section.discuss
    if deciding is None:
        return
    hold(turn, e.HoldCause.TRIGGER, reason, trigger.id, page=True, by=rule)
    if not _most_urgent(turn, confirm):
        return
    kind = e.QuestionKind.CONFIRM if confirm else e.QuestionKind.DISCUSS
    words = "Roll back? " if confirm else "Discuss and decide: roll back? "
    ask(turn, f"{kind}/{trigger.id}", kind, words + reason, deciding.who.roles, trigger.id,
        within=deciding.within, options=("roll back", "hold"))  # fmt: skip


def _most_urgent(turn: Turn, confirm: bool) -> bool:
    """Whether to ask now: a confirmation takes the place of a discussion, and nobody discusses while one is asked for."""
    questions = tuple(turn.release.questions.values())
    if not confirm:
        return not any(q.kind is e.QuestionKind.CONFIRM for q in questions)
    for question in questions:
        if question.kind is e.QuestionKind.DISCUSS:
            withdraw(turn, question.id, "something more urgent is to be confirmed")
    return True


def deciding_for(turn: Turn, kind: e.QuestionKind) -> Deciding | None:
    """Who decides about questions of this kind, and what their silence does."""
    section = turn.plan.rollback
    return section.confirm if kind is e.QuestionKind.CONFIRM else section.discuss


def _silence(turn: Turn) -> bool:
    """Nobody confirmed or decided in time: do what the plan says silence does."""
    moved = False
    for question in tuple(turn.release.questions.values()):
        if question.kind not in (e.QuestionKind.CONFIRM, e.QuestionKind.DISCUSS):
            continue
        deciding = deciding_for(turn, question.kind)
        if deciding is None or question.until is None or question.until > turn.at:
            wait_for(turn, question)
            continue
        moved = True
        rule = Actor(rule=f"within {deciding.within} otherwise: {deciding.otherwise}")
        if deciding.otherwise is Otherwise.ROLL_BACK:
            trigger = next((t for t in turn.plan.rollback.triggers if t.id == question.about), None)
            turn.happen(e.Answered(question.id, "no answer"), "nobody answered in time", rule)
            rollback.begin(
                turn,
                f"{question.text.partition('? ')[2]} (nobody answered within {deciding.within})",
                trigger=trigger,
                by=rule,
            )
            return True
        escalate(turn, question, "nobody answered in time; the release stays held", rule)
    return moved


# --- guards -------------------------------------------------------------------------------------------------------


def _guards(turn: Turn) -> Iterator[bool]:
    stage = current_stage(turn.release)
    guards = {g.metric: g for g in (stage.guards if stage else ())}
    for metric in guarded_metrics(turn.release):
        guard = guards.get(metric, Guard(metric))
        state, because = guard_state(turn, guard)
        if state == turn.release.guards.get(metric, ON_TARGET if state == UNSURE else ""):
            continue
        if not state:
            continue
        yield _guard_changed(turn, guard, state, because)


def guard_state(turn: Turn, guard: Guard, since: datetime | None = None) -> tuple[str, str]:
    """On target, watch, alert, no data or unsure, with the numbers; an empty state while nothing can be said yet.

    Data from before ``since`` (and from before the last rollback) does not count.
    """
    silent = _silent(turn, guard.metric)
    if silent:
        return NO_DATA, silent
    since = max((m for m in (since, _went_back(turn)) if m is not None), default=None)
    alert = _alert(turn, guard.alert, since) if guard.alert else None
    target = judging.verdict(turn.judging, turn.plan, guard.target, turn.at, since) if guard.target else None
    if alert is not None and alert.holds:
        return ALERT, alert.because + (SHARED if alert.shared else "")
    if (worse := weighed.worse(turn, guard.metric, _went_back(turn))) is not None:
        return WORSE, worse.because
    if target is not None and target.holds:
        return ON_TARGET, target.because
    if target is not None and target.holds is False:
        return WATCH, target.because
    if target is None and alert is not None and alert.holds is False:
        return ON_TARGET, alert.because
    unsure = next((v for v in (target, alert) if v is not None and v.unsure), None)
    if unsure is not None:
        return UNSURE, unsure.because
    back = target is None and alert is None and turn.release.guards.get(guard.metric) == NO_DATA
    return (ON_TARGET, f"{guard.metric} has data again") if back else ("", "")


def _alert(turn: Turn, alert: Comparison, since: datetime | None) -> judging.Verdict:
    """Whether a guard is beyond its alert. Where that rolls back, it must be proven, if it is under test."""
    if turn.plan.reactions.alert is Reaction.ROLL_BACK and (proven := weighed.proven(turn, alert)):
        return proven if proven.holds else weighed.beyond_but_not_proven(turn, alert) or proven
    return judging.verdict(turn.judging, turn.plan, alert, turn.at, since)


def _silent(turn: Turn, name: str) -> str:
    """In words, where a metric has given no number for longer than the plan allows; else empty."""
    plan, release = turn.plan, turn.release
    metric, seen = plan.metrics.get(name), judging.last_seen(turn.judging, name)
    by_hand = _by_hand(turn, name)
    begun = (release.exposure_raised, turn.judging.watched_since.get(name))
    quiet_since = max((m for m in (seen, *begun) if m is not None), default=turn.at)
    allowed = plan.evidence.gap.approximate_seconds + (judging.interval(plan, metric) if by_hand else 0.0)
    # A source is silent when it was asked and had nothing to say: what a person says meanwhile proves no silence.
    asked = turn.at if by_hand else turn.judging.looked or turn.at
    if (asked - quiet_since).total_seconds() < allowed:
        return ""
    problem = turn.judging.samples.get(f"{name}|problem")
    why = f": {problem.problem}" if problem and problem.problem else ""
    return f"no data for {name} for {plan.evidence.gap}{why}"


def _by_hand(turn: Turn, name: str) -> bool:
    metric = turn.plan.metrics.get(name)
    return metric is not None and not metric.connected


def _went_back(turn: Turn) -> datetime | None:
    """When the last rollback ended: what was measured before says nothing about what runs since."""
    return turn.release.rollback.ended if turn.release.rollback else None


def _guard_changed(turn: Turn, guard: Guard, state: str, because: str) -> bool:
    value = next(
        (
            s.value
            for k, s in turn.judging.samples.items()
            if k == judging.sample_key(guard.metric, s.arm) and s.arm == "canary"
        ),
        None,
    )
    proof = weighed.worse(turn, guard.metric, None) if state == WORSE else None
    decided = weighed.deciding(turn, proof.standing if proof else None)
    turn.happen(e.GuardChanged(guard.metric, state, because, value, decided), because, _rule(guard, state))
    reactions, cause = turn.plan.reactions, e.HoldCause.GUARD
    match state:
        case "alert":
            reaction = reactions.alert
            if reaction is Reaction.ROLL_BACK and because.endswith(SHARED):
                reaction = Reaction.PAGE  # a shared incident is not the change's doing
            _do(turn, guard, reaction, cause, f"{guard.metric} is beyond its alert: {because}", state)
        case "worse":
            _do(turn, guard, reactions.worse, cause, because, state)
        case "watch":
            words = f"{guard.metric} is between target and alert: {because}"
            _do(turn, guard, reactions.watch, cause, words, state)
        case "no data":
            _do(turn, guard, reactions.no_data, e.HoldCause.NO_DATA, because, state)
        case "unsure" if reactions.unsure is not Reaction.HOLD:
            # Doubt is waited for, and clears by itself (ruling 3): nothing is left through a gate meanwhile.
            _do(turn, guard, reactions.unsure, cause, f"{guard.metric} cannot be told: {because}", state)
        case _:
            pass
    return True


def _do(turn: Turn, guard: Guard, reaction: Reaction, cause: e.HoldCause, reason: str, state: str) -> None:
    match reaction:
        case Reaction.HOLD | Reaction.PAGE:
            hold(turn, cause, reason, guard.metric, page=reaction is Reaction.PAGE, by=_rule(guard, state))
        case Reaction.ROLL_BACK:
            rollback.begin(turn, reason, by=_rule(guard, state), automatic=True)
        case _:
            pass  # noted by the event itself; whoever is told reads it there


def _rule(guard: Guard, state: str) -> Actor:
    limit = guard.alert if state == ALERT else guard.target
    words = {ALERT: "alert", NO_DATA: "no data"}.get(state, "target")
    if state == WORSE:
        return Actor(rule=f"{guard.metric} worse than the control")
    return Actor(rule=f"guard {guard.metric}: {words} {limit.text if limit else ''}".strip())


def hold(turn: Turn, cause: e.HoldCause, reason: str, about: str = "", *, page: bool, by: Actor) -> None:
    """Hold, unless it is held already for something a person set or the same thing."""
    current = turn.release.hold
    if current is not None and (current.cause is cause and current.about == about):
        return
    turn.happen(e.Held(cause, reason, about, page), reason, by)
