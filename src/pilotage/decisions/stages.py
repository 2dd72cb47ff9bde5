"""Moving through the stages: enter, do the machine's first steps, expose, do the rest while it bakes, pass the gate, leave.

The order inside a stage (part 4 of the language): ``before`` holds; the steps from the top as far as they are the
machine's; exposure rises; the rest of the steps, while it bakes; the gate; ``go``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotage.decisions import exposing, gates, moments, people, rollback, steps
from pilotage.decisions.asking import ask, needed_of, roles_of, wait_for, withdraw
from pilotage.decisions.exposure import start
from pilotage.decisions.readiness import Action, Doing, can_start, is_machine_work
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.decisions.watch import is_watched
from pilotage.domain import events as e
from pilotage.domain.exposure import NOBODY
from pilotage.domain.gates import Check
from pilotage.domain.moments import Repeated
from pilotage.domain.people import PLAN, Actor, Ask
from pilotage.domain.release import StageState
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Expose, Step
from pilotage.domain.time import Bake, Duration

USUAL_BAKE = Bake(Duration(days=1))
"""How long a stage that exposes users is watched where the plan does not say."""

NO_BAKE = Bake(Duration())


def advance(turn: Turn) -> bool:
    """Move the release through its plan. Returns whether anything happened."""
    moved = _prepare(turn)
    current = next((s for s in turn.plan.stages if s.id == turn.release.stage), None)
    if current is not None and turn.release.stages[current.id].completed is None:
        return _inside(turn, current) or moved
    return _next(turn) or moved


# --- entering -----------------------------------------------------------------------------------------------------


def _upcoming(turn: Turn) -> list[Stage]:
    return [s for s in turn.plan.stages if s.id not in turn.release.stages]


def _prepare(turn: Turn) -> bool:
    """Steps done ahead of entering: those with a time of their own as soon as it comes, the others once it is next."""
    moved = False
    upcoming = _upcoming(turn)
    for number, stage in enumerate(upcoming):
        open_before = turn.release.stage and turn.release.stages[turn.release.stage].completed is None
        ready = (
            [s for s in stage.prepare if s.at is not None] if number or open_before else list(stage.prepare)
        )
        if ready and applies(stage.when, turn.release).answer is not False:
            moved |= steps.move(turn, ready, stage)
    return moved


def _next(turn: Turn) -> bool:
    upcoming = _upcoming(turn)
    if not upcoming:
        turn.happen(e.ReleaseCompleted())
        return True
    stage = upcoming[0]
    wanted = applies(stage.when, turn.release)
    if wanted.answer is None:
        return steps.ask_trait(turn, wanted.unanswered)
    if wanted.answer is False:
        turn.happen(
            e.StageSkipped(stage.id, f'not needed: "{stage.when.text if stage.when else ""}" is not so')
        )
        return True
    asked, ready = _may_enter(turn, stage)
    if not ready:
        return asked
    turn.happen(e.StageEntered(stage.id))
    return True


def _may_enter(turn: Turn, stage: Stage) -> tuple[bool, bool]:
    """(whether somebody was asked now, whether the stage may be entered)."""
    at = moments.resolve(stage.at, turn.release) if stage.at is not None else None
    if stage.at is not None and at is None:
        turn.wait(f"{stage.name} begins at a time that is not known yet ({getattr(stage.at, 'text', '')})")
        return False, False
    if at is not None and at > turn.at:
        turn.wait(f"{stage.name} begins", (), at)
        return False, False
    if turn.release.hold is not None:
        turn.wait(f"the release is held: {turn.release.hold.reason}", ("whoever may resume it",))
        return False, False
    if not all(steps.over(turn, step) for step in stage.prepare if not isinstance(step.at, Repeated)):
        turn.wait(f"what is prepared before {stage.name} is not done")
        return False, False
    asked, ready = _lines(turn, _entry_checks(turn, stage), None)
    answer = can_start(Action(Doing.ENTER, stage), turn.release, turn.at, turn.surroundings)
    for reason in answer.reasons:
        turn.wait(f"{stage.name}: {reason.text}", reason.who, reason.again)
    return asked, ready and answer.allowed


def _entry_checks(turn: Turn, stage: Stage) -> tuple[Check, ...]:
    first = not any(not s.skipped for s in turn.release.stages.values())
    plan = turn.plan
    signed = plan.sign_offs if plan.sign_offs_before == stage.id else ()
    return (*(plan.before if first else ()), *signed, *stage.before)


def _lines(turn: Turn, checks: tuple[Check, ...], since: datetime | None) -> tuple[bool, bool]:
    """(whether somebody was asked now, whether every line holds)."""
    asked, ready = False, True
    for check in checks:
        told = gates.line(turn, check, since)
        if told.passed:
            _remember(turn, check, told)
            continue
        ready = False
        if told.ask:
            asked |= _ask_for(turn, check)
        if told.wait is not None:
            turn.wait(told.wait.text, told.wait.who, told.wait.again)
    return asked, ready


def _remember(turn: Turn, check: Check, told: gates.Line) -> None:
    """An approved line is remembered once it holds, so that the record says on whose word."""
    if check.approvals and check.key not in turn.release.checks:
        turn.happen(e.CheckPassed(check.key, told.evidence))


def _ask_for(turn: Turn, check: Check) -> bool:
    """Ask those whose word a line needs: for an approval, to tick it, or for the number."""
    wanted = applies(check.when, turn.release)
    if wanted.answer is None:
        return steps.ask_trait(turn, wanted.unanswered)
    approval = next(iter(check.approvals), None)
    if approval is not None:
        roles = gates.matrix_asks(turn)[1] if approval.matrix else approval.ask.roles
        held = tuple(r for r in roles if people.holders(turn.release, r, turn.surroundings)) or roles
        return ask(turn, check.key, e.QuestionKind.APPROVAL, approval.text or check.text, held, check.key,
                   needed=approval.ask.needed or 0, within=approval.ask.within, then=approval.ask.then)  # fmt: skip
    if not check.attested:
        return _ask_numbers(turn, check)
    return ask(turn, check.key, e.QuestionKind.CHECK, check.text, roles_of(check.by), check.key, needed=needed_of(check.by),
               within=check.within, then=check.then)  # fmt: skip


def _ask_numbers(turn: Turn, check: Check) -> bool:
    asked = False
    for condition in check.conditions:
        for term in condition.terms:
            metric = turn.plan.metrics.get(getattr(term, "metric", ""))
            if metric is not None and not metric.connected:
                told = gates.line(
                    turn,
                    Check(check.key, check.id, check.text, check.conditions),
                    turn.release.exposure_raised,
                )
                if not told.passed:
                    asked |= ask(turn, f"number/{metric.name}", e.QuestionKind.NUMBER, f"What is {metric.name}? ({check.text})",
                                 roles_of(metric.ask_who), metric.name)  # fmt: skip
    return asked


# --- inside a stage -------------------------------------------------------------------------------------------------


def _inside(turn: Turn, stage: Stage) -> bool:
    first, rest = _split(stage)
    if steps.move(turn, first, stage):
        return True
    if not all(steps.over(turn, step) for step in first):
        return False
    if _expose(turn, stage):
        return True
    if turn.release.exposure_effect:
        return turn.wait(f"exposure to {turn.release.exposure} is on its way")
    if turn.release.stages[stage.id].bake_from is None and not _exposing_by_step(stage):
        return _start_bake(turn, stage)
    if steps.move(turn, rest, stage):
        return True
    if turn.release.stages[stage.id].bake_from is None:
        return _start_bake(turn, stage) if _exposing_by_step(stage) and _exposed(turn, stage) else False
    return _leave(turn, stage)


def _split(stage: Stage) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The machine's steps from the top, and the rest. With an ``expose`` step the stage says itself where exposure rises."""
    if _exposing_by_step(stage):
        return (), stage.steps
    for number, step in enumerate(stage.steps):
        if not is_machine_work(step) or steps.beside(step):
            return stage.steps[:number], stage.steps[number:]
    return stage.steps, ()


