"""How a release stands, in one sentence: what a person reads first on its page and in every list."""

from __future__ import annotations

from collections.abc import Callable

from pilotage.decisions.explain.words import (
    audience,
    capital,
    one_line,
    role_names,
    span,
    stage_name,
    standing,
    step_name,
)
from pilotage.domain.release import Release, Status, StepStatus

_DOUBTS = ("alert", "worse", "no data", "watch", "unsure")
"""The states of a guard that speak for the whole release, worst first; only ``on target`` is no doubt."""


def headline(release: Release) -> str:
    """How it stands and why, with a full stop, from the state alone: no clock is needed to write it."""
    text = _TELL[release.status](release)
    return one_line(("Rehearsal: " if release.rehearsal else "") + text + ("" if text[-1] in ".?!" else "."))


def _name(release: Release) -> str:
    return release.version or release.id


def _planned(release: Release) -> str:
    return f"{_name(release)} is planned and waits to be started"


def _running(release: Release) -> str:
    where = f" in {stage_name(release, release.stage)}" if release.stage else ""
    met = f": {audience(release.exposure)}" if release.plan.exposure else ""
    if release.hold is not None:
        paged = " and people are paged" if release.hold.page else ""
        return (
            f"{_name(release)} is held{where}{met}{',' if met else ''}{paged}. {capital(release.hold.reason)}"
        )
    health = _health(release)
    return (
        f"{_name(release)} is{where or ' on its way'}{met}"
        + (f", {health}" if health else "")
        + _waiting(release)
    )


def _health(release: Release) -> str:
    """What the guards say; the worst one speaks for all."""
    for state in _DOUBTS:
        metric = next((m for m, found in release.guards.items() if found == state), None)
        if metric is not None:
            return f"{metric} {standing(release, metric, state)}"
    return "healthy so far" if release.guards else ""


def _waiting(release: Release) -> str:
    """Whom it waits for, else which step is at work; empty while only time has to pass."""
    judged = {check.key for stage in release.plan.stages for check in stage.judge}
    asked = [question for question in release.questions.values() if question.about not in judged]
    asked.sort(key=lambda question: question.about in release.messages)  # telling somebody holds nothing up
    if asked:
        question = asked[0]
        more = f" (and {len(asked) - 1} more)" if len(asked) > 1 else ""
        who = role_names(release, (*question.roles, *question.asked_also), "or")
        return f". Waiting for {who}: {question.text}{more}"
    for key, state in release.steps.items():
        if state.status in (StepStatus.RUNNING, StepStatus.VERIFYING) and state.effect:
            return f". {step_name(release, key, state.started)} is at work"
    return ""


def _rolling_back(release: Release) -> str:
    reason = f": {release.rollback.reason}" if release.rollback else ""
    to = f" to {release.previous}" if release.previous else ""
    held = f". It is held: {release.hold.reason}" if release.hold else ""
    return f"{_name(release)} is being rolled back{to}{reason}{held}"


def _rolled_back(release: Release) -> str:
    state = release.rollback
    if state is None:
        return f"{_name(release)} was rolled back"
    took = f" in {span((state.ended - state.started).total_seconds())}" if state.ended else ""
    if state.blocked_by:
        door = step_name(release, state.blocked_by, state.started)
        met = capital(audience(release.exposure)) if release.plan.exposure else f"{_name(release)} is held"
        return f"{met}, but {door} cannot be undone: people decide how {_name(release)} goes on. {capital(state.reason)}"
    safe = f"Users are safe on {release.previous}" if release.previous and release.exposure.nobody else ""
    back = f"{_name(release)} was rolled back{took}"
    held = "; it is held until a person resumes" if release.hold else ""
    return (
        f"{safe}: {back}{held}. {capital(state.reason)}" if safe else f"{back}{held}. {capital(state.reason)}"
    )


def _completed(release: Release) -> str:
    met = ": everyone has it" if release.exposure.everyone or release.flag_retired else ""
    return f"{_name(release)} is complete{met}"


def _aborted(release: Release) -> str:
    met = f": {audience(release.exposure)}" if release.plan.exposure else ""
    return f"{_name(release)} was stopped for good{met}"


_TELL: dict[Status, Callable[[Release], str]] = {
    Status.PLANNED: _planned,
    Status.RUNNING: _running,
    Status.ROLLING_BACK: _rolling_back,
    Status.ROLLED_BACK: _rolled_back,
    Status.COMPLETED: _completed,
    Status.ABORTED: _aborted,
}
