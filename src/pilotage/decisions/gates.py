"""Gates: whether a line holds now, and on what. Gates need every line; no data is never a pass (S10)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from pilotage.decisions import judging, people
from pilotage.decisions.people import name_role
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.domain.conditions import (
    ApprovedBy,
    Comparison,
    OnTarget,
    StableFor,
    StepPassed,
    Term,
    WorseThanBaseline,
)
from pilotage.domain.decision import Wait
from pilotage.domain.gates import Check
from pilotage.domain.people import Ask, Who
from pilotage.domain.release import CheckState, StepStatus

INCIDENTS = "open incidents"
"""The built-in metric answered from the release and its surroundings."""


@dataclass(frozen=True, slots=True)
class Line:
    """How one line of a gate stands: ``evidence`` when it holds, ``wait`` when it does not (yet).

    ``ask`` says that only a person's answer is missing.
    """

    passed: bool
    evidence: str = ""
    wait: Wait | None = None
    ask: bool = False
    unknown: bool = False
    """Whether it cannot be told for want of data."""


def line(turn: Turn, check: Check, since: datetime | None = None) -> Line:
    """How ``check`` stands at this moment; measured lines count from ``since`` on (the last rise of exposure)."""
    release = turn.release
    wanted = applies(check.when, release)
    if wanted.answer is None:
        return Line(
            False, wait=Wait(f'whether "{check.text}" applies: {wanted.unanswered} is not answered'), ask=True
        )
    if wanted.answer is False:
        return Line(True, "does not apply")
    if _nobody_there(turn, check):
        return Line(True, f"left out: nobody holds {check.by}")
    state = release.checks.get(check.key)
    if state is not None and state.overridden:
        return Line(True, state.evidence)
    if check.conditions:
        told = [_term(turn, check, term, since) for condition in check.conditions for term in condition.terms]
        missing = next((t for t in told if not t.passed and not t.unknown), None)
        missing = missing or next((t for t in told if not t.passed), None)
        if missing is None:
            return Line(True, "; ".join(t.evidence for t in told if t.evidence))
        if not (check.attested and missing.unknown):
            return Line(False, wait=missing.wait, ask=missing.ask)
    return _ticked(turn, check, state)


def _ticked(turn: Turn, check: Check, state: CheckState | None) -> Line:
    """A line that a person ticks (or that has no data to tick itself by)."""
    if state is not None and state.passed and not _expired(turn, check, state.at):
        return Line(True, state.evidence or f"ticked by {state.by}")
    if state is not None and state.passed:
        words = f'"{check.text}" was ticked on {_clock(turn, state.at)}, which counts for {check.valid}'
    elif state is not None:
        words = f'"{check.text}" was answered with no: {state.evidence}'
    else:
        words = f'"{check.text}" is to be ticked'
    said = {a.role for a in people.valid(turn.release.approvals, check.key, turn.release)}
    return Line(False, wait=Wait(words, who(turn, check.by, said)), ask=True)


def _nobody_there(turn: Turn, check: Check) -> bool:
    """Whether only roles would tick it that are optional and held by nobody; such a line is left out."""
    if check.by is None:
        return False
    return all(people.left_out(turn.release, role, turn.surroundings) for role in check.by.roles)


def who(turn: Turn, by: Who | None, said: Collection[str] = ()) -> tuple[str, ...]:
    """The people behind ``by`` as a person reads them: role and names, without the roles that have ``said`` so."""
    return tuple(
        name_role(turn.release, turn.surroundings, role, turn.at)
        for role in (by.roles if by else (people.OWNER,))
        if role not in said
    )


def _expired(turn: Turn, check: Check, ticked: datetime) -> bool:
    return check.valid is not None and check.valid.after(ticked, turn.zone) <= turn.at


def _term(turn: Turn, check: Check, term: Term, since: datetime | None) -> Line:
    match term:
        case ApprovedBy():
            return _approval(turn, check, term)
        case StepPassed(step=key):
            return _step(turn, key, term.text)
        case StableFor():
            return _stable(turn, term)
        case Comparison(metric=metric) if metric == INCIDENTS:
            return _incidents(turn, term)
        case Comparison() | WorseThanBaseline() | OnTarget():
            return _measured(turn, term, since)


def _approval(turn: Turn, check: Check, term: ApprovedBy) -> Line:
    ask = term.ask
    if term.matrix:
        return _matrix(turn, check)
    missing = people.missing(turn.release, check.key, ask, turn.at, turn.surroundings)
    if missing:
        stuck = people.nobody_may(turn.release, missing, turn.surroundings) if ask.needed is None else ""
        return Line(
            False,
            wait=Wait(
                f"{term.text or f'approval by {ask}'}" + (f"; {stuck}" if stuck else ""),
                tuple(name_role(turn.release, turn.surroundings, r, turn.at) for r in missing),
            ),
            ask=True,
        )
    given = people.valid(turn.release.approvals, check.key, turn.release)
    if not given:
        return Line(True, f"left out: nobody holds {' or '.join(ask.roles)}")
    return Line(
        True, "approved by " + ", ".join(f"{a.person} ({a.role})" if a.role else a.person for a in given)
    )


def matrix_asks(turn: Turn) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """The release type's matrix: required roles, all roles that may approve, and how many distinct people it takes."""
    kind = turn.plan.types.get(turn.release.type)
    table = kind.approvals if kind else None
    if table is None:
        return (), (), 0
    required = (*table.required, *table.also)
    return required, (*required, *table.optional), table.minimum + len(table.also)


