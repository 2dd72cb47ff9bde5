"""What people do with flags by hand: look, kill, revive, switch one user. Everything is recorded with who and why.

Who may do it is the caller's question (a token, the plan's roles); the kill switch itself is never refused (rule S2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from difflib import get_close_matches
from typing import Protocol

from pilotage.application.flag_records import flag_event_from_json, flag_stream, store_change
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.flags import FlagStore
from pilotage.application.ports.storage import EventRow
from pilotage.domain.errors import Conflict, NotFound, Refused, UsageError
from pilotage.domain.flag_events import FlagEvent, FlagHappened, FlagKilled, FlagRevived, FlagUserSwitched
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor

TellReleases = Callable[[Flag, Actor, str], Awaitable[None]]
"""Tells every release that uses the flag that it was killed, by whom and why. May be told the same twice."""

_TRIES = 20
"""Writers met in a row before giving up; each met writer did store its own change, so somebody always gets on."""


class Streams(Protocol):
    """The part of the store that keeps streams of events."""

    async def events(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[EventRow]:
        """Events of a stream with a number above ``after``, in order."""
        ...


class Flags:
    """The flags of this installation."""

    def __init__(self, store: FlagStore, streams: Streams, clock: Clock, tell_releases: TellReleases) -> None:
        self._store = store
        self._streams = streams
        self._clock = clock
        self._tell_releases = tell_releases

    async def list(self) -> Sequence[Flag]:
        """Every flag, by name."""
        return await self._store.flags()

    async def show(self, name: str) -> Flag:
        """One flag. Raises NotFound."""
        if (flag := await self._store.flag(name)) is not None:
            return flag
        known = [flag.name for flag in await self._store.flags()]
        near = get_close_matches(name, known, n=1)
        if near:
            hint = f'Did you mean "{near[0]}"?'
        elif known:
            hint = f"There are: {', '.join(known[:20])}."
        else:
            hint = "There is none yet: a flag is made when a release first lets somebody meet its change."
        raise NotFound(f'there is no flag "{name}"', hint)

    async def history(self, name: str) -> Sequence[FlagHappened]:
        """Who changed the flag, when and why, oldest first. Raises NotFound."""
        await self.show(name)
        history: list[FlagHappened] = []
        while rows := await self._streams.events(flag_stream(name), after=len(history)):
            history += [flag_event_from_json(row.body) for row in rows]
        return history

    async def kill(self, name: str, by: Actor, reason: str) -> Flag:
        """Switch the flag off for everybody at once, and tell the releases that use it.

        Killing a killed flag changes nothing but tells them again: the first word may have been lost with the process.
        """
        flag = await self._change(name, by, reason, lambda flag: None if flag.killed else FlagKilled())
        await self._tell_releases(flag, by, reason)
        return flag

    async def revive(self, name: str, by: Actor, reason: str) -> Flag:
        """Take the kill switch back: the exposure that was set before, or lowered since, counts again."""
        return await self._change(name, by, reason, lambda flag: FlagRevived() if flag.killed else None)

    async def switch_user(self, name: str, user: str, on: bool | None, by: Actor, reason: str) -> Flag:
        """Switch one user (by targeting key) on or off whatever the exposure says; None gives them back to it."""
        if not user:
            raise UsageError("no user was named", "Give the targeting key the service sends for this user.")

        def event(flag: Flag) -> FlagEvent | None:
            if flag.retired:
                raise Refused(
                    f'flag "{name}" is retired: everybody gets "{flag.retired_variant}" for good',
                    "Only the kill switch is left, until the code no longer asks for the flag.",
                )
            return None if flag.forced.get(user) is on else FlagUserSwitched(user, on)

        return await self._change(name, by, reason, event)

    async def _change(
        self, name: str, by: Actor, reason: str, event_for: Callable[[Flag], FlagEvent | None]
    ) -> Flag:
        """Store what ``event_for`` makes of the flag as it is (None: nothing), reading again after another writer."""
        if not reason.strip():
            raise UsageError(
                "a reason is missing", "Say why: it stands in the flag's record for everybody to read."
            )
        for _ in range(_TRIES):
            flag = await self.show(name)
            event = event_for(flag)
            if event is None:
                return flag
            happened = FlagHappened(self._clock.now(), by, event, reason.strip())
            if (after := await store_change(self._store, flag, happened)) is not None:
                return after
        raise Conflict(
            f'flag "{name}" is being changed by others all the time; nothing was changed now',
            "Look at it and try again.",
        )
