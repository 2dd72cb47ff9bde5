"""Which adapter moves the exposure: the one the plan names with ``via``."""

from __future__ import annotations

from collections.abc import Mapping

from pilotage.adapters.flags.actions import exposure_action
from pilotage.application.ports.performer import Performer
from pilotage.domain.effects import Effect
from pilotage.domain.facts import Outcome, OutcomeKind


class ExposurePerformer:
    """Hands SetExposure and RetireFlag to the performer registered for their ``via`` (``flag``, ``by hand``, ...)."""

    def __init__(self, by_via: Mapping[str, Performer]) -> None:
        self._by_via = dict(by_via)

    async def perform(self, effect: Effect) -> Outcome:
        """Carry it out through the named adapter; FAILED when none of that name is connected."""
        via = exposure_action(effect).via
        if (performer := self._by_via.get(via)) is None:
            known = ", ".join(f'"{name}"' for name in self._by_via)
            return Outcome(
                OutcomeKind.FAILED,
                f'nothing is connected that moves exposure via "{via}"; connected: {known}. '
                'Connect it, or write "via: by hand" in the plan\'s exposure section',
            )
        return await performer.perform(effect)

    async def happened(self, effect: Effect) -> bool | None:
        """Ask the named adapter; None when it is not connected."""
        performer = self._by_via.get(exposure_action(effect).via)
        return None if performer is None else await performer.happened(effect)
