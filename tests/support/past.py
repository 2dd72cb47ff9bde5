"""A release that has numbers behind it: taken by the real runtime from a source in memory, into any store.

Ten percent of the users meet the change for half an hour; from its twelfth minute on it fails for five in a hundred of
them. So it is rolled back by its own plan, and what there is to see, to draw and to judge again is the real thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import get_args

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.ports.flags import FlagStore
from pilotage.application.ports.storage import Storage
from pilotage.application.services import Application, Ports
from pilotage.application.use_cases.creating import Wanted
from pilotage.domain.effects import EffectAction
from pilotage.domain.people import Actor
from pilotage.testing.clock import MONDAY, SimulatedClock, SimulatedWake
from pilotage.testing.metrics import Happening, InMemoryMetrics
from pilotage.testing.performers import RecordingPerformer
from pilotage.testing.world import OneWorker

PLAN = """\
plan: checkout
title: Checkout
roles: {primary: {people: [maria], self-approval: true}}
sources: {main: {type: prometheus, url: "http://127.0.0.1:1"}}
metrics:
  error rate:
    unit: percent
    source: main
    errors: sum(increase(requests_total{variant="{{variant}}",code=~"5.."}[{{over}}]))
    total: sum(increase(requests_total{variant="{{variant}}"}[{{over}}]))
  conversion: {unit: percent, ask: every 1d of primary}
guard: {error rate: "target < 2%"}
exposure: {flag: new-checkout}
evidence: {every: 15s, grace: 0s, reveal: nothing}
stages:
  - {stage: pilot, expose: 10%, bake: 30m, go: by itself}
  - {stage: everyone, expose: everyone, bake: 30m}
rollback:
  automatic: error rate worse than baseline by 20%
  then: hold
"""
"""A plan that compares."""

WORSE_FROM = MONDAY + timedelta(minutes=12)
"""When the change begins to fail."""


def traffic(until: datetime, worse_from: datetime = WORSE_FROM) -> Iterator[Happening]:
    """100 requests a second, counted by the second: one in a thousand fails, five in a hundred of the canary's when worse."""
    at, seconds = MONDAY, 0
    while at < until:
        at, seconds = at + timedelta(seconds=1), seconds + 1
        bad = at > worse_from
        yield Happening(at, False, 0.1, {"variant": "on"}, times=10)
        yield Happening(at, False, 0.1, {"variant": "off"}, times=90)
        if (bad and seconds % 2 == 0) or seconds % 100 == 7:
            yield Happening(at, True, 0.1, {"variant": "on"})
        if seconds % 11 == 3:
            yield Happening(at, True, 0.1, {"variant": "off"})


async def with_numbers(
    storage: Storage,
    flags: FlagStore,
    *,
    plan: str = PLAN,
    minutes: float = 20,
    worse_from: datetime = WORSE_FROM,
) -> str:
    """Create a release in ``storage``, start it and let ``minutes`` pass; returns its id."""
    clock, performer = SimulatedClock(), RecordingPerformer()
    end = MONDAY + timedelta(minutes=minutes)
    metrics = InMemoryMetrics(list(traffic(end, worse_from)))
    app = Application(
        Ports(
            storage=storage,
            flags=flags,
            plans=YamlPlans(),
            performers=dict.fromkeys(get_args(EffectAction), performer),
            metrics={"prometheus": metrics},
            clock=clock,
            wake=SimulatedWake(clock),
            workers=OneWorker(),
        )
    )
    worker, maria = app.worker(), Actor(person="maria")
    created = await app.creating.create(app.plans.read_text(plan), Wanted("1.4.0", "1.3.0"), maria)
    await app.acting.start(created.release.id, maria)
    await worker.settle()
    while (due := await storage.next_due()) is not None and due <= end:
        await clock.pass_time(max((due - clock.now()).total_seconds(), 0.0))
        await worker.settle()
    return created.release.id
