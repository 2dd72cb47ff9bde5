"""The flags port: where the built-in flags are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pilotage.domain.flags import Flag


class FlagStore(Protocol):
    """Keeps flag definitions, with a revision that only grows, and a stream of who changed what."""

    async def flag(self, name: str) -> Flag | None:
        """The flag of that name, or None."""
        ...

    async def flags(self) -> Sequence[Flag]:
        """All flags, by name."""
        ...

    async def put_flag(self, flag: Flag, expected_revision: int, record: str, at: str) -> bool:
        """Store ``flag`` (of revision ``expected_revision + 1``) unless the stored revision differs (0: no flag yet).

        ``record`` is the JSON of the event for the flag's own hash-chained stream (``flag:NAME``), ``at`` its ISO time.
        Returns whether it was stored.
        """
        ...

    async def flags_revision(self) -> int:
        """A number that changes whenever any flag changes: the base of bulk ETags and of caches."""
        ...
