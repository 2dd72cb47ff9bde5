"""The doctor: what is wrong is found, said, and comes with what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pilotage.application.services import Application
from pilotage.application.use_cases.doctor import Finding
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.testing.builders import above, automatic, do, hours, metric, plan_of, run, share, stage
from pilotage.testing.world import World

MARIA = Actor(person="maria")


async def bad(world: World) -> dict[str, Finding]:
    return {finding.about: finding for finding in await world.app.doctor.examine() if finding.ok is False}


def watched() -> Plan:
    return plan_of(
        stage("pilot", steps=[run("deploy")], expose=share(10), bake=hours(1)),
        roles={"primary": ["maria"]},
        metrics=[metric("error rate")],
        rollback=[automatic(above("error rate", 5))],
    )


async def test_all_is_well() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    await world.started(watched())
    findings = await world.app.doctor.examine()
    assert [f.about for f in findings if f.ok] == ["database", "clock", "source main"]
    assert not [f for f in findings if f.ok is False]


async def test_a_database_that_cannot_be_used_is_the_only_finding() -> None:
    world = World()

    async def locked() -> None:
        raise StoreUnusable("The database is locked by another program.", "End it.")

    world.storage.ready = locked  # type: ignore[method-assign]
    assert await world.app.doctor.examine() == (
        Finding("database", False, "The database is locked by another program.", "End it."),
    )


async def test_releases_nobody_carries_on_are_named() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    release = await world.create(watched(), "1.0")
    await world.app.acting.start(release, MARIA)
    world.clock.jump(world.clock.now() + timedelta(minutes=5))
    found = (await bad(world))[release]
    assert "waits to be carried out" in found.what
    assert "pilotage serve" in found.advice


async def test_a_question_to_a_role_nobody_holds_is_named() -> None:
    world = World()
    plan = plan_of(
        stage("only", steps=[do("Brief support", by="support")]), roles={"primary": ["maria"], "support": []}
    )
    release = await world.started(plan)
    found = (await bad(world))[release]
    assert found.what == '"Brief support" waits for support, and nobody holds that role'


async def test_an_unreachable_source_is_named_with_its_reason() -> None:
    world = World()
    world.metrics.problem = "connection refused"
    await world.started(watched())
    assert (await bad(world))["source main"].what == "memory: connection refused"


async def test_a_clock_behind_the_record_is_found() -> None:
    world = World()
    world.metrics.readings["error rate"] = 0.1
    await world.started(watched())
    world.clock.jump(world.clock.now() - timedelta(hours=2))
    assert "the clock says" in (await bad(world))["clock"].what


async def test_whether_a_worker_runs_is_said_where_it_can_be_told() -> None:
    class Nobody:
        def take(self) -> object: ...

        def give_back(self) -> None: ...

        def somebody_works(self) -> bool | None:
            return False

    world = World()
    world.metrics.readings["error rate"] = 0.1
    await world.started(watched())
    world.app = Application(replace(world.app.ports, workers=Nobody()))  # type: ignore[arg-type]
    assert (await bad(world))["worker"].advice == "Start one: `pilotage serve`."
