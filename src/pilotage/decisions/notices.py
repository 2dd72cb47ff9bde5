"""Pilotage's own notices: to the people it asks, and to those who are to look at a release that is held.

They go by the first connected channel that is not the world's, once each like every message (S9).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pilotage.decisions import people
from pilotage.decisions.messages import NOTICE, PUBLIC, send
from pilotage.decisions.turn import Turn
from pilotage.domain import events as e
from pilotage.domain.ids import same_name
from pilotage.domain.messages import Channel, MessageRow
from pilotage.domain.time import Duration

DAILY = Duration(days=1)


def notices(turn: Turn, since: int) -> bool:
    """Tell the people who are asked, by a connected channel of their own; events from number ``since`` of this turn on."""
    channel = _channel_for_notices(turn)
    if channel is None:
        return False
    moved = False
    for number, happened in enumerate(turn.events[since:], start=since):
        told = _worth_telling(turn, happened.event)
        if told is not None:
            about, text, roles = told
            moved |= _notice(turn, channel, f"{about}/{turn.release.number}-{number}", text, roles)
    return moved


def reminders(turn: Turn) -> bool:
    """While a release is held by a rule, the escalation is reminded, level by level and then daily (rule 9)."""
    hold, channel = turn.release.hold, _channel_for_notices(turn)
    if hold is None or not hold.page or channel is None or turn.release.over:
        return False
    moved, due = False, hold.since
    for number, (role, wait) in enumerate(_levels(turn)):
        due = wait.after(due, turn.zone)
        if due > turn.at:
            turn.expect(f"{role} is reminded that the release is held", due)
            break
        last = wait.after(due, turn.zone) > turn.at
        key = f"held-{hold.since:%Y%m%dT%H%M%S}-{number}"
        if last:
            moved |= _notice(turn, channel, key, f"Still held: {hold.reason}", (role,))
    return moved


def _levels(turn: Turn) -> Iterator[tuple[str, Duration]]:
    """Who is reminded, and how long after the one before: the escalation from its second level on, then its last, daily."""
    levels = turn.plan.escalation
    for before, level in pairwise(levels):
        yield level.to, before.wait
    while True:
        yield levels[-1].to if levels else people.OWNER, DAILY


def _channel_for_notices(turn: Turn) -> Channel | None:
    connected = [
        c for c in turn.plan.channels.values() if c.connected and not c.reads and same_name(c.name) not in PUBLIC
    ]  # fmt: skip
    return next(iter(connected), None)


def _worth_telling(turn: Turn, event: e.Event) -> tuple[str, str, tuple[str, ...]] | None:
    """What an event is about, what people are told of it, and who; None where it asks nothing of anybody."""
    match event:
        case e.Asked(about=about) if about.startswith(NOTICE):
            return None  # that a notice may not have arrived is not told by the same channel
        case e.Asked(text=text, roles=roles, question=question):
            return question, f"You are asked: {text}", roles
        case e.Escalated(question=question, to=to):
            known = turn.release.questions.get(question)
            return question, f"You are asked as well: {known.text if known else question}", (to,)
        case e.Held(reason=reason, page=True):
            first = turn.plan.escalation[:1]
            return "hold", f"Held: {reason}", (first[0].to,) if first else (people.OWNER,)
        case _:
            return None


def _notice(turn: Turn, channel: Channel, about: str, text: str, roles: tuple[str, ...]) -> bool:
    rehearsed = "Rehearsal of " if turn.release.rehearsal else ""
    row = MessageRow(
        id=f"{NOTICE}{about}", to=roles, via=(channel.name,), text=f"{rehearsed}{{{{release}}}}: {text}"
    )
    return send(turn, row, "0", turn.at)
