"""A whole Pilotage in memory, on a simulated clock: for tests that read like the incident.

    world = World()
    await world.create(plan_of(stage("pilot", expose=share(10), bake=hours(1))), "1.2.0", by="maria")
    await world.start("checkout-1.2.0", by="maria")
    world.metrics.readings["error rate"] = 8.0
    await world.pass_time(minutes(6))
    assert (await world.release("checkout-1.2.0")).status is Status.ROLLED_BACK

The core, the runtime and the use cases are the real ones; only what touches the world is replaced. Nothing happens
behind the test's back: releases move when time passes, or in ``settle``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

from pilotage.application.ports.metrics import Metrics
from pilotage.application.ports.performer import Performer
from pilotage.application.ports.plans import ReadPlan
from pilotage.application.ports.workers import WorkerName
from pilotage.application.runtime.handle import Core
from pilotage.application.services import Application, Ports
from pilotage.application.use_cases.acting import Acted
from pilotage.application.use_cases.answers import Answers
from pilotage.application.use_cases.creating import Wanted
from pilotage.domain.decision import Wait
from pilotage.domain.effects import Effect, EffectAction
from pilotage.domain.errors import Bug, PlanProblem, UsageError
from pilotage.domain.events import Event, Happened
from pilotage.domain.facts import Body
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release
from pilotage.domain.time import Duration
from pilotage.testing.clock import MONDAY, SimulatedClock, SimulatedWake, Stuck
from pilotage.testing.metrics import InMemoryMetrics
from pilotage.testing.performers import RecordingPerformer
from pilotage.testing.storage import MemoryStorage

_UTC = ZoneInfo("UTC")
_MOST_LOOKS = 1_000_000


class MemoryPlans:
    """The plans port over plans that were built, not written: a plan's document is its digest."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        self._files: dict[Path, Plan] = {}

    def add(self, plan: Plan, file: Path | None = None) -> ReadPlan:
        """Make a plan known, also as the content of ``file``."""
        self._plans[plan.digest] = plan
        if file is not None:
            self._files[file] = plan
        return ReadPlan(plan, plan.digest, ())

    def read(self, path: Path) -> ReadPlan:
        """The plan that was said to stand in that file."""
        if path not in self._files:
            raise UsageError(f"There is no plan file {path}.", "Add it with MemoryPlans.add.")
        return self.add(self._files[path])

    def read_text(self, text: str, name: str = "plan") -> ReadPlan:
        """The plan with that digest, or the mistake that there is none."""
        if text in self._plans:
            return ReadPlan(self._plans[text], text, ())
        return ReadPlan(None, "", (PlanProblem(name, 1, 1, "no plan has this digest; add it first"),))

    def rejudged(self, document: str, changes: str, name: str = "rules") -> ReadPlan:
        """The plan that was added under the digest ``changes``: plans in memory are not written, so whole ones are given."""
        del document
        return self.read_text(changes, name)

    def restore(self, document: str) -> Plan:
        """The plan with that digest."""
        if document not in self._plans:
            raise Bug(f"no plan has the digest {document[:12]}", "Add it with MemoryPlans.add.")
        return self._plans[document]


class OneWorker:
    """The worker names port for a single worker that never dies without a word."""

    def __init__(self, name: str = "the only worker") -> None:
        self._name = name

    def take(self) -> WorkerName:
        """The name."""
        return WorkerName(self._name)

    def give_back(self) -> None:
        """Nothing to give back."""

    def somebody_works(self) -> bool | None:
        """It cannot be told."""
        return None


