"""Who calls: the server's own person on its machine before there is a token; after that, whom a token speaks for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from httpx import AsyncClient

from pilotage.domain.people import Actor
from pilotage.domain.tokens import Scope
from tests.interfaces.http.conftest import House, create, document, problem, started

BODY = {"document": document(), "version": "1.0.0"}


async def who(client: AsyncClient) -> tuple[str, str]:
    found = (await client.get("me")).json()
    return found["actor"]["person"], found["scope"]


async def test_before_the_first_token_this_machine_acts_as_who_runs_the_server(house: House) -> None:
    assert await who(await house.client()) == ("maria", "act")
    assert await who(await house.client(peer="::1")) == ("maria", "act")
    assert await who(await house.client(headers={"Pilotage-As": "kim"})) == ("kim", "act")


async def test_a_name_beyond_ascii_is_read_as_it_was_sent(house: House) -> None:
    client = await house.client(headers={"Pilotage-As": "zoë".encode()})  # type: ignore[dict-item]  # raw bytes, as a client sends them
    assert await who(client) == ("zoë", "act")


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.1", "2001:db8::1", "", "not-an-address"])
async def test_nobody_elsewhere_gets_in_without_a_token(house: House, peer: str) -> None:
    client = await house.client(peer=peer, headers={"Pilotage-As": "maria"})
    assert problem(await client.get("releases")) == (401, "login")
    answer = await client.post("releases", json=BODY)
    assert problem(answer) == (401, "login")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert await house.app.looking.list() == ()


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via", "X-Forwarded-Host"])
async def test_what_a_proxy_hands_on_comes_from_elsewhere(house: House, header: str) -> None:
    client = await house.client(headers={header: "127.0.0.1"})
    assert problem(await client.get("releases")) == (401, "login")


async def test_from_the_first_token_on_every_call_needs_one(house: House) -> None:
    secret = await house.token("kim")
    assert problem(await (await house.client()).get("releases")) == (401, "login")
    assert await who(await house.client(secret)) == ("kim", "act")
    assert await who(await house.client(secret, peer="192.0.2.7")) == ("kim", "act")
    token = (await house.app.tokens.list())[0]
    await house.app.tokens.revoke(token.id, Actor(person="root"))
    # Without any token that counts, nobody gets in again by just being here.
    assert problem(await (await house.client()).get("releases")) == (401, "login")


@pytest.mark.parametrize(
    "header",
    ["Bearer wrong", "Bearer", "Basic bWFyaWE6eA==", "bearer pilotage_" + "A" * 43, "Bearer \xff"],
)
async def test_a_token_nobody_made_is_refused(house: House, header: str) -> None:
    headers = {b"authorization": header.encode("latin-1")}
    # Also while there is none at all: who sends a token believes to have one.
    for _ in range(2):
        answer = await (await house.client()).get("releases", headers=headers)
        assert problem(answer) == (401, "login")
        await house.token("kim")


async def test_a_revoked_and_an_expired_token_are_refused_at_once(house: House) -> None:
    long, short = await house.token("kim", lasts=None), await house.token("lee", lasts=timedelta(hours=1))
    assert await who(await house.client(short)) == ("lee", "act")
    await house.later(timedelta(hours=1))
    expired = await (await house.client(short)).get("me")
    assert problem(expired) == (401, "login")
    assert "expired on 2026-01-05 10:00 UTC" in expired.text
    assert await who(await house.client(long)) == ("kim", "act")
    kims = next(token for token in await house.app.tokens.list() if token.holder == "kim")
    await house.app.tokens.revoke(kims.id, Actor(person="root"))
    assert problem(await (await house.client(long)).get("me")) == (401, "login")


async def test_a_token_speaks_for_its_person_and_nobody_else(house: House) -> None:
    secret = await house.token("kim")
    client = await house.client(secret, headers={"Pilotage-As": "maria"})
    assert problem(await client.post("releases", json=BODY)) == (403, "login")
    release = await create(await house.client(secret, headers={"Pilotage-As": "kim"}))
    assert (await house.app.looking.show(release)).release.created_by == "kim"


async def test_each_scope_allows_what_it_says(house: House) -> None:
    ofrep, tokens = "http://localhost/ofrep/v1/evaluate/flags", "tokens"
    reached = {}
    for scope in Scope:
        client = await house.client(await house.token("kim", scope))
        reached[scope] = [
            (await client.post(ofrep, json={})).status_code,
            (await client.get("releases")).status_code,
            (await client.post("releases", json={**BODY, "again": True})).status_code,
            (await client.get(tokens)).status_code,
        ]
    assert reached == {
        Scope.FLAGS: [200, 403, 403, 403],
        Scope.READ: [200, 200, 403, 403],
        Scope.ACT: [200, 200, 201, 403],
        Scope.ADMIN: [200, 200, 201, 200],
    }
    narrow = await (await house.client(await house.token("kim", Scope.READ))).post("releases", json=BODY)
    assert problem(narrow) == (403, "login")
    assert "--scope act" in narrow.json()["hint"]


async def test_a_machine_reports_and_holds_but_its_word_is_no_approval(
    house: House, maria: AsyncClient
) -> None:
    release = await started(house, maria)
    machine = await house.client(await house.token("maria", machine=True))
    for word, body in (
        ("approve", {}),
        ("reject", {"reason": "x"}),
        ("attest", {"about": "Support is told"}),
        ("choose", {"option": "x"}),
        ("override", {"check": "Support is told", "reason": "x"}),
        ("withdraw", {"about": "x"}),
    ):
        assert problem(await machine.post(f"releases/{release}/{word}", json=body)) == (403, "rule")
    number = {"metric": "error rate", "value": 0.5}
    assert (await machine.post(f"releases/{release}/report-metric", json=number)).status_code == 200
    assert (await machine.post(f"releases/{release}/hold", json={"reason": "alarm"})).status_code == 200


async def test_tokens_are_made_listed_and_revoked_over_http_without_ever_telling_a_secret_again(
    house: House,
) -> None:
    root = await house.client(await house.token("root", Scope.ADMIN))
    made = await root.post(
        "tokens", json={"holder": "kim", "scope": "read", "days": 7}, headers={"Idempotency-Key": "k"}
    )
    assert made.status_code == 201, made.text
    secret, token = made.json()["secret"], made.json()["token"]
    assert (token["holder"], token["scope"], token["made_by"]) == ("kim", "read", "root")
    assert token["expires"] == "2026-01-12T09:00:00Z"
    kim = await house.client(secret)
    assert await who(kim) == ("kim", "read")
    assert secret not in (await root.get("tokens")).text
    assert secret not in repr(house.storage.__dict__)
    gone = await root.post(f"tokens/{token['id']}/revoke", json={})
    assert gone.json()["token"]["revoked_by"] == "root"
    assert problem(await kim.get("me")) == (401, "login")
    assert problem(await root.post("tokens/unknown/revoke", json={})) == (404, "you")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"holder": ""},
        {"holder": "a\nb"},
        {"holder": "kim", "scope": "everything"},
        {"holder": "kim", "days": 0},
        {"holder": "kim", "days": -1},
        {"holder": "kim", "days": 1e9},
    ],
)
async def test_a_token_that_makes_no_sense_is_not_made(house: House, body: dict[str, object]) -> None:
    root = await house.client(await house.token("root", Scope.ADMIN))
    assert problem(await root.post("tokens", json=body)) == (422, "you")
    assert len(await house.app.tokens.list()) == 1


async def test_no_secret_stands_in_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    secret = await house.token("kim")
    await (await house.client(secret)).get("releases")
    await (await house.client("pilotage_wrong-secret")).get("releases")
    assert secret not in caplog.text
    assert "wrong-secret" not in caplog.text
