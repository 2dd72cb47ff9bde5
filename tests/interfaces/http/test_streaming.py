"""A release as it moves, over a real connection: resumable, kept alive, and closed when the server stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from pilotage import bootstrap
from pilotage.application.services import Application
from pilotage.domain.facts import Hold
from pilotage.domain.people import Actor
from pilotage.interfaces.http import serve as serving
from pilotage.interfaces.http import streaming
from pilotage.interfaces.http.problems import TooBusy
from pilotage.interfaces.http.serve import Running, Where, running
from tests.interfaces.http.conftest import create, problem

MARIA = Actor(person="maria")


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with bootstrap.open_application(bootstrap.Settings(folder=tmp_path)) as application:
        yield application


@pytest.fixture
async def server(application: Application) -> AsyncIterator[Running]:
    async with running(application, Where(port=0), person="maria", worker=False) as server:
        yield server


@pytest.fixture
async def client(server: Running) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=f"{server.url}/api/v1/", timeout=20) as client:
        yield client


@asynccontextmanager
async def listening(
    client: AsyncClient, release: str, **headers: str
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    async with client.stream("GET", f"releases/{release}/events/stream", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield frames(answer)


async def frames(answer: Response) -> AsyncIterator[dict[str, Any]]:
    """Every frame as its fields; a comment as ``{"comment": ...}``."""
    fields: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        if line.startswith(":"):
            yield {"comment": line}
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = json.loads(value) if name == "data" else value
        elif fields:
            yield fields
            fields = {}


async def until(stream: AsyncIterator[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """The frames up to the first of that event."""
    found = []
    async with asyncio.timeout(20):
        async for frame in stream:
            found.append(frame)
            if frame.get("event") == event:
                return found
    pytest.fail(f"the stream ended without {event}: {found}")


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [int(frame["id"]) for frame in found if "id" in frame]


async def test_a_stream_tells_what_was_and_what_happens(
    application: Application, client: AsyncClient
) -> None:
    release = await create(client)
    async with listening(client, release) as stream:
        before = await until(stream, "shown")
        assert ids(before) == [1]
        assert before[-1]["data"]["line"]["id"] == release
        await application.acting.start(release, MARIA)
        after = await until(stream, "shown")
        assert ids(after) == list(range(2, 2 + len(ids(after))))
        assert after[-1]["data"]["line"]["status"] == "running"
        assert after[-1]["data"]["line"]["number"] == ids(after)[-1]


async def test_a_broken_connection_goes_on_where_it_was(
    application: Application, client: AsyncClient
) -> None:
    release = await create(client)
    await application.acting.start(release, MARIA)
    everything = [told.number for told in await application.looking.log(release)]
    async with listening(client, release) as stream:
        first = await until(stream, "told")
    async with listening(client, release, **{"Last-Event-ID": str(ids(first)[-1])}) as stream:
        assert ids(first) + ids(await until(stream, "shown")) == everything
    wrong = await client.get(f"releases/{release}/events/stream", headers={"Last-Event-ID": "yesterday"})
    assert problem(wrong) == (422, "you")


async def test_the_end_of_a_release_ends_its_stream_for_good(
    application: Application, client: AsyncClient
) -> None:
    release = await create(client)
    await application.acting.start(release, MARIA)
    async with listening(client, release) as stream:
        await until(stream, "shown")
        answer = await client.post(f"releases/{release}/abort", json={"reason": "not today"})
        assert answer.status_code == 200, answer.text
        last = ids(await until(stream, "over"))[-1]
    again = await client.get(f"releases/{release}/events/stream", headers={"Last-Event-ID": str(last)})
    assert again.status_code == 204


async def test_a_quiet_stream_is_kept_alive(
    application: Application, client: AsyncClient, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = await create(client)
    watch = streaming.Streams(heartbeat=0.05).frames(application.looking.watch(release), asyncio.Event())
    seen = []
    async with asyncio.timeout(20):
        async for frame in watch:
            seen.append(frame)
            if frame.startswith(b":"):
                break
    await watch.aclose()
    assert seen[0].startswith(b"retry: ")


async def test_stopping_closes_streams_at_once(application: Application, tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncClient(timeout=20) as client:
        async with running(application, Where(port=0), person="maria", worker=False) as server:
            client.base_url = f"{server.url}/api/v1/"
            release = await create(client)
            request = client.build_request("GET", f"releases/{release}/events/stream")
            answer = await client.send(request, stream=True)
            stream = frames(answer)
            await until(stream, "shown")
            began = loop.time()
        assert loop.time() - began < serving.PATIENCE / 2
        assert (await until(stream, "closing"))[-1]["event"] == "closing"
        await answer.aclose()


async def test_only_so_many_streams_are_open_at_once(application: Application, client: AsyncClient) -> None:
    release = await create(client)
    streams = streaming.Streams(most=1)
    one = streams.frames(application.looking.watch(release), asyncio.Event())
    await anext(one)
    with pytest.raises(TooBusy):
        streams.check_room()
    await one.aclose()
    streams.check_room()


async def test_a_client_that_has_gone_leaves_nothing_behind(
    application: Application, client: AsyncClient
) -> None:
    release = await create(client)
    streams = streaming.Streams()
    one = streams.frames(application.looking.watch(release), asyncio.Event())
    await anext(one)
    await anext(one)
    await one.aclose()
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() if "watch" in repr(task.get_coro())]
    assert left == []


async def test_a_wish_of_a_person_reaches_every_listener(
    application: Application, client: AsyncClient
) -> None:
    release = await create(client)
    await application.acting.start(release, MARIA)
    async with listening(client, release) as one, listening(client, release) as other:
        await until(one, "shown")
        await until(other, "shown")
        await application.acting.act(release, Hold("a doubt"), MARIA)
        for stream in (one, other):
            told = await until(stream, "shown")
            assert told[-1]["data"]["line"]["held"] == "a doubt"
