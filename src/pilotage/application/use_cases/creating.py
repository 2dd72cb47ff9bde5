"""Creating a release: one version of a thing gets the plan it will be held to."""

from __future__ import annotations

import re
import unicodedata
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
from pilotage.domain.errors import Conflict, PlanError, PlanProblem, StoreUnusable, UsageError
from pilotage.domain.events import Happened, ReleaseCreated
from pilotage.domain.ids import slug
from pilotage.domain.judging import Judging
from pilotage.domain.people import Actor
from pilotage.domain.plan import NotYet, Plan
from pilotage.domain.release import Release, Status
from pilotage.domain.time import EARLIEST, LATEST

_MOST_ALIKE = 1000
_LONGEST_PART = 64
"""Bytes of the plan's id and of the version that go into a release's id, which people type and files are called."""
_LOOKED_THROUGH = 200
"""Completed releases looked through for the version before."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A release somebody wants: ``previous`` and ``type`` are found out where they are empty.

    ``again``: also while another release brings the same version by the same plan.
    """

    version: str
    previous: str = ""
    type: str = ""
    title: str = ""
    answers: Answers = field(default_factory=Answers)
    planned_at: datetime | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A release that was created. ``warnings`` are doubts about its plan; ``not_yet`` keeps it from being started.

    ``notes`` say which releases there were of the same version, so that nobody takes one for the other.
    """

    release: Release
    warnings: tuple[PlanProblem, ...] = ()
    not_yet: tuple[NotYet, ...] = ()
    notes: tuple[str, ...] = ()


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

        Raises UsageError, AnswersMissing (with everything the plan still asks for), PlanError, StoreUnusable, and
        Conflict while another release brings the same version by the same plan (unless ``wanted.again``).
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
        release, alike = await self._store(read, happened, wanted.again)
        await self._wake.wake()
        notes = (_alike_note(release, alike),) if alike else ()
        return Created(release, tuple(p for p in read.problems if p.warning), read.plan.not_yet, notes)

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

    async def _store(
        self, read: ReadPlan, happened: Happened, again: bool
    ) -> tuple[Release, tuple[Release, ...]]:
        """Write the release under the first free id: ``PLAN-VERSION``, then ``PLAN-VERSION-2`` and so on.

        Also returns the releases of the same version that were found on the way, oldest first.
        """
        plan, event = read.plan, happened.event
        assert plan is not None
        assert isinstance(event, ReleaseCreated)
        name = _first_id(plan.id, event.version)
        alike: list[Release] = []
        for number in range(1, _MOST_ALIKE):
            release_id = name if number == 1 else f"{name}-{number}"
            release = evolve(Release(id=release_id, plan=plan), happened)
            row = await self._storage.release(release_id)
            if row is None:
                if await self._storage.commit([_new(release, happened, read.document)]):
                    return release, tuple(alike)
                row = await self._storage.release(release_id)  # somebody else was faster
            if row is not None and (other := await self._same_version(row, release)):
                if not (again or other.over):
                    raise _already_there(other)
                alike.append(other)
        raise Conflict(
            f"There are {_MOST_ALIKE} releases called {name} already.", "Give this one another version."
        )

    async def _same_version(self, row: ReleaseRow, wanted: Release) -> Release | None:
        """The release of that row, where it brings the same version by the same plan and can be read."""
        try:
            release = (await self._loader.of_row(row)).release
        except StoreUnusable:
            return None
        same = release.version == wanted.version and release.plan.id == wanted.plan.id
        return release if same else None


def _first_id(plan: str, version: str) -> str:
    """``PLAN-VERSION``, of letters and digits of every script and the signs versions are written with."""
    fit = (c if c.isalnum() or c in "._+" or unicodedata.category(c)[0] == "M" else "-" for c in version)
    told = re.sub("-+", "-", unicodedata.normalize("NFKC", "".join(fit))).strip("-") or slug(version)
    return f"{_cut(plan)}-{_cut(told).strip('-')}"


def _cut(text: str) -> str:
    return text.encode()[:_LONGEST_PART].decode(errors="ignore")


def _already_there(other: Release) -> Conflict:
    state = f"{other.status} and held" if other.hold and other.status is not Status.PLANNED else other.status
    goes_on = (
        f"`pilotage release start {other.id}` starts it"
        if other.status is Status.PLANNED
        else f"`pilotage release show {other.id}` shows how it stands"
    )
    return Conflict(
        f"There is a release of {other.version} already: {other.id}, {state}.",
        f"{goes_on}; `pilotage release abort {other.id} --reason …` ends it. "
        "To make one more beside it, say --again (over HTTP: again: true).",
    )


def _alike_note(release: Release, alike: tuple[Release, ...]) -> str:
    told = ", ".join(f"{other.id} ({other.status})" for other in alike)
    return f"There was a release of {release.version} already: {told}. This one is {release.id}."


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
