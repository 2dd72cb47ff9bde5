"""The webhook channel against a real server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from pilotage.adapters.http_requests import HttpRequestsPerformer
from pilotage.adapters.notify import MessagePerformer, WebhookChannel
from pilotage.adapters.notify.webhook import signature
from pilotage.domain.facts import OutcomeKind
from pilotage.testing.performers import RecordingPerformer
from tests.support.clocks import HurriedClock
from tests.support.effects import KnownSecrets
from tests.support.loopback import Loopback, Reply, loopback
from tests.support.messages import message, sending

KEY = b"a key of some bytes"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as started:
        started.replies["/hook"] = Reply(204)
        yield started


@pytest.fixture
def messages(server: Loopback) -> MessagePerformer:
    secrets = KnownSecrets(
        HOOK=server.url + "/hook",
        SIGNING="whsec_" + base64.b64encode(KEY).decode(),
        PLAIN="plain-key",
        TORN="whsec_%%%",
    )
    requests = HttpRequestsPerformer(secrets, RecordingPerformer())
    return MessagePerformer({"webhook": WebhookChannel(requests, secrets, HurriedClock())})


def test_the_signature_is_the_one_standard_webhooks_publishes() -> None:
    """The example of the specification's own libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}', key)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(("secret", "key"), [("env:SIGNING", KEY), ("env:PLAIN", b"plain-key"), ("", None)])
async def test_the_document_arrives_signed_with_its_ids(
    server: Loopback, messages: MessagePerformer, secret: str, key: bytes | None
) -> None:
    sent = message("webhook", "env:HOOK", subject="Pilot", recipients=("maria",), secret=secret)
    outcome = await messages.perform(sending(sent, id="größe.1/pilot#1"))
    assert outcome.done, outcome.detail
    (asked,) = server.asked
    document = json.loads(asked.body)
    assert document["text"] == "Pilot live"
    assert document["timestamp"] == "2026-03-02T09:00:00+00:00"
    assert (
        document["data"] | {"id": "größe.1/pilot#1", "recipients": ["maria"], "subject": "Pilot"}
        == document["data"]
    )
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["idempotency-key"] == "gr%C3%B6%C3%9Fe.1/pilot#1"
    assert asked.headers["webhook-id"] == "gr%F6%DFe%2E1/pilot#1"
    assert asked.headers["webhook-timestamp"] == "1772442000"
    if key is None:
        assert "webhook-signature" not in asked.headers
    else:
        signed = b".".join([asked.headers["webhook-id"].encode(), b"1772442000", asked.body])
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert asked.headers["webhook-signature"] == f"v1,{expected}"


async def test_the_same_message_keeps_its_ids_when_it_is_given_again(
    server: Loopback, messages: MessagePerformer
) -> None:
    for _ in range(2):
        assert (await messages.perform(sending(message("webhook", "env:HOOK")))).done
    first, second = server.asked
    for name in ("webhook-id", "idempotency-key"):
        assert first.headers[name] == second.headers[name]
    assert await messages.happened(sending(message("webhook", "env:HOOK"))) is None


async def test_a_receiver_that_refuses_is_told(server: Loopback, messages: MessagePerformer) -> None:
    server.replies["/hook"] = Reply(500, b"overloaded")
    outcome = await messages.perform(sending(message("webhook", "env:HOOK")))
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.detail.startswith("POST env:HOOK answered 500 Internal Server Error: overloaded")


async def test_without_an_address_the_one_recipient_is_it(
    server: Loopback, messages: MessagePerformer
) -> None:
    assert (await messages.perform(sending(message("webhook", recipients=(server.url + "/hook",))))).done
    for sent, says in (
        (message("webhook"), "has no address to post to"),
        (message("webhook", recipients=("a", "b")), "has no address to post to"),
        (message("webhook", "env:HOOK", secret="env:TORN"), "not base64 after it"),
        (message("webhook", "env:HOOK", secret="env:GONE"), 'The secret "env:GONE" is not set'),
    ):
        outcome = await messages.perform(sending(sent))
        assert outcome.kind is OutcomeKind.FAILED
        assert says in outcome.detail
    assert len(server.asked) == 1
