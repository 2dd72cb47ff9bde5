"""This installation over HTTP: its record, its health, its tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from pilotage import __version__
from pilotage.domain.errors import PilotageError, StoreUnusable
from pilotage.interfaces.http import answers as gives
from pilotage.interfaces.http.bodies import CreateToken
from pilotage.interfaces.http.callers import Here, Keeper, Reader
from pilotage.interfaces.http.describing import ACTING, answers, problems_only
from pilotage.interfaces.http.giving import give


def house_router() -> APIRouter:
    """The routes about the installation."""
    router = APIRouter()

    @router.get(
        "/audit/verify",
        operation_id="verifyRecord",
        tags=["Audit"],
        summary="Check the chains of the record, one or all, and every state against its events",
        responses=answers(gives.Verified),
    )
    async def verify(here: Here, _: Reader, stream: Annotated[str, Query(max_length=500)] = "") -> Response:
        verified = await here.application.audit.verify(stream)
        return give({"streams": verified.streams, "holds": verified.holds, "events": verified.events})

    @router.get(
        "/doctor",
        operation_id="doctor",
        tags=["Installation"],
        summary="What is wrong here, and what to do about it",
        responses=answers(gives.Findings),
    )
    async def doctor(here: Here, _: Reader) -> Response:
        return give({"findings": await here.application.doctor.examine()})

    @router.get(
        "/worker",
        operation_id="worker",
        tags=["Installation"],
        summary="Whether a worker carries releases on",
        responses=answers(gives.Works),
    )
    async def worker(here: Here, _: Reader) -> Response:
        return give({"works": here.works()})

    @router.get(
        "/me",
        operation_id="me",
        tags=["Installation"],
        summary="Who the caller is to this server",
        responses=answers(gives.Identity),
    )
    async def me(caller: Reader) -> Response:
        return give({"actor": caller.actor, "scope": caller.scope, "machine": caller.machine})

    return router


def tokens_router() -> APIRouter:
    """The routes under ``/tokens``. What they answer is never kept for an idempotency key: it may hold a secret."""
    router = APIRouter(prefix="/tokens", tags=["Tokens"])

    @router.get(
        "", operation_id="listTokens", summary="Every token there ever was", responses=answers(gives.Tokens)
    )
    async def list_(here: Here, _: Keeper) -> Response:
        return give({"tokens": await here.application.tokens.list()})

    @router.post(
        "",
        operation_id="createToken",
        summary="Make a token for a person or a machine",
        status_code=201,
        responses=answers(gives.MadeToken, ACTING, 201),
    )
    async def create(said: CreateToken, here: Here, caller: Keeper) -> Response:
        lasts = None if said.days is None else timedelta(days=said.days)
        tokens = here.application.tokens
        return give(await tokens.create(said.holder, said.scope, caller.actor, lasts, said.machine), 201)

    @router.post(
        "/{token}/revoke",
        operation_id="revokeToken",
        summary="Make a token stop counting, at once and for good",
        responses=answers(gives.RevokedToken, ACTING),
    )
    async def revoke(token: str, here: Here, caller: Keeper) -> Response:
        return give({"token": await here.application.tokens.revoke(token, caller.actor)})

    return router


def health_router() -> APIRouter:
    """What watchdogs and load balancers ask, without a token. It tells nothing about releases."""
    router = APIRouter(tags=["Health"])

    @router.get(
        "/health", operation_id="health", summary="The process answers", responses=answers(gives.Health, ())
    )
    async def health() -> Response:
        return give({"status": "alive"})

    @router.get(
        "/ready",
        operation_id="ready",
        summary="The database can be used, and nothing keeps the server from working",
        responses={**answers(gives.Health, ()), **problems_only((503,))},
    )
    async def ready(here: Here) -> Response:
        if here.stopping.is_set():
            raise StoreUnusable("The server is stopping.", "Ask another one.")
        try:
            await here.application.ports.flags.flags_revision()
        except PilotageError as error:
            # Without a token nobody learns where the database is.
            raise StoreUnusable("The database cannot be used.", "`pilotage doctor` says why.") from error
        return give({"status": "ready"})

    @router.get(
        "/version", operation_id="version", summary="What runs here", responses=answers(gives.Version, ())
    )
    async def version() -> Response:
        return give({"version": __version__, "api": "v1"})

    return router