def _exposing_by_step(stage: Stage) -> bool:
    return any(isinstance(inner.action, Expose) for step in stage.steps for inner in step.walk())


def _exposed(turn: Turn, stage: Stage) -> bool:
    told = [
        steps.over(turn, inner)
        for step in stage.steps
        for inner in step.walk()
        if isinstance(inner.action, Expose)
    ]
    return any(told) and not turn.release.exposure_effect


def _expose(turn: Turn, stage: Stage) -> bool:
    """Raise exposure to the present rung. Returns whether anything happened."""
    state = turn.release.stages[stage.id]
    if not stage.rungs or _exposing_by_step(stage) or turn.release.exposure_effect:
        return False
    wanted_rung = state.rung + 1 if state.gate_passed or state.rung < 0 else state.rung
    if wanted_rung == state.rung or wanted_rung >= len(stage.rungs):
        return False
    audience = exposing.audience_of(turn, stage, wanted_rung)
    if audience is None:
        return _ask_audience(turn, stage, wanted_rung)
    if audience.no_more:
        turn.happen(e.BakeStarted(stage.id, wanted_rung), "nobody new is let in from here")
        return True
    exposure = start(audience)
    if exposure.nobody and turn.release.exposure.nobody:
        turn.happen(e.BakeStarted(stage.id, wanted_rung))
        return True
    return exposing.raise_to(
        turn, stage, wanted_rung, exposure, f"the plan exposes {stage.name} to {audience.text}"
    )


