"""Moments as people type them: ``2026-12-07 09:00``, with ``T``, with an offset, or the day alone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pilotage.domain.errors import UsageError


def moment(text: str, zone: str) -> datetime:
    """The moment of ``text`` in UTC; without an offset it is the clock of ``zone``. Raises UsageError."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f'"{text}" is no moment.', "Write it as 2026-12-07 09:00, or with an offset as 2026-12-07T09:00+01:00."
        ) from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone))
    return found.astimezone(UTC)
