"""Sentences about the course of a release: the release itself, its stages, steps and exposure. One function an event."""

from __future__ import annotations

from pilotage.decisions.baking import bake_of
from pilotage.decisions.explain.words import (
    clock,
    moment,
    rung_name,
    span,
    stage_name,
    step_name,
    told,
)
from pilotage.domain import events as e
from pilotage.domain.release import Release

# --- the release ------------------------------------------------------------------------------------------------


def created(r: Release, ev: e.ReleaseCreated, h: e.Happened) -> str:
    """Who made it, what it is and what it replaces."""
    what = f"release {ev.version}" + (f" of {ev.system}" if ev.system else "")
    text = (
        f"created {what}"
        + (f", to replace {ev.previous}" if ev.previous else "")
        + f", by the plan {ev.plan}"
    )
    title = told(text, ev.title)
    planned = f" (planned for {clock(r, ev.planned_at, h.at)})" if ev.planned_at else ""
    return f"{h.by} {title}{planned}"


def started(r: Release, ev: e.ReleaseStarted, h: e.Happened) -> str:
    """Who started it, and whether for real."""
    what = (
        "a rehearsal of the release: it decides and tells, and acts on nothing"
        if ev.rehearsal
        else "the release"
    )
    return f"{h.by} started {what}"


def completed(r: Release, ev: e.ReleaseCompleted, h: e.Happened) -> str:
    """How long it took."""
    took = f", {span((h.at - r.started).total_seconds())} after it started" if r.started else ""
    return f"Release {r.version} is complete{took}"


def aborted(r: Release, ev: e.ReleaseAborted, h: e.Happened) -> str:
    """Who or what stopped it, and why."""
    if h.by.person:
        return told(f"{h.by} stopped the release for good", ev.reason)
    return told("The release was stopped for good", ev.reason)


# --- stages -----------------------------------------------------------------------------------------------------


def stage_entered(r: Release, ev: e.StageEntered, h: e.Happened) -> str:
    """Which stage began; again after a rollback."""
    again = " again" if ev.stage in r.stages else ""
    return told(f"Stage {stage_name(r, ev.stage)} began{again}", h.because)


def stage_skipped(r: Release, ev: e.StageSkipped, h: e.Happened) -> str:
    """Which stage was passed over, and why."""
    return told(f"Stage {stage_name(r, ev.stage)} was passed over", ev.reason)


def stage_completed(r: Release, ev: e.StageCompleted, h: e.Happened) -> str:
    """Which stage is over, and how long it took."""
    state = r.stages.get(ev.stage)
    took = f", after {span((h.at - state.entered).total_seconds())}" if state else ""
    return f"Stage {stage_name(r, ev.stage)} is done{took}"


def bake_started(r: Release, ev: e.BakeStarted, h: e.Happened) -> str:
    """What is watched from now on, and for how long."""
    stage = next((s for s in r.plan.stages if s.id == ev.stage), None)
    rung = rung_name(r, ev.stage, ev.rung)
    name = stage_name(r, ev.stage) + (f" at {rung}" if rung else "")
    bake = bake_of(stage) if stage else None
    if bake is not None and not bake.ongoing and not bake.least:
        return told(f"{name} needs no time to bake", h.because)
    length = f" for {bake}" if bake and not bake.ongoing else ""
    return told(f"From now on {name} bakes{length}", h.because)


def gate_passed(r: Release, ev: e.GatePassed, h: e.Happened) -> str:
    """On whose go, and on what every line passed."""
    rung = rung_name(r, ev.stage, ev.rung)
    text = f"The gate of {stage_name(r, ev.stage)} passed" + (f" at {rung}" if rung else "")
    return told(f"{text}, on the go of {h.by}" if h.by.person else text, *ev.checks)


# --- steps ------------------------------------------------------------------------------------------------------


def step_started(r: Release, ev: e.StepStarted, h: e.Happened) -> str:
    """Which step began, at which attempt; of a choice, what was taken."""
    name = step_name(r, ev.step, h.at)
    if ev.option:
        return told(f'{name} goes on with "{ev.option}"', h.because)
    attempt = f" for the {_ordinal(ev.attempt)} time" if ev.attempt > 1 else ""
    return told(f"{name} began{attempt}", h.because)


def _ordinal(number: int) -> str:
    """``2nd``.

    >>> [_ordinal(n) for n in (2, 3, 4, 11, 22)]
    ['2nd', '3rd', '4th', '11th', '22nd']
    """
    teens = number // 10 % 10 == 1
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def step_passed(r: Release, ev: e.StepPassed, h: e.Happened) -> str:
    """Which step is done, how long it ran, and what it says."""
    took = f" after {span(ev.seconds)}" if ev.seconds else ""
    return told(f"{step_name(r, ev.step, h.at)} is done{took}", ev.detail)


