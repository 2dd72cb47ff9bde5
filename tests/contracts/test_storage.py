"""Every store keeps the contract: in memory, SQLite, and a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pilotage.adapters.storage.postgres import postgres_storage
from pilotage.adapters.storage.sqlite import sqlite_storage
from pilotage.testing.contracts.flags import FlagStoreContract
from pilotage.testing.contracts.storage import StorageContract
from pilotage.testing.contracts.store_builders import Store
from pilotage.testing.contracts.tokens import TokenStoreContract
from pilotage.testing.storage import MemoryStorage


class TestMemory(StorageContract, FlagStoreContract, TokenStoreContract):
    """In memory."""

    @pytest.fixture
    def store(self) -> Store:
        return MemoryStorage()

    @pytest.fixture
    def other(self, store: Store) -> Store:
        return store


class TestSqlite(StorageContract, FlagStoreContract, TokenStoreContract):
    """A file, and a second handle on it as another process would have."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        store = sqlite_storage(tmp_path / "pilotage.db")
        await store.ready()
        yield store
        await store.close()

    @pytest.fixture
    async def other(self, store: Store, tmp_path: Path) -> AsyncIterator[Store]:
        other = sqlite_storage(tmp_path / "pilotage.db")
        await other.ready()
        yield other
        await other.close()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
class TestPostgres(StorageContract, FlagStoreContract, TokenStoreContract):
    """A server, and a second pool of connections to it."""

    @pytest.fixture
    async def store(self, empty_postgres: str) -> AsyncIterator[Store]:
        store = postgres_storage(empty_postgres)
        await store.ready()
        yield store
        await store.close()

    @pytest.fixture
    async def other(self, store: Store, empty_postgres: str) -> AsyncIterator[Store]:
        other = postgres_storage(empty_postgres)
        await other.ready()
        yield other
        await other.close()
