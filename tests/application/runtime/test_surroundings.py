"""Incidents of a system are seen by all its releases, and by no other system's."""

from __future__ import annotations

from pilotage.application.runtime.handle import Core
from pilotage.application.runtime.surroundings import Neighbourhood
from pilotage.decisions.decide import decide
from pilotage.domain import facts as f
from pilotage.domain.decision import Decision
from pilotage.domain.facts import Surroundings
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Unit
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status
from pilotage.testing.builders import below, metric, minutes, plan_of, stage
from pilotage.testing.world import World
from tests.support.damage import make_unreadable


def of_system(plan: str, system: str) -> Plan:
    return plan_of(stage("only", gate=["Tested"]), plan=plan, roles={"primary": ["maria"]}, system=system)


async def around(world: World) -> dict[str, Surroundings]:
    return await Neighbourhood(world.storage, world.app.loader).of(await world.storage.releases())


async def test_an_incident_is_seen_by_the_other_releases_of_its_system_while_it_is_open() -> None:
    world = World()
    for plan, system in (("one", "shop"), ("two", "shop"), ("three", "search"), ("four", "")):
        await world.started(of_system(plan, system), "1")
    await world.act("one-1", f.ReportIncident("payments fail"))
    assert {r: s.open_incidents for r, s in (await around(world)).items() if s.open_incidents} == {
        "two-1": ("payments fail",)
    }
    await world.act("one-1", f.ReportIncident("payments fail", closed=True))
    assert not any(s.open_incidents for s in (await around(world)).values())


async def test_a_look_a_word_and_why_are_all_given_them() -> None:
    seen: list[tuple[str, ...]] = []

    def watched_decide(release: Release, judging: Judging, fact: f.Fact) -> Decision:
        seen.append(fact.surroundings.open_incidents)
        return decide(release, judging, fact)

    world = World(core=Core(decide=watched_decide))
    await world.started(of_system("one", "shop"), "1")
    await world.act("one-1", f.ReportIncident("payments fail"))
    await world.create(of_system("two", "shop"), "1")
    seen.clear()
    await world.settle()
    await world.start("two-1")
    await world.app.looking.why("two-1")
    assert len(seen) >= 3
    assert set(seen) == {("payments fail",)}


async def test_a_release_that_waits_for_an_incident_elsewhere_to_end_moves_when_it_does() -> None:
    world = World()
    gate = below("open incidents", 1)
    waiting = plan_of(
        stage("only", gate=[gate]), plan="two", roles={"primary": ["maria"]}, system="shop",
        metrics=[metric("open incidents", Unit.COUNT, source="pilotage", connected=False)],
    )  # fmt: skip
    await world.started(of_system("one", "shop"), "1")
    await world.act("one-1", f.ReportIncident("payments fail"))
    await world.started(waiting, "1")
    await world.pass_time(minutes(5))
    assert (await world.release("two-1")).status is Status.RUNNING
    await world.act("one-1", f.ReportIncident("payments fail", closed=True))
    await world.pass_time(minutes(1))
    assert (await world.release("two-1")).status is Status.COMPLETED


async def test_a_neighbour_that_cannot_be_read_stops_nobody_and_its_incidents_count_as_open() -> None:
    world = World()
    for plan in ("one", "two"):
        await world.started(of_system(plan, "shop"), "1")
    await world.act("one-1", f.ReportIncident("payments fail"))
    make_unreadable(world, "one-1")
    seen = (await around(world))["two-1"].open_incidents
    assert seen == ("those of one-1, which cannot be read",)
    await world.act("two-1", f.Hold("still heard"))
    assert (await world.release("two-1")).hold is not None
