"""What every channel can do, and what they share."""

from __future__ import annotations

from typing import Protocol

from pilotage.domain.effects import SendMessage
from pilotage.domain.errors import OutsideError, PilotageError
from pilotage.domain.facts import Outcome, OutcomeKind


class Channel(Protocol):
    """One way a message travels."""

    @property
    def takes_idempotency_key(self) -> bool:
        """Whether the same message given twice arrives once; only then may it be repeated after a crash (S9)."""
        ...

    async def send(self, message_id: str, message: SendMessage) -> Outcome:
        """Hand the message over. ``message_id`` is the same at every try. PilotageError tells what is not in place."""
        ...

    async def sent(self, message_id: str, message: SendMessage) -> bool | None:
        """Whether it was handed over before; None where the channel cannot be asked. Changes nothing."""
        ...


class DeliveryUnknown(OutsideError):
    """The message was on its way when the connection broke."""


def done(detail: str) -> Outcome:
    """The message was handed over."""
    return Outcome(OutcomeKind.DONE, detail)


def setting(message: SendMessage, name: str, default: str = "") -> str:
    """A setting of the message's channel."""
    return dict(message.settings).get(name, default).strip()


def needed(message: SendMessage, name: str, example: str) -> str:
    """A setting the channel cannot do without; raises PilotageError saying how to write it."""
    value = setting(message, name)
    if not value:
        raise PilotageError(
            f'The channel "{message.channel}" has no "{name}"',
            f'Add it under "channels" in the plan or the project file, such as {name}: {example}',
        )
    return value


def subject_of(message: SendMessage) -> str:
    """Its subject as one line; without one, the beginning of its text."""
    line = " ".join((message.subject or next(iter(message.text.strip().splitlines()), "")).split())
    return line if len(line) <= 120 else f"{line[:119]}…"
