"""The two actions this package performs."""

from __future__ import annotations

from pilotage.domain.effects import Effect, RetireFlag, SetExposure
from pilotage.domain.errors import Bug


def exposure_action(effect: Effect) -> SetExposure | RetireFlag:
    """The effect's action. Raises Bug when it moves no exposure and came to the wrong performer."""
    action = effect.action
    if not isinstance(action, SetExposure | RetireFlag):
        raise Bug(
            f"effect {effect.id} ({type(action).__name__}) was given to a performer that only moves exposure",
            "Please report this with the plan that led to it.",
        )
    return action