class World:
    """Everything in one place: ``app`` (the use cases), and the clock, storage, performer and metrics behind it."""

    def __init__(
        self,
        now: datetime = MONDAY,
        *,
        storage: MemoryStorage | None = None,
        performers: Mapping[type[EffectAction], Performer] | None = None,
        metrics: Mapping[str, Metrics] | None = None,
        core: Core | None = None,
    ) -> None:
        """``performers`` and ``metrics`` replace the recording performer and the scripted source, where given."""
        self.clock = SimulatedClock(now)
        self.storage = storage or MemoryStorage()
        self.plans = MemoryPlans()
        self.performer = RecordingPerformer()
        self.metrics = InMemoryMetrics()
        self.wake = SimulatedWake(self.clock)
        kinds: tuple[type[EffectAction], ...] = get_args(EffectAction)
        self.app = Application(
            Ports(
                storage=self.storage,
                flags=self.storage,
                plans=self.plans,
                performers={**dict.fromkeys(kinds, self.performer), **(performers or {})},
                metrics={"scripted": self.metrics, **(metrics or {})},
                clock=self.clock,
                wake=self.wake,
                workers=OneWorker(),
            ),
            core,
        )
        self.worker = self.app.worker()

    # --- what people do ---------------------------------------------------------------------------------------------

    async def create(
        self, plan: Plan, version: str, by: str = "maria", previous: str = "", answers: Answers | None = None
    ) -> str:
        """Create a release; returns its id."""
        wanted = Wanted(version, previous, answers=answers or Answers())
        created = await self.app.creating.create(self.plans.add(plan), wanted, Actor(person=by))
        return created.release.id

    async def start(self, release_id: str, by: str = "maria", rehearsal: bool = False) -> Acted:
        """Start a release and let it move."""
        acted = await self.app.acting.start(release_id, Actor(person=by), rehearsal)
        await self.settle()
        return acted

    async def started(
        self, plan: Plan, version: str = "1.2.0", by: str = "maria", previous: str = "1.1.0"
    ) -> str:
        """Create and start a release; returns its id."""
        release_id = await self.create(plan, version, by, previous)
        await self.start(release_id, by)
        return release_id

    async def act(self, release_id: str, wish: Body, by: str = "maria") -> Acted:
        """A person does something about a release, and it moves. Raises Refused."""
        acted = await self.app.acting.act(release_id, wish, Actor(person=by))
        await self.settle()
        return acted

    # --- time -------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Let everything that is due happen, now."""
        await self.worker.settle()

    async def pass_time(self, duration: Duration) -> None:
        """Let time pass; everything happens at its own moment."""
        end = duration.after(self.clock.now(), _UTC)
        await self.settle()
        for _ in range(_MOST_LOOKS):
            due = await self.storage.next_due()
            if due is None or due > end:
                break
            await self.clock.pass_time(max((due - self.clock.now()).total_seconds(), 0.0))
            await self.settle()
        else:
            raise Stuck(f"more than {_MOST_LOOKS} looks until {end}; it is {self.clock.now()}")
        await self.clock.pass_time((end - self.clock.now()).total_seconds())
        await self.settle()

    # --- what can be seen -------------------------------------------------------------------------------------------

    async def release(self, release_id: str) -> Release:
        """The release as it is now."""
        return (await self.app.loader.load(release_id)).release

    async def history(self, release_id: str) -> list[Happened]:
        """Everything that became true."""
        return await self.app.loader.history(release_id)

    async def events(self, release_id: str, *kinds: type[Event]) -> list[Event]:
        """The events of these kinds (all, without any)."""
        return [h.event for h in await self.history(release_id) if not kinds or isinstance(h.event, kinds)]

    async def waits(self, release_id: str) -> tuple[Wait, ...]:
        """What the release waits for."""
        return (await self.app.looking.why(release_id)).waits

    async def holds_together(self) -> None:
        """Assert what must always hold of the record: gapless, chained, and the states are what the events add up to."""
        verified = await self.app.audit.verify()
        assert verified.holds, [str(s.broken) for s in verified.streams if s.broken]

    def done(self, kind: type[EffectAction]) -> list[Effect]:
        """The effects of a kind that were carried out, in order."""
        return [effect for effect in self.performer.performed if isinstance(effect.action, kind)]
