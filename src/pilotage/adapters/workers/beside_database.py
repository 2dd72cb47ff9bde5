"""Workers on an embedded database: the first of a machine takes the one inherited name, any further a name of its own.

The inherited name is guarded by a lock on a file beside the database. The operating system lets the lock go when the
process ends, however it ends; so whoever gets it knows that its leases are a dead worker's, and need not wait for them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from pilotage.application.ports.workers import WorkerName

if sys.platform != "win32":  # there every worker has a name of its own, and a dead one's leases run out
    import fcntl

EMBEDDED = "the embedded worker"


class NamesBesideDatabase:
    """Names for workers on the database in the file ``database``; ``chance`` makes names nobody else has."""

    def __init__(self, database: Path, chance: Callable[[], str]) -> None:
        self._file = database.parent / f"{database.name}.worker"
        self._chance = chance
        self._held: int | None = None

    def take(self) -> WorkerName:
        """The inherited name if no living process has it."""
        if self._held is None:
            self._held = self._lock()
        return WorkerName(self._chance()) if self._held is None else WorkerName(EMBEDDED, inherited=True)

    def give_back(self) -> None:
        """Let another process have the inherited name."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def somebody_works(self) -> bool | None:
        """Whether a living process holds the inherited name."""
        if sys.platform == "win32":
            return None
        if self._held is not None:
            return True
        descriptor = self._lock()
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def _lock(self) -> int | None:
        """The lock, held as long as the descriptor is open; None when a living process has it, or no file can be made."""
        if sys.platform == "win32":
            return None
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor
