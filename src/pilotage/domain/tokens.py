"""Tokens: who speaks to the server, and how much they may ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """How much a token allows; each scope includes those before it."""

    FLAGS = "flags"
    """Evaluate flags (OFREP), and nothing else: what a service that is released needs."""
    READ = "read"
    """Look at everything."""
    ACT = "act"
    """Create releases and do what the plans let this person do. A plan runs commands: so may whoever has this."""
    ADMIN = "admin"
    """Make and revoke tokens."""

    def includes(self, other: Scope) -> bool:
        """Whether whoever has this scope may do what needs the other.

        >>> Scope.ACT.includes(Scope.READ), Scope.FLAGS.includes(Scope.READ)
        (True, False)
        """
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: everything but the secret, of which only a hash is stored, elsewhere.

    ``holder`` is the person (an id, as plans name people) or the machine it speaks for. A machine can report, start,
    hold and roll back; an approval is a person's word. ``expires`` None: it does not.
    """

    id: str
    holder: str
    scope: Scope
    machine: bool
    made: datetime
    made_by: str
    expires: datetime | None = None
    revoked: datetime | None = None
    revoked_by: str = ""

    def counts_at(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired at that moment."""
        return self.revoked is None and (self.expires is None or at < self.expires)
