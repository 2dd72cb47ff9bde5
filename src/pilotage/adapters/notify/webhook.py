"""The webhook channel: a JSON document posted to an address, signed where the channel has a ``secret``.

Headers and signature follow Standard Webhooks 1.0 (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``:
``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``; a ``whsec_`` secret is base64). The document carries
``text`` at its top, which is what the incoming webhooks of chat services read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from pilotage.application.ports.clock import Clock
from pilotage.application.ports.performer import Performer
from pilotage.application.ports.secrets import Secrets
from pilotage.domain.effects import Effect, SendMessage, SendRequest
from pilotage.domain.errors import PilotageError
from pilotage.domain.facts import Outcome

from .channel import setting

_SECONDS = 30.0
_PREFIX = "whsec_"


class WebhookChannel:
    """Posts messages through the performer of requests. The receiver drops a ``webhook-id`` it has seen."""

    takes_idempotency_key = True

    def __init__(self, requests: Performer, secrets: Secrets, clock: Clock) -> None:
        """``requests`` sends them (with the message's id as ``Idempotency-Key``); ``clock`` dates them."""
        self._requests = requests
        self._secrets = secrets
        self._clock = clock

    async def send(self, message_id: str, message: SendMessage) -> Outcome:
        """Post the message to the channel's address, or to its one recipient where the channel has none."""
        address = message.address or (message.recipients[0] if len(message.recipients) == 1 else "")
        if not address:
            raise PilotageError(
                f'The channel "{message.channel}" has no address to post to',
                'Add one under "channels", such as address: https://… or address: env:NAME',
            )
        secret = await self._secrets.resolve(setting(message, "secret"))
        now = self._clock.now()
        document = {
            "type": "pilotage.message",
            "timestamp": now.isoformat(),
            "text": message.text or message.subject,
            "data": {
                "id": message_id,
                "message": message.row,
                "kind": message.kind,
                "channel": message.channel,
                "to": message.to,
                "recipients": message.recipients,
                "subject": message.subject,
            },
        }
        body = json.dumps(document, ensure_ascii=False)
        headers = _headers(message_id, str(int(now.timestamp())), body, secret, message.channel)
        request = SendRequest("POST", address, headers, body, timeout=_SECONDS)
        return await self._requests.perform(Effect(message_id, message.row, "message", request))

    async def sent(self, message_id: str, message: SendMessage) -> bool | None:  # noqa: ARG002 - cannot be asked
        """A webhook cannot be asked; it can be given the same message again."""
        return None


def _headers(
    message_id: str, timestamp: str, body: str, secret: str, channel: str
) -> tuple[tuple[str, str], ...]:
    # The id is signed as it travels: what a header cannot carry, and the dot that parts the signed text, are escaped.
    webhook_id = "".join(
        c if c.isascii() and (c.isalnum() or c in "-_:/#") else f"%{ord(c):02X}" for c in message_id
    )
    headers = [
        ("Content-Type", "application/json"),
        ("webhook-id", webhook_id),
        ("webhook-timestamp", timestamp),
    ]
    if secret:
        headers.append(("webhook-signature", signature(webhook_id, timestamp, body, _key(secret, channel))))
    return tuple(headers)


def signature(webhook_id: str, timestamp: str, body: str, key: bytes) -> str:
    """The Standard Webhooks signature of a body."""
    signed = f"{webhook_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(secret: str, channel: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise PilotageError(
            f'The secret of the channel "{channel}" begins with {_PREFIX} but is not base64 after it',
            "Copy it again, whole, from where the webhook was set up.",
        ) from None