def _ask_audience(turn: Turn, stage: Stage, rung: int) -> bool:
    options = tuple(option.text for option in stage.rungs[rung].options)
    owner = stage.owner or people.OWNER
    return ask(turn, f"{stage.id}/audience/{rung}", e.QuestionKind.AUDIENCE, f"Who shall meet the change in {stage.name}?",
               (owner,), f"{stage.id}/audience/{rung}", options=options)  # fmt: skip


def _start_bake(turn: Turn, stage: Stage) -> bool:
    state = turn.release.stages[stage.id]
    if state.bake_from is not None:
        return False
    turn.happen(e.BakeStarted(stage.id, max(state.rung, 0)))
    return True


def bake_of(stage: Stage) -> Bake:
    """How long the stage is watched: what it says, else a day where users are exposed."""
    if stage.bake is not None:
        return stage.bake
    raises = any(not r.most.nobody or r.options for r in stage.rungs)
    return USUAL_BAKE if raises else NO_BAKE


def baked_at(turn: Turn, stage: Stage, state: StageState) -> datetime | None:
    """When the watched time is over, without the time it was held; None while it has not begun or stands still."""
    if state.bake_from is None or turn.release.hold is not None:
        return None
    return bake_of(stage).least.after(state.bake_from, turn.zone) + timedelta(seconds=state.held_for)


# --- leaving ------------------------------------------------------------------------------------------------------


def _leave(turn: Turn, stage: Stage) -> bool:
    """Baked, steps done, gate, go: then the next rung, or out."""
    state = turn.release.stages[stage.id]
    bake = bake_of(stage)
    baked = baked_at(turn, stage, state)
    done = all(steps.over(turn, s) for s in stage.steps if not isinstance(s.at, Repeated))
    if not done:
        turn.wait(f"the steps of {stage.name} are not all done")
    if turn.release.hold is not None:
        turn.wait(f"the release is held: {turn.release.hold.reason}", ("whoever may resume it",))
    rested = bake.ongoing or (baked is not None and baked <= turn.at)
    if not rested and baked is not None:
        turn.wait(f"{stage.name} bakes {bake}", (), baked)
    asked = False
    if done:
        since = turn.release.exposure_raised if stage.rungs else None
        asked, ready = _lines(turn, stage.gate, since)
        calm = _calm(turn, stage)
        if rested and ready and calm and turn.release.hold is None:
            return _go(turn, stage, state)
        asked |= _otherwise(turn, stage, state, baked) if rested or baked is None else False
    return asked or _too_long(turn, stage, state, bake)


