"""Carrying out what decisions asked of the world, and telling how it ended. Nothing is lost or repeated unasked (S5).

An effect stays in the store until its outcome is written with the decision that follows from it. A worker holds it by
a lease it keeps renewing; when a worker dies the lease runs out and the effect comes back marked ``claimed``: it may
already have happened. Then the world is asked, and only where it cannot tell and the step does not say that it may be
repeated, a person is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial

from pilotage.application.codec import effect_from_json, outcome_to_json
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.performer import Performer
from pilotage.application.ports.storage import EffectRow, Storage
from pilotage.application.ports.wake import Wake
from pilotage.application.runtime.crashpoints import AFTER_CLAIM, AFTER_PERFORM, DURING_PERFORM, crash_here
from pilotage.application.runtime.handle import Handler
from pilotage.domain.effects import Effect, EffectAction
from pilotage.domain.errors import PilotageError
from pilotage.domain.facts import EffectEnded, Outcome, OutcomeKind
from pilotage.domain.people import PLAN

_log = logging.getLogger(__name__)

LEASE = 30.0
"""Seconds an effect is held without being renewed; a dead worker's effects come back after it."""

RENEW = LEASE / 3
"""Seconds between renewals."""

AT_ONCE = 16
"""Effects carried out at the same time by one worker."""

_LONGEST_PAUSE = 30.0

Performers = Mapping[type[EffectAction], Performer]


class EffectRunner:
    """Claims effects, carries them out at the same time, and hands in their outcomes."""

    def __init__(
        self, storage: Storage, handler: Handler, performers: Performers, clock: Clock, wake: Wake, owner: str
    ) -> None:
        """``owner`` names this worker in its leases."""
        self._storage = storage
        self._handler = handler
        self._performers = performers
        self._clock = clock
        self._wake = wake
        self._owner = owner
        self._running: dict[str, asyncio.Task[None]] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def running(self) -> tuple[str, ...]:
        """The ids of the effects being carried out."""
        return tuple(self._running)

    async def start_due(self) -> bool:
        """Claim what is due and there is room for, and begin it; whether there was anything. Raises StoreUnusable."""
        room = AT_ONCE - len(self._running)
        if room <= 0 or self._stopping.is_set():
            return False
        rows = await self._storage.claim_effects(self._clock.now(), room, LEASE, self._owner)
        for _ in rows:
            crash_here(AFTER_CLAIM)
        begun = False
        for row in rows:
            if row.id in self._running:
                continue  # its lease ran out under a working effect (the clock jumped): the claim has renewed it
            if self._stopping.is_set():
                await self._storage.give_back(row.id, self._clock.now(), self._owner)
                continue
            begun = True
            task = asyncio.create_task(self._carry_out(row), name=f"effect {row.id}")
            self._running[row.id] = task
            task.add_done_callback(partial(self._ended, row.id))
        if self._running and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.create_task(self._renew(), name="renewing leases")
        return begun

    async def settled(self) -> None:
        """Wait until nothing is being carried out."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def stop(self, patience: float) -> None:
        """Begin nothing more; wait up to ``patience`` seconds for what runs, then break it off.

        What is broken off keeps its lease: whoever takes over finds it ``claimed`` and looks whether it happened.
        """
        self._stopping.set()
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=patience)
        left = [*self._running.values(), *([self._renewing] if self._renewing else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _ended(self, effect_id: str, _: asyncio.Task[None]) -> None:
        del self._running[effect_id]

    async def _renew(self) -> None:
        while self._running:
            await self._clock.sleep(RENEW)
            try:
                await self._storage.renew(tuple(self._running), self._clock.now(), LEASE, self._owner)
            except PilotageError:
                _log.warning(
                    "the leases of running effects could not be renewed; trying again", exc_info=True
                )

    async def _carry_out(self, row: EffectRow) -> None:
        try:
            effect = effect_from_json(row.body)
            outcome = await self._outcome(effect, row.claimed)
            crash_here(AFTER_PERFORM)
            await self._hand_in(row, outcome)
        except PilotageError:
            # The row cannot be read. Its lease runs out and it comes back; nothing is lost.
            _log.exception("the effect %s of %s cannot be carried out", row.id, row.release)
        await self._wake.wake()

    async def _outcome(self, effect: Effect, may_have_happened: bool) -> Outcome:
        performer = self._performers.get(type(effect.action))
        if performer is None:
            kind = type(effect.action).__name__
            return Outcome(
                OutcomeKind.FAILED, f"nothing here can carry this out ({kind}); see `pilotage doctor`"
            )
        if may_have_happened:
            known = await _settled_after_crash(performer, effect)
            if known is not None:
                return known
        try:
            doing = asyncio.ensure_future(performer.perform(effect))
            await asyncio.sleep(0)  # let it begin
            crash_here(DURING_PERFORM)
            return await doing
        except Exception as error:  # noqa: BLE001 - a performer's own mistake; the effect may have begun
            _log.exception("carrying out the effect %s failed in Pilotage itself", effect.id)
            return Outcome(
                OutcomeKind.UNKNOWN,
                f"Pilotage itself failed while carrying this out ({type(error).__name__}: {error}); "
                "please report it, and look whether it happened",
            )

    async def _hand_in(self, row: EffectRow, outcome: Outcome) -> None:
        """Tell the release how its effect ended, again and again while the store cannot be used; the lease is kept."""
        ended, text, pause = EffectEnded(row.id, outcome), outcome_to_json(outcome), 0.1
        while True:
            try:
                await self._handler.handle(row.release, ended, PLAN, ended=[(row.id, text)])
                return
            except Exception:  # noqa: BLE001 - the outcome must not be lost, whatever is wrong
                if not await self._still_open(row):
                    return  # somebody else handed it in
                _log.exception(
                    "the end of the effect %s could not be written; trying again in %g s", row.id, pause
                )
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _still_open(self, row: EffectRow) -> bool:
        try:
            return any(effect.id == row.id for effect in await self._storage.open_effects(row.release))
        except PilotageError:
            return True


async def _settled_after_crash(performer: Performer, effect: Effect) -> Outcome | None:
    """After a crash: the outcome if it is known or must be asked of a person; None when it is to be carried out."""
    try:
        happened = await performer.happened(effect)
    except Exception:  # noqa: BLE001 - a performer's own mistake; then nothing is known
        _log.exception("asking whether the effect %s happened failed", effect.id)
        happened = None
    if happened:
        return Outcome(
            OutcomeKind.DONE, "it had already happened when the work was interrupted; found out by asking"
        )
    if happened is None and not effect.repeatable:
        return Outcome(
            OutcomeKind.UNKNOWN,
            "the work was interrupted, and it cannot be told whether this happened; please look and say",
        )
    return None
