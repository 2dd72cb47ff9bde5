"""What is wrong here, and what to do about it: database, worker, releases nobody can move, sources, clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pilotage.application.ports.clock import Clock
from pilotage.application.ports.metrics import Metrics
from pilotage.application.ports.storage import ReleaseRow, Storage
from pilotage.application.ports.workers import WorkerNames
from pilotage.application.runtime.handle import Core
from pilotage.application.runtime.loading import Loaded, Loader
from pilotage.application.runtime.sources import Readings
from pilotage.application.use_cases.looking import Looking
from pilotage.decisions import people
from pilotage.domain.errors import PilotageError
from pilotage.domain.metrics import Arm, MetricRequest, Reading
from pilotage.domain.release import ON_THEIR_WAY, Status

LATE = timedelta(minutes=2)
"""A look or an effect overdue by more than this is nobody's work: no worker runs, or it is stuck."""

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``ok`` None: neither good nor bad, but worth knowing. ``advice`` says what to do."""

    about: str
    ok: bool | None
    what: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Doctor:
    """Looks at everything. Each finding it is not happy with says what to do."""

    storage: Storage
    loader: Loader
    looking: Looking
    metrics: Mapping[str, Metrics]
    clock: Clock
    workers: WorkerNames
    core: Core

    async def examine(self) -> tuple[Finding, ...]:
        """Every finding, the database first. Never raises for what it finds."""
        try:
            await self.storage.ready()
            rows = await self.storage.releases(ON_THEIR_WAY, _MOST)
        except PilotageError as error:
            return (Finding("database", False, error.message, error.hint),)
        found = [
            Finding("database", True, f"usable, with the current schema; releases on their way: {len(rows)}")
        ]
        found += [self._worker(rows), self._clock(rows)]
        loaded: list[Loaded] = []
        for row in rows:
            try:
                loaded.append(await self.loader.of_row(row))
            except PilotageError as error:
                found.append(Finding(row.id, False, error.message, error.hint))
        for one in loaded:
            found += [finding async for finding in self._release(one)]
        return (*found, *await self._sources(loaded))

    def _worker(self, rows: Sequence[ReleaseRow]) -> Finding:
        match self.workers.somebody_works():
            case True:
                return Finding("worker", True, "a worker is carrying releases on")
            case False:
                moving = any(row.status != Status.PLANNED for row in rows)
                return Finding(
                    "worker",
                    False if moving else None,
                    "no worker is running",
                    "Start one: `pilotage serve`.",
                )
            case _:
                return Finding("worker", None, "whether a worker runs cannot be told from here")

    def _clock(self, rows: Sequence[ReleaseRow]) -> Finding:
        now = self.clock.now()
        latest = max((row.updated for row in rows), default=now)
        if latest > now + timedelta(seconds=5):
            return Finding(
                "clock",
                False,
                f"the record holds events of {latest:%Y-%m-%d %H:%M:%S} UTC, and the clock says {now:%Y-%m-%d %H:%M:%S}",
                "Set the clock of this machine (NTP). Releases wait rather than run twice, but their times are wrong.",
            )
        return Finding("clock", True, f"{now:%Y-%m-%d %H:%M:%S} UTC")

    async def _release(self, one: Loaded) -> AsyncIterator[Finding]:
        now = self.clock.now()
        if one.row.due is not None and now - one.row.due > LATE:
            since = one.row.due.strftime("%Y-%m-%d %H:%M:%S")
            yield Finding(
                one.row.id,
                False,
                f"should have been looked at since {since} UTC",
                "Start a worker: `pilotage serve`.",
            )
        for effect in await self.storage.open_effects(one.row.id):
            if now - effect.due > LATE and effect.attempt == 0:
                yield Finding(
                    one.row.id,
                    False,
                    f"the effect {effect.id} waits to be carried out",
                    "Start a worker: `pilotage serve`.",
                )
            elif effect.claimed:
                yield Finding(
                    one.row.id,
                    None,
                    f"the effect {effect.id} was interrupted; a worker will look what became of it",
                )
        for question in one.release.questions.values():
            roles = (*question.roles, *question.asked_also)
            if not any(people.holders(one.release, role) for role in roles):
                yield Finding(
                    one.row.id,
                    False,
                    f'"{question.text}" waits for {" or ".join(roles)}, and nobody holds that role',
                    "Name somebody in the plan's roles, or let somebody who may override answer.",
                )
        try:
            await self.looking.why(one.row.id)
        except PilotageError as error:
            yield Finding(one.row.id, False, f"cannot be carried on: {error.message}", error.hint)

    async def _sources(self, loaded: Sequence[Loaded]) -> list[Finding]:
        """Whether the sources of the plans answer. A source that answers without this metric is reachable all the same."""
        readings, asked = Readings(self.metrics, self.clock.now()), {}
        for one in loaded:
            for metric in one.release.plan.metrics.values():
                source = one.release.plan.sources.get(metric.source)
                if metric.connected and source is not None and (source.name, source.url) not in asked:
                    asked[source.name, source.url] = f"{one.row.id} {metric.name}"
                    wanted = self.core.requests(one.release, one.judging, self.clock.now()) or (
                        MetricRequest(metric, Arm.CANARY),
                    )
                    first = next(
                        (r for r in wanted if r.metric.source == source.name and r.reading is Reading.VALUE),
                        MetricRequest(metric, Arm.CANARY),
                    )
                    readings.want(asked[source.name, source.url], one.release.plan, [first])
        answers = readings.read()
        heard = {asker: found for part in answers.values() for asker, found in (await part).items()}
        findings = []
        for (name, url), asker in asked.items():
            told = heard.get(asker) or readings.lacking(asker)
            sample = next(iter(told.samples), None)
            if sample is not None and sample.value is not None:
                findings.append(Finding(f"source {name}", True, f"{url or name} answers"))
            else:
                why = sample.problem if sample is not None else "it gave no answer"
                findings.append(
                    Finding(
                        f"source {name}",
                        False,
                        f"{url or name}: {why}",
                        "Look whether it runs and the address is right.",
                    )
                )
        return findings
