"""The migrations make the tables the code speaks of, also when Pilotage is an installed wheel."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from pilotage.adapters.storage import schema
from pilotage.adapters.storage.database import Database
from pilotage.adapters.storage.postgres import PostgresDatabase
from pilotage.adapters.storage.sqlite import SqliteDatabase, sqlite_storage
from pilotage.adapters.storage.store import DatabaseStorage
from pilotage.adapters.storage.tables import metadata
from pilotage.application.ports.storage import Change, SampleRow
from pilotage.testing.contracts.store_builders import LEASE, NINE, new_release, quiet_look, stored
from pilotage.testing.storage import MemoryStorage


def differences(connection: Connection) -> list[object]:
    """What Alembic would still have to change."""
    options = {"version_table": schema.VERSION_TABLE}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def migrated(database: Database) -> list[object]:
    await database.ready()
    found = await database.read(differences)
    await database.close()
    return found


async def test_the_migrations_make_the_tables(tmp_path: Path) -> None:
    assert await migrated(SqliteDatabase(tmp_path / "pilotage.db")) == []


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_the_migrations_make_the_tables_on_postgresql(empty_postgres: str) -> None:
    assert await migrated(PostgresDatabase(empty_postgres)) == []


def test_the_head_named_in_code_is_the_newest_migration() -> None:
    scripts = ScriptDirectory.from_config(schema._configuration())
    assert scripts.get_current_head() == schema.HEAD
    assert schema.HEAD in schema.known_revisions()


async def test_a_start_on_tables_that_are_up_to_date_loads_no_alembic(tmp_path: Path) -> None:
    store = sqlite_storage(tmp_path / "pilotage.db")
    await store.ready()
    await store.close()
    program = f"""
import asyncio, sys
from pathlib import Path
from pilotage.adapters.storage.sqlite import sqlite_storage
async def main():
    store = sqlite_storage(Path({str(tmp_path / "pilotage.db")!r}))
    await store.ready()
    await store.close()
asyncio.run(main())
sys.exit("alembic" in sys.modules)
"""
    run = [sys.executable, "-c", program]
    assert (await asyncio.to_thread(subprocess.run, run, check=False)).returncode == 0


def test_a_wheel_brings_its_migrations(repository: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "built")]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    (wheel,) = (tmp_path / "built").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    program = """
import asyncio, sys, pilotage
from pathlib import Path
from pilotage.adapters.storage.sqlite import sqlite_storage
async def main():
    store = sqlite_storage(Path("new.db"))
    await store.ready()
    assert await store.releases() == []
    await store.close()
asyncio.run(main())
print(pilotage.__file__)
"""
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    run = [sys.executable, "-c", program]
    done = subprocess.run(run, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert Path(done.stdout.strip()).is_relative_to(tmp_path / "installed")


async def test_old_samples_make_room_for_new_ones(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "pilotage.db")
    for store, at_most in (
        (DatabaseStorage(database, keep_samples=20), 20 + 2 * 64),
        (MemoryStorage(20), 20),
    ):
        await store.ready()
        await store.commit([new_release("r1"), new_release("r2", None)])
        other = (SampleRow("r2", NINE, "of another release"),)
        await store.commit([Change(await stored(store, "r2"), 1, samples=other)])
        for n in range(300):
            (row,) = await store.claim_due(NINE, 1, LEASE)
            samples = tuple(SampleRow("r1", NINE, f"{n}{k}") for k in "ab")
            assert await store.commit([quiet_look(row, NINE, samples=samples)])
        kept = [s.body for s in await store.samples("r1")]
        assert 20 <= len(kept) <= at_most
        assert kept[-2:] == ["299a", "299b"]
        assert kept == [f"{n}{k}" for n in range(300) for k in "ab"][-len(kept) :]
        assert len(await store.samples("r2")) == 1
        await store.close()


async def test_a_database_of_an_older_version_is_brought_up_and_keeps_what_it_holds(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "pilotage.db")
    with database.engine.connect() as connection, connection.begin():
        config = schema._configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(metadata.tables["plan"].insert().values(digest="d1", document="plan: kept"))
    store = DatabaseStorage(database)
    await store.ready()
    assert await store.plan_document("d1") == "plan: kept"
    assert await store.any_token() is False
    assert await database.read(differences) == []
    await store.close()
