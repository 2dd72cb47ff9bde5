"""The tokens port: who may speak to the server, kept beside the releases. Tokens are never removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pilotage.domain.tokens import Token


class TokenStore(Protocol):
    """Keeps tokens by the hash of their secret."""

    async def put_token(self, token: Token, secret_hash: str) -> bool:
        """Store a new token; False when its id or hash is there already."""
        ...

    async def token_of(self, secret_hash: str) -> Token | None:
        """The token with that hash, also when it no longer counts."""
        ...

    async def tokens(self) -> Sequence[Token]:
        """Every token there ever was, oldest first."""
        ...

    async def any_token(self) -> bool:
        """Whether there ever was one."""
        ...

    async def revoke_token(self, token_id: str, at: datetime, by: str) -> Token | None:
        """Revoke a token, for good; the first to do so stays noted. Returns it as it is now, or None without one."""
        ...
