"""Programs that real processes run in the storage tests: ``python -m tests.contracts.storage_programs NAME FILE ...``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from pilotage.adapters.storage.sqlite import SqliteDatabase
from pilotage.adapters.storage.store import DatabaseStorage
from pilotage.application.ports.storage import ReleaseRow
from pilotage.application.records import verify
from pilotage.testing.contracts.store_builders import effect, new_release, next_change

STATEMENTS_AT_MOST = 30


async def whole(store: DatabaseStorage) -> ReleaseRow:
    """The release ``r1``, after making sure that every commit is there with all its parts or with none."""
    row = await store.release("r1")
    assert row is not None
    events = await store.events("r1")
    assert verify(events, row.head) is None
    assert len(events) == row.version
    assert row.state == f'{{"of": {row.version}}}'
    assert row.judging == ("{}" if row.version == 1 else str(row.version))
    effects = {e.id for e in await store.open_effects("r1")}
    assert effects == {f"e{number}" for number in range(2, row.version + 1)}
    return row


async def write_one(store: DatabaseStorage, row: ReleaseRow) -> bool:
    """One more event with its effect and its judging row; whether it was taken."""
    change = next_change(row, f"by {os.getpid()}", effects=(effect(f"e{row.version + 1}"),))
    change = replace(change, row=replace(change.row, judging=str(row.version + 1)))
    return bool(await store.commit([change]))


async def write(path: Path, times: int) -> None:
    """Commit to one release until ``times`` changes were taken, whoever else does the same."""
    store = DatabaseStorage(SqliteDatabase(path))
    await store.ready()
    await store.commit([new_release("r1")])
    while times:
        row = await store.release("r1")
        assert row is not None
        times -= await write_one(store, row)
    await store.close()


async def die(path: Path, statement: int) -> None:
    """Check what is there, then be killed at that statement of a commit (0: right before the database's own commit)."""
    database = SqliteDatabase(path)
    store = DatabaseStorage(database)
    await store.ready()
    await store.commit([new_release("r1")])
    row = await whole(store)
    left = statement

    def kill(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine, "after_cursor_execute" if statement else "commit", kill)
    assert await write_one(store, row)


def die_everywhere(path: Path) -> None:
    """Die at each statement of a commit in turn, one child process each, until a commit gets through; print how each ended."""
    for statement in range(STATEMENTS_AT_MOST):
        child = os.fork()
        if not child:
            asyncio.run(die(path, statement))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{status}\n")
        if status != -signal.SIGKILL:
            return


if __name__ == "__main__":
    program, file, *rest = sys.argv[1:]
    match program:
        case "write":
            asyncio.run(write(Path(file), int(rest[0])))
        case "die":
            die_everywhere(Path(file))
