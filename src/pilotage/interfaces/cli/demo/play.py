"""The demo itself: two releases of the shop, one after the other, each to everyone or back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from pilotage.application.ports.clock import Clock
from pilotage.domain.errors import Bug, OutsideError, PlanError
from pilotage.domain.plan import Plan
from pilotage.interfaces.cli.asking import waiting
from pilotage.interfaces.cli.demo.numbers import OFF, ON, ShopNumbers
from pilotage.interfaces.cli.demo.people import Cast
from pilotage.interfaces.cli.demo.processes import Playground
from pilotage.interfaces.cli.demo.record import Measured, events_of, measured
from pilotage.interfaces.cli.demo.view import Scene, View
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.settings import Settings

VERSIONS = ("1.1.0", "1.2.0")

PATIENCE = 60.0
"""Seconds without anything new after which the demo gives up: a slow machine may be slow, but something happens."""

_LOOK = 0.25
_LAST_WORDS = 10.0
_OVER = ("completed", "rolled back", "aborted")


@dataclass(frozen=True, slots=True)
class Played:
    """One release that came to its end."""

    release: str
    measured: Measured
    told: Sequence[Json]
    live: str
    """The version the shop itself says is live after it."""


class Play:
    """Carries the demo through on a playground that runs."""

    def __init__(self, playground: Playground, plan: Plan, view: View, clock: Clock, crash: bool) -> None:
        """``crash``: kill the server once in the middle of a stage, and start it again."""
        self._ground = playground
        self._plan = plan
        self._view = view
        self._clock = clock
        self._crash = crash
        self._client = httpx.AsyncClient(trust_env=False, timeout=5.0)
        self._numbers = ShopNumbers(self._client, playground.shop)

    async def run(self, began: float) -> list[Played]:
        """Play both releases; ``began`` (monotonic) is when the demo did. Raises PilotageError."""
        self._began = began
        where = Settings(server=self._ground.server)
        async with (
            self._client,
            Cast(self._plan, where, self._numbers, self._client, self._ground.shop) as cast,
        ):
            try:
                with self._view.showing():
                    played = [await self._release(cast, version) for version in VERSIONS]
                await _verify(await cast.gateway(cast.owner))
            except OutsideError:
                self._ground.check()  # a process that ended says more than whoever could not reach it
                raise
        return played

    async def _release(self, cast: Cast, version: str) -> Played:
        gateway = await cast.gateway(cast.owner)
        wanted = {"version": version, "previous": await self._live()}
        release = (await gateway.create(self._ground.folder / "plan.yaml", wanted))["release"]["id"]
        await gateway.start(release, rehearsal=False)
        told: list[Json] = []
        shown = await self._to_its_end(cast, gateway, release, told)
        if shown["line"]["status"] not in _OVER:
            raise self._stuck(shown)
        exposed = self._numbers.total(version, ON).requests
        await self._linger(shown)
        pack = await gateway.export(release, self._ground.folder)
        return Played(release, measured(version, events_of(pack), exposed), told, await self._live())

    async def _to_its_end(self, cast: Cast, gateway: Gateway, release: str, told: list[Json]) -> Json:
        """Follow a release until it is over and its messages are sent, or nothing new happens any more."""
        news = time.monotonic()
        while True:
            shown = await gateway.show(release)
            if shown["line"]["number"] > (told[-1]["number"] if told else 0):
                new = (await gateway.log(release, told[-1]["number"] if told else 0))["told"]
                self._view.told(new)
                told += new
                news = time.monotonic()
            await self._draw(shown)
            quiet = time.monotonic() - news
            over = shown["line"]["status"] in _OVER
            if (over and (_all_sent(shown) or quiet > _LAST_WORDS)) or quiet > PATIENCE:
                return shown
            await cast.answer(shown)
            if self._crash and shown["line"]["share"] > 0:
                self._crash = False
                await self._kill_the_server()
            self._ground.check()
            await asyncio.sleep(_LOOK)

    async def _linger(self, shown: Json) -> None:
        """Leave the end of a release in sight for a moment."""
        end = time.monotonic() + self._view.lingers
        while time.monotonic() < end:
            await self._draw(shown)
            await asyncio.sleep(_LOOK)

    async def _draw(self, shown: Json) -> None:
        now, version = time.monotonic(), shown["line"]["version"]
        await self._numbers.read(now)
        new, old = self._numbers.lately(version, ON), self._numbers.lately(version, OFF)
        self._view.draw(Scene(shown, new, old, self._clock.now(), now - self._began))

    async def _kill_the_server(self) -> None:
        server = self._ground.children["server"]
        self._view.say(
            f"The server is killed now (SIGKILL to process {server.process.pid}); the shop goes on without it."
        )
        await server.kill()
        await self._ground.start_server()
        self._view.say("The server was started again, and finds its way by itself.")

    async def _live(self) -> str:
        """The version the shop says is live."""
        return (await self._client.get(f"{self._ground.shop}/version")).text.strip()

    def _stuck(self, shown: Json) -> OutsideError:
        line = shown["line"]
        waits = f"\n{waiting(shown['waits'][0])}" if shown["waits"] else ""
        return OutsideError(
            f"Nothing new happened to {line['id']} for {PATIENCE:.0f} s. {line['headline']}{waits}",
            f"If that is what its plan says, all is well, only too long for a demo; else see what the processes printed: "
            f"{self._ground.logs}",
        )


async def _verify(gateway: Gateway) -> None:
    """Check the chain of every record. Raises Bug when one does not hold."""
    verified = await gateway.verify("")
    if not verified["holds"]:
        raise Bug(
            "The record of the demo does not hold.", "`pilotage audit verify` says where; please report it."
        )


def _all_sent(shown: Json) -> bool:
    """Whether no message is on its way."""
    return not any(
        m["status"] == "queued" and not m["again_at"] for m in shown["release"]["messages"].values()
    )


def plan_of(file: Path) -> Plan:
    """The plan in a file. Raises PlanError with every mistake."""
    from pilotage import bootstrap

    read = bootstrap.open_plans().read(file)
    if read.plan is None:
        raise PlanError(read.errors)
    return read.plan
