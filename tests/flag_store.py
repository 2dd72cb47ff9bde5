"""A flag store and a clock for tests, and a store that another writer meddles with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from pilotage.application.ports.storage import EventRow
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.flags import Flag


class FlagsInMemory:
    """FlagStore and its streams, kept in dictionaries. ``broken`` makes every call fail as a lost database does."""

    def __init__(self, *flags: Flag) -> None:
        self._flags = {flag.name: flag for flag in flags}
        self._streams: dict[str, list[EventRow]] = {}
        self._revision = len(flags)
        self.broken = False
        self.before_write: Callable[[], Awaitable[None]] | None = None

    def shelve(self, *flags: Flag) -> None:
        """Other flags from now on, as if somebody had changed them; the store works again if it was broken."""
        self._flags = {flag.name: flag for flag in flags}
        self._revision += 1
        self.broken = False

    def _check(self) -> None:
        if self.broken:
            raise StoreUnusable("the database cannot be opened", "Look at its folder's permissions.")

    async def flag(self, name: str) -> Flag | None:
        self._check()
        return self._flags.get(name)

    async def flags(self) -> Sequence[Flag]:
        self._check()
        return [self._flags[name] for name in sorted(self._flags)]

    async def put_flag(self, flag: Flag, expected_revision: int, record: str, at: str) -> bool:
        self._check()
        if self.before_write is not None:
            meddle, self.before_write = self.before_write, None
            await meddle()
        stored = self._flags.get(flag.name)
        if (stored.revision if stored else 0) != expected_revision:
            return False
        assert flag.revision == expected_revision + 1
        self._flags[flag.name] = flag
        stream = f"flag:{flag.name}"
        rows = self._streams.setdefault(stream, [])
        rows.append(EventRow(stream, len(rows) + 1, datetime.fromisoformat(at), record, "unchained"))
        self._revision += 1
        return True

    def rows(self, stream: str) -> Sequence[EventRow]:
        """What was recorded, without asking as the product does."""
        return self._streams.get(stream, [])

    async def flags_revision(self) -> int:
        self._check()
        return self._revision

    async def events(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[EventRow]:
        self._check()
        return [row for row in self._streams.get(stream, []) if row.number > after][:limit]


class SteppingClock:
    """A clock that is a second later at every look."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    async def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
