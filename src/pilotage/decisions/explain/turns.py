"""Sentences about what turns a release: evidence, holds, the way back; and about messages. One function an event."""

from __future__ import annotations

from pilotage.decisions.explain.words import (
    capital,
    clock,
    message_name,
    moment,
    role_names,
    rule_of,
    span,
    standing,
    step_name,
    told,
)
from pilotage.decisions.judging import show
from pilotage.domain import events as e
from pilotage.domain.metrics import Arm
from pilotage.domain.release import Release

# --- judging ----------------------------------------------------------------------------------------------------


def guard_changed(r: Release, ev: e.GuardChanged, h: e.Happened) -> str:
    """The numbers, and what they mean for the metric's guard."""
    if ev.state == "no data":
        return capital(ev.because or f"no data for {ev.metric}")
    if ev.state == "on target" and ev.because.endswith("has data again"):
        return capital(ev.because)
    words = standing(r, ev.metric, ev.state)
    if ev.state == "on target" and r.guards.get(ev.metric, "unsure") not in ("on target", "unsure"):
        words = words.replace("is on target", "is back on target")
    return f"{capital(ev.because or ev.metric)}: it {words}"


def trigger_fired(r: Release, ev: e.TriggerFired, h: e.Happened) -> str:
    """Which line of the plan, and on what numbers."""
    trigger = next((t for t in r.plan.rollback.triggers if t.id == ev.trigger), None)
    name = trigger.text if trigger else ev.trigger
    where = f" in {ev.segment}" if ev.segment else ""
    return told(f'The {ev.kind} trigger "{name}" fired{where}', ev.because)


def metric_reported(r: Release, ev: e.MetricReported, h: e.Happened) -> str:
    """Who brought which number."""
    value = show(r.plan.metrics.get(ev.metric), ev.value)
    count = f" of {ev.count:g}" if ev.count is not None else ""
    arm = " for the baseline" if ev.arm is Arm.BASELINE else ""
    segment = f" in {ev.dimension} {ev.segment}" if ev.segment else ""
    return f"{h.by} reported that {ev.metric} is {value}{count}{arm}{segment}"


def problem_reported(r: Release, ev: e.ProblemReported, h: e.Happened) -> str:
    """Who told of a problem, and whether the plan knows it."""
    trigger = next((t for t in r.plan.rollback.triggers if t.id == ev.trigger), None)
    known = f'the plan\'s line "{trigger.text}"' if trigger and trigger.text != ev.text else ""
    who = f"An alert ({h.by})" if ev.alert else str(h.by)
    return told(f"{who} reported a problem", ev.text, known)


def incident_opened(r: Release, ev: e.IncidentOpened, h: e.Happened) -> str:
    """Which incident is open now."""
    severity = f" ({ev.severity})" if ev.severity else ""
    return f'{h.by} opened the incident "{ev.title}"{severity}'


def incident_closed(r: Release, ev: e.IncidentClosed, h: e.Happened) -> str:
    """Which incident is over."""
    return f'{h.by} closed the incident "{ev.title}"'


# --- holding and going back ---------------------------------------------------------------------------------------


def held(r: Release, ev: e.Held, h: e.Happened) -> str:
    """Who or what holds it, and why."""
    if h.by.person and ev.cause is e.HoldCause.PERSON:
        return told(f"{h.by} held the release", ev.reason)
    page = ", and people are paged" if ev.page else ""
    rule = "" if ev.cause is e.HoldCause.NO_DATA else rule_of(h, ev.reason)
    return told(f"The release {'stays' if r.hold else 'is'} held{page}", f"{ev.reason}{rule}")


def resumed(r: Release, ev: e.Resumed, h: e.Happened) -> str:
    """Who lifted the hold, with which version, and how long it lasted."""
    after = f" after {span((h.at - r.hold.since).total_seconds())}" if r.hold else ""
    version = f" with version {ev.version}" if ev.version else ""
    if h.by.person:
        return told(f"{h.by} resumed the release{version}{after}", ev.reason)
    return told(f"The hold is lifted{after}", ev.reason)


