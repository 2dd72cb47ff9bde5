"""``decide``: the one door. What follows from one fact about one release: events, effects, and when to look again.

A fact is first taken in (a person's word is checked, a sample folded, an effect's end noted). Then the release moves as
far as it can: whatever is not blocked moves now, and whatever is blocked says why and when it is looked at again (L1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pilotage.decisions import (
    answers,
    asking,
    choices,
    exposing,
    judging,
    messages,
    notices,
    people,
    reaction,
    rollback,
    stages,
    steering,
    step_ends,
    watch,
    weighing,
)
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.decision import Decision
from pilotage.domain.effects import Effect
from pilotage.domain.errors import Bug
from pilotage.domain.facts import Fact, Outcome, OutcomeKind
from pilotage.domain.judging import Judging
from pilotage.domain.release import Release, Status

MOST_MOVES = 500
"""More moves than this in one decision is a circle in our own rules, never a plan's fault."""


def decide(release: Release, judged: Judging, fact: Fact) -> Decision:
    """What follows from ``fact``. Raises Bug when our own rules run in a circle."""
    turn = Turn(release, judged, fact)
    stranger = fact.by.person and not people.is_known(release, fact.by.person)
    if stranger:
        turn.refuse(
            f"{fact.by.person} is not among the people of this plan: {', '.join(sorted(people.known_people(release)))}"
        )
    else:
        _TAKE[type(fact.body)](turn, fact.body)
    if turn.refusal:
        turn = _refused(turn, release, judged)
    told = 0  # also what happened while the fact was taken in is told to those it concerns
    for _ in range(MOST_MOVES):
        before = len(turn.events)
        turn.waits.clear()
        turn.by_the_way.clear()
        _conclude(turn)
        _move(turn)
        _conclude(turn)
        told, since = len(turn.events), told
        notices.notices(turn, since)
        while turn.rehearsed:
            _effect_ended(turn, _rehearse(turn.rehearsed.popleft()))
        if len(turn.events) == before:
            return turn.decision()
    circle = ", ".join(dict.fromkeys(type(h.event).__name__ for h in turn.events[-MOST_MOVES // 10 :]))
    raise Bug(
        f"the rules run in a circle on {release.id} ({circle})",
        "Please report this with the plan and `pilotage audit export`.",
    )


def _move(turn: Turn) -> None:
    """One round of everything that may move. Whatever moves, says so by an event."""
    asking.overdue(turn)
    messages.due(turn)
    notices.reminders(turn)
    exposing.ask_again(turn)
    rollback.follow_ups(turn)
    if turn.release.status is Status.RUNNING:
        reaction.react(turn)
    match turn.release.status:
        case Status.RUNNING:
            stages.advance(turn)
        case Status.ROLLING_BACK:
            rollback.advance(turn)
        case Status.PLANNED:
            turn.wait(f"{turn.release.id} has not been started", people.owner(turn.release))
        case Status.ROLLED_BACK if turn.release.hold is not None:
            turn.wait(
                turn.release.hold.reason, people.who_may_resume(turn.release, turn.at, turn.surroundings)
            )
        case _:
            pass


def _conclude(turn: Turn) -> None:
    """Carry out what failures and answers asked of the whole release."""
    while turn.consequences:
        wanted = turn.consequences.popleft()
        if wanted.roll_back and turn.release.status in (Status.RUNNING, Status.COMPLETED):
            rollback.begin(turn, wanted.reason, by=wanted.by, automatic=not wanted.by.person)
        elif not wanted.roll_back and not turn.release.over:
            stages.abort(turn, wanted.reason, wanted.by)


def _refused(turn: Turn, release: Release, judged: Judging) -> Turn:
    """A refusal is recorded, and the wish changes nothing else."""
    clean = Turn(release, judged, turn.fact, refusal=turn.refusal)
    clean.happen(
        e.ActionRefused(_words(type(turn.fact.body).__name__), turn.refusal), turn.refusal, turn.fact.by
    )
    return clean


def _words(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


# --- taking a fact in ---------------------------------------------------------------------------------------------


def _tick(turn: Turn, body: f.Tick) -> None:
    if body.samples:
        turn.judging = judging.observe(turn.judging, turn.plan, watch.terms(turn.release), body.samples)
    if body.tallies and watch.under_watch(turn.release):
        turn.judging = weighing.weigh(turn.judging, turn.release, body.tallies, body.history)


def _rehearse(effect: Effect) -> f.EffectEnded:
    return f.EffectEnded(effect.id, Outcome(OutcomeKind.DONE, "rehearsed: nothing was done"))


def _effect_ended(turn: Turn, body: f.EffectEnded) -> None:
    """Whom an effect belongs to is told by who waits for it; the end of one nobody waits for any more changes nothing."""
    release, outcome = turn.release, body.outcome
    if body.effect == release.exposure_effect:
        if outcome.done:
            exposing.confirmed(turn, body.effect, outcome.detail)
        else:
            exposing.failed(turn, body.effect, outcome.detail or str(outcome.kind))
        return
    for key, message in release.messages.items():
        if message.effect == body.effect and message.status == "queued":
            messages.ended(turn, key, outcome.done, outcome.kind is OutcomeKind.UNKNOWN, outcome.detail)
            return
    for key, state in release.steps.items():
        step = rollback.find(release, key) if state.effect == body.effect and not state.over else None
        if step is not None:
            step_ends.effect_ended(turn, step, state, outcome)
            return


_TAKE: dict[type, Callable[[Turn, Any], None]] = {
    f.Start: steering.start,
    f.Tick: _tick,
    f.EffectEnded: _effect_ended,
    f.Approve: answers.approve,
    f.Reject: answers.reject,
    f.Attest: answers.attest,
    f.ChooseOption: choices.choose,
    f.Override: answers.override,
    f.Withdraw: answers.withdraw,
    f.Hold: steering.hold,
    f.Resume: steering.resume,
    f.Advance: steering.advance,
    f.Abort: steering.abort,
    f.RollBack: steering.roll_back,
    f.ReportMetric: steering.report_metric,
    f.ReportProblem: steering.report_problem,
    f.ReportIncident: steering.report_incident,
    f.TellTrait: steering.tell_trait,
    f.TellInput: steering.tell_input,
    f.KillSwitchPulled: steering.killed,
}
