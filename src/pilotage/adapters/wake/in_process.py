"""Wake-ups inside one process, between coroutines of one event loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class InProcessWake:
    """Hints through an event. One that comes while nobody waits is kept for the next wait, so none falls between."""

    def __init__(self) -> None:
        """Nothing is due yet."""
        self._waiting: set[asyncio.Event] = set()
        self._kept = False

    async def wake(self) -> None:
        """Wake everybody who waits; if nobody does, whoever waits next."""
        self._kept = not self._waiting
        for event in self._waiting:
            event.set()

    async def wait(self, seconds: float) -> None:
        """Wait for a hint, at most that long (no time at all when a hint was kept)."""
        if self._kept:
            self._kept = False
            return
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), max(seconds, 0.0))
        finally:
            self._waiting.discard(event)
