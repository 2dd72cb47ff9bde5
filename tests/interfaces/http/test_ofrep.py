"""OFREP 0.3.0 as the protocol's OpenAPI document says it, byte by byte where clients look."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from httpx import ASGITransport, AsyncClient, Response

from pilotage.application.use_cases.flag_reading import FlagReader, ReadyFlags
from pilotage.domain.exposure import Exposure, Segment, SegmentTest
from pilotage.domain.flags import Flag
from pilotage.interfaces.http.ofrep import LARGEST_CONTEXT, ofrep_router
from tests.flag_store import FlagsInMemory

ONE = "/ofrep/v1/evaluate/flags/checkout"
ALL = "/ofrep/v1/evaluate/flags"
TEAM = Segment("team", tests=(SegmentTest("email", "ends with", ("@example.com",)),))
CHECKOUT = Flag(
    "checkout", Exposure(share=10.0, segments={"team": 100.0}), {"team": TEAM}, seed="checkout", revision=7
)


@pytest.fixture
def store() -> FlagsInMemory:
    return FlagsInMemory(CHECKOUT, Flag("search", Exposure(share=100.0)))


@pytest.fixture
async def client(store: FlagsInMemory) -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.include_router(ofrep_router(FlagReader(store)))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://flags") as client:
        yield client


def user(key: str | None = "user-1", **attributes: object) -> dict[str, Any]:
    return {"context": attributes if key is None else {"targetingKey": key, **attributes}}


def error(response: Response) -> tuple[int, str]:
    """Status and code of an error, which must explain itself."""
    data = response.json()
    assert data["errorDetails"]
    return response.status_code, data["errorCode"]


async def test_one_flag_has_value_variant_and_reason(client: AsyncClient) -> None:
    response = await client.post(ONE, json=user(email="maria@example.com"))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "key": "checkout",
        "value": True,
        "reason": "TARGETING_MATCH",
        "variant": "on",
        "metadata": {"version": "7"},
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "PARSE_ERROR")),
        (b"\xff\xfe", (400, "PARSE_ERROR")),
        (b"[" * 100_000, (400, "PARSE_ERROR")),
        (b'{"context": {"age": NaN}}', (400, "PARSE_ERROR")),
        (b"[]", (400, "PARSE_ERROR")),
        (b'{"context": "user-1"}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": 17}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": "\\ud83d"}}', (400, "INVALID_CONTEXT")),
        (b" " * (LARGEST_CONTEXT + 1), (400, "INVALID_CONTEXT")),
        (b"", (400, "TARGETING_KEY_MISSING")),
        (b"{}", (400, "TARGETING_KEY_MISSING")),
        (b'{"context": null}', (400, "TARGETING_KEY_MISSING")),
        (b'{"context": {"targetingKey": ""}}', (400, "TARGETING_KEY_MISSING")),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_request_that_cannot_be_used_is_told_why(
    client: AsyncClient, body: bytes, expected: tuple[int, str]
) -> None:
    response = await client.post(ONE, content=body)
    assert error(response) == expected
    assert response.json()["key"] == "checkout"


@pytest.mark.parametrize("name", ["nothing", "a/b", "%E2%9C%93", "%ff"])
async def test_an_unknown_flag_is_not_found_in_the_protocols_words(client: AsyncClient, name: str) -> None:
    response = await client.post(f"{ALL}/{name}", json=user())
    assert error(response) == (404, "FLAG_NOT_FOUND")


async def test_all_flags_at_once_and_one_flags_trouble_is_not_the_others(
    client: AsyncClient, store: FlagsInMemory
) -> None:
    odd = Flag("odd", Exposure(share=5.0), bucketing="murmur9-v2", revision=1)
    assert await store.put_flag(odd, 0, "{}", "2026-03-02T09:00:00Z")
    flags = {flag["key"]: flag for flag in (await client.post(ALL, json={})).json()["flags"]}
    assert list(flags) == ["checkout", "odd", "search"]
    assert flags["checkout"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert flags["odd"]["errorCode"] == "GENERAL"
    assert (flags["search"]["value"], flags["search"]["reason"]) == (True, "STATIC")
    assert (await client.post(f"{ALL}/odd", json=user())).status_code == 500


async def test_an_unchanged_answer_is_not_sent_again(client: AsyncClient, store: FlagsInMemory) -> None:
    first = await client.post(ALL, json=user())
    etag = first.headers["etag"]
    for sent in (etag, f"W/{etag}", f'"other", {etag}'):
        again = await client.post(ALL, json=user(), headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    killed = replace(CHECKOUT, killed=True, revision=8)
    assert await store.put_flag(killed, 7, "{}", "2026-03-02T09:00:00Z")
    changed = await client.post(ALL, json=user(), headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_a_changed_context_never_gets_the_old_answer(client: AsyncClient) -> None:
    """Some clients keep the ETag although an attribute of their user changed."""
    etag = (await client.post(ALL, json=user("user-0"))).headers["etag"]
    changed = user("user-0", email="maria@example.com")
    assert (await client.post(ALL, json=changed, headers={"If-None-Match": etag})).status_code == 200


async def test_query_parameters_of_event_streams_do_no_harm(client: AsyncClient) -> None:
    response = await client.post(f"{ALL}?flagConfigEtag=abc&flagConfigLastModified=1", json=user())
    assert response.status_code == 200


async def test_a_lost_database_is_an_error_and_never_an_answer(
    client: AsyncClient, store: FlagsInMemory
) -> None:
    await client.post(ALL, json=user())
    store.broken = True
    for path in (ONE, ALL):
        response = await client.post(path, json=user())
        assert error(response) == (500, "GENERAL")
        assert "database cannot be opened" in response.json()["errorDetails"]


async def test_too_many_requests_are_asked_to_come_again(store: FlagsInMemory) -> None:
    free = asyncio.Event()
    waiting = asyncio.Event()

    class SlowReader(FlagReader):
        async def flags(self) -> ReadyFlags:
            waiting.set()
            await free.wait()
            return await super().flags()

    app = FastAPI()
    app.include_router(ofrep_router(SlowReader(store), most_at_once=1))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://flags") as client:
        slow = asyncio.create_task(client.post(ONE, json=user()))
        await waiting.wait()
        refused = await client.post(ONE, json=user())
        assert error(refused) == (429, "GENERAL")
        assert refused.headers["retry-after"] == "1"
        free.set()
        assert (await slow).status_code == 200
        assert (await client.post(ONE, json=user())).status_code == 200


async def test_who_may_read_flags_is_asked_first(store: FlagsInMemory) -> None:
    def only_with_token(request: Request) -> None:
        if (token := request.headers.get("authorization")) != "Bearer good":
            raise HTTPException(401 if token is None else 403)

    app = FastAPI()
    app.include_router(ofrep_router(FlagReader(store), only_with_token))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://flags") as client:
        for path in (ONE, ALL):
            assert (await client.post(path, content=b"{")).status_code == 401
            assert (await client.post(path, headers={"Authorization": "Bearer bad"})).status_code == 403
            good = await client.post(path, json=user(), headers={"Authorization": "Bearer good"})
            assert good.status_code == 200


def test_our_openapi_page_shows_the_protocol(store: FlagsInMemory) -> None:
    app = FastAPI()
    app.include_router(ofrep_router(FlagReader(store)))
    page = app.openapi()
    single = page["paths"]["/ofrep/v1/evaluate/flags/{key}"]["post"]
    assert set(single["responses"]) >= {"200", "400", "401", "403", "404", "429", "500"}
    bulk = page["paths"]["/ofrep/v1/evaluate/flags"]["post"]
    assert set(bulk["responses"]) >= {"200", "304", "400", "401", "403", "429", "500"}
    assert "ETag" in bulk["responses"]["200"]["headers"]
    json.dumps(page)
