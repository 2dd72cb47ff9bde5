"""SQLite: one file, nothing to install. Every commit reaches the disk (WAL, ``synchronous=FULL``)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, delete, false, table
from sqlalchemy import event as engine_events
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from pilotage.adapters.storage import queues, schema
from pilotage.adapters.storage.database import WRITES, Database
from pilotage.adapters.storage.store import KEEP_SAMPLES, DatabaseStorage
from pilotage.application.ports.storage import ReleaseRow
from pilotage.domain.errors import StoreUnusable


def sqlite_storage(
    path: Path, *, keep_samples: int = KEEP_SAMPLES, busy_seconds: float = 10.0
) -> DatabaseStorage:
    """A store in the file ``path``, made when it is missing. ``busy_seconds``: how long to wait for another writer."""
    return DatabaseStorage(SqliteDatabase(path, busy_seconds), keep_samples)


class SqliteDatabase(Database):
    """One SQLite file. One thread writes, so nobody inside this process ever waits for a lock; two read beside it."""

    def __init__(self, path: Path, busy_seconds: float = 10.0) -> None:
        """Opens nothing yet: ``ready`` does."""
        self.path = path
        self._busy_seconds = busy_seconds
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            # We say BEGIN ourselves, below: the driver's own habit would start a writing transaction too late.
            connect_args={"timeout": busy_seconds, "check_same_thread": False, "isolation_level": None},
            pool_size=3,
            max_overflow=0,
        )
        engine_events.listen(engine, "connect", _set_up)
        engine_events.listen(engine, "begin", _begin)
        super().__init__(engine, f"The database {path}", readers=2, writers=1)

    def prepare(self) -> None:
        """Make the folder, the file and the tables, or check those there are."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnusable(
                f"The folder {self.path.parent} for the database cannot be made: {error.strerror}.",
                "Make it, or name a file in another folder.",
            ) from error
        with self.engine.connect().execution_options(**{WRITES: True}) as connection:
            with connection.begin():
                made = schema.check(connection, self.place)
            self._write_ahead(connection)
            with connection.begin():
                # Somebody else may have made them meanwhile.
                if not made and not schema.check(connection, self.place):
                    schema.migrate(connection)
                # SQLite opens a file it may not write all the same, and notices at the first write: this is one.
                connection.execute(delete(table(schema.VERSION_TABLE)).where(false()))

    def _write_ahead(self, connection: Connection) -> None:
        """Readers then never wait for the writer. Kept in the file, so it is set once it is known to be ours."""
        driver = connection.connection.dbapi_connection
        assert driver is not None
        (mode,) = driver.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise StoreUnusable(
                f"{self.place} lies where SQLite cannot keep a write-ahead log (journal mode {mode!r}), as on many"
                " network drives.",
                "Put it on a local disk, or use PostgreSQL.",
            )

    def claim_due(
        self, connection: Connection, now: datetime, limit: int, lease: timedelta, owner: str
    ) -> Sequence[ReleaseRow]:
        """The writing transaction has the file to itself: select, then lease."""
        return queues.claim_due(connection, now, limit, lease, owner)

    def explain(self, error: DBAPIError) -> StoreUnusable:
        """The engine's error codes in words (https://sqlite.org/rescode.html)."""
        code = str(getattr(error.orig, "sqlite_errorname", ""))
        known = {
            "place": self.place,
            "path": self.path,
            "folder": self.path.parent,
            "wait": self._busy_seconds,
        }
        for beginning, (what, next_) in _MEANINGS.items():
            if code.startswith(beginning):
                return StoreUnusable(what.format(**known), next_.format(**known))
        return StoreUnusable(
            f"{self.place} failed: {error.orig} ({code or type(error.orig).__name__}).",
            "Check the disk. Nothing is half-written: what was not reported as done was not done.",
        )


_MEANINGS = {
    "SQLITE_READONLY": (
        "{place} can be read but not written.",
        "Give this user write permission on {path} and its folder {folder}, or name another file.",
    ),
    "SQLITE_PERM": ("{place} may not be opened by this user.", "Give this user permission on {path}."),
    "SQLITE_CANTOPEN": (
        "{place} cannot be opened: it is no file, or this user may not open it or write in its folder.",
        "Check that {path} is a file and that this user may write to it and to {folder}, or name another file.",
    ),
    "SQLITE_BUSY": (
        "{place} is locked: another program has been writing for more than {wait:g} seconds.",
        "Find it (`lsof {path}`) and let it finish or stop it, then try again. Nothing was lost.",
    ),
    "SQLITE_NOTADB": (
        "{path} is not a database.",
        "Nothing in it was changed. Name another file, or one that does not exist yet.",
    ),
    "SQLITE_CORRUPT": (
        "{place} is damaged.",
        "Restore a backup (with its -wal file), or try `sqlite3 {path} .recover`.",
    ),
    "SQLITE_FULL": (
        "{place} cannot grow: the disk is full.",
        "Free some space and try again. Nothing is half-written, and work goes on by itself once there is space.",
    ),
    "SQLITE_IOERR": (
        "{place} could not be read or written: the disk failed or is full.",
        "Check the disk behind {folder}. Nothing is half-written.",
    ),
}


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    """A writing transaction takes its lock at once: it waits for other writers then, and never half-way."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
