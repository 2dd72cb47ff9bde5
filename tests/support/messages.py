"""Messages for tests, in few words."""

from __future__ import annotations

from pilotage.domain.effects import Effect, SendMessage


def message(channel_type: str, address: str = "", *, text: str = "Pilot live", subject: str = "", recipients: tuple[str, ...] = (), **settings: str) -> SendMessage:  # fmt: skip
    """A message of the plan's row ``pilot-live`` to the audience ``internal``."""
    return SendMessage(
        row="pilot-live",
        channel="main",
        channel_type=channel_type,
        address=address,
        to="internal",
        recipients=recipients,
        subject=subject,
        text=text,
        settings=tuple((name.rstrip("_"), value) for name, value in settings.items()),
    )


def sending(sent: SendMessage, id: str = "checkout-1/pilot-live#1") -> Effect:  # noqa: A002 - its name
    """The effect that sends it."""
    return Effect(id=id, about=sent.row, purpose="message", action=sent)
