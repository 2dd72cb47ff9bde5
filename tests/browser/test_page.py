"""The page at ``/`` in a real browser: readable on a phone, silent in the console, and alive without script."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import DESK, PHONE, House, look

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NO_SPACES = "Kassenmodernisierungsvorhaben" * 4


async def test_it_lists_releases_as_they_stand_and_the_browser_complains_of_nothing(
    house: House, browser: Browser
) -> None:
    first, second = house.release("1.0.0"), house.release("2.0.0", "Search")
    async with await browser.new_context(viewport=DESK) as context:
        sight = await look(context, house.address)
        articles = sight.page.locator("article")
        for release, title in ((first, "Checkout"), (second, "Search")):
            article = articles.filter(has_text=release)
            assert title in await article.locator("h2").inner_text()
            assert house.headline(release) in await article.inner_text()
            assert await article.locator("meter").is_visible()
        assert sight.complaints == []


async def test_its_style_is_applied_under_its_policy(house: House, browser: Browser) -> None:
    async with await browser.new_context(viewport=DESK) as context:
        sight = await look(context, house.address)
        width = await sight.page.evaluate("document.body.getBoundingClientRect().width")
        assert width < DESK["width"], "without its style the page would be as wide as the window"
        assert await sight.page.evaluate("document.scripts.length") == 0


async def test_it_is_readable_on_a_phone(house: House, browser: Browser) -> None:
    house.release("3.0.0", NO_SPACES)
    async with await browser.new_context(viewport=PHONE, is_mobile=True) as context:
        sight = await look(context, house.address)
        widths = await sight.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths == [PHONE["width"]] * 2, "nothing reaches over the edge, and nothing is zoomed out"
        sizes = await sight.page.evaluate(
            "[...document.querySelectorAll('h2, p, code')].map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 13


async def test_without_script_it_shows_what_happens_by_itself(house: House, browser: Browser) -> None:
    release = house.release("4.0.0")
    async with await browser.new_context(java_script_enabled=False) as context:
        sight = await look(context, house.address)
        article = sight.page.locator("article").filter(has_text=release)
        assert "running" in await article.locator("h2").inner_text()
        house.api.post(f"releases/{release}/abort", json={"reason": "We start over"}).raise_for_status()
        await article.locator("h2", has_text="aborted").wait_for(timeout=20_000)
        assert sight.complaints == []
