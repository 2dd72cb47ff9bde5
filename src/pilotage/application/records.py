"""The chain that makes a record provable: every event's hash covers the one before it.

So that another program can check an exported record, the recipe in full::

    hash = SHA-256(field(previous) field(stream) field(number) field(at) field(body)), in lower-case hex
    field(text) = the length of its UTF-8 form in decimal, ":", its UTF-8 form, ","        (a netstring)

``previous`` is the hash of the event before it in the same stream (empty for the first), ``number`` counts from 1
without gaps, ``at`` is the moment in UTC as the log writes it (``2026-01-01T09:00:00Z``, microseconds where there are
any), ``body`` the text exactly as stored. The lengths make sure that no text can be moved from one field to the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from pilotage.application.ports.storage import Change, EventRow
from pilotage.application.shapes import write_moment
from pilotage.domain.errors import Bug

BEGINNING = ""
"""What stands for the hash before the first event."""

_BEFORE_THE_FIRST = EventRow("", 0, datetime.min.replace(tzinfo=UTC), "", BEGINNING)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where a stream does not hold: the event's number, and what is wrong with it in words."""

    stream: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"{self.stream}, event {self.number}: {self.what}"


def chain(
    stream: str, first_number: int, previous_hash: str, bodies: Iterable[tuple[datetime, str]]
) -> tuple[EventRow, ...]:
    """Rows for ``bodies`` (each with its moment), numbered from ``first_number`` and chained to ``previous_hash``."""
    rows = []
    for number, (at, body) in enumerate(bodies, start=first_number):
        previous_hash = hash_of(previous_hash, stream, number, at, body)
        rows.append(EventRow(stream, number, at, body, previous_hash))
    return tuple(rows)


def hash_of(previous: str, stream: str, number: int, at: datetime, body: str) -> str:
    """The hash of one event, as the head of this module says."""
    digest = sha256()
    for text in (previous, stream, str(number), write_moment(at), body):
        raw = text.encode()
        digest.update(b"%d:%s," % (len(raw), raw))
    return digest.hexdigest()


def verify(rows: Iterable[EventRow], head: str | None = None) -> Broken | None:
    """Check a whole stream, first event first; the first place that does not hold, or None.

    ``head`` is the hash the last event must have, where known from elsewhere (a release's row, an earlier export): only
    that shows that nothing was cut off at the end.
    """
    last = _BEFORE_THE_FIRST
    for row in rows:
        if last.number and row.stream != last.stream:
            return Broken(row.stream, row.number, f"it stands in the stream {last.stream}")
        if row.number != last.number + 1:
            return Broken(
                row.stream, last.number + 1, f"missing; event {row.number} follows event {last.number}"
            )
        if row.hash != hash_of(last.hash, row.stream, row.number, row.at, row.body):
            return Broken(row.stream, row.number, "changed after it was written, or the event before it was")
        last = row
    if head is not None and last.hash != head:
        return Broken(
            last.stream, last.number + 1, "missing; the record was cut off, or more was added, at its end"
        )
    return None


def gapless(change: Change) -> None:
    """Whatever else is wrong, a record with a gap or of another stream must never be written. Raises Bug."""
    row = change.row
    numbers = [event.number for event in change.events]
    wanted = list(range(change.expected + 1, row.version + 1))
    if numbers != wanted or any(event.stream != row.id for event in change.events):
        raise Bug(
            f"The events of {row.id} ({numbers}) do not lead from version {change.expected} to {row.version}.",
            "Nothing was written. Please report this with the text above.",
        )
