"""The machine's clock and random ids: the one place that reads either."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import UTC, datetime


class SystemClock:
    """The clock of this machine, in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await asyncio.sleep(seconds)


def worker_name() -> str:
    """A name no other running worker has: the process and a random part, because process numbers come again."""
    return f"worker-{os.getpid()}-{secrets.token_hex(4)}"
