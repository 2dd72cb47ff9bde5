"""Clocks for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class HurriedClock:
    """A clock whose sleeps take no time at all. Starts on Monday, 2 March 2026, 09:00 UTC."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        """As the port says."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """As the port says."""
        self.at += timedelta(seconds=seconds)
