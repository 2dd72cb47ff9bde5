"""Names and ids: how the words of a plan become the ids that events, commands and files use."""

from __future__ import annotations

import re
import unicodedata

_APART = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """The id of a text: lower case, words joined by hyphens.

    >>> slug("All critical paths tested")
    'all-critical-paths-tested'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _APART.sub("-", plain.lower()).strip("-") or "unnamed"


def same_name(text: str) -> str:
    """The spelling-tolerant form of a name: case, space, ``-`` and ``_`` are alike (rule 6 of the language)."""
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
