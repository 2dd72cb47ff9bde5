"""Tokens: making them, revoking them, and finding out who speaks.

A secret is 256 random bits, so nobody can guess one from its hash however fast they try; hence SHA-256, and not one of
the slow hashes that protect what people think up themselves. The hash is looked up, never compared piece by piece in
our code, and a database that leaks holds nothing one could log in with.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from pilotage.application.ports.clock import Clock
from pilotage.application.ports.tokens import TokenStore
from pilotage.domain.errors import Bug, LoginRequired, NotFound, UsageError
from pilotage.domain.people import Actor
from pilotage.domain.tokens import Scope, Token

PREFIX = "pilotage_"
"""How every secret begins, so that scanners of repositories and logs can find one that leaked."""

LASTS = timedelta(days=90)
"""How long a token counts unless said otherwise."""

_BYTES = 32
_ID_LENGTH = 12
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Made:
    """A token that was made. ``secret`` is told once and kept nowhere."""

    token: Token
    secret: str = field(repr=False)


class Tokens:
    """The tokens of this installation."""

    def __init__(
        self, store: TokenStore, clock: Clock, draw: Callable[[int], str] = secrets.token_urlsafe
    ) -> None:
        """``draw`` gives that many random bytes as text."""
        self._store = store
        self._clock = clock
        self._draw = draw

    async def create(
        self,
        holder: str,
        scope: Scope,
        by: Actor,
        lasts: timedelta | None = LASTS,
        machine: bool = False,
    ) -> Made:
        """Make a token that speaks for ``holder``. ``lasts`` None: until it is revoked. Raises UsageError."""
        name = holder.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise UsageError(
                "A token needs to know whom it speaks for.",
                "Name the person as the plans do, such as maria; or the machine, such as ci.",
            )
        if lasts is not None and lasts <= timedelta(0):
            raise UsageError("A token has to last for some time.", "Say for how long, such as 90d.")
        now = self._clock.now()
        try:
            expires = None if lasts is None else now + lasts
        except OverflowError as error:
            raise UsageError("No token lasts as long as that.", "Say for how long, such as 90d.") from error
        secret = PREFIX + self._draw(_BYTES)
        hashed = _hash(secret)
        token = Token(hashed[:_ID_LENGTH], name, scope, machine, now, by.person or str(by), expires)
        if not await self._store.put_token(token, hashed):
            raise Bug("The same random token was drawn twice.", "Try again, and please report it.")
        return Made(token, secret)

    async def list(self) -> tuple[Token, ...]:
        """Every token there ever was, oldest first."""
        return tuple(await self._store.tokens())

    async def revoke(self, token_id: str, by: Actor) -> Token:
        """Make a token stop counting, at once and for good. Raises NotFound."""
        token = await self._store.revoke_token(token_id, self._clock.now(), by.person or str(by))
        if token is None:
            raise NotFound(f"There is no token {token_id!r}.", "`pilotage token list` shows those there are.")
        return token

    async def needed(self) -> bool:
        """Whether whoever speaks needs a token: from the first one on, also when all have expired or were revoked."""
        return await self._store.any_token()

    async def holder(self, secret: str) -> Token:
        """Whose token this is. Raises LoginRequired when it is unknown, expired or revoked."""
        token = await self._store.token_of(_hash(secret))
        if token is None:
            raise LoginRequired("This token is not known here.", _ASK)
        if token.revoked is not None:
            raise LoginRequired(f"This token of {token.holder} was revoked.", _ASK)
        if not token.counts_at(self._clock.now()):
            raise LoginRequired(
                f"This token of {token.holder} expired on {token.expires:%Y-%m-%d %H:%M} UTC.", _ASK
            )
        return token


_ASK = "Whoever runs this server makes a new one: `pilotage token create PERSON`."


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
