"""Exposure that people move: the effect becomes a task, and a person says when it is done."""

from __future__ import annotations

from pilotage.domain.effects import Effect, RetireFlag, SetExposure
from pilotage.domain.facts import Outcome, OutcomeKind


class ByHand:
    """Moves nothing itself: the outcome is unknown until a person answers, and the release asks for that."""

    async def perform(self, effect: Effect) -> Outcome:
        """Tell in words what a person must do."""
        match effect.action:
            case SetExposure(flag=flag, exposure=exposure):
                task = f"let exactly this meet the change, by hand: {exposure} ({flag}); then say that it is done"
            case RetireFlag(flag=flag):
                task = f"retire {flag} by hand: everybody gets the change for good; then say that it is done"
            case action:
                raise TypeError(f"effect {effect.id} moves no exposure: {type(action).__name__}")
        return Outcome(OutcomeKind.UNKNOWN, task)

    async def happened(self, effect: Effect) -> bool | None:
        """Only a person can tell."""
        del effect
        return None
