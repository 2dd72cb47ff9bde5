"""The page at the server's address: releases as they stand, without script, and nothing of them for strangers."""

from __future__ import annotations

from httpx import AsyncClient

from tests.interfaces.http.conftest import House, create, started

HTML = {"Accept": "text/html,application/xhtml+xml"}
ROOT = "http://localhost/"


async def test_it_tells_how_each_release_stands(house: House, maria: AsyncClient) -> None:
    assert "None yet" in (await maria.get(ROOT, headers=HTML)).text
    release = await started(house, maria)
    page = await maria.get(ROOT, headers=HTML)
    assert page.headers["content-type"].startswith("text/html")
    assert (await house.app.looking.show(release)).line.headline in page.text
    assert release in page.text


async def test_it_holds_no_script_and_nothing_that_the_policy_would_refuse(maria: AsyncClient) -> None:
    await create(maria, title="<script>alert(1)</script>")
    page = await maria.get(ROOT, headers=HTML)
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "style=" not in page.text
    assert "<style" not in page.text
    style = await maria.get(f"{ROOT}page.css")
    assert style.headers["content-type"].startswith("text/css")
    icon = await maria.get(f"{ROOT}icon.svg")
    assert icon.headers["content-type"].startswith("image/svg+xml")
    for each in ("style-src 'self'", "img-src 'self'"):
        assert each in page.headers["content-security-policy"]


async def test_strangers_see_no_release(house: House, maria: AsyncClient) -> None:
    release = await create(maria)
    elsewhere = await (await house.client(peer="192.0.2.7")).get(ROOT, headers=HTML)
    assert elsewhere.status_code == 401
    secret = await house.token("kim")
    here = await maria.get(ROOT, headers=HTML)
    assert here.status_code == 401
    for page in (elsewhere, here):
        assert release not in page.text
        assert "token" in page.text
    assert release in (await (await house.client(secret)).get(ROOT, headers=HTML)).text


async def test_programs_get_the_addresses_of_the_api(maria: AsyncClient) -> None:
    found = (await maria.get(ROOT)).json()
    assert (found["api"], found["openapi"]) == ("/api/v1", "/api/v1/openapi.json")
