"""Claiming what is due, by lease: releases to look at, and effects to carry out. The due time is the queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update

from pilotage.adapters.storage.reading import effect_row, release_columns, whole_release
from pilotage.adapters.storage.tables import Moment, effect, release, tick
from pilotage.application.ports.storage import EffectRow, ReleaseRow

_came = func.coalesce(tick.c.came_due, tick.c.due, type_=Moment)
# Ordered by the index alone: many may be due at the same moment, and sorting them would cost every claim the same again.
_first_due = (
    select(tick.c.release_id)
    .where(tick.c.due <= bindparam("now", type_=Moment))
    .order_by(tick.c.due)
    .limit(bindparam("limit"))
)
_rows = (
    select(*release_columns, _came, tick.c.fence + 1)
    .select_from(whole_release)
    .where(release.c.id.in_(bindparam("ids", expanding=True)))
)
_lease_tick = (
    update(tick)
    .where(tick.c.release_id == bindparam("of"))
    .values(
        due=bindparam("until", type_=Moment),
        fence=tick.c.fence + 1,
        owner=bindparam("by"),
        came_due=_came,
    )
)
_lease_effect = (
    update(effect)
    .where(effect.c.id == bindparam("of"))
    .values(
        owner=bindparam("by"),
        lease=bindparam("until", type_=Moment),
        attempt=effect.c.attempt + 1,
        doubtful=bindparam("doubt"),
    )
)


def claim_due(
    connection: Connection, now: datetime, limit: int, lease: timedelta, owner: str
) -> Sequence[ReleaseRow]:
    """Claim releases where one writer at a time is certain (SQLite); PostgreSQL has a statement of its own."""
    ids = connection.execute(_first_due, {"now": now, "limit": limit}).scalars().all()
    if not ids:
        return []
    rows = [ReleaseRow(*found) for found in connection.execute(_rows, {"ids": ids})]
    connection.execute(_lease_tick, [{"of": id_, "until": now + lease, "by": owner} for id_ in ids])
    return sorted(rows, key=lambda row: (row.due or now, row.id))


def claim_effects(
    connection: Connection, now: datetime, limit: int, lease: timedelta, owner: str
) -> Sequence[EffectRow]:
    """Claim effects that are due and not leased; rows another claim is just taking are passed over."""
    query = (
        select(effect)
        .where(
            effect.c.outcome.is_(None),
            effect.c.due <= now,
            or_(effect.c.lease.is_(None), effect.c.lease <= now),
        )
        .order_by(effect.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claims: list[dict[str, Any]] = []
    rows: list[EffectRow] = []
    for found in connection.execute(query):
        before = effect_row(found)
        doubt = before.claimed or found.lease is not None
        claims.append({"of": before.id, "by": owner, "until": now + lease, "doubt": doubt})
        rows.append(EffectRow(before.id, before.release, before.body, before.due, before.attempt + 1, doubt))
    if claims:
        connection.execute(_lease_effect, claims)
    return sorted(rows, key=lambda row: (row.due, row.id))


def renew(
    connection: Connection, effect_ids: Sequence[str], now: datetime, lease: timedelta, owner: str
) -> None:
    """Lengthen the leases this owner still holds."""
    connection.execute(_held(owner).where(effect.c.id.in_(effect_ids)).values(lease=now + lease))


def give_back(connection: Connection, effect_id: str, due: datetime, owner: str) -> None:
    """Return an untouched effect; an older doubt about it stays."""
    connection.execute(_held(owner).where(effect.c.id == effect_id).values(owner="", lease=None, due=due))


def clear_leases(connection: Connection, owner: str) -> None:
    """End the leases of an earlier life of this owner."""
    connection.execute(_held(owner).values(owner="", lease=effect.c.due))
    connection.execute(
        update(tick)
        .where(tick.c.owner == owner, tick.c.came_due.is_not(None))
        .values(owner="", due=tick.c.came_due, came_due=None, fence=tick.c.fence + 1)
    )


def _held(owner: str) -> Any:
    """An update of the open effects this owner has claimed."""
    return update(effect).where(
        effect.c.owner == owner, effect.c.lease.is_not(None), effect.c.outcome.is_(None)
    )
