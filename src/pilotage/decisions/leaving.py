"""Leaving a stage: baked, steps done, every line of the gate, no guard in doubt, and the go."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotage.decisions import gates, people, reaction, rollback, steps, weighed
from pilotage.decisions.asking import ask, needed_of, roles_of, wait_for, withdraw
from pilotage.decisions.baking import bake_of, baked_at
from pilotage.decisions.entering import next_stage
from pilotage.decisions.gate_lines import lines
from pilotage.decisions.turn import Turn
from pilotage.decisions.watch import is_watched
from pilotage.domain import events as e
from pilotage.domain.moments import Repeated
from pilotage.domain.people import PLAN, Actor, Ask
from pilotage.domain.plan import Reaction
from pilotage.domain.release import StageState
from pilotage.domain.stages import Stage
from pilotage.domain.time import Bake

GO_ON = "go on without it"
"""The answer that leaves a stage whose traffic could not have shown much."""


def leave(turn: Turn, stage: Stage) -> bool:
    """Baked, steps done, gate, go: then the next rung, or out."""
    state = turn.release.stages[stage.id]
    bake = bake_of(stage)
    baked = baked_at(turn, stage, state)
    done = all(steps.over(turn, s) for s in stage.steps if not isinstance(s.at, Repeated))
    if not done and not turn.waits:  # else what is not done has said so itself, and who can act
        turn.wait(f"the steps of {stage.name} are not all done")
    if turn.release.hold is not None:
        turn.wait(
            f"the release is held: {turn.release.hold.reason}",
            people.who_may_resume(turn.release, turn.at, turn.surroundings),
        )
    rested = bake.ongoing or (baked is not None and baked <= turn.at)
    if not rested and baked is not None:
        turn.wait(f"{stage.name} bakes {bake}", (), baked)
    asked = False
    if done:
        asked = _ask_to_judge(turn, stage) if rested else False
        since = turn.release.exposure_raised if stage.rungs else None
        told, ready = lines(turn, stage.gate, since)
        asked |= told
        calm = _calm(turn, stage)
        if rested and ready and calm and turn.release.hold is None:
            lacking = _lacking(turn, stage, state)
            return _ask_about_traffic(turn, stage, state, lacking) if lacking else _go(turn, stage, state)
        asked |= _otherwise(turn, stage, state, baked) if rested or baked is None else False
    return asked or _too_long(turn, stage, state, bake)


def _calm(turn: Turn, stage: Stage) -> bool:
    """No guard of the stage is in doubt: on target where a target is said, on data since exposure last rose."""
    calm = True
    since = turn.release.exposure_raised if stage.rungs else None
    for guard in stage.guards:
        if not is_watched(turn.release, guard.metric):
            continue
        state, because = reaction.guard_state(turn, guard, since)
        if state == reaction.WORSE and turn.plan.reactions.worse in (Reaction.NOTE, Reaction.TELL):
            continue  # the plan says that nobody need do anything about it
        if state != reaction.ON_TARGET:
            words = because if state == reaction.NO_DATA else f"{guard.metric} is {state}: {because}"
            turn.wait(f"{guard.metric} {_DOUBTS[state]}" if state in _DOUBTS else words)
            calm = False
    for silence in weighed.silent(turn):
        turn.wait(silence)
        calm = False
    for doubt in weighed.doubts(turn):
        turn.wait(f"it may be worse: {doubt}")
        calm = False
    return calm


_DOUBTS = {"": "has no data yet", reaction.UNSURE: "rests on too few requests to tell"}


def _lacking(turn: Turn, stage: Stage, state: StageState) -> str:
    """In words, the traffic that is missing to have seen a regression worth seeing; empty when a person said to go on."""
    answer = turn.release.checks.get(f"{_traffic(stage, state)}/answered")
    return "" if answer is not None and answer.evidence == GO_ON else weighed.missing(turn)


def _ask_about_traffic(turn: Turn, stage: Stage, state: StageState, lacking: str) -> bool:
    """Everything else holds, but the traffic could not have shown much: more time, up to the longest bake; then a person."""
    words = f"{stage.name} could not have shown a regression yet: {lacking}"
    question, most = _traffic(stage, state), bake_of(stage).most
    due = most.after(state.bake_from, turn.zone) if most and state.bake_from else turn.at
    due += timedelta(seconds=state.held_for) if most else timedelta()
    if due > turn.at or f"{question}/answered" in turn.release.checks:
        return turn.wait(words, (), due if due > turn.at else None)
    if question in turn.release.questions:
        wait_for(turn, turn.release.questions[question])
        return False
    options = (GO_ON, "go on watching", "roll back", "stop the release")
    return ask(turn, question, e.QuestionKind.EVIDENCE, f"{words}. What now?",
               (stage.owner or people.OWNER,), f"{question}/answered", options=options)  # fmt: skip


def go_about(stage: Stage, rung: int) -> str:
    """What a go is about: ``pilot/go/0``."""
    return f"{stage.id}/go/{rung}"


def _go(turn: Turn, stage: Stage, state: StageState) -> bool:
    rung = max(state.rung, 0)
    last = rung >= len(stage.rungs) - 1
    ask_whom = stage.go
    if ask_whom is None or (ask_whom.at_the_end and not last):
        return _pass_gate(turn, stage, rung, PLAN)
    about = go_about(stage, rung)
    missing = people.missing(turn.release, about, ask_whom, turn.at, turn.surroundings)
    if missing:
        return _ask_go(turn, stage, rung, about, ask_whom)
    given = people.valid(turn.release.approvals, about, turn.release)
    by = Actor(person=given[-1].person, role=given[-1].role) if given else PLAN
    if about in turn.release.questions:
        turn.happen(e.Answered(about, "yes"), "", by)
    return _pass_gate(turn, stage, rung, by)


def _ask_go(turn: Turn, stage: Stage, rung: int, about: str, whom: Ask) -> bool:
    following = _after(turn, stage, rung)
    text = f"Go or no-go for leaving {stage.name}{following}: everything else in its gate holds"
    return ask(
        turn,
        about,
        e.QuestionKind.GO,
        text,
        whom.roles,
        about,
        needed=whom.needed or 0,
        within=whom.within,
        then=whom.then,
    )


def _after(turn: Turn, stage: Stage, rung: int) -> str:
    if rung + 1 < len(stage.rungs):
        return f" ({stage.rungs[rung].text}) to {stage.rungs[rung + 1].text}"
    ahead = next_stage(turn)
    return f" to {ahead.name}" if ahead is not None else ""


def _pass_gate(turn: Turn, stage: Stage, rung: int, by: Actor) -> bool:
    since = turn.release.exposure_raised if stage.rungs else None
    words = tuple(f"{check.text}: {gates.line(turn, check, since).evidence}" for check in stage.gate)
    turn.happen(e.GatePassed(stage.id, rung, words), "", by)
    withdraw(turn, _long_bake(stage, turn.release.stages[stage.id]), "the gate passed")
    withdraw(turn, _traffic(stage, turn.release.stages[stage.id]), "the gate passed")
    if rung < len(stage.rungs) - 1:
        return True
    _judge(turn, stage)
    for question in tuple(turn.release.questions.values()):
        if question.about.split("/", 1)[0].split("@")[0] == stage.id:
            withdraw(turn, question.id, f"{stage.name} is over")
    turn.happen(e.StageCompleted(stage.id))
    return True


def _ask_to_judge(turn: Turn, stage: Stage) -> bool:
    """Ask those who judge a line at the end of the stage. Nothing waits for them."""
    asked = False
    since = turn.release.exposure_raised if stage.rungs else None
    for check in stage.judge:
        if check.attested and check.key not in turn.release.checks and gates.line(turn, check, since).ask:
            asked |= ask(turn, check.key, e.QuestionKind.CHECK, check.text, roles_of(check.by), check.key,
                         needed=needed_of(check.by), within=check.within, then=check.then, aside=True)  # fmt: skip
    return asked


def _judge(turn: Turn, stage: Stage) -> None:
    """``judge`` is judged and recorded at the end; it never blocks."""
    for check in stage.judge:
        told = gates.line(turn, check, turn.release.exposure_raised if stage.rungs else None)
        if told.passed:
            turn.happen(e.CheckPassed(check.key, told.evidence))
        else:
            unsaid = told.ask and check.key not in turn.release.checks
            words = told.wait.text if told.wait and not unsaid else "nobody said whether it does"
            turn.happen(e.CheckFailed(check.key, words), "judged, not blocking")


def _otherwise(turn: Turn, stage: Stage, state: StageState, baked: datetime | None) -> bool:
    """Steps done, baked, and the gate still not met: after its time, what the plan says happens."""
    if stage.otherwise is None or turn.release.hold is not None:
        return False
    ends = [s.ended for k, s in turn.release.steps.items() if k.split("/", 1)[0] == stage.id and s.ended]
    # After a hold that this very line caused, its time begins anew; otherwise nobody could ever lift it.
    lifted = turn.release.unsettled if stage.otherwise.action == "hold" else None
    ready = max([m for m in (baked, *ends, lifted) if m is not None], default=state.entered)
    due = stage.otherwise.after.after(ready, turn.zone)
    if due > turn.at:
        turn.wait(f"the gate of {stage.name} is not met; otherwise: {stage.otherwise.action}", (), due)
        return False
    rule = Actor(rule=f"otherwise: {stage.otherwise.action} after {stage.otherwise.after}")
    reason = f"the gate of {stage.name} was not met"
    if stage.otherwise.action == "roll back":
        rollback.begin(turn, reason, by=rule, automatic=True)
    else:
        turn.happen(e.Held(e.HoldCause.GATE, reason, stage.id, page=True), reason, rule)
    return True


def _traffic(stage: Stage, state: StageState) -> str:
    """The question of a stage whose traffic could not show enough; each rung has its own."""
    return f"{stage.id}/evidence/{max(state.rung, 0)}"


def _long_bake(stage: Stage, state: StageState) -> str:
    """The question of a bake that takes too long; each rung has its own."""
    return f"{stage.id}/long-bake/{max(state.rung, 0)}"


def _too_long(turn: Turn, stage: Stage, state: StageState, bake: Bake) -> bool:
    """At the longest bake a person is asked."""
    if bake.most is None or state.bake_from is None or bake.most == bake.least:
        return False
    most = bake.most.after(state.bake_from, turn.zone) + timedelta(seconds=state.held_for)
    question = _long_bake(stage, state)
    if turn.release.hold is not None or f"{question}/answered" in turn.release.checks:
        return False
    if most > turn.at:
        turn.expect(f"{stage.name} has been watched for {bake.most}", most)
        return False
    if question in turn.release.questions:
        wait_for(turn, turn.release.questions[question])
        return False
    return ask(turn, question, e.QuestionKind.LONG_BAKE, f"{stage.name} has been watched for {bake.most} and its gate is not met. What now?",
               (stage.owner or people.OWNER,), f"{question}/answered", options=("go on watching", "roll back", "stop the release"))  # fmt: skip
