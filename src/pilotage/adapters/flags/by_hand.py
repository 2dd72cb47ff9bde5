"""Exposure that people move: the effect becomes a task, and a person says when it is done."""

from __future__ import annotations

from pilotage.adapters.flags.actions import exposure_action
from pilotage.domain.effects import Effect, SetExposure
from pilotage.domain.facts import Outcome, OutcomeKind


class ByHand:
    """Moves nothing itself: the outcome is unknown until a person answers, and the release asks for that."""

    async def perform(self, effect: Effect) -> Outcome:
        """Tell in words what a person must do."""
        action = exposure_action(effect)
        if isinstance(action, SetExposure):
            task = f"let exactly this meet the change, by hand: {action.exposure} ({action.flag})"
        else:
            task = f"retire {action.flag} by hand: everybody gets the change for good"
        return Outcome(OutcomeKind.UNKNOWN, f"{task}; then say that it is done")

    async def happened(self, effect: Effect) -> bool | None:
        """Only a person can tell."""
        exposure_action(effect)
        return None
