"""What a page open in a browser on this machine cannot do, and how much may be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from pilotage.interfaces.http.app import create_app
from pilotage.interfaces.http.problems import MOST_BYTES
from tests.interfaces.http.conftest import House, create, document, problem

BODY = {"document": document(), "version": "1.0.0"}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80", "[", "192.0.2.1"]
)
async def test_a_foreign_name_for_this_machine_gets_nowhere(maria: AsyncClient, host: str) -> None:
    """DNS rebinding: the page's own name leads to 127.0.0.1, and the browser sends that name as Host."""
    for path in ("releases", "http://localhost/", "http://localhost/ofrep/v1/evaluate/flags"):
        assert problem(await maria.get(path, headers={"Host": host})) == (421, "you")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:8080"])
async def test_its_own_names_are_answered(maria: AsyncClient, host: str) -> None:
    assert (await maria.get("releases", headers={"Host": host})).status_code == 200


async def test_further_names_can_be_allowed(house: House) -> None:
    house.served = create_app(house.app, person="maria", hosts=["pilotage.example"])
    client = await house.client()
    assert (await client.get("releases", headers={"Host": "Pilotage.example"})).status_code == 200
    assert problem(await client.get("releases")) == (421, "you")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8081"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_page_of_another_site_changes_nothing(
    house: House, maria: AsyncClient, headers: dict[str, str]
) -> None:
    release = await create(maria)
    answer = await maria.post(f"releases/{release}/start", json={}, headers=headers)
    assert problem(answer) == (403, "rule")
    assert (await house.app.looking.show(release)).line.status == "planned"
    assert (await maria.get("releases", headers=headers)).status_code == 200


async def test_a_page_of_this_server_may(maria: AsyncClient) -> None:
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert (await maria.post("releases", json=BODY, headers=own)).status_code == 201


async def test_a_form_of_another_site_is_no_request_here(house: House, maria: AsyncClient) -> None:
    """What a browser sends without asking first has one of three content types, none of which is JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await maria.post("releases", content=b"{}", headers={"Content-Type": kind})
        assert problem(answer) == (422, "you")
    assert await house.app.looking.list() == ()


async def test_too_many_bytes_are_refused_however_they_are_announced(maria: AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 500_000 + 1):
            yield b" " * 500_000

    announced = await maria.post(
        "plans/check", content=b" " * (MOST_BYTES + 1), headers={"Content-Type": "application/json"}
    )
    assert problem(announced) == (413, "you")
    in_pieces = await maria.post(
        "plans/check", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert problem(in_pieces) == (413, "you")


async def test_every_answer_says_how_browsers_shall_treat_it(maria: AsyncClient) -> None:
    for path in ("releases", "nowhere", "http://localhost/", "http://localhost/health"):
        headers = (await maria.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
    assert (await maria.get("releases")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["releases/a%00b", "releases?status=%00", "audit/verify?stream=a%00b", "flags/a%00b"]
)
async def test_an_address_with_a_nul_is_refused(maria: AsyncClient, path: str) -> None:
    assert problem(await maria.get(path)) == (422, "you")
