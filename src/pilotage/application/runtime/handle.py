"""One fact, one decision, one write: the only way anything becomes true about a release.

The row is read, the fact decided on, and everything that follows is written in one change guarded by the version and
fence that were read. Whoever loses the race reads again and decides anew: nothing is ever merged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from weakref import WeakValueDictionary

from pilotage.application.codec import effect_to_json, event_to_json, judging_to_json, release_to_json
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.storage import Change, EffectRow, ReleaseStore, SampleRow
from pilotage.application.ports.wake import Wake
from pilotage.application.records import chain
from pilotage.application.runtime.crashpoints import (
    AFTER_COMMIT,
    AFTER_DECIDE,
    AFTER_OUTCOME,
    AFTER_OUTCOME_DECIDED,
    crash_here,
)
from pilotage.application.runtime.loading import Loaded, Loader
from pilotage.application.runtime.looks import next_look, time_of
from pilotage.application.runtime.surroundings import NOTHING, Neighbourhood
from pilotage.decisions.decide import decide as decide_really
from pilotage.decisions.evolve import evolve
from pilotage.decisions.watch import requests as requests_really
from pilotage.domain.decision import Decision
from pilotage.domain.errors import Conflict, Outdated
from pilotage.domain.facts import Body, Fact
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import MetricRequest
from pilotage.domain.people import Actor
from pilotage.domain.release import Release, Status

Decide = Callable[[Release, Judging, Fact], Decision]
Requests = Callable[[Release, Judging, datetime], Sequence[MetricRequest]]

_TRIES = 5
"""Lost races in a row before a person is told to try again; within one process nobody races (see ``_turns``)."""


@dataclass(frozen=True, slots=True)
class Core:
    """The pure decisions the runtime carries out. Tests of the runtime alone may hand in others."""

    decide: Decide = decide_really
    requests: Requests = requests_really


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of a fact: the release before and after it, and the decision."""

    before: Release
    release: Release
    decision: Decision


class Handler:
    """Takes facts about releases, decides and writes."""

    def __init__(
        self, store: ReleaseStore, loader: Loader, clock: Clock, wake: Wake, core: Core | None = None
    ) -> None:
        self._store = store
        self._loader = loader
        self._clock = clock
        self._wake = wake
        self.core = core or Core()
        self.neighbourhood = Neighbourhood(store, loader)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def handle(
        self,
        release_id: str,
        body: Body,
        by: Actor,
        ended: Sequence[tuple[str, str]] = (),
        expected: int | None = None,
    ) -> Handled:
        """Decide on one fact and write what follows. ``ended``: effects that came back with it, with their outcome.

        ``expected``: how many events the release had when the caller decided; if it has others now, nothing is done.
        Raises NotFound, StoreUnusable, Outdated; Conflict when others were faster every time. A refusal is in the
        decision.
        """
        turn = self._turns.setdefault(release_id, asyncio.Lock())
        async with turn:
            for _ in range(_TRIES):
                handled = await self._attempt(release_id, body, by, ended, expected)
                if handled is not None:
                    return handled
        raise Conflict(
            f"Others changed {release_id} at the same moment, {_TRIES} times in a row; nothing was done.",
            "Look at the release again and repeat what you wanted.",
        )

    async def _attempt(
        self,
        release_id: str,
        body: Body,
        by: Actor,
        ended: Sequence[tuple[str, str]],
        expected: int | None,
    ) -> Handled | None:
        loaded = await self._loader.load(release_id)
        if expected is not None and loaded.row.version != expected:
            raise Outdated(
                f"{release_id} is no longer as you saw it: it had {expected} events then and has "
                f"{loaded.row.version} now. Nothing was done.",
                f"Look at it again (`pilotage release show {release_id}`) and decide anew.",
            )
        at = time_of(self._clock.now(), loaded.row.updated)
        around = (await self.neighbourhood.of([loaded.row])).get(release_id, NOTHING)
        decision = self.core.decide(loaded.release, loaded.judging, Fact(at, by, body, around))
        after, change = self.change(loaded, decision, at, ended)
        handled = Handled(loaded.release, after, decision)
        if not (decision.events or decision.effects or ended):
            return handled
        crash_here(AFTER_OUTCOME_DECIDED if ended else AFTER_DECIDE)
        if release_id not in await self._store.commit([change]):
            return None
        crash_here(AFTER_OUTCOME if ended else AFTER_COMMIT)
        await self._wake.wake()
        return handled

    def change(
        self,
        loaded: Loaded,
        decision: Decision,
        at: datetime,
        ended: Sequence[tuple[str, str]] = (),
        samples: Sequence[SampleRow] = (),
    ) -> tuple[Release, Change]:
        """The release after ``decision``, and everything the decision writes, as one change.

        Guarded by the fence too, not by the version alone: a quiet tick in between changed the judging row.
        """
        row, after = loaded.row, loaded.release
        for happened in decision.events:
            after = evolve(after, happened)
        bodies = [(happened.at, event_to_json(happened)) for happened in decision.events]
        events = chain(row.id, row.version + 1, row.head, bodies)
        # What happens to the other releases of its system nobody tells it: it looks.
        has_neighbours = bool(row.system) and after.status is Status.RUNNING
        watching = has_neighbours or bool(self.core.requests(after, decision.judging, at))
        new = replace(
            row,
            judging=judging_to_json(decision.judging),
            due=next_look(after, decision, watching, at),
        )
        if events:
            new = replace(
                new,
                version=row.version + len(events),
                head=events[-1].hash,
                state=release_to_json(after),
                status=str(after.status),
                updated=max(at, row.updated),
            )
        elif loaded.refolded:
            new = replace(new, state=release_to_json(after))
        effects = tuple(EffectRow(e.id, row.id, effect_to_json(e), due=at) for e in decision.effects)
        return after, Change(
            new,
            row.version,
            events,
            effects,
            tuple(ended),
            tuple(samples),
            row.fence,
            snapshot=loaded.refolded,
        )
