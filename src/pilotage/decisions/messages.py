"""Messages: which rows are due, to whom, by which channel; one message per row, occurrence, audience and channel (S9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pilotage.decisions import moments, people
from pilotage.decisions.asking import ask
from pilotage.decisions.effects import effect_id
from pilotage.decisions.traits import applies
from pilotage.decisions.turn import Timetable, Turn
from pilotage.decisions.variables import fill, variables
from pilotage.domain import events as e
from pilotage.domain.effects import Effect, SendMessage
from pilotage.domain.messages import Channel, MessageRow
from pilotage.domain.moments import Anchor, AtAnchor, Moment, Repeated
from pilotage.domain.release import MessageState, Release, Status

PUBLIC = ("status page", "in-app", "release notes", "support pages", "press release")
"""Channels the world reads: Pilotage's own notices to the people it asks never go there."""
AGAIN = (30.0, 120.0, 600.0, 3600.0)
"""Seconds until a message that failed is tried again, one after the other; then it is shown as failed."""
IDEMPOTENT = ("webhook", "file")
"""Channels that take an idempotency key, so that an unknown delivery may be repeated (ruling 5)."""
LATE = timedelta(minutes=5)
NOTICE = "notice/"
"""How the row of a notice of Pilotage's own begins."""


def due(turn: Turn) -> bool:
    """Send every row whose moment has come. Returns whether anything happened."""
    if turn.release.status is Status.PLANNED:
        return False
    moved = _rows_due(turn)
    return _look_after(turn) or moved


def _rows_due(turn: Turn) -> bool:
    """The timetable, gone through again within one turn only where something it hangs on has changed."""
    release = turn.release
    hangs_on = (release.anchors, release.status, release.inputs, release.traits)
    if turn.timetable is not None and all(
        a is b for a, b in zip(turn.timetable.hangs_on, hangs_on, strict=True)
    ):
        turn.by_the_way += turn.timetable.expected
        return False
    moved, before = False, len(turn.by_the_way)
    for row in turn.plan.messages:
        if row.at is not None and _still_true(turn.release, row.at):
            moved |= _send_what_is_due(turn, row)
    turn.timetable = Timetable(hangs_on, tuple(turn.by_the_way[before:]))
    return moved


def _still_true(release: Release, at: Moment) -> bool:
    """Whether a moment still means what it said. While a release goes back, and once it was stopped, its timetable does
    not hold any more ("pilot starts tomorrow"); what happens to it all the same ("rollback ends") is still told.
    """
    if release.status in (Status.RUNNING, Status.COMPLETED):
        return True
    anchor = at.starts if isinstance(at, Repeated) else at.anchor if isinstance(at, AtAnchor) else None
    ahead = isinstance(at, AtAnchor) and at.before
    return anchor is not None and not anchor.is_stage and not ahead


def _send_what_is_due(turn: Turn, row: MessageRow) -> bool:
    """Send the latest occurrence of a row that is due; those missed before it (nobody worked) are left out, and said to be."""
    moved = False
    past: list[tuple[str, datetime]] = []
    for occurrence, at in _occurrences(turn.release, row):
        if at > turn.at:
            turn.expect(f'the message "{row.subject or row.text or row.id}" is due', at)
            break
        past.append((occurrence, at))
    for occurrence, at in past[-1:]:
        moved = send(turn, row, occurrence, at)
    if moved:
        for occurrence, _ in past[:-1]:
            for key in keys_of(turn, row, occurrence):
                if key not in turn.release.messages:
                    turn.happen(e.MessageSkipped(key, row.id, "missed: the next one is due"))
    return moved


def _occurrences(release: Release, row: MessageRow) -> Iterator[tuple[str, datetime]]:
    """The occurrences of a row with their names. What hangs on something that can happen again (a hold, a rollback, a
    stage entered once more) is a new occurrence each time; what is told ahead of it is told once.
    """
    if isinstance(row.at, Repeated):
        starts = row.at.starts
        if starts is not None and starts.name not in release.anchors:
            return  # planned is not begun
        since = _since(release, starts)
        for number, at in enumerate(moments.occurrences(row.at, release)):
            yield f"{number}{since}", at
    elif isinstance(row.at, AtAnchor) and not row.at.before:
        at_last = moments.resolve(row.at, release) if row.at.anchor.name in release.anchors else None
        if at_last is not None:
            yield f"0{_since(release, row.at.anchor)}", at_last
    elif row.at is not None and (once := moments.resolve(row.at, release)) is not None:
        yield "0", once


def _since(release: Release, anchor: Anchor | None) -> str:
    """The end of the name of an occurrence: since when its numbers count."""
    since = release.anchors.get(anchor.name) if anchor is not None else None
    return f"@{since:%Y-%m-%dT%H:%M:%S}" if since is not None else ""


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


