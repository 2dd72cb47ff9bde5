"""A database that cannot be used says so in words, says what to do next, and loses nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from pilotage.adapters.storage import sqlite
from pilotage.adapters.storage.sqlite import SqliteDatabase, sqlite_storage
from pilotage.adapters.storage.store import DatabaseStorage
from pilotage.application.records import verify
from pilotage.domain.errors import StoreUnusable
from pilotage.testing.contracts.store_builders import Store, new_release, next_change, stored

NOBODY = 65534


async def refused(store: Store) -> StoreUnusable:
    """What ``ready`` says when it does not work; the store is closed after."""
    with pytest.raises(StoreUnusable) as caught:
        await store.ready()
    await store.close()
    assert caught.value.hint, "every message ends with what to do next"
    return caught.value


async def made(file: Path) -> Path:
    """A database with one release in it."""
    store = sqlite_storage(file)
    await store.ready()
    await store.commit([new_release("r1")])
    await store.close()
    return file


def allow(path: Path, mode: int) -> None:
    """Set who may do what with a path."""
    path.chmod(mode)


async def fill(store: Store) -> None:
    """Write events of five kilobytes, a megabyte of them at most."""
    for _ in range(200):
        await store.commit([next_change(await stored(store), "x" * 5000)])


@pytest.fixture
async def bound_folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder, while this process is a user whom file permissions bind (they do not bind root)."""
    await made(tmp_path / "warm-up.db")  # whatever is imported on the way is imported as the old user
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    yield folder
    if root:
        os.seteuid(0)
    allow(folder, 0o700)
    shutil.rmtree(folder)


async def test_missing_folders_are_made(tmp_path: Path) -> None:
    file = await made(tmp_path / "a" / "b" / "pilotage.db")
    assert file.is_file()


async def test_a_read_only_file(bound_folder: Path) -> None:
    file = await made(bound_folder / "pilotage.db")
    allow(file, 0o444)
    error = await refused(sqlite_storage(file))
    assert "can be read but not written" in error.message
    assert f"write permission on {file}" in error.hint


async def test_a_read_only_folder(bound_folder: Path) -> None:
    file = await made(bound_folder / "pilotage.db")
    allow(bound_folder, 0o555)
    error = await refused(sqlite_storage(file))
    assert str(bound_folder) in error.hint
    new = await refused(sqlite_storage(bound_folder / "new.db"))
    assert "cannot be opened" in new.message
    below = await refused(sqlite_storage(bound_folder / "sub" / "new.db"))
    assert f"{bound_folder / 'sub'} for the database cannot be made: Permission denied" in below.message


async def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    assert "cannot be opened" in (await refused(sqlite_storage(tmp_path))).message


async def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = await refused(sqlite_storage(tmp_path / "file" / "pilotage.db"))
    assert "cannot be made" in error.message


async def test_a_text_file_is_not_a_database_and_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Notes of the week\n" * 100)
    error = await refused(sqlite_storage(file))
    assert f"{file} is not a database" in error.message
    assert file.read_text() == "Notes of the week\n" * 100


async def test_somebody_elses_database_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "contacts.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("create table contact(name text)")
    before = file.read_bytes()
    error = await refused(sqlite_storage(file))
    assert "not one of Pilotage: it holds contact" in error.message
    assert "Name another" in error.hint
    assert file.read_bytes() == before


async def test_a_database_of_a_newer_version_stays_as_it_is(tmp_path: Path) -> None:
    file = await made(tmp_path / "pilotage.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("update pilotage_schema set version_num = '9041'")
    error = await refused(sqlite_storage(file))
    assert "written by a newer Pilotage: its schema is 9041" in error.message
    assert "Upgrade Pilotage" in error.hint


async def test_a_half_made_database_is_made_whole(tmp_path: Path) -> None:
    file = tmp_path / "pilotage.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("create table pilotage_schema(version_num varchar(32) not null)")
    await made(file)


async def test_a_database_locked_for_too_long(tmp_path: Path) -> None:
    file = await made(tmp_path / "pilotage.db")
    store = sqlite_storage(file, busy_seconds=0.05)
    await store.ready()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(
            StoreUnusable, match="locked: another program has been writing for more than 0"
        ) as caught:
            await store.commit([next_change(await stored(store))])
        assert "lsof" in caught.value.hint
        await refused(sqlite_storage(file, busy_seconds=0.05))
        other.execute("rollback")
    assert await store.commit([next_change(await stored(store))]) == {"r1"}
    await store.close()


async def test_a_lock_shorter_than_the_patience_is_waited_for(tmp_path: Path) -> None:
    file = await made(tmp_path / "pilotage.db")
    store = sqlite_storage(file, busy_seconds=30)
    await store.ready()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        commit = store.commit([next_change(await stored(store))])
        writing = asyncio.ensure_future(commit)
        assert (await stored(store)).version == 1, "readers do not wait for the writer"
        other.execute("rollback")
        assert await writing == {"r1"}
    await store.close()


async def test_a_full_disk_loses_nothing_and_work_goes_on_after(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "pilotage.db")
    store = DatabaseStorage(database)
    await store.ready()
    await store.commit([new_release("r1")])
    pages = 60

    def limit(connection: sqlite3.Connection, *_: Any) -> None:
        connection.execute(f"pragma max_page_count = {pages}")

    event.listen(database.engine, "checkout", limit)
    with pytest.raises(StoreUnusable, match="the disk is full") as caught:
        await fill(store)
    assert "Free some space" in caught.value.hint
    row = await stored(store)
    assert row.version > 3
    assert verify(await store.events("r1"), row.head) is None
    pages = 6000
    assert await store.commit([next_change(row, "y" * 5000)]) == {"r1"}
    await store.close()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(tmp_path)]
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root may mount; the limit of pages above shows the same without")
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here; the limit of pages above shows the same without")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


async def test_a_really_full_disk(tiny_disk: Path) -> None:
    store = sqlite_storage(tiny_disk / "pilotage.db")
    await store.ready()
    await store.commit([new_release("r1")])
    ballast = tiny_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(b"x" * 600_000)
    with pytest.raises(StoreUnusable, match="full") as caught:
        await fill(store)
    assert caught.value.hint
    ballast.unlink()
    row = await stored(store)
    assert verify(await store.events("r1"), row.head) is None
    assert await store.commit([next_change(row)]) == {"r1"}
    await store.close()


async def test_a_damaged_file(tmp_path: Path) -> None:
    file = await made(tmp_path / "pilotage.db")
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\0" * (len(whole) - 4096))
    error = await refused(sqlite_storage(file))
    assert "damaged" in error.message
    assert "Restore a backup" in error.hint


@pytest.mark.parametrize("code", sqlite._MEANINGS)
def test_every_message_can_be_said(code: str, tmp_path: Path) -> None:
    what, next_ = sqlite._MEANINGS[code]
    known = {"place": "The database p.db", "path": "p.db", "folder": tmp_path, "wait": 10.0}
    assert "{" not in what.format(**known) + next_.format(**known)