def _matrix(turn: Turn, check: Check) -> Line:
    required, roles, minimum = matrix_asks(turn)
    missing = (
        people.missing(turn.release, check.key, Ask(required), turn.at, turn.surroundings) if required else ()
    )
    too_few = (
        people.missing(turn.release, check.key, Ask(roles, needed=minimum), turn.at, turn.surroundings)
        if minimum
        else ()
    )
    if missing or too_few:
        need = missing or too_few
        return Line(
            False,
            wait=Wait(
                f"the approvals of a {turn.release.type} release",
                tuple(name_role(turn.release, turn.surroundings, r, turn.at) for r in need),
            ),
            ask=True,
        )
    if not roles:
        return Line(True, f"a {turn.release.type} release needs no approvals")
    return Line(True, f"the approvals of a {turn.release.type} release are given")


def _step(turn: Turn, key: str, text: str) -> Line:
    state = turn.release.steps.get(key)
    step = turn.plan.step_by_key.get(key)
    if state is not None and state.status is StepStatus.PASSED:
        return Line(True, f"{step.name if step else key} passed")
    left_out = step is not None and state is not None and state.status is StepStatus.SKIPPED
    if left_out and step is not None and applies(step.when, turn.release).answer is False:
        return Line(True, f"{step.name} does not apply")
    return Line(False, wait=Wait(f"{text or key} is not true yet"))


def _stable(turn: Turn, term: StableFor) -> Line:
    release = turn.release
    since = max((m for m in (release.started, release.unsettled) if m is not None), default=None)
    if since is None or release.hold is not None:
        return Line(False, wait=Wait(f"{term.text}: the release is held"))
    off = next((m for m, state in release.guards.items() if state != "on target"), None)
    if off is not None:
        return Line(False, wait=Wait(f"{term.text}: {off} is {release.guards[off]}"))
    until = term.duration.after(since, turn.zone)
    if until > turn.at:
        return Line(False, wait=Wait(f"{term.text}: steady since {_clock(turn, since)}", again=until))
    return Line(True, f"stable since {_clock(turn, since)}")


def _incidents(turn: Turn, term: Comparison) -> Line:
    open_ones = tuple(dict.fromkeys((*turn.release.incidents, *turn.surroundings.open_incidents)))
    if term.operator.holds(len(open_ones), term.limit):
        return Line(True, f"{len(open_ones)} open incidents")
    return Line(False, wait=Wait(f"{term.text}: open are {', '.join(open_ones) or 'none'}"))


def _measured(turn: Turn, term: Comparison | WorseThanBaseline | OnTarget, since: datetime | None) -> Line:
    metric = turn.plan.metrics.get(term.metric)
    not_before = since
    if metric is not None and not metric.connected and metric.ask_every is None:
        # A number nobody is asked for regularly counts for the stage in which somebody brought it.
        stage = turn.release.stages.get(turn.release.stage)
        not_before = stage.entered if stage else None
    found = judging.verdict(turn.judging, turn.plan, term, turn.at, not_before)
    if found.holds:
        return Line(True, found.because)
    text = f"{term.text} ({found.because})"
    by_hand = metric is None or not metric.connected
    silent_at = None if by_hand or found.holds is not None else _given_up(turn)
    waiting = silent_at is not None and silent_at > turn.at
    again = silent_at if waiting else found.ready_at
    unknown = found.holds is None and not waiting
    return Line(False, wait=Wait(text, (), again), ask=unknown and by_hand, unknown=unknown)


def _given_up(turn: Turn) -> datetime:
    """When a connected source that cannot tell is waited for no longer: the plan's ``gap`` after the last beginning."""
    stage = turn.release.stages.get(turn.release.stage)
    begun = (turn.release.exposure_raised, stage.entered if stage else turn.release.started)
    return turn.plan.evidence.gap.after(max(m for m in (*begun, turn.release.created) if m), turn.zone)


def _clock(turn: Turn, moment: datetime) -> str:
    return moment.astimezone(turn.zone).strftime("%Y-%m-%d %H:%M")
