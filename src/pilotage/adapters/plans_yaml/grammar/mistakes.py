"""What the grammars say when a text cannot be read: one error type, one way to suggest, one way to list choices."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from pilotage.domain.ids import same_name

SHOWN_CHOICES = 5
"""How many choices a message lists before it says "and N more"; up to eight are listed in full."""

LISTED_IN_FULL = 8

DECLARED = {
    "metric": "metrics: {%s: {unit: percent, source: …}}",
    "person": "people: {%s: {email: …}}",
    "role": "roles: {%s: NAME}",
    "segment": "exposure: {segments: {%s: email ends with …}}",
    "trait": "traits: {%s: {ask: …}}",
    "window": "windows: {%s: {only: …}}",
}
"""How a name of each kind is declared, for somebody who used one before declaring any."""


class GrammarError(Exception):
    """A text is not in the grammar. ``offset`` is the character where it goes wrong; the caller adds the place."""

    def __init__(self, message: str, offset: int = 0) -> None:
        """Keep the words and the place."""
        super().__init__(message)
        self.message = message
        self.offset = offset


class UnknownName(GrammarError):
    """A name nobody declared. ``kind`` is what was looked for (``metric``, ``stage``), ``name`` what was written."""

    def __init__(self, kind: str, name: str, known: Iterable[str], offset: int = 0) -> None:
        """Say it, with the nearest declared name where one is near, else with the way to declare it."""
        declare = f'; declare it: "{DECLARED[kind] % name}"' if kind in DECLARED and name else ""
        super().__init__(f'unknown {kind} "{name}"{suggest(name, known) or declare}', offset)
        self.kind = kind
        self.name = name


def suggest(word: str, known: Iterable[str]) -> str:
    """``; did you mean "error rate"?`` for the known word nearest to ``word``; empty when none is near.

    Case, spaces, ``-`` and ``_`` do not count as differences (rule 6 of the language).
    """
    spellings = {same_name(each): each for each in known}
    near = difflib.get_close_matches(same_name(word), spellings, n=1, cutoff=0.6)
    return f'; did you mean "{spellings[near[0]]}"?' if near else ""


def expected_one_of(
    found: str, choices: Iterable[str], offset: int = 0, also: Mapping[str, str] | None = None
) -> GrammarError:
    """The error for a word outside a fixed list. ``also`` maps words of other tools and documents to ours."""
    words = list(choices)
    shown = words if len(words) <= LISTED_IN_FULL else words[:SHOWN_CHOICES]
    more = f", … and {len(words) - len(shown)} more" if len(shown) < len(words) else ""
    meant = (also or {}).get(same_name(found))
    hint = f'; did you mean "{meant}"?' if meant else suggest(found, words)
    return GrammarError(f'expected one of {", ".join(shown)}{more}; found "{found}"{hint}', offset)
