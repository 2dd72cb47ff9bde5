"""Names and ids: how the words of a plan become the ids that events, commands and files use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

_APART = re.compile(r"[\x00-\x2f\x3a-\x60\x7b-\x7f]+")
"""What stands between words once a text is in lower case: every ASCII character that is no letter and no digit."""
_LEANING = ("Mn", "Mc", "Me", "Lm")
"""Categories of characters that belong to the letter before them: accents, vowel signs, long-sound marks."""
_LONGEST_SPELT = 16
"""Characters of a name without any letter or digit that its id spells out."""


def slug(text: str) -> str:
    """The id of a text: lower case, words joined by hyphens, letters and digits of every script.

    Latin letters lose their accents. Other scripts keep theirs, in one spelling (NFKC) however they were typed. A text
    of signs alone is told by their code points, so different names have different ids; only no text is ``unnamed``.

    >>> slug("All critical paths tested")
    'all-critical-paths-tested'
    >>> slug("Über-prüft"), slug("测试 2"), slug("ПРОВЕРКА готова"), slug("🚀")
    ('uber-pruft', '测试-2', 'проверка-готова', 'u1f680')
    """
    kept = text.lower() if text.isascii() else "".join(_letters(text))
    return _APART.sub("-", kept).strip("-") or _spelt(text)


def plain_slug(text: str) -> str:
    """As ``slug``, in ASCII alone, for places that take nothing else: letters of other scripts by their code points.

    >>> plain_slug("Previous tag"), plain_slug("标签 2")
    ('previous-tag', 'u6807-u7b7e-2')
    """
    parts = "".join(c if c.isascii() else f"-u{ord(c):x}-" for c in slug(text))
    return _APART.sub("-", parts).strip("-")


def same_name(text: str) -> str:
    """The spelling-tolerant form of a name: case, space, ``-`` and ``_`` are alike (rule 6 of the language)."""
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())


def _letters(text: str) -> Iterator[str]:
    """Pieces of ``text`` an id may be made of: ASCII as it is, and words of other scripts, composed and folded."""
    for foreign, run in groupby(_known(text), lambda c: not c.isascii()):
        piece = "".join(run)
        yield unicodedata.normalize("NFKC", piece.casefold()) if foreign else piece.lower()


def _known(text: str) -> Iterator[str]:
    """The decomposed characters of ``text`` that count. Accents and the like count on letters that are not Latin."""
    on_foreign = False
    for c in unicodedata.normalize("NFKD", text):
        if c.isascii():
            on_foreign = False
        elif unicodedata.category(c) in _LEANING:
            if not on_foreign:
                continue
        elif not c.isalnum() or unicodedata.name(c, "").startswith("LATIN"):
            continue
        else:
            on_foreign = True
        yield c


def _spelt(text: str) -> str:
    """The id of a text without letters and digits: its signs by code point."""
    signs = [c for c in unicodedata.normalize("NFKC", text) if c.isprintable() and not c.isspace()]
    signs = [c for c in signs if unicodedata.category(c) not in _LEANING]
    return "-".join(f"u{ord(c):x}" for c in signs[:_LONGEST_SPELT]) or "unnamed"
