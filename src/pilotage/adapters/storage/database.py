"""One database: transactions run on its own threads, and every failure is said in words people can act on."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pilotage.application.ports.storage import Change, ReleaseRow
from pilotage.domain.errors import Bug, StoreUnusable

_P = ParamSpec("_P")
_T = TypeVar("_T")

WRITES = "pilotage_writes"
"""Execution option of a connection: its transaction will write (SQLite then locks at its start)."""


class Database(ABC):
    """An engine with threads to use it from. Reads have other threads than writes, so neither queues for the other."""

    def __init__(self, engine: Engine, place: str, readers: int, writers: int) -> None:
        """``place`` names the database in messages, without any password."""
        self.engine = engine
        self.place = place
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="pilotage-store-read")
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="pilotage-store-write")

    async def read(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Run ``work`` with a connection, in a transaction of its own, on a reading thread. Raises StoreUnusable."""
        return await self._on(
            self._readers, lambda: self._transaction(False, lambda c: work(c, *args, **kwargs))
        )

    async def write(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """The same for work that writes: all of it is committed, or nothing."""
        return await self._on(
            self._writers, lambda: self._transaction(True, lambda c: work(c, *args, **kwargs))
        )

    async def ready(self) -> None:
        """Make or check the tables. Raises StoreUnusable."""
        await self._on(self._writers, self._said_in_words(self.prepare))

    async def close(self) -> None:
        """Let every connection and thread go, once what is under way has ended."""
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        self._readers.shutdown()
        self._writers.shutdown()
        self.engine.dispose()

    @staticmethod
    async def _on(threads: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    def _transaction(self, writes: bool, work: Callable[[Connection], _T]) -> _T:
        def once() -> _T:
            with (
                self.engine.connect().execution_options(**{WRITES: writes}) as connection,
                connection.begin(),
            ):
                return work(connection)

        return self._said_in_words(once)()

    def _said_in_words(self, work: Callable[[], _T]) -> Callable[[], _T]:
        """``work``, tried again once where the engine says so, its failures turned into StoreUnusable or Bug."""

        def said() -> _T:
            try:
                try:
                    return work()
                except DBAPIError as error:
                    if not self.worth_another_try(error):
                        raise
                    return work()
            except IntegrityError as error:
                raise Bug(
                    f"Two records of {self.place} would have had the same key: {error.orig}",
                    "Nothing was written. Please report this with the text above.",
                ) from error
            except DBAPIError as error:
                raise self.explain(error) from error
            except PoolTimeout as error:
                raise StoreUnusable(
                    f"All connections to {self.place} are busy.",
                    "Try again; if it lasts, the database is too slow.",
                ) from error

        return said

    @abstractmethod
    def prepare(self) -> None:
        """Make or check the tables, on the writing thread."""

    @abstractmethod
    def explain(self, error: DBAPIError) -> StoreUnusable:
        """What a failure of the engine means, and what to do next."""

    def worth_another_try(self, error: DBAPIError) -> bool:
        """Whether the same work may well succeed at once. Every write is guarded, so repeating it cannot double it."""
        return error.connection_invalidated

    @abstractmethod
    def claim_due(
        self, connection: Connection, now: datetime, limit: int, lease: timedelta, owner: str
    ) -> Sequence[ReleaseRow]:
        """Claim due releases, as ``ports.storage.TickQueue.claim_due`` says."""

    def commit(self, connection: Connection, changes: Sequence[Change], keep_samples: int) -> frozenset[str]:
        """Write changes, as ``ports.storage.ReleaseStore.commit`` says."""
        from pilotage.adapters.storage.commits import commit

        return commit(connection, changes, keep_samples)
