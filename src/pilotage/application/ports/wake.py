"""The wake port: a hint that something is due. Truth is in the store; a lost hint only costs a poll interval."""

from __future__ import annotations

from typing import Protocol


class Wake(Protocol):
    """Tells the workers to look now."""

    async def wake(self) -> None:
        """Hint that something became due."""
        ...

    async def wait(self, seconds: float) -> None:
        """Wait for a hint, at most that long."""
        ...
