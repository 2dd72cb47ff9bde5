"""Writing what was decided: guards first, then everything of the accepted changes, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pilotage.adapters.storage.tables import (
    Moment,
    effect,
    event,
    judging,
    plan,
    release,
    sample,
    tick,
)
from pilotage.application.ports.storage import Change, ReleaseRow
from pilotage.application.records import gapless

TRIM_EVERY = 64
"""Old samples are removed at every so many looks at a release: the table stays bounded and most writes do not pay."""

# Rows are locked in the order of their ids, so that two writers never wait for each other.
_stored = (
    select(release.c.id, release.c.version, tick.c.fence)
    .join(tick, tick.c.release_id == release.c.id)
    .where(release.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(release.c.id)
    .with_for_update()
)
_still_open = (
    select(effect.c.id)
    .where(effect.c.id.in_(bindparam("ids", expanding=True)), effect.c.outcome.is_(None))
    .order_by(effect.c.id)
    .with_for_update()
)
_set_tick = (
    update(tick)
    .where(tick.c.release_id == bindparam("of"))
    .values(due=bindparam("next_due", type_=Moment), fence=bindparam("next_fence"), owner="", came_due=None)
)
_set_judging = (
    update(judging).where(judging.c.release_id == bindparam("of")).values(state=bindparam("next_state"))
)
_set_release = (
    update(release)
    .where(release.c.id == bindparam("of"))
    .values(
        {
            column: bindparam(f"next_{column.name}", type_=column.type)
            for column in release.c
            if column.name not in ("id", "created")
        }
    )
)
_end_effect = (
    update(effect)
    .where(effect.c.id == bindparam("of"))
    .values(outcome=bindparam("how"), ended=bindparam("when", type_=Moment), owner="", lease=None)
)


@dataclass(slots=True)
class _Guard:
    """What a change is measured against: the stored version and fence of its release."""

    version: int
    fence: int


def commit(connection: Connection, changes: Sequence[Change], keep_samples: int) -> frozenset[str]:
    """Write the changes that still hold; the ids of their releases. See ``ports.storage.ReleaseStore.commit``."""
    for change in changes:
        gapless(change)
    guards = _guards(connection, [c.row.id for c in changes if c.create is None])
    unended = _unended(connection, [id_ for c in changes for id_, _ in c.ended])
    accepted: list[tuple[Change, int]] = []
    for change in changes:
        if change.create is not None:
            if _create(connection, change):
                guards[change.row.id] = _Guard(change.row.version, 1)
                accepted.append((change, 1))
            continue
        guard = guards.get(change.row.id)
        if guard is None or not _holds(change, guard, unended):
            continue
        unended -= {id_ for id_, _ in change.ended}
        guard.version, guard.fence = change.row.version, guard.fence + 1
        accepted.append((change, guard.fence))
    _write(connection, accepted)
    write_samples(connection, accepted, keep_samples)
    return frozenset(change.row.id for change, _ in accepted)


def _holds(change: Change, guard: _Guard, unended: set[str]) -> bool:
    return (
        guard.version == change.expected
        and change.fence in (None, guard.fence)
        and all(id_ in unended for id_, _ in change.ended)
    )


def _guards(connection: Connection, ids: Sequence[str]) -> dict[str, _Guard]:
    """The stored versions and fences, held until the transaction ends."""
    if not ids:
        return {}
    found = connection.execute(_stored, {"ids": ids})
    return {id_: _Guard(version, fence) for id_, version, fence in found}


def _unended(connection: Connection, ids: Sequence[str]) -> set[str]:
    if not ids:
        return set()
    return set(connection.execute(_still_open, {"ids": ids}).scalars())


def _create(connection: Connection, change: Change) -> bool:
    """Insert a new release with its plan; False when there is one by that id, or the change expects one."""
    row = change.row
    if change.expected or change.ended or not insert_new(connection, release, _release_values(row)):
        return False
    insert_new(connection, plan, {"digest": row.plan_digest, "document": change.create})
    connection.execute(insert(tick).values(release_id=row.id, due=row.due, fence=1))
    connection.execute(insert(judging).values(release_id=row.id, state=row.judging))
    return True


def insert_new(connection: Connection, table: Any, values: dict[str, Any]) -> bool:
    """Insert a row unless its key is taken; whether it was inserted."""
    engine = postgresql if connection.dialect.name == "postgresql" else sqlite
    inserted = engine.insert(table).values(values).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(inserted).first() is not None


def _release_values(row: ReleaseRow) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in release.c}


def _write(connection: Connection, accepted: Sequence[tuple[Change, int]]) -> None:
    """Each table once, many rows at a time: a shard costs a handful of statements, however many releases it holds."""
    rows = [(c.row, fence) for c, fence in accepted if c.create is None]
    rewritten = [c.row for c, _ in accepted if c.create is None and (c.events or c.snapshot)]
    batches: list[tuple[Any, list[dict[str, Any]]]] = [
        (_set_tick, [{"of": r.id, "next_due": r.due, "next_fence": fence} for r, fence in rows]),
        (_set_judging, [{"of": r.id, "next_state": r.judging} for r, _ in rows]),
        (
            _set_release,
            [{"of": r.id, **{f"next_{k}": v for k, v in _release_values(r).items()}} for r in rewritten],
        ),
        (
            insert(event),
            [
                {"stream": e.stream, "number": e.number, "at": e.at, "body": e.body, "hash": e.hash}
                for c, _ in accepted
                for e in c.events
            ],
        ),
        (
            insert(effect),
            [
                {"id": e.id, "release_id": e.release, "body": e.body, "due": e.due}
                for c, _ in accepted
                for e in c.effects
            ],
        ),
        (
            _end_effect,
            [{"of": id_, "how": how, "when": c.row.updated} for c, _ in accepted for id_, how in c.ended],
        ),
    ]
    for statement, parameters in batches:
        if parameters:
            connection.execute(statement, parameters)


def write_samples(connection: Connection, accepted: Sequence[tuple[Change, int]], keep: int) -> None:
    """Add the samples of changes (each with the fence it was written with), and now and then remove old ones.

    About the newest ``keep`` stay: whole writes go at a time. The fence tells when, without counting: a look raises it
    by two, once when claimed and once when written.
    """
    rows = [
        {"release_id": s.release, "fence": fence, "place": place, "at": s.at, "body": s.body}
        for c, fence in accepted
        for place, s in enumerate(c.samples)
    ]
    if rows:
        connection.execute(insert(sample), rows)
    for id_ in {c.row.id for c, fence in accepted if c.samples and fence // 2 % TRIM_EVERY == 0}:
        oldest_kept = (
            select(sample.c.fence)
            .where(sample.c.release_id == id_)
            .order_by(sample.c.fence.desc(), sample.c.place.desc())
            .offset(keep - 1)
            .limit(1)
            .scalar_subquery()
        )
        connection.execute(delete(sample).where(sample.c.release_id == id_, sample.c.fence < oldest_kept))
