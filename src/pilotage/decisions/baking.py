"""Baking: how long a stage is watched."""

from __future__ import annotations

from datetime import datetime, timedelta

from pilotage.decisions.turn import Turn
from pilotage.domain.release import StageState
from pilotage.domain.stages import Stage
from pilotage.domain.time import Bake, Duration

USUAL_BAKE = Bake(Duration(days=1))
"""How long a stage that exposes users is watched where the plan does not say."""

NO_BAKE = Bake(Duration())


def bake_of(stage: Stage) -> Bake:
    """How long the stage is watched: what it says, else a day where users are exposed."""
    if stage.bake is not None:
        return stage.bake
    raises = any(not r.most.nobody or r.options for r in stage.rungs)
    return USUAL_BAKE if raises else NO_BAKE


def baked_at(turn: Turn, stage: Stage, state: StageState) -> datetime | None:
    """When the watched time is over, without the time it was held; None while it has not begun or stands still."""
    if state.bake_from is None or turn.release.hold is not None:
        return None
    return bake_of(stage).least.after(state.bake_from, turn.zone) + timedelta(seconds=state.held_for)
