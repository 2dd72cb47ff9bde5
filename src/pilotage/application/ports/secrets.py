"""The secrets port: a plan names a secret, and it is looked up at the moment of use.

Three references: ``env:NAME`` (the environment Pilotage runs in), ``file:PATH`` (a file's text) and ``command:WORDS``
(what a command prints). The plan, the events and the effects hold the reference; the value is never stored or logged.
"""

from __future__ import annotations

from typing import Protocol

_KINDS = ("env:", "file:", "command:")


def is_reference(text: str) -> bool:
    """Whether a text names a secret instead of being one. ``file://…`` is an address programs take, no reference.

    >>> (
    ...     is_reference("env:DEPLOY_TOKEN"),
    ...     is_reference("file:///srv/data"),
    ...     is_reference("https://example.org"),
    ... )
    (True, False, False)
    """
    return text.startswith(_KINDS) and not text.startswith("file://")


class Secrets(Protocol):
    """Turns references into values."""

    async def resolve(self, text: str) -> str:
        """The secret that ``text`` names; ``text`` itself where it is no reference.

        Raises OutsideError naming the reference, never the value, when it cannot be read or is empty.
        """
        ...
