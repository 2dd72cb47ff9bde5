"""People's words about a release over HTTP: one address for each word of ``interfaces.wishes``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response

from pilotage.domain.errors import Refused
from pilotage.interfaces.http import answers as gives
from pilotage.interfaces.http.bodies import Said, body_of, said
from pilotage.interfaces.http.callers import Caller, Doer, Here
from pilotage.interfaces.http.describing import ACTING, answers
from pilotage.interfaces.http.giving import IfMatch, Key, Once, expected_number
from pilotage.interfaces.wishes import WISHES, wish

ONLY_PEOPLE = frozenset({"approve", "reject", "attest", "choose", "override", "withdraw"})
"""Words a machine's token cannot say: they are somebody's answer for which somebody stands."""


def wishes_router(once: Once) -> APIRouter:
    """``POST /releases/{release}/{word}`` for every word."""
    router = APIRouter(prefix="/releases/{release}", tags=["People's words"])
    for word, fact in WISHES.items():
        router.post(
            f"/{word}",
            operation_id=word,
            summary=(fact.__doc__ or word).strip().split("\n")[0],
            responses=answers(gives.Acted, ACTING),
        )(_route(once, word, body_of(fact)))
    return router


def _route(once: Once, word: str, body: type[Said]) -> Callable[..., Awaitable[Response]]:
    async def act(
        release: str,
        told: Said,
        request: Request,
        here: Here,
        caller: Doer,
        key: Key = None,
        if_match: IfMatch = None,
    ) -> Response:
        _may_say(caller, word)
        number = expected_number(if_match)
        fact = wish(word, said(told))
        acting = here.application.acting
        return await once.give(
            request, here, caller, key, lambda: acting.act(release, fact, caller.actor, expected=number)
        )

    act.__annotations__["told"] = body  # what FastAPI reads and describes
    return act


def _may_say(caller: Caller, word: str) -> None:
    if caller.machine and word in ONLY_PEOPLE:
        raise Refused(
            f'"{word}" is a person\'s word; this token speaks for the machine {caller.actor.person}.',
            "Use a token of the person who answers.",
        )
