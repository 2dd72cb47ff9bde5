"""What only PostgreSQL has: a server that is away, passwords, a window for claims. And its bad days."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

from pilotage.adapters.storage.postgres import PostgresDatabase, postgres_storage
from pilotage.adapters.storage.store import DatabaseStorage
from pilotage.domain.errors import StoreUnusable, UsageError
from pilotage.testing.contracts.store_builders import (
    LEASE,
    MINUTE,
    NINE,
    Store,
    new_release,
    next_change,
    quiet_look,
    stored,
)

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]

SECOND = timedelta(seconds=1)


@pytest.fixture
async def store(empty_postgres: str) -> AsyncIterator[Store]:
    """A store on the server of this test run."""
    store = postgres_storage(empty_postgres)
    await store.ready()
    yield store
    await store.close()


@pytest.fixture
def new_database(postgres_server: str) -> Callable[[str], str]:
    """Makes an empty database by that name and gives its address."""

    def make(name: str) -> str:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return make_url(postgres_server).set(database=name).render_as_string(hide_password=False)

    return make


async def refused(address: str) -> StoreUnusable:
    """What ``ready`` says when it does not work."""
    store = postgres_storage(address)
    with pytest.raises(StoreUnusable) as caught:
        await store.ready()
    await store.close()
    assert caught.value.hint
    return caught.value


async def test_a_server_that_is_not_there() -> None:
    error = await refused("postgresql://pilot:sesame@127.0.0.1:1/releases")
    assert "postgresql://pilot:***@127.0.0.1:1/releases cannot be reached" in error.message
    assert "sesame" not in str(error)
    assert "Check that the server runs" in error.hint


async def test_a_wrong_password(postgres_server: str) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        (folder,) = connection.execute("show data_directory").fetchone() or ("",)
        rules = Path(folder) / "pg_hba.conf"
        before = rules.read_text()
        connection.execute("create role locked login password 'right'")
        rules.write_text(f"local all locked scram-sha-256\n{before}")
        connection.execute("select pg_reload_conf()")
        address = make_url(postgres_server).set(username="locked", password="wrong-one")
        try:
            error = await refused(address.render_as_string(hide_password=False))
        finally:
            rules.write_text(before)
            connection.execute("select pg_reload_conf()")
    assert "refused the password" in error.message
    assert "wrong-one" not in str(error)
    assert "Mend the user or the password" in error.hint


async def test_a_database_that_does_not_exist(postgres_server: str) -> None:
    address = make_url(postgres_server).set(database="nowhere").render_as_string(hide_password=False)
    assert "createdb" in (await refused(address)).hint


async def test_a_database_of_a_newer_version(new_database: Callable[[str], str]) -> None:
    address = new_database("newer")
    store = postgres_storage(address)
    await store.ready()
    await store.close()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("update pilotage_schema set version_num = '9041'")
    assert "written by a newer Pilotage: its schema is 9041" in (await refused(address)).message


async def test_somebody_elses_database(new_database: Callable[[str], str]) -> None:
    address = new_database("elses")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create table contact(name text)")
    assert "not one of Pilotage: it holds contact" in (await refused(address)).message


async def test_a_database_that_may_only_be_read(new_database: Callable[[str], str]) -> None:
    address = new_database("standby")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("alter database standby set default_transaction_read_only = on")
    assert "can be read but not written" in (await refused(address)).message


async def test_a_user_who_may_not_make_tables(new_database: Callable[[str], str]) -> None:
    address = new_database("guarded")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create role guest login")
    guest = make_url(address).set(username="guest").render_as_string(hide_password=False)
    assert "does not allow this user enough" in (await refused(guest)).message


@pytest.mark.parametrize("address", ["nonsense", "", "http//x", "postgresql://host:port/db"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(UsageError, match="cannot be read") as caught:
        postgres_storage(address)
    assert "postgresql://user:password@host/name" in caught.value.hint


async def test_several_starts_at_once_migrate_once(new_database: Callable[[str], str]) -> None:
    address = new_database("crowded")
    stores = [postgres_storage(address) for _ in range(4)]
    await asyncio.gather(*[store.ready() for store in stores])
    await stores[0].commit([new_release("r1")])
    assert (await stored(stores[3])).version == 1
    for store in stores:
        await store.close()


async def test_connections_that_were_cut_are_made_again(store: Store, empty_postgres: str) -> None:
    await store.commit([new_release("r1")])
    with psycopg.connect(empty_postgres, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert await store.commit([next_change(await stored(store))]) == {"r1"}


async def test_what_lay_longer_than_the_window_is_swept_up(store: Store) -> None:
    assert await store.claim_due(NINE, 10, LEASE) == [], "this looked all the way back"
    await store.commit([new_release("old", NINE - MINUTE), new_release("new", NINE - SECOND)])
    assert [r.id for r in await store.claim_due(NINE + SECOND, 10, LEASE)] == ["new"]
    assert [r.id for r in await store.claim_due(NINE + 10 * SECOND, 10, LEASE)] == ["old"]


async def test_a_backlog_is_swept_up_shard_after_shard(store: Store) -> None:
    await store.commit([new_release(f"r{n}", NINE - MINUTE) for n in range(5)])
    taken = [len(await store.claim_due(NINE, 2, LEASE)) for _ in range(4)]
    assert taken == [2, 2, 1, 0]


async def test_only_quiet_looks_may_reach_the_disk_later(empty_postgres: str) -> None:
    database = PostgresDatabase(empty_postgres)
    store = DatabaseStorage(database)
    await store.ready()
    await store.commit([new_release("r1"), new_release("r2")])
    one, two = await store.claim_due(NINE, 10, LEASE)

    def durable(connection: object, *changes: object) -> str:
        database.commit(connection, list(changes), 10)  # type: ignore[arg-type]  # handed in by write()
        return str(connection.execute(text("show synchronous_commit")).scalar())  # type: ignore[attr-defined]  # as above

    assert await database.write(durable, quiet_look(one, NINE)) == "off"
    assert await database.write(durable, next_change(two, fence=two.fence)) == "on"
    assert (await stored(store, "r1")).judging == '{"looked": true}'
    assert (await stored(store, "r2")).version == 2
    await store.close()


async def test_a_quiet_shard_holds_several_looks_of_one_release(store: Store) -> None:
    await store.commit([new_release("r1")])
    (row,) = await store.claim_due(NINE, 1, LEASE)
    again = replace(row, fence=row.fence + 1)
    looks = [quiet_look(row, NINE + MINUTE), quiet_look(again, NINE + 2 * MINUTE)]
    assert await store.commit(looks) == {"r1"}
    assert (await stored(store)).due == NINE + 2 * MINUTE
