"""Looking at releases: a list, one of them, why it waits, what happened, and watching it happen. Changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pilotage.application.ports.clock import Clock
from pilotage.application.ports.storage import EventRow, ReleaseRow, ReleaseStore
from pilotage.application.runtime.handle import Core
from pilotage.application.runtime.loading import Loaded, Loader
from pilotage.application.runtime.looks import time_of
from pilotage.application.runtime.surroundings import NOTHING, Neighbourhood
from pilotage.application.shapes import snake_case
from pilotage.application.use_cases.views import Line, Shown, line, show, unreadable
from pilotage.application.use_cases.ways_to_answer import WayToAnswer, ways_to_answer
from pilotage.decisions.evolve import evolve
from pilotage.decisions.explain import importance, sentence
from pilotage.domain.decision import Wait
from pilotage.domain.errors import NotFound, PilotageError
from pilotage.domain.facts import Fact, Tick
from pilotage.domain.people import PLAN, Actor
from pilotage.domain.release import Release

WATCH_EVERY = 0.3
"""Seconds between two looks while a release is watched."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a log as a sentence: its number, when, by whom or by which rule, and the event's name."""

    number: int
    at: datetime
    by: Actor
    event: str
    sentence: str
    importance: int = 1
    """0 for bookkeeping that another line tells too, 1 for the usual, 2 where the release changed its course."""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a release does not move: ``waits``, most important first. ``next_look`` None: when somebody acts."""

    release: Release
    waits: tuple[Wait, ...]
    next_look: datetime | None
    moving: bool
    """Whether it would move at once: a worker that looks now finds something to do."""
    answers: tuple[WayToAnswer, ...] = ()
    """The commands that answer each open question."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is new about a watched release since the last time, and how it stands now."""

    told: tuple[Told, ...]
    shown: Shown


class Looking:
    """Answers questions about releases."""

    def __init__(self, store: ReleaseStore, loader: Loader, clock: Clock, core: Core | None = None) -> None:
        self._store = store
        self._loader = loader
        self._clock = clock
        self._core = core or Core()
        self._neighbourhood = Neighbourhood(store, loader)

    async def list(self, statuses: Sequence[str] = (), limit: int = 100) -> tuple[Line, ...]:
        """Releases, latest change first."""
        rows = await self._store.releases(statuses, limit)
        return tuple([await self._line(row) for row in rows])

    async def _line(self, row: ReleaseRow) -> Line:
        try:
            return line(row, (await self._loader.of_row(row)).release)
        except PilotageError as error:  # one release that cannot be read must not hide the others
            return unreadable(row, error)

    async def show(self, release_id: str) -> Shown:
        """Everything about one release. Raises NotFound, StoreUnusable."""
        loaded = await self._loader.load(release_id)
        why = await self._why(loaded)
        return show(loaded.row, loaded.release, why.waits, why.moving)

    async def why(self, release_id: str) -> Why:
        """Why the release does not move: what a look right now would find. Raises NotFound, StoreUnusable."""
        return await self._why(await self._loader.load(release_id))

    async def plan_document(self, release_id: str) -> str:
        """The plan the release is held to, as one text. Raises NotFound, StoreUnusable."""
        loaded = await self._loader.load(release_id)
        return await self._store.plan_document(loaded.row.plan_digest) or ""

    async def log(self, release_id: str, after: int = 0, limit: int | None = None) -> tuple[Told, ...]:
        """What happened after event number ``after``, oldest first, as sentences. Raises NotFound, StoreUnusable."""
        loaded = await self._loader.load(release_id)
        told, release = [], Release(id=release_id, plan=loaded.release.plan)
        last = loaded.row.version if limit is None else min(after + limit, loaded.row.version)
        for happened in await self._loader.history(release_id, limit=last):
            if release.number >= after:
                name = snake_case(type(happened.event))
                words = sentence(happened, release)
                weight = int(importance(happened.event))
                told.append(Told(release.number + 1, happened.at, happened.by, name, words, weight))
            release = evolve(release, happened)
        return tuple(told)

    async def events(self, release_id: str, after: int = 0, limit: int = 1000) -> Sequence[EventRow]:
        """The events themselves with a number above ``after``, oldest first. Raises NotFound, StoreUnusable."""
        await self._loader.load(release_id)
        return await self._store.events(release_id, after, limit)

    async def watch(self, release_id: str, after: int = 0) -> AsyncIterator[Watched]:
        """Follow a release from event number ``after`` until nothing can happen to it any more.

        Gives once how it stands, and then whenever something became true or it waits for something else.
        """
        seen: tuple[int, tuple[Wait, ...], bool] | None = None
        while True:
            loaded = await self._loader.load(release_id)
            why = await self._why(loaded)
            shown = show(loaded.row, loaded.release, why.waits, why.moving)
            now = (loaded.row.version, why.waits, why.moving)
            if now != seen:
                told = await self.log(release_id, after) if loaded.row.version > after else ()
                yield Watched(told, shown)
                seen, after = now, loaded.row.version
            if loaded.release.over:
                return
            await self._changed(loaded.row)

    async def _changed(self, row: ReleaseRow) -> None:
        """Wait until the release may have changed."""
        for _ in range(10):
            await self._clock.sleep(WATCH_EVERY)
            latest = await self._store.release(row.id)
            if latest is None:
                raise NotFound(
                    f"The release {row.id} is gone.", "`pilotage audit verify` looks into the record."
                )
            if latest.version != row.version:
                return

    async def _why(self, loaded: Loaded) -> Why:
        """An empty look on a copy: nothing is written."""
        around = (await self._neighbourhood.of([loaded.row])).get(loaded.row.id, NOTHING)
        at = time_of(self._clock.now(), loaded.row.updated)
        decision = self._core.decide(loaded.release, loaded.judging, Fact(at, PLAN, Tick(), around))
        moving = bool(decision.events or decision.effects)
        return Why(loaded.release, decision.waits, loaded.row.due, moving, ways_to_answer(loaded.release))
