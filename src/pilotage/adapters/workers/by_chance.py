"""Workers on a database of many machines: each has a name of its own, and a dead one's leases run out."""

from __future__ import annotations

from collections.abc import Callable

from pilotage.application.ports.workers import WorkerName


class NamesByChance:
    """Names nobody else has, made by ``chance``."""

    def __init__(self, chance: Callable[[], str]) -> None:
        self._chance = chance

    def take(self) -> WorkerName:
        """A new name."""
        return WorkerName(self._chance())

    def give_back(self) -> None:
        """Nothing to give back."""

    def somebody_works(self) -> bool | None:
        """It cannot be told from here."""
        return None
