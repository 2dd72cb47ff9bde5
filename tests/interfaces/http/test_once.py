"""The same click twice: under one key a wish is done once, and answered alike."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient

from pilotage.domain.errors import StoreUnusable
from pilotage.interfaces.http.app import create_app
from tests.interfaces.http.conftest import House, document, problem

BODY = {"document": document(), "version": "1.0.0"}
AGAIN = {**BODY, "again": True}
KEY = {"Idempotency-Key": "one wish"}


async def releases(house: House) -> list[str]:
    return [line.id for line in await house.app.looking.list()]


async def test_a_repeated_call_gets_the_first_answer(house: House, maria: AsyncClient) -> None:
    first = await maria.post("releases", json=BODY, headers=KEY)
    again = await maria.post("releases", json=BODY, headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await releases(house) == ["shop-1.0.0"]


async def test_two_calls_at_once_do_it_once(house: House, maria: AsyncClient) -> None:
    answers = await asyncio.gather(*[maria.post("releases", json=BODY, headers=KEY) for _ in range(5)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await releases(house) == ["shop-1.0.0"]


async def test_a_restart_forgets_no_answer(house: House, maria: AsyncClient) -> None:
    first = await maria.post("releases", json=BODY, headers=KEY)
    house.served = create_app(house.app, person="maria")
    again = await (await house.client()).post("releases", json=BODY, headers=KEY)
    assert again.content == first.content
    assert await releases(house) == ["shop-1.0.0"]


async def test_without_a_key_or_a_day_later_it_is_done_again(house: House, maria: AsyncClient) -> None:
    await maria.post("releases", json=BODY, headers=KEY)
    assert problem(await maria.post("releases", json=BODY)) == (409, "you")
    await maria.post("releases", json=AGAIN)
    assert len(await releases(house)) == 2
    await house.later(timedelta(days=1, seconds=1))
    await maria.post("releases", json=AGAIN, headers=KEY)
    assert len(await releases(house)) == 3


async def test_a_key_is_for_one_wish_of_one_caller(house: House, maria: AsyncClient) -> None:
    await maria.post("releases", json=BODY, headers=KEY)
    other = await maria.post("releases", json={**BODY, "version": "2.0.0"}, headers=KEY)
    assert problem(other) == (422, "you")
    elsewhere = await maria.post("releases/shop-1.0.0/start", json={}, headers=KEY)
    assert problem(elsewhere) == (422, "you")
    kim = await house.client(headers={"Pilotage-As": "kim"})
    assert (await kim.post("releases", json=AGAIN, headers=KEY)).json()["release"]["id"] == "shop-1.0.0-2"


async def test_a_refusal_is_not_remembered(house: House, maria: AsyncClient) -> None:
    await maria.post("releases", json=BODY)
    hold, key = {"reason": "a doubt"}, {"Idempotency-Key": "hold it"}
    assert problem(await maria.post("releases/shop-1.0.0/hold", json=hold, headers=key)) == (403, "rule")
    await maria.post("releases/shop-1.0.0/start", json={})
    assert (await maria.post("releases/shop-1.0.0/hold", json=hold, headers=key)).status_code == 200


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "caf\xe9"])
async def test_what_is_no_key_is_told_so(maria: AsyncClient, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    assert problem(await maria.post("releases", json=BODY, headers=headers)) == (422, "you")


async def test_what_is_done_is_answered_even_if_the_answer_cannot_be_kept(
    house: House, maria: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StoreUnusable("The disk is full.", "Make room.")

    monkeypatch.setattr(house.storage, "keep_answer", full)
    assert (await maria.post("releases", json=BODY, headers=KEY)).status_code == 201
