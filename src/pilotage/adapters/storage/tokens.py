"""Tokens: rows that are made once, revoked at most once, and never removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select, update

from pilotage.adapters.storage.commits import insert_new
from pilotage.adapters.storage.tables import token
from pilotage.domain.tokens import Scope, Token


def put_token(connection: Connection, made: Token, secret_hash: str) -> bool:
    """Store a new token, unless its id or hash is taken."""
    values = {
        "id": made.id,
        "secret_hash": secret_hash,
        "holder": made.holder,
        "scope": str(made.scope),
        "machine": made.machine,
        "made": made.made,
        "made_by": made.made_by,
        "expires": made.expires,
        "revoked": made.revoked,
        "revoked_by": made.revoked_by,
    }
    return insert_new(connection, token, values)


def read_token(connection: Connection, secret_hash: str) -> Token | None:
    """The token with that hash."""
    return _token(connection.execute(select(token).where(token.c.secret_hash == secret_hash)).first())


def read_tokens(connection: Connection) -> Sequence[Token]:
    """Every token, oldest first."""
    rows = connection.execute(select(token).order_by(token.c.made, token.c.id))
    return [found for row in rows if (found := _token(row)) is not None]


def any_token(connection: Connection) -> bool:
    """Whether there ever was one."""
    return bool(connection.execute(select(exists().where(token.c.id.is_not(None)))).scalar())


def revoke(connection: Connection, token_id: str, at: datetime, by: str) -> Token | None:
    """Revoke a token unless it is, and read it."""
    still_counts = (token.c.id == token_id, token.c.revoked.is_(None))
    connection.execute(update(token).where(*still_counts).values(revoked=at, revoked_by=by))
    return _token(connection.execute(select(token).where(token.c.id == token_id)).first())


def _token(row: Row[Any] | None) -> Token | None:
    if row is None:
        return None
    return Token(
        id=row.id,
        holder=row.holder,
        scope=Scope(row.scope),
        machine=row.machine,
        made=row.made,
        made_by=row.made_by,
        expires=row.expires,
        revoked=row.revoked,
        revoked_by=row.revoked_by,
    )
