"""The simulation runs the code that runs live: a plan carried by the real runtime on a simulated clock tells the same story."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from pilotage.application.simulation.play import simulate
from pilotage.application.simulation.scenario import BUILT_IN
from pilotage.domain import events as e
from pilotage.domain.events import Happened
from pilotage.testing.builders import (
    EVERYONE,
    above,
    automatic,
    below,
    guard,
    hours,
    metric,
    minutes,
    plan_of,
    run,
    segment,
    share,
    stage,
)
from pilotage.testing.clock import MONDAY
from pilotage.testing.world import World

PLAN = plan_of(
    stage("internal", expose=segment("team"), bake=hours(1), steps=[run("deploy")]),
    stage("ramp", ramp=[share(10), share(50)], bake=hours(2), guards=(guard("error rate", 1, 5),), gate=[below("error rate", 1, minutes(30))]),
    stage("everyone", expose=EVERYONE, bake=hours(1)),
    metrics=[metric("error rate")],
    rollback=[automatic(above("error rate", 5, minutes(5)))],
)  # fmt: skip


def story(log: list[Happened]) -> list[str]:
    """What happened, in order, without what only the runtime or only the simulation knows."""
    kept = (e.StageEntered, e.StepStarted, e.StepPassed, e.ExposureChanged, e.BakeStarted, e.GatePassed, e.StageCompleted, e.TriggerFired,
            e.RollbackStarted, e.RollbackCompleted, e.ReleaseCompleted)  # fmt: skip
    told = []
    for happened in log:
        event = happened.event
        if isinstance(event, kept):
            told.append(" ".join(str(x) for x in (type(event).__name__, getattr(event, "stage", ""), getattr(event, "rung", ""), getattr(event, "step", ""),
                                                  getattr(event, "after", ""), getattr(event, "trigger", ""))))  # fmt: skip
    return told


async def _live(bad_from: float | None) -> list[Happened]:
    world = World()
    world.metrics.readings["error rate"] = 0.4
    release = await world.started(PLAN)
    if bad_from is None:
        await world.pass_time(hours(8))
    else:
        await world.pass_time(hours(bad_from))
        world.metrics.readings["error rate"] = 8.0
        await world.pass_time(hours(1))
    return await world.history(release)


def test_a_good_day_is_the_same_live_and_simulated() -> None:
    simulated = simulate(PLAN, BUILT_IN["healthy"], MONDAY)
    live = asyncio.run(_live(None))
    assert story([m.happened for m in simulated.moments]) == story(live)


def test_and_so_is_an_error_spike() -> None:
    simulated = simulate(PLAN, BUILT_IN["error-spike"], MONDAY)
    live = asyncio.run(_live(1.5 + 1 / 120))
    assert story([m.happened for m in simulated.moments]) == story(live)
    assert simulated.fault_at is not None
    assert simulated.release.rollback is not None
    assert (
        timedelta(minutes=5)
        <= simulated.release.rollback.started - simulated.fault_at
        <= timedelta(minutes=6)
    )
