"""The remote gateway: the same questions over the HTTP API of a Pilotage server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from pilotage.application.use_cases.views import plain
from pilotage.domain import errors
from pilotage.domain.errors import (
    LoginRequired,
    OutsideError,
    PilotageError,
    PlanError,
    PlanProblem,
    UsageError,
)
from pilotage.interfaces.cli.gateway import Json
from pilotage.interfaces.cli.settings import Settings

LOOK_EVERY = 1.0
"""Seconds between two looks at a watched release."""

_PATIENCE = httpx.Timeout(30.0, connect=5.0)

_MORE_PATIENCE = httpx.Timeout(300.0, connect=5.0)
"""Going through days of looks again takes its time."""


@asynccontextmanager
async def open_remote(settings: Settings) -> AsyncIterator[RemoteGateway]:
    """A connection to ``settings.server``. Raises UsageError for an address that is none."""
    address = settings.server.rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise UsageError(
            f"{settings.server!r} is not the address of a server.",
            "Write it as http://127.0.0.1:8080 or https://…",
        )
    headers = {"Accept": "application/json"}
    if settings.token:
        headers["Authorization"] = f"Bearer {settings.token.strip()}"
    if settings.person:
        headers["Pilotage-As"] = settings.person
    for name, value in headers.items():
        if not value.isprintable():
            raise UsageError(
                f"{name} would hold a character that cannot be sent.",
                "Check --token and --as (PILOTAGE_TOKEN, PILOTAGE_AS).",
            )
    async with httpx.AsyncClient(
        base_url=f"{address}/api/v1/",
        headers=httpx.Headers(headers, encoding="utf-8"),  # people have names beyond ASCII
        timeout=_PATIENCE,
    ) as client:
        yield RemoteGateway(client)


class RemoteGateway:
    """Asks a server."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """``client`` knows the server's address (up to ``/api/v1/``) and who calls."""
        self._client = client

    async def releases(self, statuses: Sequence[str], limit: int) -> Json:
        """Releases, latest change first."""
        return await self._ask("GET", "releases", params={"status": list(statuses), "limit": limit})

    async def create(self, plan: Path, wanted: Mapping[str, Any]) -> Json:
        """Create a release: the plan is read here, and its resolved document sent."""
        from pilotage import bootstrap

        read = bootstrap.open_plans().read(plan)
        if read.plan is None:
            raise PlanError(read.errors)
        return await self._ask("POST", "releases", {"document": read.document, **plain(dict(wanted))})

    async def show(self, release: str) -> Json:
        """Everything about a release."""
        return await self._ask("GET", _release(release))

    async def why(self, release: str) -> Json:
        """Why it does not move."""
        return await self._ask("GET", _release(release, "why"))

    async def log(self, release: str, after: int = 0, limit: int | None = None) -> Json:
        """What happened."""
        params = {"after": after} if limit is None else {"after": after, "limit": limit}
        return await self._ask("GET", _release(release, "log"), params=params)

    async def evidence(self, release: str, metric: str = "") -> Json:
        """What its numbers say."""
        params = {"metric": metric} if metric else {}
        return await self._ask("GET", _release(release, "evidence"), params=params, patience=_MORE_PATIENCE)

    async def evidence_picture(self, release: str, metric: str = "") -> str:
        """The same as a chart, drawn there."""
        params = {"metric": metric} if metric else {}
        address = _release(release, "evidence.svg")
        return (await self._send("GET", address, params=params, patience=_MORE_PATIENCE)).text

    async def replay(self, release: str, rules: str = "", name: str = "") -> Json:
        """Its numbers, judged again there; the rules are read here and sent."""
        body = {"rules": rules, "name": name or "rules"}
        return await self._ask("POST", _release(release, "replay"), body, patience=_MORE_PATIENCE)

    async def watch(self, release: str, after: int = 0) -> AsyncIterator[Json]:
        """Follow a release: whenever its number has grown or it waits for something else."""
        seen: tuple[int, Any] | None = None
        while True:
            shown = await self.show(release)
            number, state = shown["line"]["number"], shown["release"]
            if seen != (number, shown["waits"]):
                told = (await self.log(release, after))["told"] if number > after else []
                yield {"told": told, "shown": shown}
                seen, after = (number, shown["waits"]), number
            if _over(shown["line"]["status"], state.get("hold")):
                return
            await asyncio.sleep(LOOK_EVERY)

    async def start(self, release: str, rehearsal: bool) -> Json:
        """Start a release."""
        return await self._ask("POST", _release(release, "start"), {"rehearsal": rehearsal})

    async def act(self, release: str, verb: str, said: Mapping[str, Any]) -> Json:
        """Carry a wish to a release."""
        return await self._ask("POST", _release(release, verb), dict(said))

    async def plan_document(self, release: str) -> Json:
        """The plan a release is held to."""
        return await self._ask("GET", _release(release, "plan"))

    async def export(self, release: str, target: Path) -> Path:
        """Fetch the audit pack and write it."""
        answer = await self._send("GET", _release(release, "audit"))
        return _written(target, f"{release}-audit.zip", answer.content)

    async def flags(self) -> Json:
        """Every flag."""
        return await self._ask("GET", "flags")

    async def flag(self, name: str) -> Json:
        """One flag, and who changed it."""
        address = f"flags/{quote(name, safe='')}"
        history = await self._ask("GET", f"{address}/history")
        return {"flag": await self._ask("GET", address), "history": history["history"]}

    async def turn_flag(self, name: str, verb: str, said: Mapping[str, Any]) -> Json:
        """Change a flag by hand."""
        return await self._ask("POST", f"flags/{quote(name, safe='')}/{verb}", dict(said))

    async def verify(self, stream: str) -> Json:
        """Check the record."""
        return await self._ask("GET", "audit/verify", params={"stream": stream} if stream else {})

    async def doctor(self) -> Json:
        """Look at everything."""
        return await self._ask("GET", "doctor")

    async def tokens(self) -> Json:
        """Every token."""
        return await self._ask("GET", "tokens")

    async def make_token(self, holder: str, scope: str, days: float | None, machine: bool) -> Json:
        """Make a token."""
        return await self._ask(
            "POST", "tokens", {"holder": holder, "scope": scope, "days": days, "machine": machine}
        )

    async def revoke_token(self, token: str) -> Json:
        """Make a token count no more."""
        return await self._ask("POST", f"tokens/{quote(token, safe='')}/revoke", {})

    async def somebody_works(self) -> bool | None:
        """Whether a worker is at work there."""
        works: bool | None = (await self._ask("GET", "worker"))["works"]
        return works

    @asynccontextmanager
    async def carrying_on(self) -> AsyncIterator[bool]:
        """A server carries its releases on itself."""
        yield False

    async def _ask(
        self,
        method: str,
        address: str,
        body: Json | None = None,
        params: Any = None,
        patience: httpx.Timeout = _PATIENCE,
    ) -> Json:
        answer = await self._send(method, address, body, params, patience)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._no_pilotage()
        found.pop("schema", None)  # the command line says its own
        return found

    async def _send(
        self,
        method: str,
        address: str,
        body: Json | None = None,
        params: Any = None,
        patience: httpx.Timeout = _PATIENCE,
    ) -> httpx.Response:
        headers = {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else None
        try:
            answer = await self._client.request(
                method, address, json=body, params=params, headers=headers, timeout=patience
            )
        except httpx.TimeoutException as error:
            raise OutsideError(
                f"The server {self._server()} did not answer in time.",
                "Whether it did what was asked is unknown: look with `pilotage release list`, then try again.",
            ) from error
        except httpx.HTTPError as error:
            raise OutsideError(
                f"The server {self._server()} cannot be reached: {str(error) or type(error).__name__}.",
                "Is it running (`pilotage serve`)? Check --server or PILOTAGE_SERVER.",
            ) from error
        if answer.is_success:
            return answer
        raise self._error(answer)

    def _server(self) -> str:
        return str(self._client.base_url).removesuffix("/api/v1/")

    def _no_pilotage(self) -> OutsideError:
        return OutsideError(
            f"What answers at {self._server()} is not a Pilotage server, or not of this version.",
            "Check --server or PILOTAGE_SERVER.",
        )

    def _error(self, answer: httpx.Response) -> PilotageError:
        """The error a problem document tells of, as the use case raised it there."""
        try:
            problem = answer.json()
        except ValueError:
            problem = None
        if not isinstance(problem, dict) or "title" not in problem:
            return self._no_pilotage()
        return _told(answer.status_code, problem)


def _written(target: Path, name: str, content: bytes) -> Path:
    """Write a file, ``name`` inside a folder; returns where it is."""
    file = target / name if target.is_dir() else target
    try:
        file.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror or error}.",
            "Name another file or folder with --output.",
        ) from error
    return file


def _release(release: str, what: str = "") -> str:
    address = f"releases/{quote(release, safe='')}"
    return f"{address}/{what}" if what else address


def _over(status: str, hold: object) -> bool:
    """As ``Release.over`` says it."""
    return status in ("completed", "aborted") or (status == "rolled back" and hold is None)


def _told(status: int, problem: Mapping[str, Any]) -> PilotageError:
    message = str(problem.get("message") or problem.get("detail") or problem["title"])
    hint = str(problem.get("hint", ""))
    if problem.get("problems"):
        return PlanError(tuple(PlanProblem(**found) for found in problem["problems"]))
    kinds: dict[str, type[PilotageError]] = {
        "you": errors.NotFound if status == 404 else errors.Conflict if status in (409, 412) else UsageError,
        "rule": errors.Refused,
        "login": LoginRequired,
        "outside": OutsideError,
        "ours": errors.Bug,
    }
    fault = "login" if status == 401 else str(problem.get("fault", "you" if status < 500 else "ours"))
    error = kinds.get(fault, PilotageError)(message, hint)
    for name in ("missing", "forms"):
        if name in problem:
            setattr(error, name, problem[name])
    return error