def _calm(turn: Turn, stage: Stage) -> bool:
    """No guard of the stage is in doubt: on target where a target is said, and never unknown."""
    calm = True
    for guard in stage.guards:
        state = turn.release.guards.get(guard.metric, "")
        if state == "on target" or not is_watched(turn.release, guard.metric):
            continue
        word = {"": "has no data yet", "unsure": "rests on too few requests to tell"}.get(
            state, f"is {state}"
        )
        turn.wait(f"{guard.metric} {word}")
        calm = False
    return calm


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
    by = Actor(person=given[-1].person, role=given[-1].role)
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
    upcoming = _upcoming(turn)
    return f" to {upcoming[0].name}" if upcoming else ""


def _pass_gate(turn: Turn, stage: Stage, rung: int, by: Actor) -> bool:
    since = turn.release.exposure_raised if stage.rungs else None
    words = tuple(f"{check.text}: {gates.line(turn, check, since).evidence}" for check in stage.gate)
    turn.happen(e.GatePassed(stage.id, rung, words), "", by)
    withdraw(turn, f"{stage.id}/long-bake", "the gate passed")
    if rung < len(stage.rungs) - 1:
        return True
    _judge(turn, stage)
    for question in tuple(turn.release.questions.values()):
        if question.about.split("/", 1)[0].split("@")[0] == stage.id:
            withdraw(turn, question.id, f"{stage.name} is over")
    turn.happen(e.StageCompleted(stage.id))
    return True


def _judge(turn: Turn, stage: Stage) -> None:
    """``judge`` is judged and recorded at the end; it never blocks."""
    for check in stage.judge:
        told = gates.line(turn, check, turn.release.exposure_raised if stage.rungs else None)
        if told.passed:
            turn.happen(e.CheckPassed(check.key, told.evidence))
        else:
            turn.happen(
                e.CheckFailed(check.key, told.wait.text if told.wait else "nobody said"),
                "judged, not blocking",
            )


def _otherwise(turn: Turn, stage: Stage, state: StageState, baked: datetime | None) -> bool:
    """Steps done, baked, and the gate still not met: after its time, what the plan says happens."""
    if stage.otherwise is None or turn.release.hold is not None:
        return False
    ends = [s.ended for k, s in turn.release.steps.items() if k.split("/", 1)[0] == stage.id and s.ended]
    ready = max([m for m in (baked, *ends) if m is not None], default=state.entered)
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


def _too_long(turn: Turn, stage: Stage, state: StageState, bake: Bake) -> bool:
    """At the longest bake a person is asked."""
    if bake.most is None or state.bake_from is None or bake.most == bake.least:
        return False
    most = bake.most.after(state.bake_from, turn.zone) + timedelta(seconds=state.held_for)
    question = f"{stage.id}/long-bake"
    if most > turn.at or f"{question}/answered" in turn.release.checks:
        return False
    if question in turn.release.questions:
        wait_for(turn, turn.release.questions[question])
        return False
    return ask(turn, question, e.QuestionKind.LONG_BAKE, f"{stage.name} has been watched for {bake.most} and its gate is not met. What now?",
               (stage.owner or people.OWNER,), f"{question}/answered", options=("go on watching", "roll back", "stop the release"))  # fmt: skip


def abort(turn: Turn, reason: str, by: Actor = PLAN) -> None:
    """Stop for good: exposure to nobody, nothing else undone."""
    exposing.lower(turn, NOBODY, reason, by)
    turn.happen(e.ReleaseAborted(reason), reason, by)
