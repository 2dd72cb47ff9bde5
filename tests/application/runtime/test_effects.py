"""Effects: carried out once each, recovered after a crash, given back or waited for when the worker stops."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from pilotage.application.ports.storage import Change
from pilotage.application.ports.workers import WorkerName
from pilotage.application.runtime.effects import LEASE, RENEW, EffectRunner
from pilotage.application.services import Application, Ports
from pilotage.domain import events as e
from pilotage.domain.effects import Effect, RunCommands
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.facts import Outcome, OutcomeKind
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status, StepStatus
from pilotage.domain.steps import AfterCrash
from pilotage.testing.builders import plan_of, run, seconds, stage
from pilotage.testing.performers import RecordingPerformer
from pilotage.testing.world import World

MARIA = Actor(person="maria")


class Forgetful:
    """A performer that acts and cannot say afterwards whether it did (``knows`` None), or says ``knows``."""

    def __init__(self, knows: bool | None = None) -> None:
        self.knows = knows
        self.acted: list[str] = []
        self.fails = False
        self.asked = 0

    async def perform(self, effect: Effect) -> Outcome:
        self.acted.append(effect.id)
        if self.fails:
            raise RuntimeError("a mistake of ours")
        return Outcome(OutcomeKind.DONE)

    async def happened(self, effect: Effect) -> bool | None:
        self.asked += 1
        return self.knows


def one_step(after_crash: AfterCrash = AfterCrash.ASK) -> Plan:
    return plan_of(
        stage("only", steps=[run("deploy", "./deploy.sh", after_crash=after_crash)]),
        roles={"primary": ["maria"]},
    )


def world_with(performer: Forgetful | RecordingPerformer) -> World:
    return World(performers={RunCommands: performer})


async def begun_and_lost(world: World, plan: Plan) -> str:
    """A release whose only effect was claimed by a worker that then died: its lease has run out."""
    release = await world.create(plan, "1.2.0")
    await world.app.acting.start(release, MARIA)
    claimed = await world.storage.claim_effects(world.clock.now(), 1, LEASE, "a worker that died")
    assert len(claimed) == 1
    world.clock.jump(world.clock.now() + timedelta(seconds=LEASE + 1))
    return release


async def step_of(world: World, release: str) -> StepStatus:
    state: Release = await world.release(release)
    return state.steps["only/deploy"].status


@pytest.mark.parametrize(
    ("knows", "after_crash", "acted", "status"),
    [
        (True, AfterCrash.ASK, 0, StepStatus.PASSED),
        (False, AfterCrash.ASK, 1, StepStatus.PASSED),
        (None, AfterCrash.REPEAT, 1, StepStatus.PASSED),
        (None, AfterCrash.ASK, 0, StepStatus.UNKNOWN),
    ],
)
async def test_what_a_dead_worker_began_is_looked_into_before_anything_is_done_again(
    knows: bool | None, after_crash: AfterCrash, acted: int, status: StepStatus
) -> None:
    performer = Forgetful(knows)
    world = world_with(performer)
    release = await begun_and_lost(world, one_step(after_crash))
    await world.settle()
    assert len(performer.acted) == acted
    assert performer.asked == 1
    assert await step_of(world, release) is status
    await world.holds_together()


async def test_an_effect_that_was_never_claimed_is_not_asked_about() -> None:
    performer = Forgetful()
    world = world_with(performer)
    await world.started(one_step())
    assert (len(performer.acted), performer.asked) == (1, 0)


async def test_a_performer_that_breaks_leaves_the_outcome_unknown() -> None:
    performer = Forgetful()
    performer.fails = True
    world = world_with(performer)
    release = await world.started(one_step())
    assert await step_of(world, release) is StepStatus.UNKNOWN
    assert len(performer.acted) == 1


async def test_an_action_nothing_is_connected_for_fails_and_says_so() -> None:
    world = World()
    without = {kind: p for kind, p in world.app.ports.performers.items() if kind is not RunCommands}
    ports = world.app.ports
    app = Application(
        Ports(
            storage=ports.storage, flags=ports.flags, plans=ports.plans, performers=without, metrics=ports.metrics,
            clock=ports.clock, wake=ports.wake, workers=ports.workers,
        )
    )  # fmt: skip
    world.worker = app.worker()
    release = await world.started(one_step())
    failed = await world.events(release, e.StepFailed)
    assert [event.detail for event in failed if isinstance(event, e.StepFailed)] == [
        "nothing here can carry this out (RunCommands); see `pilotage doctor`"
    ]


async def under_way(world: World, performer: RecordingPerformer) -> EffectRunner:
    """A runner with one effect in the middle of being carried out."""
    performer.pause()
    release = await world.create(one_step(), "1.2.0")
    await world.app.acting.start(release, MARIA)
    runner = EffectRunner(
        world.storage, world.app.handler, world.app.ports.performers, world.clock, world.wake, "runner"
    )
    assert await runner.start_due()
    await world.clock.everybody_waits()
    assert len(runner.running) == 1
    return runner


async def test_the_lease_of_a_long_effect_is_renewed_so_nobody_else_begins_it() -> None:
    performer = RecordingPerformer()
    world = world_with(performer)
    runner = await under_way(world, performer)
    for _ in range(12):
        await world.clock.pass_time(RENEW)
        assert not await world.storage.claim_effects(world.clock.now(), 10, LEASE, "another worker")
    performer.resume()
    await runner.settled()
    assert (await world.release("checkout-1.2.0")).status is Status.COMPLETED
    await runner.stop(0)


async def test_a_stopping_worker_waits_for_what_runs() -> None:
    performer = RecordingPerformer()
    world = world_with(performer)
    runner = await under_way(world, performer)
    stopping = asyncio.create_task(runner.stop(5))
    await world.clock.everybody_waits()
    assert not stopping.done()
    performer.resume()
    await stopping
    assert await step_of(world, "checkout-1.2.0") is StepStatus.PASSED


async def test_what_a_stopping_worker_had_to_break_off_comes_back_to_be_looked_into() -> None:
    performer = RecordingPerformer()
    world = world_with(performer)
    runner = await under_way(world, performer)
    await runner.stop(0)
    assert runner.running == ()
    performer.resume()
    await world.settle()
    assert await step_of(world, "checkout-1.2.0") is StepStatus.RUNNING
    await world.pass_time(seconds(LEASE + 1))
    assert await step_of(world, "checkout-1.2.0") is StepStatus.PASSED
    assert len(performer.performed) == 1


async def test_a_stopped_runner_gives_back_what_it_claimed_and_did_not_begin() -> None:
    world = World()
    release = await world.create(one_step(), "1.2.0")
    await world.app.acting.start(release, MARIA)
    runner = EffectRunner(
        world.storage, world.app.handler, world.app.ports.performers, world.clock, world.wake, "runner"
    )
    claim = world.storage.claim_effects

    async def stop_while_claiming(*args: object, **named: object) -> object:
        rows = await claim(*args, **named)  # type: ignore[arg-type]
        await runner.stop(0)
        return rows

    world.storage.claim_effects = stop_while_claiming  # type: ignore[method-assign, assignment]
    assert not await runner.start_due()
    world.storage.claim_effects = claim  # type: ignore[method-assign]
    await world.settle()
    assert await step_of(world, release) is StepStatus.PASSED
    assert not (await world.release(release)).questions


async def test_the_end_of_an_effect_is_not_lost_while_the_database_cannot_be_used() -> None:
    world = World()
    commit, broken = world.storage.commit, 3

    async def sometimes(changes: Sequence[Change]) -> frozenset[str]:
        nonlocal broken
        if broken and any(change.ended for change in changes):
            broken -= 1
            raise StoreUnusable("the disk is full", "make room")
        return await commit(changes)

    world.storage.commit = sometimes  # type: ignore[method-assign]
    release = await world.create(one_step(), "1.2.0")
    await world.clock.until_done(world.start(release))
    assert broken == 0
    assert (await world.release(release)).status is Status.COMPLETED
    assert len(world.performer.asked) == 1


async def test_an_end_that_somebody_else_handed_in_is_dropped() -> None:
    """A frozen worker thaws after another one took its effect over: only one outcome counts."""
    performer = RecordingPerformer()
    world = world_with(performer)
    frozen = await under_way(world, performer)
    world.clock.jump(world.clock.now() + timedelta(seconds=LEASE + 1))
    performer.resume()
    other = EffectRunner(
        world.storage, world.app.handler, world.app.ports.performers, world.clock, world.wake, "another"
    )
    await other.start_due()
    await other.settled()
    await frozen.settled()
    passed = await world.events("checkout-1.2.0", e.StepPassed)
    assert len(passed) == 1
    await world.holds_together()
    await frozen.stop(0)
    await other.stop(0)


async def test_an_inherited_name_takes_its_dead_leases_back_at_once() -> None:
    world = World()
    release = await world.create(one_step(AfterCrash.REPEAT), "1.2.0")
    await world.app.acting.start(release, MARIA)
    assert await world.storage.claim_effects(world.clock.now(), 1, LEASE, "heir")

    class Heir:
        def take(self) -> WorkerName:
            return WorkerName("heir", inherited=True)

        def give_back(self) -> None: ...

        def somebody_works(self) -> bool | None:
            return None

    ports = world.app.ports
    world.worker = Application(
        Ports(
            storage=ports.storage, flags=ports.flags, plans=ports.plans, performers=ports.performers,
            metrics=ports.metrics, clock=ports.clock, wake=ports.wake, workers=Heir(),
        )
    ).worker()  # fmt: skip
    await world.settle()
    assert (await world.release(release)).status is Status.COMPLETED
