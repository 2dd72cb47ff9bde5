"""Steering: start, hold, resume, advance, abort, roll back, and what people report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pilotage.decisions import exposing, judging, people, rollback, stages, step_starts, watch
from pilotage.decisions.exposure import top, within
from pilotage.decisions.naming import known_about
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.ids import same_name, slug
from pilotage.domain.metrics import Sample
from pilotage.domain.people import Permission
from pilotage.domain.release import Status, StepStatus


def start(turn: Turn, fact: f.Start) -> None:
    """Start the release."""
    release = turn.release
    if release.status is not Status.PLANNED:
        before = "; it was started before" if release.started else " and was never started"
        turn.refuse(f"{release.id} is {release.status}{before}")
        return
    if release.plan.not_yet and not fact.rehearsal:
        forms = "; ".join(f"line {n.line}: {n.form}" for n in release.plan.not_yet)
        turn.refuse(f"the plan uses forms that are understood but not yet carried out: {forms}")
        return
    turn.happen(e.ReleaseStarted(fact.rehearsal), "", turn.fact.by)


def hold(turn: Turn, fact: f.Hold) -> None:
    """Anybody the plan knows may hold: stopping is safe."""
    if turn.release.status not in (Status.RUNNING, Status.ROLLING_BACK):
        turn.refuse(f"{turn.release.id} is {turn.release.status}; only a release on its way can be held")
    elif turn.release.hold is not None and turn.release.hold.cause is e.HoldCause.PERSON:
        turn.refuse(f"it is held already: {turn.release.hold.reason}")
    else:
        turn.happen(
            e.Held(e.HoldCause.PERSON, fact.reason or f"held by {turn.fact.by}"), fact.reason, turn.fact.by
        )


def resume(turn: Turn, fact: f.Resume) -> None:
    """Lift the hold; after a rollback, take the release up again from the stage it goes back to."""
    release = turn.release
    if release.hold is None:
        turn.refuse(f"{release.id} is not held" + (" and over" if release.over else ""))
        return
    if not _may(turn, people.STEER, "resume it", lifting=True):
        return
    if not fact.reason.strip():
        turn.refuse("lifting a hold needs a reason")
        return
    asked = next(
        (q for q in release.questions.values() if q.kind in (e.QuestionKind.CONFIRM, e.QuestionKind.DISCUSS)),
        None,
    )
    if asked is not None:
        turn.refuse(f"people are asked first: {asked.text} (approve to roll back, reject to go on)")
        return
    if fact.version and release.status is not Status.ROLLED_BACK:
        turn.refuse("another version can only be taken up after a rollback; a running release keeps its own")
        return
    held, was = release.hold, release.status
    turn.happen(e.Resumed(fact.reason, fact.version), fact.reason, turn.fact.by)
    if turn.release.judged_anew == turn.at:  # the proof is asked for again, from here on
        turn.judging = replace(turn.judging, weighing=None)
    if was is Status.ROLLED_BACK:
        turn.happen(
            e.StageEntered(rollback.restart_stage(turn.release)),
            "taken up again after the rollback",
            turn.fact.by,
        )
    elif held.about in turn.release.steps and turn.release.steps[held.about].status is StepStatus.FAILED:
        step = rollback.find(turn.release, held.about)
        if step is not None:
            step_starts.again(turn, step)


def advance(turn: Turn, fact: f.Advance) -> None:
    """Ask for the next rung or the top of a range now. Never skips a gate."""
    release = turn.release
    stage = watch.current_stage(release)
    if release.status is not Status.RUNNING or stage is None:
        turn.refuse(f"{release.id} is {release.status}; there is nothing to advance")
        return
    if not _may(turn, (Permission.DEPLOY,), "advance it", stage.go.roles if stage.go else ()):
        return
    state = release.stages[stage.id]
    audience = (
        exposing.audience_of(turn, stage, max(state.rung, 0)) if stage.rungs and state.rung >= 0 else None
    )
    if audience is not None and not within(top(audience), release.exposure):
        if not exposing.raise_to(
            turn,
            stage,
            state.rung,
            top(audience),
            fact.reason or f"raised to the top of {audience.text}",
            turn.fact.by,
        ):
            turn.refuse("not now: " + "; ".join(w.text for w in turn.waits))
        return
    turn.refuse(_why_not(turn, stage.name))


def _why_not(turn: Turn, stage: str) -> str:
    stages.advance(turn)
    if turn.events:
        turn.events.clear()
    reasons = "; ".join(dict.fromkeys(w.text for w in turn.waits)) or "nothing is left to raise in this stage"
    return f"{stage} cannot go further now, and a gate is never skipped: {reasons}"


def abort(turn: Turn, fact: f.Abort) -> None:
    """Stop for good: exposure to nobody, nothing else undone."""
    if turn.release.over or turn.release.status is Status.COMPLETED:
        turn.refuse(f"{turn.release.id} is {turn.release.status}")
    elif not fact.reason.strip():
        turn.refuse("stopping a release needs a reason")
    elif _may(turn, (Permission.ROLL_BACK, Permission.DEPLOY, Permission.BLOCK), "stop it"):
        stages.abort(turn, fact.reason, turn.fact.by)


def roll_back(turn: Turn, fact: f.RollBack) -> None:
    """A person rolls the release back."""
    release = turn.release
    if release.status not in (Status.RUNNING, Status.COMPLETED):
        turn.refuse(f"{release.id} is {release.status}; there is nothing to roll back")
        return
    if not fact.reason.strip():
        turn.refuse("a rollback needs a reason")
        return
    names = {p.name: () for p in turn.plan.rollback.procedures}
    procedure = known_about(fact.procedure, names) if fact.procedure else ""
    if fact.procedure and not procedure:
        turn.refuse(f'the plan has no procedure "{fact.procedure}"; it has {", ".join(names) or "none"}')
    elif _may(turn, (Permission.ROLL_BACK,), "roll it back"):
        rollback.begin(turn, fact.reason, procedure=procedure, by=turn.fact.by)


def _may(
    turn: Turn,
    permissions: Iterable[Permission],
    what: str,
    roles: tuple[str, ...] = (),
    lifting: bool = False,
) -> bool:
    """Whether this person may; going on after a hold (``lifting``) takes more than stopping does (rule 9)."""
    person = turn.fact.by.person
    may = people.may_lift if lifting else people.may_steer
    allowed = may(turn.release, person, permissions, turn.at, turn.surroundings)
    allowed = allowed or people.role_for(turn.release, person, roles, turn.at, turn.surroundings) is not None
    if not allowed:
        who = " or ".join(people.who_can(turn.release, permissions, turn.at, turn.surroundings))
        turn.refuse(f"{person} may not {what}; {who} may")
    return allowed


# --- reports ------------------------------------------------------------------------------------------------------


def report_metric(turn: Turn, fact: f.ReportMetric) -> None:
    """A number a person brings counts as a sample of that metric."""
    name = next((m for m in turn.plan.metrics if same_name(m) == same_name(fact.metric)), None)
    if name is None:
        turn.refuse(
            f'the plan has no metric "{fact.metric}"; it has {", ".join(turn.plan.metrics) or "none"}'
        )
        return
    turn.happen(
        e.MetricReported(name, fact.value, fact.count, fact.arm, fact.dimension, fact.segment),
        "",
        turn.fact.by,
    )
    sample = Sample(name, turn.at, fact.value, fact.count, None, fact.arm, fact.dimension, fact.segment)
    turn.judging = judging.observe(turn.judging, turn.plan, watch.terms(turn.release), (sample,))


def report_problem(turn: Turn, fact: f.ReportProblem) -> None:
    """What no metric sees: matched to the plan's ``report`` lines by its words."""
    lines = {t.id: t for t in turn.plan.rollback.triggers if t.report}
    by_text = {slug(t.report): t.id for t in lines.values()}
    known = by_text.get(slug(fact.text)) or known_about(fact.text, lines) or _by_words(fact.text, by_text)
    by = turn.fact.by
    turn.happen(e.ProblemReported(fact.text, known, fact.alert), "", by)


