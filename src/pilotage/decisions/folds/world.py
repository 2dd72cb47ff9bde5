"""Who meets the change, and what was measured and reported."""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions.folds.common import anchor, with_stage
from pilotage.domain import events as e
from pilotage.domain.release import (
    Release,
)  # fmt: skip

ALERTED = "alert"
"""Stands among those who reported a problem for the machines that did."""


def fired_key(trigger: str, shared: bool) -> str:
    """Under which name it is remembered that a trigger fired: a shared incident does not use up the trigger itself."""
    return f"{trigger} (shared)" if shared else trigger


def exposure_changed(r: Release, ev: e.ExposureChanged, h: e.Happened) -> Release:
    after = replace(r, exposure=ev.after, exposure_effect=ev.effect, exposure_again=None)
    if ev.raised:
        if ev.stage in r.stages and r.stages[ev.stage].rung < ev.rung:
            after = with_stage(after, ev.stage, rung=ev.rung, bake_from=None, gate_passed=False, top=False)
        elif ev.stage in r.stages:
            after = with_stage(
                after, ev.stage, top=ev.rung == r.stages[ev.stage].rung and bool(r.stages[ev.stage].bake_from)
            )
        return replace(after, exposure_raised=h.at)
    return replace(after, exposure_lowered=h.at, unsettled=h.at)


def exposure_confirmed(r: Release, ev: e.ExposureConfirmed, h: e.Happened) -> Release:
    return replace(r, exposure_effect="") if r.exposure_effect == ev.effect else r


def exposure_failed(r: Release, ev: e.ExposureFailed, h: e.Happened) -> Release:
    return replace(r, exposure_again=ev.again_at) if r.exposure_effect == ev.effect else r


def audience_chosen(r: Release, ev: e.AudienceChosen, h: e.Happened) -> Release:
    return replace(r, chosen_audiences={**r.chosen_audiences, f"{ev.stage}/{ev.rung}": ev.option})


def flag_retired(r: Release, ev: e.FlagRetired, h: e.Happened) -> Release:
    return replace(r, flag_retired=True)


def guard_changed(r: Release, ev: e.GuardChanged, h: e.Happened) -> Release:
    off_target = ev.state in ("watch", "alert", "worse", "no data")
    return replace(r, guards={**r.guards, ev.metric: ev.state}, unsettled=h.at if off_target else r.unsettled)


def trigger_fired(r: Release, ev: e.TriggerFired, h: e.Happened) -> Release:
    """A report has done its work once it fired: the same is reported anew, or it does not fire again."""
    reported = {k: who for k, who in r.reported.items() if k != ev.trigger}
    return replace(r, fired={**r.fired, fired_key(ev.trigger, ev.shared): h.at}, reported=reported)


def metric_reported(r: Release, ev: e.MetricReported, h: e.Happened) -> Release:
    questions = {
        k: q for k, q in r.questions.items() if not (q.kind is e.QuestionKind.NUMBER and q.about == ev.metric)
    }
    return replace(r, numbers_reported={**r.numbers_reported, ev.metric: h.at}, questions=questions)


def problem_reported(r: Release, ev: e.ProblemReported, h: e.Happened) -> Release:
    who = ALERTED if ev.alert else h.by.person or h.by.rule
    known = r.reported.get(ev.trigger, ())
    reported = (
        {**r.reported, ev.trigger: known if who in known else (*known, who)} if ev.trigger else r.reported
    )
    return replace(r, reported=reported, anchors=anchor(r, "issue reported", h))


def incident_opened(r: Release, ev: e.IncidentOpened, h: e.Happened) -> Release:
    incidents = r.incidents if ev.title in r.incidents else (*r.incidents, ev.title)
    return replace(r, incidents=incidents, anchors=anchor(r, "incident opens", h))


def incident_closed(r: Release, ev: e.IncidentClosed, h: e.Happened) -> Release:
    return replace(
        r, incidents=tuple(t for t in r.incidents if t != ev.title), anchors=anchor(r, "incident closes", h)
    )


def trait_answered(r: Release, ev: e.TraitAnswered, h: e.Happened) -> Release:
    questions = {
        k: q for k, q in r.questions.items() if not (q.kind is e.QuestionKind.TRAIT and q.about == ev.trait)
    }
    return replace(r, traits={**r.traits, ev.trait: ev.value}, questions=questions)


def input_given(r: Release, ev: e.InputGiven, h: e.Happened) -> Release:
    return replace(r, inputs={**r.inputs, ev.name: ev.value})
