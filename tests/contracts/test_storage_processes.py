"""Several processes on one database, and processes that are killed in the middle: nothing is lost or half-written."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from pilotage.adapters.storage.sqlite import sqlite_storage
from tests.contracts.storage_programs import whole, write_one


def start(repository: Path, program: str, file: Path, *more: str) -> subprocess.Popen[str]:
    """Start one of the programs in a process of its own."""
    command = [sys.executable, "-m", "tests.contracts.storage_programs", program, str(file), *more]
    return subprocess.Popen(
        command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


async def test_two_processes_write_one_record_without_gaps(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "pilotage.db"
    writers = [start(repository, "write", file, "25") for _ in range(2)]
    ends = [writer.communicate(timeout=60) for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], ends
    store = sqlite_storage(file)
    await store.ready()
    row = await whole(store)
    assert row.version == 51
    authors = {event.body for event in await store.events("r1", after=1)}
    await store.close()
    assert authors == {f"by {writer.pid}" for writer in writers}


async def test_killed_at_any_statement_of_a_commit_nothing_is_half_written(
    repository: Path, tmp_path: Path
) -> None:
    file = tmp_path / "pilotage.db"
    dying = start(repository, "die", file)
    out, errors = dying.communicate(timeout=100)
    assert dying.returncode == 0, errors
    *killed, last = map(int, out.split())
    assert last == 0, errors
    assert len(killed) >= 6, "a commit has a begin, two guards and several writes"
    assert set(killed) == {-signal.SIGKILL}
    store = sqlite_storage(file)
    await store.ready()
    row = await whole(store)
    assert row.version == 2, "only the last one got through"
    assert await write_one(store, row)
    await store.close()
