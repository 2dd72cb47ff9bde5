"""A server without a socket: the real routes over the real use cases, on a store in memory and a simulated clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.runtime.loop import Worker
from pilotage.application.services import Application, Ports
from pilotage.domain.effects import EffectAction
from pilotage.domain.people import Actor
from pilotage.domain.tokens import Scope
from pilotage.interfaces.http.app import create_app
from pilotage.interfaces.http.callers import Served
from pilotage.testing.clock import SimulatedClock, SimulatedWake
from pilotage.testing.performers import RecordingPerformer
from pilotage.testing.storage import MemoryStorage
from pilotage.testing.world import OneWorker, World

PLAN = """\
plan: shop
roles: {primary: maria, qa: kim}
metrics: {error rate: {unit: percent, source: manual, ask: every 1d of primary}}
exposure: {flag: new-shop, segments: {team: email ends with @example.com}}
stages:
  - stage: internal
    owner: primary
    steps: [{run: touch deployed, undo: rm deployed}]
    expose: team
    bake: 0s
    gate:
      - check: All critical paths tested
      - check: Support is told
    go: primary
  - {stage: everyone, expose: everyone, bake: 0s, go: by itself}
rollback:
  automatic: error rate > 5%
  then: hold
"""


@cache
def shared_app() -> FastAPI:
    """One app for all tests: building the routes takes longer than asking them. Each test gives it its own house."""
    return create_app(World().app, person="maria")


@dataclass
class House:
    """The application behind the server, and clients that call it. ``maria`` runs the server."""

    exits: AsyncExitStack
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    served: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        """Put it together."""
        performer = RecordingPerformer()
        self.app = Application(
            Ports(
                storage=self.storage,
                flags=self.storage,
                plans=YamlPlans(),
                performers=dict.fromkeys(get_args(EffectAction), performer),
                metrics={},
                clock=self.clock,
                wake=SimulatedWake(self.clock),
                workers=OneWorker(),
            )
        )
        self.worker: Worker = self.app.worker()
        self.served = shared_app()
        self.served.state.served = Served(self.app, "maria", lambda: None)

    async def client(
        self,
        token: str = "",
        peer: str = "127.0.0.1",
        headers: Mapping[str, str] | None = None,
        raises: bool = True,
    ) -> AsyncClient:
        """A caller at the address ``peer``. ``raises``: what nobody foresaw fails the test, and is not answered."""
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        transport = ASGITransport(self.served, client=(peer, 50_000), raise_app_exceptions=raises)
        client = AsyncClient(transport=transport, base_url="http://localhost/api/v1/", headers=sent)
        return await self.exits.enter_async_context(client)

    async def token(self, holder: str, scope: Scope = Scope.ACT, **more: Any) -> str:
        """The secret of a new token."""
        return (await self.app.tokens.create(holder, scope, Actor(person="root"), **more)).secret

    async def later(self, lasts: timedelta) -> None:
        """Let time pass."""
        await self.clock.pass_time(lasts.total_seconds())

    async def settle(self) -> None:
        """Let everything that is due happen."""
        await self.worker.settle()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with AsyncExitStack() as exits:
        yield House(exits)


@pytest.fixture
async def maria(house: House) -> AsyncClient:
    """The person who runs the server, on its machine, before there is any token."""
    return await house.client()


def document(plan: str = PLAN) -> str:
    """The resolved document of a plan, as the command line sends it."""
    return YamlPlans().read_text(plan).document


async def create(client: AsyncClient, plan: str = PLAN, **wanted: Any) -> str:
    """Create a release; returns its id."""
    body = {"document": document(plan), "version": "1.0.0", **wanted}
    answer = await client.post("releases", json=body)
    assert answer.status_code == 201, answer.text
    name: str = answer.json()["release"]["id"]
    return name


async def started(house: House, client: AsyncClient) -> str:
    """A release under way, waiting for people."""
    release = await create(client)
    answer = await client.post(f"releases/{release}/start", json={})
    assert answer.status_code == 200, answer.text
    await house.settle()
    return release


def problem(answer: Response) -> tuple[int, str]:
    """Status and fault of a problem, which must explain itself."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = answer.json()
    assert found["status"] == answer.status_code
    assert found["type"].startswith("urn:pilotage:problem:")
    assert all(found[name] for name in ("title", "detail", "hint"))
    return answer.status_code, found["fault"]
