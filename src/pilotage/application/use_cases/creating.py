"""Creating a release: one version of a thing gets the plan it will be held to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pilotage.application.codec import event_to_json, judging_to_json, release_to_json
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.plans import Plans, ReadPlan
from pilotage.application.ports.storage import Change, ReleaseRow, Storage
from pilotage.application.ports.wake import Wake
from pilotage.application.records import BEGINNING, chain
from pilotage.application.runtime.loading import Loader
from pilotage.application.use_cases.answers import Answers, AnswersMissing, missing, resolved, unknown_name
from pilotage.decisions.evolve import evolve
from pilotage.decisions.variables import title
from pilotage.domain.errors import Conflict, PlanError, PlanProblem, UsageError
from pilotage.domain.events import Happened, ReleaseCreated
from pilotage.domain.judging import Judging
from pilotage.domain.people import Actor
from pilotage.domain.plan import NotYet, Plan
from pilotage.domain.release import Release, Status
from pilotage.domain.time import EARLIEST, LATEST

_UNFIT = re.compile(r"[^A-Za-z0-9._+-]+")
_MOST_ALIKE = 1000
_LONGEST_PART = 64
"""Characters of the plan's id and of the version that go into a release's id, which people type."""
_LOOKED_THROUGH = 200
"""Completed releases looked through for the version before."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release somebody wants: ``previous`` and ``type`` are found out where they are empty."""

    version: str
    previous: str = ""
    type: str = ""
    title: str = ""
    answers: Answers = field(default_factory=Answers)
    planned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """A release that was created. ``warnings`` are doubts about its plan; ``not_yet`` keeps it from being started."""

    release: Release
    warnings: tuple[PlanProblem, ...] = ()
    not_yet: tuple[NotYet, ...] = ()


class Creating:
    """Creates releases."""

    def __init__(self, storage: Storage, plans: Plans, loader: Loader, clock: Clock, wake: Wake) -> None:
        self._storage = storage
        self._plans = plans
        self._loader = loader
        self._clock = clock
        self._wake = wake

    async def create(self, plan: Path | ReadPlan, wanted: Wanted, by: Actor) -> Created:
        """Create a release held to ``plan`` as it stands now.

        Raises UsageError, AnswersMissing (with everything the plan still asks for), PlanError, StoreUnusable.
        """
        read, file = self._read(plan)
        if read.plan is None:
            raise PlanError(tuple(p for p in read.problems if not p.warning))
        if not wanted.version.strip():
            raise UsageError("A release needs a version.", "Say which one, such as --version 1.4.0.")
        if wanted.planned_at is not None and not EARLIEST <= wanted.planned_at <= LATEST:
            raise UsageError(
                f"No release is planned for the year {wanted.planned_at.year}.",
                "Say when it is to go live, between 1970 and 8999.",
            )
        event = await self._event(read.plan, wanted, file)
        happened = Happened(self._clock.now(), by, event, "created")
        draft = evolve(Release(id="", plan=read.plan), happened)
        if lacking := missing(draft):
            raise AnswersMissing(lacking)
        release = await self._store(read, happened)
        await self._wake.wake()
        return Created(release, tuple(p for p in read.problems if p.warning), read.plan.not_yet)

    def _read(self, plan: Path | ReadPlan) -> tuple[ReadPlan, str]:
        if isinstance(plan, ReadPlan):
            return plan, ""
        return self._plans.read(plan), str(plan.resolve())

    async def _event(self, plan: Plan, wanted: Wanted, file: str) -> ReleaseCreated:
        kind = wanted.type or plan.type
        if wanted.type and plan.types and wanted.type not in plan.types:
            raise unknown_name(wanted.type, list(plan.types), "release type")
        answers = resolved(plan, wanted.answers)
        return ReleaseCreated(
            version=wanted.version.strip(),
            previous=wanted.previous or await self._version_before(plan),
            plan=plan.id,
            plan_digest=plan.digest,
            type=kind,
            system=plan.system,
            title=wanted.title,
            roles=dict(answers.roles),
            traits=dict(answers.traits),
            inputs=dict(answers.inputs),
            segments=dict(answers.segments),
            planned_at=wanted.planned_at,
            plan_file=file,
        )

    async def _version_before(self, plan: Plan) -> str:
        """The version the last completed release of this plan put there; empty when there was none."""
        for row in await self._storage.releases([str(Status.COMPLETED)], limit=_LOOKED_THROUGH):
            release = (await self._loader.of_row(row)).release
            if release.plan.id == plan.id:
                return release.version
        return ""

    async def _store(self, read: ReadPlan, happened: Happened) -> Release:
        """Write the release under the first free id: ``PLAN-VERSION``, then ``PLAN-VERSION-2`` and so on."""
        plan, event = read.plan, happened.event
        assert plan is not None
        assert isinstance(event, ReleaseCreated)
        name = f"{plan.id[:_LONGEST_PART]}-{_UNFIT.sub('-', event.version)[:_LONGEST_PART].strip('-')}"
        for number in range(1, _MOST_ALIKE):
            release_id = name if number == 1 else f"{name}-{number}"
            if await self._storage.release(release_id) is not None:
                continue
            release = evolve(Release(id=release_id, plan=plan), happened)
            if await self._storage.commit([_new(release, happened, read.document)]):
                return release
        raise Conflict(
            f"There are {_MOST_ALIKE} releases called {name} already.", "Give this one another version."
        )


def _new(release: Release, happened: Happened, document: str) -> Change:
    """A release's first write. It is looked at at once: messages may be due before it starts."""
    events = chain(release.id, 1, BEGINNING, [(happened.at, event_to_json(happened))])
    row = ReleaseRow(
        id=release.id,
        version=release.number,
        head=events[-1].hash,
        state=release_to_json(release),
        judging=judging_to_json(Judging()),
        plan_digest=release.plan.digest,
        status=str(release.status),
        system=release.system,
        title=title(release),
        created=happened.at,
        updated=happened.at,
        due=happened.at,
    )
    return Change(row, expected=0, events=events, create=document)
