"""Carries out ``SendMessage``: the table of channels, by type."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from pilotage.application.outputs import one_line
from pilotage.domain.effects import Effect, SendMessage
from pilotage.domain.errors import Bug, PilotageError
from pilotage.domain.facts import Outcome, OutcomeKind

from .channel import Channel, DeliveryUnknown


class MessagePerformer:
    """Sends messages through the channels that are connected."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        """``channels``: channel type (``email``, ``webhook``, ``file``, ``terminal`` …) to channel."""
        self._channels = dict(channels)

    @property
    def repeatable_types(self) -> frozenset[str]:
        """Channel types through which a message may be given again after a crash (S5, S9)."""
        return frozenset(kind for kind, channel in self._channels.items() if channel.takes_idempotency_key)

    async def perform(self, effect: Effect) -> Outcome:
        """Hand the message to its channel. UNKNOWN where it may have arrived although its channel broke down."""
        message, started = _message(effect), time.monotonic()
        channel = self._channels.get(message.channel_type)
        if channel is None:
            return Outcome(OutcomeKind.FAILED, self._not_connected(message))
        try:
            outcome = await channel.send(effect.id, message)
        except DeliveryUnknown as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, one_line(error))
        except PilotageError as error:
            outcome = Outcome(OutcomeKind.FAILED, one_line(error))
        return replace(outcome, seconds=time.monotonic() - started)

    async def happened(self, effect: Effect) -> bool | None:
        """Ask the channel whether it handed the message over."""
        message = _message(effect)
        channel = self._channels.get(message.channel_type)
        return None if channel is None else await channel.sent(effect.id, message)

    def _not_connected(self, message: SendMessage) -> str:
        known = ", ".join(sorted(self._channels)) or "none"
        return (
            f'The channel "{message.channel}" is of type "{message.channel_type}", which nothing is connected to '
            f"(connected here: {known}). Tell {message.to} by hand, or give the channel one of these types."
        )


def _message(effect: Effect) -> SendMessage:
    if not isinstance(effect.action, SendMessage):
        raise Bug(
            f"{type(effect.action).__name__} was given to the performer of messages", "Please report this."
        )
    return effect.action