def rollback_started(r: Release, ev: e.RollbackStarted, h: e.Happened) -> str:
    """From what to what, by whom or by which rule, and where the way back ends."""
    way = f"from {ev.from_version} to {ev.to_version}" if ev.to_version else f"from {ev.from_version}"
    text = f"{h.by} is rolling back {way}" if h.by.person else f"Rolling back {way}"
    written = any(p.name == ev.procedure for p in r.plan.rollback.procedures)
    procedure = f', by the procedure "{ev.procedure}"' if written else ""
    segment = f", for {ev.segment}" if ev.segment else ""
    automatic = f"{rule_of(h, ev.reason)} (automatic)" if ev.automatic else rule_of(h, ev.reason)
    name = step_name(r, ev.blocked_by, h.at) if ev.blocked_by else ""
    blocked = f"it can go back no further than {name}" if name else ""
    return told(f"{text}{procedure}{segment}", f"{ev.reason}{automatic}", blocked)


def rollback_completed(r: Release, ev: e.RollbackCompleted, h: e.Happened) -> str:
    """What is live again, and how long it took."""
    state = r.rollback
    automatic = " (automatic)" if state and state.automatic else ""
    reason = f"{state.reason}{automatic}" if state else ""
    if state and state.blocked_by:
        door = step_name(r, state.blocked_by, h.at)
        return told(f"The rollback of {ev.from_version} went as far as {door}, in {span(ev.seconds)}", reason)
    way = f"from {ev.from_version} to {ev.to_version}" if ev.to_version else f"from {ev.from_version}"
    return told(f"Rolled back {way} in {span(ev.seconds)}", reason)


def follow_up_opened(r: Release, ev: e.FollowUpOpened, h: e.Happened) -> str:
    """What must be done, by whom, until when."""
    who = f"{role_names(r, ev.by)} has" if ev.by else "Somebody has"
    due = "at once" if ev.due <= h.at else f"by {clock(r, ev.due, h.at)}"
    return f'{who} to follow up {due}: "{ev.text}"'


def follow_up_done(r: Release, ev: e.FollowUpDone, h: e.Happened) -> str:
    """Who did what was left to do."""
    known = r.follow_ups.get(ev.follow_up)
    return told(f'{h.by} finished the follow-up "{known.text if known else ev.follow_up}"', ev.comment)


# --- messages ---------------------------------------------------------------------------------------------------


def message_queued(r: Release, ev: e.MessageQueued, h: e.Happened) -> str:
    """What goes to whom."""
    late = f", {span(ev.late_seconds)} late" if ev.late_seconds else ""
    again = " again" if ev.attempt > 1 else ""
    if not ev.effect:
        return f'A person has to tell {ev.to} by {ev.channel}{late}: "{ev.subject or ev.text}"'
    return f'A message goes to {ev.to} by {ev.channel}{again}{late}: "{ev.subject or ev.text}"'


def message_sent(r: Release, ev: e.MessageSent, h: e.Happened) -> str:
    """Who was told."""
    return f"{_message(r, ev.key, h)} was delivered"


def message_failed(r: Release, ev: e.MessageFailed, h: e.Happened) -> str:
    """Who was not told, and why."""
    if ev.unknown:
        return told(
            f"It is not known whether {_message(r, ev.key, h, capitals=False)} was delivered", ev.detail
        )
    again = f"it is sent again {moment(r, ev.again_at, h.at)}" if ev.again_at else "it is not tried again"
    return told(f"{_message(r, ev.key, h)} was not delivered", ev.detail, again)


def message_skipped(r: Release, ev: e.MessageSkipped, h: e.Happened) -> str:
    """Which message nobody gets, and why."""
    name = message_name(r, ev.row, h.at)
    return told(f"The message {name}{' ' if name else ''}was left out", ev.reason)


def _message(r: Release, key: str, h: e.Happened, *, capitals: bool = True) -> str:
    state = r.messages.get(key)
    the = "The" if capitals else "the"
    if state is None:
        return f"{the} message {key}"
    name = "" if state.notice else message_name(r, state.row, h.at)
    return f"{the} message {name}{' ' if name else ''}to {state.to} by {state.channel}"
