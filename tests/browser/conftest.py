"""A browser, and a server with releases in it for the browser to look at.

Debian's Chromium, driven by Playwright. Where it is missing these tests skip and say how to get it.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    ViewportSize,
    async_playwright,
)

from tests.support.serving import served

_CHROMIUM = shutil.which("chromium")
_QUIETLY = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=800)

PLAN = """\
plan: checkout
title: {title}
roles: {{primary: {{people: [maria], self-approval: true}}}}
stages:
  - stage: pilot
    gate: [check: All critical paths tested]
"""


@dataclass(frozen=True, slots=True)
class House:
    """The server: where it is, and a way to make releases on it as maria."""

    address: str
    api: httpx.Client

    def release(self, version: str, title: str = "Checkout") -> str:
        """A release that has been started; returns its id."""
        said = {"document": PLAN.format(title=title), "version": version}
        made = self.api.post("releases", json=said).raise_for_status()
        release = str(made.json()["release"]["id"])
        self.api.post(f"releases/{release}/start", json={}).raise_for_status()
        return release

    def headline(self, release: str) -> str:
        """How it stands, in the sentence every face shows."""
        return str(self.api.get(f"releases/{release}").raise_for_status().json()["line"]["headline"])


@dataclass(slots=True)
class Sight:
    """A page that is looked at, and whatever the browser complained of meanwhile."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A real server with its worker."""
    with (
        served(tmp_path_factory.mktemp("house")) as address,
        httpx.Client(base_url=f"{address}/api/v1/", headers={"Pilotage-As": "maria"}, trust_env=False) as api,
    ):
        yield House(address, api)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests of a file."""
    if _CHROMIUM is None:
        pytest.skip("needs Chromium; to get it: apt-get install chromium")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_QUIETLY))
        yield running
        await running.close()


async def look(context: BrowserContext, address: str) -> Sight:
    """Open ``address`` and note every complaint: of the console, of a script, of a file that could not be had."""
    sight = Sight(await context.new_page())

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            sight.complaints.append(message.text)

    def answered(response: Response) -> None:
        if not response.ok:
            sight.complaints.append(f"{response.status} {response.url}")

    sight.page.on("console", said)
    sight.page.on("response", answered)
    sight.page.on("pageerror", lambda error: sight.complaints.append(str(error)))
    sight.page.on("requestfailed", lambda request: sight.complaints.append(f"failed: {request.url}"))
    await sight.page.goto(address)
    return sight
