"""The chart of evidence in a real browser: silent in the console, inside its frame, and in the colours of the reader."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from pilotage.adapters.storage.sqlite import sqlite_storage
from tests.browser.conftest import DESK, look
from tests.support.past import with_numbers
from tests.support.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_TEXTS = """[...document.querySelectorAll("text")].map(node => {
  const box = node.getBBox();
  return [node.textContent, box.x, box.x + box.width, box.y, box.y + box.height];
})"""

_INK = 'getComputedStyle(document.querySelector("text.title")).fill'


async def _made(folder: Path) -> str:
    file = folder / ".pilotage" / "pilotage.db"
    file.parent.mkdir()
    storage = sqlite_storage(file)
    await storage.ready()
    try:
        return await with_numbers(storage, storage)
    finally:
        await storage.close()


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the chart of a release that was rolled back by its numbers."""
    folder = tmp_path_factory.mktemp("evidence")
    release = asyncio.run(_made(folder))
    with served(folder) as address:
        yield f"{address}/api/v1/releases/{release}/evidence.svg"


async def test_it_is_shown_and_the_browser_complains_of_nothing(picture: str, browser: Browser) -> None:
    async with await browser.new_context(viewport=DESK) as context:
        sight = await look(context, picture)
        assert await sight.page.evaluate("document.documentElement.tagName") == "svg"
        assert sight.complaints == []


async def test_its_words_stay_inside_and_do_not_lie_upon_each_other(picture: str, browser: Browser) -> None:
    async with await browser.new_context(viewport=DESK) as context:
        sight = await look(context, picture)
        width, height = await sight.page.evaluate(
            "[document.documentElement.viewBox.baseVal.width, document.documentElement.viewBox.baseVal.height]"
        )
        texts = await sight.page.evaluate(_TEXTS)
        assert len(texts) > 15
        for words, left, right, top, bottom in texts:
            assert left >= 0, words
            assert right <= width, words
            assert top >= 0, words
            assert bottom <= height, words
        for number, (words, left, right, top, bottom) in enumerate(texts):
            for others, left2, right2, top2, bottom2 in texts[number + 1 :]:
                across, down = min(right, right2) - max(left, left2), min(bottom, bottom2) - max(top, top2)
                assert across < 1 or down < 4, f"{words!r} lies upon {others!r}"


async def test_it_wears_the_colours_of_the_reader(picture: str, browser: Browser) -> None:
    inks = []
    for scheme in ("light", "dark"):
        async with await browser.new_context(viewport=DESK, color_scheme=scheme) as context:
            sight = await look(context, picture)
            inks.append(await sight.page.evaluate(_INK))
            assert sight.complaints == []
    assert inks == ["rgb(18, 22, 31)", "rgb(231, 234, 240)"], "its style is let through by its policy"
