"""The performer port: one kind of effect carried out in the world."""

from __future__ import annotations

from typing import Protocol

from pilotage.domain.effects import Effect
from pilotage.domain.facts import Outcome


class Performer(Protocol):
    """Carries out effects of the action types it is registered for."""

    async def perform(self, effect: Effect) -> Outcome:
        """Carry the effect out, with its id as idempotency key wherever the world takes one.

        Never raises for the outside's faults.
        """
        ...

    async def happened(self, effect: Effect) -> bool | None:
        """After a crash: whether this effect already happened (None: it cannot be told). Must change nothing."""
        ...
