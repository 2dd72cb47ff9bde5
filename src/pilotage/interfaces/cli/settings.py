"""What holds for a whole call of ``pilotage``: who calls, which database or server, and how it talks."""

from __future__ import annotations

import getpass
import os
from contextvars import ContextVar
from dataclasses import dataclass

SERVER = "PILOTAGE_SERVER"
TOKEN = "PILOTAGE_TOKEN"  # noqa: S105 - the name of a variable, not a token
PERSON = "PILOTAGE_AS"
DEBUG = "PILOTAGE_DEBUG"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options that may stand anywhere in the call. Empty: found out where it is needed."""

    person: str = ""
    database: str = ""
    server: str = ""
    token: str = ""
    color: bool | None = None
    """None: when the output is a terminal and ``NO_COLOR`` is not set."""


current: ContextVar[Settings] = ContextVar("current", default=Settings())  # noqa: B039 - it is frozen
"""The settings of this call; ``main`` sets them."""


def whoever_calls() -> str:
    """The acting person: ``--as``, else the operating system's user (``unknown`` where it cannot say)."""
    if current.get().person:
        return current.get().person
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def debugging() -> bool:
    """Whether a person asked to see tracebacks (``PILOTAGE_DEBUG=1``)."""
    return os.environ.get(DEBUG, "") not in ("", "0")
