"""Reading releases, records, plans and samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from pilotage.adapters.storage.tables import effect, event, judging, plan, release, sample, tick
from pilotage.application.ports.storage import EffectRow, EventRow, ReleaseRow, SampleRow

release_columns = (
    release.c.id,
    release.c.version,
    release.c.head,
    release.c.state,
    judging.c.state.label("judging"),
    release.c.plan_digest,
    release.c.status,
    release.c.system,
    release.c.title,
    release.c.created,
    release.c.updated,
)
"""The columns of a ``ReleaseRow`` in its order, without ``due`` and ``fence``."""

whole_release = release.join(tick, tick.c.release_id == release.c.id).join(
    judging, judging.c.release_id == release.c.id
)


def _releases() -> Select[Any]:
    return select(*release_columns, tick.c.due, tick.c.fence).select_from(whole_release)


def read_release(connection: Connection, release_id: str) -> ReleaseRow | None:
    """One release."""
    found = connection.execute(_releases().where(release.c.id == release_id)).first()
    return None if found is None else ReleaseRow(*found)


def read_releases(connection: Connection, statuses: Sequence[str], limit: int) -> Sequence[ReleaseRow]:
    """Releases, latest change first."""
    query = _releases().order_by(release.c.updated.desc(), release.c.id).limit(limit)
    if statuses:
        query = query.where(release.c.status.in_(statuses))
    return [ReleaseRow(*found) for found in connection.execute(query)]


def read_events(connection: Connection, stream: str, after: int, limit: int) -> Sequence[EventRow]:
    """Events of a stream, in order."""
    query = (
        select(event.c.stream, event.c.number, event.c.at, event.c.body, event.c.hash)
        .where(event.c.stream == stream, event.c.number > after)
        .order_by(event.c.number)
        .limit(limit)
    )
    return [EventRow(*found) for found in connection.execute(query)]


def read_streams(connection: Connection) -> Sequence[str]:
    """The names of all streams (every stream has an event 1)."""
    return sorted(connection.execute(select(event.c.stream).where(event.c.number == 1)).scalars())


def read_plan(connection: Connection, digest: str) -> str | None:
    """A pinned plan document."""
    return connection.execute(select(plan.c.document).where(plan.c.digest == digest)).scalar()


def read_samples(connection: Connection, release_id: str, limit: int) -> Sequence[SampleRow]:
    """The newest looks at a release, oldest first."""
    query = (
        select(sample.c.release_id, sample.c.at, sample.c.body)
        .where(sample.c.release_id == release_id)
        .order_by(sample.c.fence.desc(), sample.c.place.desc())
        .limit(limit)
    )
    return [SampleRow(*found) for found in reversed(connection.execute(query).all())]


def read_open_effects(connection: Connection, release_id: str) -> Sequence[EffectRow]:
    """Effects of a release that have not ended, in the order they are due."""
    query = (
        select(effect)
        .where(effect.c.release_id == release_id, effect.c.outcome.is_(None))
        .order_by(effect.c.due, effect.c.id)
    )
    return [effect_row(found) for found in connection.execute(query)]


def effect_row(found: Row[Any]) -> EffectRow:
    """An effect as the port gives it."""
    return EffectRow(found.id, found.release_id, found.body, found.due, found.attempt, found.doubtful)


def read_next_due(connection: Connection) -> Any:
    """The earliest due look or effect (a claimed one when its lease ends), or None."""
    looks = select(func.min(tick.c.due)).scalar_subquery()
    effects = (
        select(func.min(func.coalesce(effect.c.lease, effect.c.due, type_=effect.c.due.type)))
        .where(effect.c.outcome.is_(None))
        .scalar_subquery()
    )
    times = connection.execute(select(looks, effects)).one()
    return min((t for t in times if t is not None), default=None)
