"""docs/howto/evidence.svg: the chart of a release that turns bad in the middle of a stage, made as the product makes it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from pilotage.domain.conditions import Condition, WorseThanBaseline
from pilotage.domain.plan import EvidenceSettings
from pilotage.interfaces.charts.evidence import draw
from pilotage.testing.builders import (
    EVERYONE,
    automatic,
    hours,
    metric,
    minutes,
    plan_of,
    seconds,
    share,
    stage,
)
from pilotage.testing.metrics import Happening
from pilotage.testing.world import World

SEED = 7
WORSE = WorseThanBaseline("error rate", 20.0, text="error rate worse than baseline by 20%")


def page() -> str:
    """The picture."""
    return asyncio.run(_released()) + "\n"


async def _released() -> str:
    world = World()
    begins = world.clock.now()
    world.metrics.happenings.extend(_traffic(begins))
    plan = plan_of(
        stage("canary", ramp=(share(1), share(5)), bake=minutes(10)),
        stage("pilot", expose=share(25), bake=hours(1)),
        stage("everyone", expose=EVERYONE),
        metrics=[metric("error rate", query="", errors='e{variant="x"}', total='t{variant="x"}')],
        rollback=[automatic(Condition((WORSE,), WORSE.text))],
        evidence=EvidenceSettings(every=seconds(15), reveal=None, grace=seconds(0)),
    )
    release = await world.started(plan)
    await world.pass_time(minutes(45))
    return draw(await world.app.evidence.view(release))


def _traffic(begins: datetime) -> Iterator[Happening]:
    """100 requests a second, one in a thousand of which fails; after 33 minutes one in 200 of the canary's."""
    chance = random.Random(SEED)  # noqa: S311 - a picture, not a secret
    for look in range(4 * 46):
        at = begins + timedelta(seconds=15 * look + 7)
        part = 0.01 if look < 41 else 0.05 if look < 82 else 0.25
        bad = 0.005 if look > 4 * 33 else 0.001
        for variant, requests, rate in (("on", 1500 * part, bad), ("off", 1500 * (1 - part), 0.001)):
            failed = sum(chance.random() < rate for _ in range(round(requests)))
            labels = {"variant": variant}
            yield Happening(at, False, 0.1, labels, times=round(requests) - failed)
            if failed:
                yield Happening(at, True, 0.1, labels, times=failed)
