"""Messages: which rows are due, to whom, by which channel; one message per row, occurrence, audience and channel (S9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pilotage.decisions import moments, people
from pilotage.decisions.asking import ask
from pilotage.decisions.effects import effect_id
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Turn
from pilotage.decisions.variables import fill, variables
from pilotage.domain import events as e
from pilotage.domain.effects import Effect, SendMessage
from pilotage.domain.messages import Channel, MessageRow
from pilotage.domain.moments import Repeated
from pilotage.domain.release import MessageState, Status

BY_HAND = ("call", "helpdesk", "support pages", "press release", "release notes")
AGAIN = (30.0, 120.0, 600.0, 3600.0)
"""Seconds until a message that failed is tried again, one after the other; then it is shown as failed."""
IDEMPOTENT = ("webhook", "file")
"""Channels that take an idempotency key, so that an unknown delivery may be repeated (ruling 5)."""
LATE = timedelta(minutes=5)


def due(turn: Turn) -> bool:
    """Send every row whose moment has come. Returns whether anything happened."""
    if turn.release.status is Status.PLANNED:
        return False
    moved = False
    for row in turn.plan.messages:
        if row.at is not None:
            for number, at in _occurrences(turn, row):
                moved |= send(turn, row, str(number), at)
    return _again(turn) or moved


def _occurrences(turn: Turn, row: MessageRow) -> Iterator[tuple[int, datetime]]:
    """The occurrences of a row that are due by now; the next one after that is waited for."""
    if isinstance(row.at, Repeated):
        for number, at in enumerate(moments.occurrences(row.at, turn.release)):
            if at > turn.at:
                turn.expect(f'the message "{row.subject or row.text or row.id}" is due', at)
                return
            yield number, at
        return
    moment = moments.resolve(row.at, turn.release) if row.at else None
    if moment is None:
        return
    if (at := moment) > turn.at:
        turn.expect(f'the message "{row.subject or row.text or row.id}" is due', at)
    else:
        yield 0, at


def send(turn: Turn, row: MessageRow, occurrence: str, at: datetime) -> bool:
    """Queue a row for each of its audiences and channels, unless that was done before. Returns whether anything happened."""
    moved = False
    for to in row.to:
        for name in row.via or _usual(turn, to):
            key = f"{row.id}/{occurrence}/{to}/{name}"
            if key not in turn.release.messages:
                _queue(turn, row, key, to, name, at)
                moved = True
    return moved


def keys_of(turn: Turn, row: MessageRow, occurrence: str) -> tuple[str, ...]:
    """The keys ``send`` gives to a row."""
    return tuple(
        f"{row.id}/{occurrence}/{to}/{name}" for to in row.to for name in row.via or _usual(turn, to)
    )


def _usual(turn: Turn, to: str) -> tuple[str, ...]:
    audience = turn.plan.audiences.get(to)
    if audience and audience.via:
        return audience.via
    connected = tuple(c.name for c in turn.plan.channels.values() if c.connected and not c.reads)
    return connected[:1] or ("call",)


def _queue(turn: Turn, row: MessageRow, key: str, to: str, name: str, at: datetime) -> None:
    wanted = applies(row.when, turn.release)
    if wanted.answer is not True:
        reason = "does not apply" if wanted.answer is False else f"{wanted.unanswered} is not answered"
        turn.happen(e.MessageSkipped(key, row.id, reason))
        return
    if turn.release.rehearsal:
        turn.happen(e.MessageSkipped(key, row.id, "this is a rehearsal: nobody is told"))
        return
    channel = turn.plan.channels.get(name, Channel(name=name, type=name))
    late = (turn.at - at).total_seconds() if turn.at - at > LATE else 0.0
    _give(turn, row, key, to, channel, attempt=1, late=late)


def _give(
    turn: Turn, row: MessageRow, key: str, to: str, channel: Channel, attempt: int, late: float
) -> None:
    values = variables(turn.release, turn.at)
    text, subject = (
        fill(row.template or row.text, values),
        fill(row.subject or _first_line(row.text) or row.id, values),
    )
    by_hand = not channel.connected
    effect = "" if by_hand else effect_id(turn, f"message/{key}")
    turn.happen(e.MessageQueued(key, row.id, to, channel.name, subject, text, effect, attempt, late))
    if by_hand:
        words = f'Tell {to} by {channel.name}: "{text or subject}"'
        ask(turn, f"message/{key}", e.QuestionKind.WORK, words, (people.OWNER,), key)
        return
    action = SendMessage(
        row=row.id, channel=channel.name, channel_type=channel.type, address=channel.address, to=to,
        recipients=recipients(turn, to), subject=subject, text=text, settings=channel.settings, kind=row.kind,
    )  # fmt: skip
    turn.request(Effect(effect, key, "message", action, repeatable=channel.type in IDEMPOTENT))


def recipients(turn: Turn, to: str) -> tuple[str, ...]:
    """Addresses of an audience: its own, or those of the people who hold the role of that name (everybody for ``internal``)."""
    audience = turn.plan.audiences.get(to)
    if audience and audience.addresses:
        return audience.addresses
    named = (
        people.known_people(turn.release)
        if to == "internal"
        else people.holders(turn.release, to, turn.surroundings)
    )
    return tuple(sorted(p.email for name in named if (p := turn.plan.people.get(name)) and p.email))


def ended(turn: Turn, key: str, done: bool, unknown: bool, detail: str) -> None:
    """A channel answered."""
    if done:
        turn.happen(e.MessageSent(key))
        return
    state = turn.release.messages[key]
    if unknown:
        turn.happen(e.MessageFailed(key, detail, unknown=True), detail)
        ask(turn, f"message/{key}", e.QuestionKind.UNKNOWN_OUTCOME, f"Did {state.to} get the message by {state.channel}? {detail}",
            (people.OWNER,), key, options=("it arrived", "send it again"))  # fmt: skip
        return
    again = turn.at + timedelta(seconds=AGAIN[state.attempt - 1]) if state.attempt <= len(AGAIN) else None
    turn.happen(e.MessageFailed(key, detail, again_at=again), detail)


def _again(turn: Turn) -> bool:
    moved = False
    for key, state in tuple(turn.release.messages.items()):
        if state.status == "failed" and state.again_at is not None:
            if state.again_at <= turn.at:
                repeat(turn, key, state)
                moved = True
            else:
                turn.expect(f"a message to {state.to} by {state.channel} is tried again", state.again_at)
    return moved


def repeat(turn: Turn, key: str, state: MessageState) -> None:
    """Send a message once more."""
    row = next((r for r in turn.plan.messages if r.id == state.row), None)
    channel = turn.plan.channels.get(state.channel)
    row = row or MessageRow(id=state.row, to=(state.to,), via=(state.channel,), text=state.notice)
    channel = channel or Channel(name=state.channel, type=state.channel)
    _give(turn, row, key, state.to, channel, state.attempt + 1, 0.0)


def notices(turn: Turn, since: int) -> bool:
    """Tell the people who are asked, by the first connected channel; events from number ``since`` of this turn on."""
    channel = next((c for c in turn.plan.channels.values() if c.connected and not c.reads), None)
    if channel is None:
        return False
    moved = False
    for number, happened in enumerate(turn.events[since:], start=since):
        match happened.event:
            case e.Asked(text=text, roles=roles, question=about):
                moved |= _notice(
                    turn, channel, f"{about}/{turn.release.number}-{number}", f"You are asked: {text}", roles
                )
            case e.Escalated(question=about, to=to):
                question = turn.release.questions.get(about)
                text = question.text if question else about
                moved |= _notice(
                    turn,
                    channel,
                    f"{about}/{turn.release.number}-{number}",
                    f"You are asked as well: {text}",
                    (to,),
                )
            case e.Held(reason=reason, page=True):
                roles = (turn.plan.escalation and (turn.plan.escalation[0].to,)) or (people.OWNER,)
                moved |= _notice(
                    turn, channel, f"hold/{turn.release.number}-{number}", f"Held: {reason}", roles
                )
            case _:
                pass
    return moved


def _notice(turn: Turn, channel: Channel, about: str, text: str, roles: tuple[str, ...]) -> bool:
    row = MessageRow(id=f"notice/{about}", to=roles, via=(channel.name,), text=f"{{{{release}}}}: {text}")
    return send(turn, row, "0", turn.at)


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
