"""Deploys with a real command and a real service, and the clock of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotage.adapters.commands import CommandsPerformer
from pilotage.adapters.deploy import DeployPerformer
from pilotage.adapters.http_requests import HttpRequestsPerformer
from pilotage.domain.effects import DeployVersion
from pilotage.domain.facts import OutcomeKind
from tests.support.clocks import HurriedClock
from tests.support.effects import KnownSecrets, effect
from tests.support.loopback import Asked, Loopback, Reply, loopback


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as started:
        yield started


@pytest.fixture
def deploys(tmp_path: Path) -> DeployPerformer:
    script = tmp_path / "deploy.sh"
    script.write_text('#!/bin/sh\necho "$PILOTAGE_VERSION to $PILOTAGE_ENVIRONMENT" | tee live\n')
    script.chmod(0o755)
    commands = CommandsPerformer(KnownSecrets(), tmp_path)
    return DeployPerformer(commands, HttpRequestsPerformer(KnownSecrets(), commands), HurriedClock())


async def test_the_command_is_told_this_version_not_the_releases(deploys: DeployPerformer) -> None:
    action = DeployVersion("production", "1.1.0", "./deploy.sh", variables={"version": "1.2.0"})
    outcome = await deploys.perform(effect(action))
    assert (outcome.kind, outcome.last_line) == (OutcomeKind.DONE, "1.1.0 to production")
    assert outcome.detail == "1.1.0 is in production"


@pytest.mark.requirement(163)
async def test_it_is_done_when_version_and_health_agree(server: Loopback, deploys: DeployPerformer) -> None:
    answers = iter(["1.1.0", "1.2.0", "1.2.0", "1.2.0"])
    healthy = iter([503, 200])

    def version(asked: Asked) -> Reply:
        return Reply(200, b'{"version": "%s"}' % next(answers).encode())

    server.replies |= {"/version": version, "/health": lambda _: Reply(next(healthy))}
    action = DeployVersion(
        "production", "1.2.0", "./deploy.sh", server.url + "/version", server.url + "/health", timeout=60
    )
    outcome = await deploys.perform(effect(action))
    assert outcome.done, outcome.detail
    assert outcome.detail == (
        f"1.2.0 is in production, confirmed by {server.url}/version and {server.url}/health"
    )
    assert [asked.path for asked in server.asked] == [
        "/version",
        "/version",
        "/health",
        "/version",
        "/health",
    ]
    assert outcome.seconds == pytest.approx(4)


async def test_an_environment_that_never_says_so_times_out(
    server: Loopback, deploys: DeployPerformer
) -> None:
    server.replies["/version"] = Reply(200, b"1.1.0")
    action = DeployVersion("production", "1.2.0", "./deploy.sh", server.url + "/version", timeout=10)
    outcome = await deploys.perform(effect(action))
    assert outcome.kind is OutcomeKind.TIMED_OUT
    assert f'after 10 s {server.url}/version does not say 1.2.0 yet; it says "1.1.0"' in outcome.detail
    assert len(server.asked) == 5


async def test_an_environment_that_cannot_be_reached_times_out_with_the_reason(
    deploys: DeployPerformer,
) -> None:
    action = DeployVersion(
        "production", "1.2.0", "./deploy.sh", health_url="http://127.0.0.1:1/health", timeout=4
    )
    outcome = await deploys.perform(effect(action))
    assert outcome.kind is OutcomeKind.TIMED_OUT
    assert "/health failed: it cannot be reached" in outcome.detail


async def test_a_command_that_fails_is_not_looked_at_further(
    server: Loopback, deploys: DeployPerformer
) -> None:
    action = DeployVersion("production", "1.2.0", "sh -c 'exit 4'", server.url + "/version")
    outcome = await deploys.perform(effect(action))
    assert (outcome.kind, outcome.exit_status) == (OutcomeKind.FAILED, 4)
    assert server.asked == []


async def test_without_a_command_it_says_where_to_write_one(deploys: DeployPerformer) -> None:
    outcome = await deploys.perform(effect(DeployVersion("staging", "1.2.0", "")))
    assert outcome.kind is OutcomeKind.FAILED
    assert 'The environment "staging" has no deploy command' in outcome.detail


async def test_whether_it_happened_is_the_version_urls_word(
    server: Loopback, deploys: DeployPerformer, tmp_path: Path
) -> None:
    asked = effect(DeployVersion("production", "1.2.0", "./deploy.sh", server.url + "/version"))
    for reply, happened in ((Reply(200, b"1.2.0"), True), (Reply(200, b"1.1.0"), False), (Reply(500), None)):
        server.replies["/version"] = reply
        assert await deploys.happened(asked) is happened
    assert await deploys.happened(effect(DeployVersion("production", "1.2.0", "./deploy.sh"))) is None
    assert await deploys.happened(effect(asked.action, probe="test {{version}} = 1.2.0")) is True
    assert not (tmp_path / "live").exists()
