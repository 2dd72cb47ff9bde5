"""Messages: queued, delivered, or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """A message is on its way; ``key`` is row, occurrence, audience and channel, and never comes twice (S9)."""

    key: str
    row: str
    to: str
    channel: str
    subject: str
    text: str
    effect: str = ""
    attempt: int = 1
    late_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class MessageSent:
    """The channel took the message."""

    key: str


@dataclass(frozen=True, slots=True)
class MessageFailed:
    """The channel did not take it; ``unknown`` when it may have been delivered all the same."""

    key: str
    detail: str
    unknown: bool = False
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageSkipped:
    """A message was left out, with the reason."""

    key: str
    row: str
    reason: str
