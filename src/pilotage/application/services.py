"""Everything a person or a program can ask Pilotage for, put together once; the faces get this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pilotage.application.ports.clock import Clock
from pilotage.application.ports.flags import FlagStore
from pilotage.application.ports.metrics import Metrics
from pilotage.application.ports.plans import Plans
from pilotage.application.ports.storage import Storage
from pilotage.application.ports.wake import Wake
from pilotage.application.ports.workers import WorkerNames
from pilotage.application.runtime.effects import EffectRunner, Performers
from pilotage.application.runtime.handle import Core, Handler
from pilotage.application.runtime.loading import Loader
from pilotage.application.runtime.loop import Worker
from pilotage.application.runtime.ticks import Ticker
from pilotage.application.use_cases.acting import Acting
from pilotage.application.use_cases.audit import Audit
from pilotage.application.use_cases.creating import Creating
from pilotage.application.use_cases.doctor import Doctor
from pilotage.application.use_cases.evidence import ShowingEvidence
from pilotage.application.use_cases.flag_reading import FlagReader
from pilotage.application.use_cases.flags import Flags
from pilotage.application.use_cases.killing import tell_releases
from pilotage.application.use_cases.looking import Looking
from pilotage.application.use_cases.replaying import Replaying
from pilotage.application.use_cases.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Ports:
    """The adapters Pilotage runs on, one for each port."""

    storage: Storage
    flags: FlagStore
    plans: Plans
    performers: Performers
    metrics: Mapping[str, Metrics]
    clock: Clock
    wake: Wake
    workers: WorkerNames


class Application:
    """The use cases over one set of adapters."""

    def __init__(self, ports: Ports, core: Core | None = None) -> None:
        """Put the use cases together; nothing is opened or started."""
        core = core or Core()
        self.ports = ports
        self.clock = ports.clock
        self.plans = ports.plans
        self.loader = Loader(ports.storage, ports.plans)
        self.handler = Handler(ports.storage, self.loader, ports.clock, ports.wake, core)
        self.creating = Creating(ports.storage, ports.plans, self.loader, ports.clock, ports.wake)
        self.acting = Acting(self.handler, self.loader, ports.plans, ports.flags)
        self.looking = Looking(ports.storage, self.loader, ports.clock, core)
        self.evidence = ShowingEvidence(ports.storage, self.loader)
        self.replaying = Replaying(ports.storage, ports.plans, self.loader, core.decide)
        self.audit = Audit(ports.storage, ports.plans, self.loader, self.looking)
        self.flag_reader = FlagReader(ports.flags)
        self.flags = Flags(
            ports.flags, ports.storage, ports.clock, tell_releases(ports.storage, self.loader, self.handler)
        )
        self.tokens = Tokens(ports.storage, ports.clock)
        self.doctor = Doctor(
            ports.storage, self.loader, self.looking, ports.metrics, ports.clock, ports.workers, core
        )

    def worker(self) -> Worker:
        """A worker that carries all releases of the store on; run at most one in a process."""
        ports = self.ports
        owner = ports.workers.take()
        ticker = Ticker(
            ports.storage, self.loader, self.handler, ports.metrics, ports.clock, ports.wake, owner.name
        )
        runner = EffectRunner(
            ports.storage, self.handler, ports.performers, ports.clock, ports.wake, owner.name
        )
        return Worker(ports.storage, ticker, runner, ports.clock, ports.wake, ports.workers, owner)
