"""What people type, read: moments, lengths of time, numbers with units, answers, names."""

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


_NUMBER = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>%|ms|s|m|h|d)?")
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


def pairs(given: list[str] | None, option: str, example: str) -> list[tuple[str, str]]:
    """``NAME=VALUE`` options, if there were any. Raises UsageError with ``example``, the right way to write one."""
    found = []
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f'{option} "{text}" cannot be read.', f"Write it as {option} '{example}'.")
        found.append((name.strip(), value.strip()))
    return found


def people(text: str) -> tuple[str, ...]:
    """``sam,lee`` as names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def yes_or_no(text: str, about: str) -> bool:
    """The answer to a question. Raises UsageError for anything but a yes or a no."""
    word = text.strip().lower()
    if word in ("yes", "true", "y"):
        return True
    if word in ("no", "false", "n"):
        return False
    raise UsageError(f'"{text}" is no answer to "{about}".', "Answer yes or no.")


def measured(text: str) -> float:
    """A number in the unit metrics are kept in: percent as it is, time in seconds. Raises UsageError.

    >>> measured("450ms"), measured("0.4%"), measured("12")
    (0.45, 0.4, 12.0)
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise UsageError(f'"{text}" is no number.', "Write it with its unit, such as 0.4%, 450ms or 12.")
    number = float(found["number"])
    return number * _SECONDS[found["unit"]] if found["unit"] in _SECONDS else number
