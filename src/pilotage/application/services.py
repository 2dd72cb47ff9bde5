"""Everything a person or a program can ask Pilotage for, put together once; the faces get this and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pilotage.application.ports.clock import Clock
from pilotage.application.ports.flags import FlagStore
from pilotage.application.ports.metrics import Metrics
from pilotage.application.ports.plans import Plans
from pilotage.application.ports.storage import Storage
from pilotage.application.ports.wake import Wake
from pilotage.application.runtime.effects import EffectRunner, Performers
from pilotage.application.runtime.handle import Core, Handler
from pilotage.application.runtime.loading import Loader
from pilotage.application.runtime.loop import Worker
from pilotage.application.runtime.ticks import Ticker
from pilotage.application.use_cases.acting import Acting
from pilotage.application.use_cases.audit import Audit
from pilotage.application.use_cases.creating import Creating
from pilotage.application.use_cases.doctor import Doctor
from pilotage.application.use_cases.flag_reading import FlagReader
from pilotage.application.use_cases.flags import Flags
from pilotage.application.use_cases.killing import tell_releases
from pilotage.application.use_cases.looking import Looking


@dataclass(frozen=True, slots=True)
class World:
    """The adapters Pilotage runs on. ``worker_name`` names this process in its leases.

    ``worker_running`` tells whether some process carries releases on here; None where it cannot be told.
    """

    storage: Storage
    flags: FlagStore
    plans: Plans
    performers: Performers
    metrics: Mapping[str, Metrics]
    clock: Clock
    wake: Wake
    worker_name: str = "worker"
    worker_running: Callable[[], bool | None] = lambda: None


class Application:
    """The use cases over one world."""

    def __init__(self, world: World, core: Core | None = None) -> None:
        """Put the use cases together; nothing is opened or started."""
        core = core or Core()
        self.world = world
        self.clock = world.clock
        self.plans = world.plans
        self.loader = Loader(world.storage, world.plans)
        self.handler = Handler(world.storage, self.loader, world.clock, world.wake, core)
        self.creating = Creating(world.storage, world.plans, self.loader, world.clock, world.wake)
        self.acting = Acting(self.handler, self.loader, world.plans)
        self.looking = Looking(world.storage, self.loader, world.clock, core)
        self.audit = Audit(world.storage, world.plans, self.loader, self.looking)
        self.flag_reader = FlagReader(world.flags)
        self.flags = Flags(
            world.flags, world.storage, world.clock, tell_releases(world.storage, self.loader, self.handler)
        )
        self.doctor = Doctor(
            world.storage, self.loader, self.looking, world.metrics, world.clock, world.worker_running, core
        )

    def worker(self) -> Worker:
        """A worker that carries all releases of the store on; run at most one in a process."""
        world = self.world
        ticker = Ticker(
            world.storage,
            self.loader,
            self.handler,
            world.metrics,
            world.clock,
            world.wake,
            world.worker_name,
        )
        runner = EffectRunner(
            world.storage, self.handler, world.performers, world.clock, world.wake, world.worker_name
        )
        return Worker(world.storage, ticker, runner, world.clock, world.wake)