def of_step(release: Release, step: str) -> tuple[str, dict[str, MessageState]]:
    """The last occurrence under which a ``notify`` step sent its message, and its messages; empty before the first."""
    mark = f"/{step}#"
    mine = {k: m for k, m in release.messages.items() if mark in k and not k.startswith(NOTICE)}
    numbers = [int(key.split(mark, 1)[1].split("/", 1)[0]) for key in mine]
    if not numbers:
        return "", {}
    last = f"{step}#{max(numbers)}"
    return last, {key: message for key, message in mine.items() if f"/{last}/" in key}


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
    if people.left_out(turn.release, to, turn.surroundings):
        turn.happen(e.MessageSkipped(key, row.id, f"nobody holds {to}"))
        return
    if turn.release.rehearsal and not row.id.startswith(NOTICE):
        turn.happen(e.MessageSkipped(key, row.id, f"this is a rehearsal: {to} would be told by {name}"))
        return
    channel = turn.plan.channels.get(name, Channel(name=name, type=name))
    late = (turn.at - at).total_seconds() if turn.at - at > LATE else 0.0
    _give(turn, row, key, to, channel, attempt=1, late=late)


def _give(
    turn: Turn, row: MessageRow, key: str, to: str, channel: Channel, attempt: int, late: float
) -> None:
    text, subject = _filled(turn, row)
    by_hand = not channel.connected
    effect = "" if by_hand else effect_id(turn, f"message/{key}")
    turn.happen(e.MessageQueued(key, row.id, to, channel.name, subject, text, effect, attempt, late))
    if by_hand:
        _ask_to_tell(turn, key, to, channel.name, text or subject)
        return
    action = SendMessage(
        row=row.id, channel=channel.name, channel_type=channel.type, address=channel.address, to=to,
        recipients=recipients(turn, to), subject=subject, text=text, settings=channel.settings, kind=row.kind,
    )  # fmt: skip
    turn.request(Effect(effect, key, "message", action, repeatable=channel.type in IDEMPOTENT))


def _ask_to_tell(turn: Turn, key: str, to: str, channel: str, text: str) -> bool:
    """Where nothing is connected, telling is a person's task."""
    words = f'Tell {to} by {channel}: "{text}"'
    return ask(turn, f"message/{key}", e.QuestionKind.WORK, words, (people.OWNER,), key)


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
    there = {people.acting(turn.plan, name, turn.at) for name in named}
    return tuple(sorted(p.email for name in there if (p := turn.plan.people.get(name)) and p.email))


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
    tried = (
        state.attempt <= len(AGAIN) and state.effect
    )  # what a person could not deliver, waiting does not mend
    again = turn.at + timedelta(seconds=AGAIN[state.attempt - 1]) if tried else None
    turn.happen(e.MessageFailed(key, detail, again_at=again), detail)


def _look_after(turn: Turn) -> bool:
    """Try again what failed, ask again for what a person was to tell, and show what could not be delivered."""
    moved = False
    for key, state in tuple(turn.release.messages.items()):
        if state.status == "failed" and state.again_at is None:
            turn.expect(f"a message to {state.to} by {state.channel} could not be delivered")
        elif state.status == "failed" and state.again_at is not None:
            if state.again_at <= turn.at:
                repeat(turn, key, state)
                moved = True
            else:
                turn.expect(f"a message to {state.to} by {state.channel} is tried again", state.again_at)
        elif _forgotten(turn, key, state):
            row = _row_of(turn, state)
            moved |= _ask_to_tell(turn, key, state.to, state.channel, _filled(turn, row)[0])
    return moved


def _forgotten(turn: Turn, key: str, state: MessageState) -> bool:
    """Whether a person was to tell this, and the question went with all others when the release ended or went back."""
    by_hand = state.status == "queued" and not state.effect
    asked = f"message/{key}" in turn.release.questions
    return by_hand and not asked and turn.release.status is not Status.ABORTED


def repeat(turn: Turn, key: str, state: MessageState) -> None:
    """Send a message once more."""
    channel = turn.plan.channels.get(state.channel)
    channel = channel or Channel(name=state.channel, type=state.channel)
    _give(turn, _row_of(turn, state), key, state.to, channel, state.attempt + 1, 0.0)


def _row_of(turn: Turn, state: MessageState) -> MessageRow:
    """The row a message was made from; a notice of Pilotage's own carries its text itself."""
    row = next((r for r in turn.plan.messages if r.id == state.row), None)
    return row or MessageRow(id=state.row, to=(state.to,), via=(state.channel,), text=state.notice)


def _filled(turn: Turn, row: MessageRow) -> tuple[str, str]:
    """Text and subject of a row, with their variables filled in."""
    values = variables(turn.release, turn.at)
    subject = row.subject or _first_line(row.text) or row.id
    return fill(row.template or row.text, values), fill(subject, values)


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
