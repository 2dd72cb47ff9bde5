"""The terminal channel: one line to whoever is looking."""

from __future__ import annotations

from collections.abc import Callable

from pilotage.application.outputs import clean
from pilotage.domain.effects import SendMessage
from pilotage.domain.errors import OutsideError
from pilotage.domain.facts import Outcome

from .channel import done, subject_of


class TerminalChannel:
    """Prints a line. Who saw it is not known, so it is never repeated after a crash."""

    takes_idempotency_key = False

    def __init__(self, show: Callable[[str], None]) -> None:
        """``show`` takes a finished line; it may raise OSError when nobody is there any more."""
        self._show = show

    async def send(self, message_id: str, message: SendMessage) -> Outcome:  # noqa: ARG002 - a line carries no id
        """Show the message as one line, harmless to a terminal whatever stands in it."""
        subject, text = subject_of(message), " ".join(message.text.split())
        line = text if not text or text.startswith(subject) else f"{subject}: {text}"
        try:
            self._show(clean(f"✉ {message.to}: {line or subject}"))
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            raise OutsideError(
                f"The terminal took no line ({error})", "Read the message in `pilotage release log`."
            ) from None
        return done("shown on the terminal")

    async def sent(self, message_id: str, message: SendMessage) -> bool | None:  # noqa: ARG002 - cannot be asked
        """A terminal cannot be asked."""
        return None
