"""Moments as people type them: ``2026-12-07 09:00``, with ``T``, with an offset, or the day alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pilotage.domain.errors import UsageError


def moment(text: str, zone: str) -> datetime:
    """The moment of ``text`` in UTC; without an offset it is the clock of ``zone``. Raises UsageError."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f'"{text}" is no moment.',
            "Write it as 2026-12-07 09:00, or with an offset as 2026-12-07T09:00+01:00.",
        ) from error
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(zone))
    return found.astimezone(UTC)


_SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds(text: str) -> float:
    """A length of time in seconds: ``90s``, ``1h 30m``. Raises UsageError.

    >>> seconds("1h 30m")
    5400.0
    """
    parts = [_SPAN.fullmatch(part) for part in text.split()]
    if not parts or not all(parts):
        raise UsageError(f'"{text}" is no length of time.', "Write it as 90s, 15m or 1h 30m.")
    return sum(float(part[1]) * _SECONDS[part[2]] for part in parts if part)
