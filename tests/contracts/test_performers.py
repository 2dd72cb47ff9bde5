"""Every performer keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotage.adapters.commands import CommandsPerformer
from pilotage.adapters.deploy import DeployPerformer
from pilotage.adapters.http_requests import HttpRequestsPerformer
from pilotage.adapters.notify import FileChannel, MessagePerformer, TerminalChannel, WebhookChannel
from pilotage.decisions.messages import IDEMPOTENT
from pilotage.domain.effects import DeployVersion, Effect, RunCommands, SendRequest
from pilotage.domain.facts import Outcome, OutcomeKind
from pilotage.testing.contracts.performers import PerformerContract, Scene
from pilotage.testing.performers import RecordingPerformer
from tests.support.clocks import HurriedClock
from tests.support.effects import KnownSecrets, effect
from tests.support.loopback import Asked, Loopback, Reply, loopback
from tests.support.messages import message, sending


@pytest.fixture
def commands(tmp_path: Path) -> CommandsPerformer:
    return CommandsPerformer(KnownSecrets(), tmp_path, grace=0.2)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as started:
        started.replies |= {"/done": Reply(200), "/broken": Reply(500), "/slow": Reply(hang=True)}
        yield started


def keys(server: Loopback, id: str) -> int:  # noqa: A002 - an effect's id
    """How often the server was asked with this idempotency key."""
    return sum(asked.headers.get("idempotency-key") == id for asked in server.asked)


class TestRecordingPerformer(PerformerContract):
    """In memory."""

    @pytest.fixture
    def scene(self) -> Scene:
        performer = RecordingPerformer()

        def failing(id_: str) -> Effect:
            performer.will_end(
                "deploy", Outcome(OutcomeKind.FAILED, "The test says it failed; ask the test why it said so.")
            )
            return effect(RunCommands(("x",)), id=id_)

        def lasting(id_: str) -> Effect:
            performer.pause()
            return effect(RunCommands(("x",)), id=id_)

        return Scene(
            performer,
            passing=lambda id_: effect(RunCommands(("x",)), id=id_),
            failing=failing,
            lasting=lasting,
            acted=lambda id_: sum(done.id == id_ for done in performer.performed),
            once=True,
        )

    @pytest.mark.skip(reason="it records effects of every kind")
    async def test_an_effect_of_another_kind_is_our_own_bug(self, scene: Scene) -> None: ...


class TestCommandsPerformer(PerformerContract):
    """Real processes."""

    @pytest.fixture
    def scene(self, commands: CommandsPerformer, tmp_path: Path) -> Scene:
        log = tmp_path / "log"
        log.touch()
        return Scene(
            commands,
            passing=lambda id_: effect(
                RunCommands(('echo "$PILOTAGE_EFFECT_ID" >> log',), shell=True),
                id=id_,
                probe='grep -qx "$PILOTAGE_EFFECT_ID" log',
            ),
            failing=lambda id_: effect(RunCommands(("false",)), id=id_),
            lasting=lambda id_: effect(RunCommands(("sleep 300",)), id=id_),
            acted=lambda id_: log.read_text().splitlines().count(id_),
            once=False,
        )


class TestHttpRequestsPerformer(PerformerContract):
    """A real server, which acts on every request."""

    @pytest.fixture
    def scene(self, commands: CommandsPerformer, server: Loopback) -> Scene:
        return Scene(
            HttpRequestsPerformer(KnownSecrets(), commands),
            passing=lambda id_: effect(SendRequest("POST", server.url + "/done"), id=id_),
            failing=lambda id_: effect(SendRequest("POST", server.url + "/broken"), id=id_),
            lasting=lambda id_: effect(SendRequest("POST", server.url + "/slow"), id=id_),
            acted=lambda id_: keys(server, id_),
            once=False,
        )


class TestDeployPerformer(PerformerContract):
    """A real command and a real version URL."""

    @pytest.fixture
    def scene(self, commands: CommandsPerformer, server: Loopback, tmp_path: Path) -> Scene:
        live, log = tmp_path / "live", tmp_path / "log"
        live.write_text("1.1.0")
        log.touch()
        server.replies["/version"] = lambda _: Reply(200, live.read_bytes())
        script = tmp_path / "deploy.sh"
        script.write_text(
            '#!/bin/sh\nprintf %s "$PILOTAGE_VERSION" > live; echo "$PILOTAGE_EFFECT_ID" >> log\n'
        )
        script.chmod(0o755)

        def deploying(command: str, id_: str) -> Effect:
            return effect(
                DeployVersion("production", "1.2.0", command, server.url + "/version", timeout=60), id=id_
            )

        return Scene(
            DeployPerformer(commands, HttpRequestsPerformer(KnownSecrets(), commands), HurriedClock()),
            passing=lambda id_: deploying("./deploy.sh", id_),
            failing=lambda id_: deploying("false", id_),
            lasting=lambda id_: deploying("sleep 300", id_),
            acted=lambda id_: log.read_text().splitlines().count(id_),
            once=False,
        )


class TestFileMessages(PerformerContract):
    """A real file."""

    @pytest.fixture
    def scene(self, tmp_path: Path) -> Scene:
        sent = tmp_path / "sent.jsonl"
        return Scene(
            MessagePerformer({"file": FileChannel(tmp_path, HurriedClock())}),
            passing=lambda id_: sending(message("file", "sent.jsonl"), id=id_),
            failing=lambda id_: sending(message("file", "no/such/folder"), id=id_),
            lasting=None,
            acted=lambda id_: sent.read_text().count(f'"id": "{id_}"') if sent.exists() else 0,
            once=True,
        )


class TestWebhookMessages(PerformerContract):
    """A real server, which knows the ids it has seen."""

    @pytest.fixture
    def scene(self, commands: CommandsPerformer, server: Loopback) -> Scene:
        requests = HttpRequestsPerformer(KnownSecrets(), commands)
        seen: set[str] = set()

        def receive(asked: Asked) -> Reply:
            seen.add(asked.headers["webhook-id"])
            return Reply(200)

        server.replies["/done"] = receive
        return Scene(
            MessagePerformer({"webhook": WebhookChannel(requests, KnownSecrets(), HurriedClock())}),
            passing=lambda id_: sending(message("webhook", server.url + "/done"), id=id_),
            failing=lambda id_: sending(message("webhook", server.url + "/broken"), id=id_),
            lasting=lambda id_: sending(message("webhook", server.url + "/slow"), id=id_),
            acted=lambda id_: int(
                id_ in seen
            ),  # a receiver that knows the standard counts ids, not deliveries
            once=True,
        )


class TestTerminalMessages(PerformerContract):
    """Lines in a list."""

    @pytest.fixture
    def scene(self) -> Scene:
        lines: list[str] = []
        return Scene(
            MessagePerformer({"terminal": TerminalChannel(lines.append)}),
            passing=lambda id_: sending(message("terminal", text=f"message {id_}"), id=id_),
            failing=lambda id_: sending(message("call"), id=id_),
            lasting=None,
            acted=lambda id_: lines.count(f"✉ internal: message {id_}"),
            once=False,
        )


def test_only_channels_that_take_a_key_may_repeat(tmp_path: Path) -> None:
    clock, secrets = HurriedClock(), KnownSecrets()
    messages = MessagePerformer(
        {
            "file": FileChannel(tmp_path, clock),
            "webhook": WebhookChannel(RecordingPerformer(), secrets, clock),
            "terminal": TerminalChannel(lambda _: None),
        }
    )
    assert messages.repeatable_types == {"file", "webhook"} == set(IDEMPOTENT), (
        "the core decides by the same table"
    )


async def test_the_recording_performer_ends_effects_as_told() -> None:
    performer = RecordingPerformer()
    failed = Outcome(OutcomeKind.FAILED, "no")
    performer.will_end("deploy", failed)
    assert await performer.perform(effect(RunCommands(("x",)), id="1")) == failed
    assert await performer.happened(effect(RunCommands(("x",)), id="1")) is False
    assert (await performer.perform(effect(RunCommands(("x",)), id="2"))).done
    assert [done.id for done in performer.performed] == ["1", "2"]
