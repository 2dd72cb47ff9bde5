"""Masking: what a program prints is kept for years, so secrets are taken out of it first."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "•••"
"""Stands where a secret stood."""

_SECRET_NAME = re.compile(
    r"secret|token|passw|passphrase|pwd|credential|api.?key|private.?key|access.?key|authorization|cookie|signature",
    re.IGNORECASE,
)
_FOLDERS = frozenset({"PWD", "OLDPWD"})  # every shell sets them, and every path would be blotted out
_SHORTEST_NAMED = 4  # a named secret shorter than this would blot out half of every text
_SHORTEST_GUESSED = 6  # a guessed one may be a setting such as USE_TOKENS=true


def looks_secret(name: str) -> bool:
    """Whether a variable, setting or header by this name usually holds a secret.

    >>> looks_secret("DB_PASSWORD"), looks_secret("x-api-key"), looks_secret("PWD")
    (True, True, False)
    """
    return name not in _FOLDERS and _SECRET_NAME.search(name) is not None


class Mask:
    """Takes known secrets out of texts. Filled while an effect is prepared, thrown away with it."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def hide(self, secret: str) -> None:
        """Hide a value that a reference named; of a secret with several lines, each longer line too."""
        self._add([secret, *(line for line in secret.splitlines() if len(line) >= _SHORTEST_GUESSED)])

    def guess(self, name: str, value: str) -> None:
        """Hide a value that nobody called a secret but whose name does."""
        if looks_secret(name) and len(value) >= _SHORTEST_GUESSED:
            self._add([value])

    def __call__(self, text: str) -> str:
        """The text with ``MASK`` wherever a secret stood."""
        # Longest first: where one secret contains another, nothing of the longer one stays behind.
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def without_torn(self, head: bytes, tail: bytes) -> tuple[bytes, bytes]:
        """The two sides of a cut without the halves of a secret that the cut went through."""
        for value in self._values:
            secret = value.encode()
            for length in range(len(secret) - 1, 0, -1):
                if head.endswith(secret[:length]):
                    head = head[:-length]
                    break
            for length in range(len(secret) - 1, 0, -1):
                if tail.startswith(secret[-length:]):
                    tail = tail[length:]
                    break
        return head, tail

    def _add(self, values: Iterable[str]) -> None:
        self._values.update(value for value in (v.strip() for v in values) if len(value) >= _SHORTEST_NAMED)
