"""The server as a process: where it listens, who may reach it, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import AsyncClient

from pilotage import bootstrap
from pilotage.application.services import Application
from pilotage.domain.errors import UsageError
from pilotage.domain.people import Actor
from pilotage.domain.tokens import Scope
from pilotage.interfaces.http.serve import Where, running, serve
from tests.interfaces.http.conftest import create

ROOT = Actor(person="root")
ANYWHERE = Where(port=0)


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with bootstrap.open_application(bootstrap.Settings(folder=tmp_path)) as application:
        yield application


async def served(application: Application, where: Where = ANYWHERE) -> list[str]:
    """Serve until it has said who it is; returns what it said."""
    said: list[str] = []
    stop = asyncio.Event()

    def announce(line: str) -> None:
        said.append(line)
        if "Ctrl-C" in line:
            stop.set()

    async with asyncio.timeout(20):
        await serve(application, where, person="maria", announce=announce, database="some.db", stop=stop)
    return said


async def test_it_says_where_it_listens_and_what_it_runs_on(application: Application) -> None:
    said = await served(application)
    assert "http://127.0.0.1:" in said[0]
    assert not said[0].endswith(":0")
    assert "acts as maria" in said[1]
    assert "some.db" in said[2]
    assert "worker" in said[3]
    assert said[-1].startswith("Stopping")
    await application.tokens.create("kim", Scope.ACT, ROOT)
    assert "needs a token" in (await served(application))[1]


async def test_a_port_in_use_is_said_with_what_to_do(application: Application) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} of 127.0.0.1 is in use") as error:
            await served(application, Where(port=port))
        assert "--port 0" in error.value.hint
    # Nothing was begun: the worker's name is free, and so is the port.
    assert application.ports.workers.somebody_works() is False
    await served(application, Where(port=port))


@pytest.mark.parametrize(
    "where", [Where("192.0.2.1"), Where("no.such.host.invalid"), Where("a" * 300), Where(port=99999)]
)
async def test_an_address_that_is_none_is_said_in_words(application: Application, where: Where) -> None:
    await application.tokens.create("kim", Scope.ACT, ROOT)
    with pytest.raises(UsageError) as error:
        await served(application, where)
    assert error.value.hint


async def test_others_reach_it_only_once_there_is_a_token(application: Application) -> None:
    everywhere = Where("0.0.0.0", 0)
    with pytest.raises(UsageError, match="can be reached by others") as error:
        await served(application, everywhere)
    assert "pilotage token create" in error.value.hint
    made = await application.tokens.create("kim", Scope.ACT, ROOT)
    async with (
        running(application, everywhere, person="maria", worker=False) as server,
        AsyncClient(base_url=f"http://127.0.0.1:{server.port}/api/v1/") as client,
    ):
        assert (await client.get("releases")).status_code == 401
        bearer = {"Authorization": f"Bearer {made.secret}", "Host": "pilotage.example"}
        assert (await client.get("releases", headers=bearer)).status_code == 200
    await application.tokens.revoke(made.token.id, ROOT)
    with pytest.raises(UsageError, match="no token"):
        await served(application, everywhere)


async def test_its_worker_carries_a_release_on(application: Application, tmp_path: Path) -> None:
    async with (
        running(application, Where(port=0), person="maria") as server,
        AsyncClient(base_url=f"{server.url}/api/v1/") as client,
    ):
        assert (await client.get("worker")).json() == {"works": True}
        release = await create(client)
        assert (await client.post(f"releases/{release}/start", json={})).status_code == 200
        async with asyncio.timeout(20):
            number = 0
            while not (shown := (await client.get(f"releases/{release}")).json())["questions"]:
                assert shown["line"]["number"] >= number
                number = shown["line"]["number"]
                await asyncio.sleep(0.02)
        assert (tmp_path / "deployed").exists()
    assert application.ports.workers.somebody_works() is False


async def test_one_without_a_worker_says_so(application: Application) -> None:
    async with (
        running(application, Where(port=0), person="maria", worker=False) as server,
        AsyncClient(base_url=f"{server.url}/api/v1/") as client,
    ):
        assert (await client.get("worker")).json() == {"works": False}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "pilotage.interfaces.cli.main", "serve", "--port", "0"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PILOTAGE_")}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        process.send_signal(number)
        said, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, errors
    assert "Stopping" in said
    assert "Traceback" not in errors
