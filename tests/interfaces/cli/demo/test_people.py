"""The demo's people decide from what they find: nobody ticks what did not work or approves what fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotage.interfaces.cli.demo import people
from pilotage.interfaces.cli.demo.numbers import ShopNumbers
from pilotage.interfaces.cli.demo.people import Cast
from pilotage.interfaces.cli.demo.play import plan_of
from pilotage.interfaces.cli.settings import Settings

Said = list[tuple[str, str, Mapping[str, Any]]]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """Who said which word with what."""
    heard: Said = []

    class Gateway:
        def __init__(self, person: str) -> None:
            self.person = person

        async def act(self, release: str, verb: str, said: Mapping[str, Any]) -> None:
            heard.append((self.person, verb, said))

    @asynccontextmanager
    async def opened(settings: Settings) -> Any:
        yield Gateway(settings.person)

    monkeypatch.setattr(people, "open_gateway", opened)
    return heard


def asked(kind: str, role: str) -> dict[str, Any]:
    question = {"id": f"shop/{kind}", "kind": kind, "roles": [role], "needed": 1}
    return {"line": {"id": "shop-1.2.0", "version": "1.2.0"}, "questions": [question]}


def shop(failed: int, answers: list[httpx.Response]) -> Callable[[httpx.Request], httpx.Response]:
    page = "# TYPE shop_requests counter\n" + "".join(
        f'shop_requests_total{{variant="on",status="{status}",version="1.2.0"}} {number}\n'
        for status, number in (("200", 40 - failed), ("500", failed))
    )

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=page) if request.url.path == "/metrics" else answers.pop(0)

    return answer


async def play(repository: Path, scene: dict[str, Any], failed: int, *answers: httpx.Response) -> None:
    """Let the people look at ``scene``, twice: what is answered is not answered again."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(shop(failed, list(answers)))) as client:
        numbers = ShopNumbers(client, "http://shop")
        await numbers.read(0)
        plan = plan_of(repository / "examples" / "shop" / "plan.yaml")
        async with Cast(plan, Settings(), numbers, client, "http://shop") as cast:
            await cast.answer(scene)
            await cast.answer(scene)


def paid(status: int, variant: str) -> httpx.Response:
    return httpx.Response(status, json={"variant": variant, "cents": 1250})


async def test_who_holds_the_role_ticks_what_they_tried(repository: Path, said: Said) -> None:
    await play(repository, asked("check", "primary"), 0, paid(500, "on"), paid(200, "on"))
    ((person, verb, words),) = said
    assert (person, verb, words["about"]) == ("maria", "attest", "shop/check")
    assert "paid 12.50" in words["comment"]
    assert "on try 2" in words["comment"]


async def test_what_never_works_or_is_not_there_yet_is_not_ticked(repository: Path, said: Said) -> None:
    tries = [paid(500, "on")] * 3 + [paid(200, "off")]
    await play(repository, asked("check", "primary"), 0, *tries)
    assert said == []


@pytest.mark.parametrize(("failed", "approves"), [(0, True), (3, False)])
async def test_numbers_decide_about_an_approval(
    repository: Path, said: Said, failed: int, approves: bool
) -> None:
    await play(repository, asked("approval", "product"), failed)
    assert [(person, verb) for person, verb, _ in said] == ([("lee", "approve")] if approves else [])
