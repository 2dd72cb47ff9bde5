"""The shop's own account: read from its page, by version and variant, over the last seconds."""

from __future__ import annotations

import httpx

from pilotage.interfaces.cli.demo.numbers import OFF, ON, SPAN, Counted, ShopNumbers, counted

PAGE = """\
# TYPE shop_requests counter
shop_requests_total{{variant="on",status="200",version="1.2.0"}} {good}
shop_requests_total{{variant="on",status="500",version="1.2.0"}} {bad}
shop_requests_total{{variant="off",status="200",version="1.1.0"}} 300.0
shop_requests_created{{variant="on",status="500",version="1.2.0"}} 1.7e+09
"""


def test_requests_are_counted_by_version_and_variant() -> None:
    found = counted(PAGE.format(good=22, bad=2))
    assert found == {("1.2.0", ON): Counted(24, 2), ("1.1.0", OFF): Counted(300, 0)}


def test_nobody_is_no_share_and_not_zero_percent() -> None:
    assert Counted().share is None
    assert Counted(24, 2).share == 100 / 12


async def test_lately_is_the_last_seconds_only_and_a_missed_look_changes_nothing() -> None:
    pages: list[str | None] = [PAGE.format(good=n, bad=b) for n, b in ((0, 0), (10, 0), (20, 2), (30, 2))]
    pages.insert(2, None)

    def shop(_: httpx.Request) -> httpx.Response:
        page = pages.pop(0)
        if page is None:
            raise httpx.ConnectError("busy")
        return httpx.Response(200, text=page)

    async with httpx.AsyncClient(transport=httpx.MockTransport(shop)) as client:
        numbers = ShopNumbers(client, "http://shop")
        assert numbers.lately("1.2.0", ON) == Counted()
        for now in (0, 2, 4, 5, SPAN + 2.5):
            await numbers.read(now)
        assert numbers.total("1.2.0", ON) == Counted(32, 2)
        assert numbers.lately("1.2.0", ON) == Counted(22, 2)
        assert numbers.total("0.9", ON) == Counted()
