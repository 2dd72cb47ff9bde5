"""Built-in flags and the record of who changed them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from pilotage.adapters.storage.commits import insert_new
from pilotage.adapters.storage.tables import event, flag
from pilotage.application.codec import flag_from_json, flag_to_json
from pilotage.application.records import BEGINNING, chain
from pilotage.application.shapes import read_moment
from pilotage.domain.flags import Flag


def read_flag(connection: Connection, name: str) -> Flag | None:
    """One flag."""
    body = connection.execute(select(flag.c.body).where(flag.c.name == name)).scalar()
    return None if body is None else flag_from_json(body)


def read_flags(connection: Connection) -> Sequence[Flag]:
    """All flags, by name."""
    return [
        flag_from_json(body)
        for body in connection.execute(select(flag.c.body).order_by(flag.c.name)).scalars()
    ]


def read_revision(connection: Connection) -> int:
    """Grows with every change of any flag, because each flag's own revision does and none is ever removed."""
    return int(connection.execute(select(func.coalesce(func.sum(flag.c.revision), 0))).scalar_one())


def put_flag(connection: Connection, changed: Flag, expected_revision: int, record: str, at: str) -> bool:
    """Store a flag and chain its event, unless somebody was faster."""
    body = flag_to_json(changed)
    if expected_revision:
        stored = connection.execute(
            update(flag)
            .where(flag.c.name == changed.name, flag.c.revision == expected_revision)
            .values(revision=changed.revision, body=body)
        )
        if stored.rowcount != 1:
            return False
    elif not insert_new(connection, flag, {"name": changed.name, "revision": changed.revision, "body": body}):
        return False
    _record(connection, f"flag:{changed.name}", record, at)
    return True


def _record(connection: Connection, stream: str, record: str, at: str) -> None:
    """Add an event to a flag's stream; the flag's row, just written, keeps every other writer out until the commit."""
    last = connection.execute(
        select(event.c.number, event.c.hash)
        .where(event.c.stream == stream)
        .order_by(event.c.number.desc())
        .limit(1)
    ).first()
    number, head = last or (0, BEGINNING)
    (row,) = chain(stream, number + 1, head, [(read_moment(at), record)])
    connection.execute(
        event.insert().values(stream=row.stream, number=row.number, at=row.at, body=row.body, hash=row.hash)
    )
