"""Who calls: the person or machine of a bearer token or, on this machine and before the first token, its user."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pilotage.application.services import Application
from pilotage.domain.errors import LoginRequired, UsageError
from pilotage.domain.people import Actor
from pilotage.domain.tokens import Scope
from pilotage.interfaces.http.problems import TokenTooNarrow

AS = "Pilotage-As"
"""The header that names the acting person, as ``--as`` does on the command line."""

_LONGEST_NAME = 200
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_ASK = "Send it as `Authorization: Bearer TOKEN`; whoever runs this server makes one: `pilotage token create PERSON`."

_bearer = HTTPBearer(
    auto_error=False,
    description="A token of a person or a machine. Needed from the first token on, and for callers elsewhere.",
)


Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
"""The token that was sent with a request, if there was one."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``machine``: a program's token, which speaks for no person."""

    actor: Actor
    scope: Scope
    machine: bool = False

    @property
    def name(self) -> str:
        """Who this is among all callers."""
        return f"machine {self.actor.person}" if self.machine else self.actor.person


@dataclass(frozen=True, slots=True)
class Served:
    """What the routes work on.

    ``person`` acts for callers of this machine while there is no token. ``works`` tells whether a worker carries
    releases on (None: it cannot be told). ``stopping`` is set when the server ends, so that streams close.
    """

    application: Application
    person: str
    works: Callable[[], bool | None]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


def served(request: Request) -> Served:
    """What this server works on."""
    found: Served = request.app.state.served
    return found


Here = Annotated[Served, Depends(served)]


def needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, who may do what needs ``scope``. It raises LoginRequired, TokenTooNarrow, UsageError."""

    async def caller(
        request: Request,
        here: Here,
        bearer: Bearer = None,
    ) -> Caller:
        found = await _caller(request, here, bearer)
        if not found.scope.includes(scope):
            raise TokenTooNarrow(
                f'This needs a token that may "{scope}"; {found.name} may "{found.scope}".',
                f"Whoever runs this server makes one: `pilotage token create {found.actor.person} --scope {scope}`.",
            )
        return found

    return caller


Reader = Annotated[Caller, Depends(needs(Scope.READ))]
Doer = Annotated[Caller, Depends(needs(Scope.ACT))]
Keeper = Annotated[Caller, Depends(needs(Scope.ADMIN))]


async def _caller(request: Request, here: Served, bearer: HTTPAuthorizationCredentials | None) -> Caller:
    if bearer is None and "authorization" in request.headers:
        raise LoginRequired("The Authorization header holds no bearer token.", _ASK)
    wanted = _utf8(request.headers.get(AS, ""))
    if bearer is None:
        return await _without_token(request, here, wanted)
    token = await here.application.tokens.holder(bearer.credentials)
    if wanted and wanted != token.holder:
        raise TokenTooNarrow(
            f"This token speaks for {token.holder}, not for {wanted}.",
            "Leave out --as, or use a token of that person.",
        )
    return Caller(Actor(person=token.holder), token.scope, token.machine)


def _utf8(value: str) -> str:
    """A header's value as the UTF-8 it was sent as; the server reads headers as Latin-1, as HTTP says."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


async def _without_token(request: Request, here: Served, wanted: str) -> Caller:
    """Somebody on this machine, as long as there is no token; what a proxy hands on comes from elsewhere."""
    if await here.application.tokens.needed():
        raise LoginRequired("A token is needed.", _ASK)
    if not is_loopback(request.client.host if request.client else "") or any(
        name in request.headers for name in _FORWARDED
    ):
        raise LoginRequired("Calls from other machines need a token.", _ASK)
    if len(wanted) > _LONGEST_NAME or not wanted.isprintable():
        raise UsageError(f"{AS} does not hold a name.", "Name the person as the plans do, such as maria.")
    return Caller(Actor(person=wanted or here.person), Scope.ACT)


def is_loopback(host: str) -> bool:
    """Whether an address (or the name localhost) is this machine and nobody else's.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("localhost")
    (True, True, False, True)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
