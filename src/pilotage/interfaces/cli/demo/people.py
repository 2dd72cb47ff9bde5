"""The people of the demo. They do what people do: try the thing, look at the numbers, and say so under their own name.

Everything they say goes the way of ``pilotage attest`` and ``pilotage approve``; they decide from what they find.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace

import httpx

from pilotage.domain.errors import Conflict, Refused
from pilotage.domain.plan import Plan
from pilotage.interfaces.cli.demo.numbers import ON, ShopNumbers
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.opening import open_gateway
from pilotage.interfaces.cli.settings import Settings

ENOUGH = 30
"""Payments somebody wants to have seen before they approve."""

MOST_FAILED = 2.0
"""Percent of failed payments with which they still would."""

_TEAM_USER = "u3"
_TRIES = 3


class Cast:
    """The people a plan names, each with a connection of their own to the server."""

    def __init__(
        self, plan: Plan, settings: Settings, numbers: ShopNumbers, client: httpx.AsyncClient, shop: str
    ) -> None:
        """``settings``: where they find Pilotage. ``client`` and ``shop``: how and where they try the shop."""
        self._plan = plan
        self._settings = settings
        self._numbers = numbers
        self._client = client
        self._shop = shop
        self._open = AsyncExitStack()
        self._gateways: dict[str, Gateway] = {}
        self._answered: set[tuple[str, str]] = set()

    async def __aenter__(self) -> Cast:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def gateway(self, person: str) -> Gateway:
        """That person's way to Pilotage."""
        if person not in self._gateways:
            settings = replace(self._settings, person=person)
            self._gateways[person] = await self._open.enter_async_context(open_gateway(settings))
        return self._gateways[person]

    @property
    def owner(self) -> str:
        """Who looks after the releases: the first person of the first role."""
        return next(person for role in self._plan.roles.values() for person in role.people)

    async def answer(self, shown: Json) -> None:
        """Answer what a release asks, as far as somebody is ready to."""
        release, version = shown["line"]["id"], shown["line"]["version"]
        for question in shown["questions"]:
            key = release, question["id"]
            if key in self._answered:
                continue
            comment = await self._opinion(question["kind"], version)
            if not comment:
                continue
            for person in self._asked(question)[: max(question["needed"], 1)]:
                try:
                    await self._say(person, release, question, comment)
                except (Refused, Conflict):
                    break  # what they were asked for has moved on; the next look shows it
            else:
                self._answered.add(key)

    async def _opinion(self, kind: str, version: str) -> str:
        """What somebody says to a question of this kind, in words; empty while they cannot say it."""
        match kind:
            case "check" | "work":
                return await self._try_it()
            case "approval" | "go" | "vote":
                return self._look_at_numbers(version)
            case _:
                return ""

    async def _try_it(self) -> str:
        """Pay with the new checkout, as somebody of the team."""
        for attempt in range(1, _TRIES + 1):
            try:
                answer = await self._client.get(f"{self._shop}/checkout", params={"user": _TEAM_USER})
            except httpx.HTTPError:
                return ""
            if answer.json().get("variant") != ON:
                return ""  # the flag has not reached them yet
            if answer.is_success:
                cents = answer.json()["cents"]
                again = "" if attempt == 1 else f", on try {attempt}"
                return f"I paid {cents / 100:.2f} with it as {_TEAM_USER}{again}"
        return ""

    def _look_at_numbers(self, version: str) -> str:
        seen = self._numbers.total(version, ON)
        if seen.requests < ENOUGH or seen.share is None or seen.share > MOST_FAILED:
            return ""
        failed = f"{seen.failed} failed" if seen.failed else "none failed"
        return f"{seen.requests} payments so far, {failed}"

    async def _say(self, person: str, release: str, question: Json, comment: str) -> None:
        gateway = await self.gateway(person)
        said = {"about": question["id"], "comment": comment}
        if question["kind"] in ("check", "work"):
            await gateway.act(release, "attest", {**said, "passed": True})
        else:
            await gateway.act(release, "approve", said)

    def _asked(self, question: Json) -> list[str]:
        """The people who hold the roles a question is put to."""
        found: list[str] = []
        for name in question["roles"]:
            role = self._plan.roles.get(name)
            found += role.people if role else [name]
        return list(dict.fromkeys(found))