def step_failed(r: Release, ev: e.StepFailed, h: e.Happened) -> str:
    """Why, and when it is tried again."""
    again = f"it is tried again {moment(r, ev.again_at, h.at)}" if ev.again_at else ""
    took = f" after {span(ev.seconds)}" if ev.seconds else ""
    return told(f"{step_name(r, ev.step, h.at)} failed{took}", ev.detail, again)


def step_skipped(r: Release, ev: e.StepSkipped, h: e.Happened) -> str:
    """Who went on without it, or why it was not needed."""
    name = step_name(r, ev.step, h.at)
    if h.by.person:
        return told(f"{h.by} went on without {name}", ev.reason)
    return told(f"{name} was left out", ev.reason)


def step_verifying(r: Release, ev: e.StepVerifying, h: e.Happened) -> str:
    """Its work is done, its outcome is looked at."""
    took = f" after {span(ev.seconds)}" if ev.seconds else ""
    return f"{step_name(r, ev.step, h.at)} ended{took}, and is being verified"


def step_undone(r: Release, ev: e.StepUndone, h: e.Happened) -> str:
    """What the rollback took back."""
    return f"{step_name(r, ev.step, h.at)} is undone"


def outcome_unknown(r: Release, ev: e.OutcomeUnknown, h: e.Happened) -> str:
    """Nobody knows whether it happened, and why not."""
    return told(f"It is not known whether {step_name(r, ev.step, h.at)} happened", ev.detail)


def door_passed(r: Release, ev: e.DoorPassed, h: e.Happened) -> str:
    """From where on there is no way back."""
    return f"{step_name(r, ev.step, h.at)} is a one-way door: a rollback goes back no further than this"


# --- exposure ---------------------------------------------------------------------------------------------------


def exposure_changed(r: Release, ev: e.ExposureChanged, h: e.Happened) -> str:
    """From whom to whom, and on what."""
    if ev.before == ev.after:
        return told(f"Exposure to {ev.after} is asked for again", h.because)
    direction = "rises" if ev.raised else "falls"
    text = f"Exposure {direction} from {ev.before} to {ev.after}"
    if h.by.person:
        verb = "raised" if ev.raised else "lowered"
        text = f"{h.by} {verb} exposure from {ev.before} to {ev.after}"
    if not ev.raised and r.rollback is not None and h.because == r.rollback.reason:
        return f"{text}, before anything else is undone"
    gate = _gate_below(r, ev) if ev.raised and not h.by.person else ""
    return f"{text}, because {gate}" if gate else told(text, h.because)


def _gate_below(r: Release, ev: e.ExposureChanged) -> str:
    """Which gate let exposure rise (S1): that of the rung before, or of the stage before; empty in the first stage."""
    state = r.stages.get(ev.stage)
    if state is not None and ev.rung > state.rung >= 0:
        return f"the gate of {stage_name(r, ev.stage)} passed at {rung_name(r, ev.stage, state.rung)}"
    order = [s.id for s in r.plan.stages]
    earlier = order[: order.index(ev.stage)] if ev.stage in order else []
    done = [s for s in earlier if s in r.stages and r.stages[s].completed and not r.stages[s].skipped]
    return (
        f"the gate of {stage_name(r, done[-1])} passed" if done and (state is None or state.rung < 0) else ""
    )


def exposure_confirmed(r: Release, ev: e.ExposureConfirmed, h: e.Happened) -> str:
    """What was decided is now so."""
    if r.exposure_effect != ev.effect:
        return "An earlier change of exposure came through, after a later one was decided"
    return f"Exposure is now {r.exposure}" + (f", set by {h.by}" if h.by.person else "")


def exposure_failed(r: Release, ev: e.ExposureFailed, h: e.Happened) -> str:
    """What did not take the change, and when it is asked again."""
    again = f"it is asked for again {moment(r, ev.again_at, h.at)}"
    return told(f"Exposure could not be changed to {r.exposure}", ev.detail, again)


def audience_chosen(r: Release, ev: e.AudienceChosen, h: e.Happened) -> str:
    """Who is let in, by whose choice."""
    return told(f"{h.by} chose {ev.option} for {stage_name(r, ev.stage)}", h.because)


def flag_retired(r: Release, ev: e.FlagRetired, h: e.Happened) -> str:
    """The switch is gone."""
    return f"The flag {ev.flag} is retired: everyone has the change, and there is no switch any more"