def _by_words(text: str, by_text: dict[str, str]) -> str:
    found = [key for words, key in by_text.items() if slug(text) in words]
    return found[0] if len(found) == 1 else ""


def report_incident(turn: Turn, fact: f.ReportIncident) -> None:
    """An incident opened or closed."""
    if fact.closed and fact.title not in turn.release.incidents:
        turn.refuse(
            f'no incident "{fact.title}" is open; open are: {", ".join(turn.release.incidents) or "none"}'
        )
    elif fact.closed:
        turn.happen(e.IncidentClosed(fact.title), "", turn.fact.by)
    else:
        turn.happen(e.IncidentOpened(fact.title, fact.severity), "", turn.fact.by)


def tell_trait(turn: Turn, fact: f.TellTrait) -> None:
    """An answer to a trait's question."""
    name = next((t for t in turn.plan.traits if same_name(t) == same_name(fact.trait)), None)
    if name is None:
        turn.refuse(f'the plan has no trait "{fact.trait}"; it has {", ".join(turn.plan.traits) or "none"}')
    else:
        turn.happen(e.TraitAnswered(name, fact.value), "", turn.fact.by)


def tell_input(turn: Turn, fact: f.TellInput) -> None:
    """An input's text."""
    name = next((t for t in turn.plan.inputs if same_name(t) == same_name(fact.name)), None)
    if name is None:
        turn.refuse(f'the plan has no input "{fact.name}"; it has {", ".join(turn.plan.inputs) or "none"}')
    else:
        turn.happen(e.InputGiven(name, fact.value), "", turn.fact.by)


def killed(turn: Turn, fact: f.KillSwitchPulled) -> None:
    """The flag was switched off for everybody: the release is held until a person says how to go on."""
    if turn.release.status is Status.RUNNING:
        turn.happen(
            e.Held(
                e.HoldCause.KILL_SWITCH, f"the kill switch was pulled: {fact.reason}", "exposure", page=True
            ),
            fact.reason,
            turn.fact.by,
        )
