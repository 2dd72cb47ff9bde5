"""Small releases, changes and effects for the contract suites of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pilotage.application.ports.flags import FlagStore
from pilotage.application.ports.storage import Change, EffectRow, ReleaseRow, Storage
from pilotage.application.records import BEGINNING, chain

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = 60.0


class Store(Storage, FlagStore, Protocol):
    """What a database gives: releases and flags."""


def new_release(
    name: str, due: datetime | None = NINE, effects: Sequence[EffectRow] = (), system: str = "shop"
) -> Change:
    """The change that creates a release with one event."""
    (event,) = chain(name, 1, BEGINNING, [(NINE, f"created {name}")])
    row = ReleaseRow(
        id=name,
        version=1,
        head=event.hash,
        state='{"of": 1}',
        judging="{}",
        plan_digest="d1",
        status="planned",
        system=system,
        title="Café ✓",
        created=NINE,
        updated=NINE,
        due=due,
    )
    return Change(row, 0, (event,), effects=tuple(effects), create="plan: checkout")


def next_change(row: ReleaseRow, body: str = "went on", **more: object) -> Change:
    """A change of ``row`` with one more event; ``more`` are further fields of the change."""
    (event,) = chain(row.id, row.version + 1, row.head, [(NINE, body)])
    after = replace(row, version=event.number, head=event.hash, state=f'{{"of": {event.number}}}')
    return replace(Change(after, row.version, (event,)), **more)  # type: ignore[arg-type]  # fields of Change


def quiet_look(claimed: ReleaseRow, due: datetime, **more: object) -> Change:
    """A look that found nothing to do: only the judging row and the next look are written."""
    row = replace(claimed, due=due, judging='{"looked": true}')
    return replace(Change(row, row.version, fence=claimed.fence), **more)  # type: ignore[arg-type]  # as above


def effect(name: str, release: str = "r1", due: datetime = NINE) -> EffectRow:
    """An effect asked for, not yet claimed."""
    return EffectRow(name, release, f'{{"id": "{name}"}}', due)


async def stored(store: Storage, name: str = "r1") -> ReleaseRow:
    """A release that must be there."""
    row = await store.release(name)
    assert row is not None
    return row
