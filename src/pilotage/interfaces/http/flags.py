"""Flags over HTTP: looked at, and switched by hand. Services read them through OFREP."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pilotage.application.use_cases.flag_story import tell
from pilotage.domain.flags import Flag
from pilotage.interfaces.http import answers as gives
from pilotage.interfaces.http.bodies import Reason, SwitchUser
from pilotage.interfaces.http.callers import Doer, Here, Reader
from pilotage.interfaces.http.describing import ACTING, answers
from pilotage.interfaces.http.giving import Key, Once, give


def flags_router(once: Once) -> APIRouter:
    """The routes under ``/flags``. A flag's name may hold slashes."""
    router = APIRouter(prefix="/flags", tags=["Flags"])

    @router.get("", operation_id="listFlags", summary="Every flag", responses=answers(gives.Flags))
    async def list_(here: Here, _: Reader) -> Response:
        return give({"flags": list(await here.application.flags.list())})

    @router.get(
        "/{flag:path}/history",
        operation_id="historyOfFlag",
        summary="Who changed it, when and why",
        responses=answers(gives.FlagHistory),
    )
    async def history(flag: str, here: Here, _: Reader) -> Response:
        return give({"history": [tell(happened) for happened in await here.application.flags.history(flag)]})

    @router.get("/{flag:path}", operation_id="showFlag", summary="One flag", responses=answers(Flag))
    async def show(flag: str, here: Here, _: Reader) -> Response:
        return give(await here.application.flags.show(flag))

    @router.post(
        "/{flag:path}/kill",
        operation_id="killFlag",
        summary="Off for everybody at once; the releases that use it hold",
        responses=answers(Flag, ACTING),
    )
    async def kill(
        flag: str, said: Reason, request: Request, here: Here, caller: Doer, key: Key = None
    ) -> Response:
        flags = here.application.flags
        return await once.give(
            request, here, caller, key, lambda: flags.kill(flag, caller.actor, said.reason)
        )

    @router.post(
        "/{flag:path}/revive",
        operation_id="reviveFlag",
        summary="Take the kill switch back",
        responses=answers(Flag, ACTING),
    )
    async def revive(
        flag: str, said: Reason, request: Request, here: Here, caller: Doer, key: Key = None
    ) -> Response:
        flags = here.application.flags
        return await once.give(
            request, here, caller, key, lambda: flags.revive(flag, caller.actor, said.reason)
        )

    @router.post(
        "/{flag:path}/users",
        operation_id="switchUserOfFlag",
        summary="Switch one user on or off by hand",
        responses=answers(Flag, ACTING),
    )
    async def users(
        flag: str, said: SwitchUser, request: Request, here: Here, caller: Doer, key: Key = None
    ) -> Response:
        flags = here.application.flags
        return await once.give(
            request,
            here,
            caller,
            key,
            lambda: flags.switch_user(flag, said.user, said.on, caller.actor, said.reason),
        )

    return router
