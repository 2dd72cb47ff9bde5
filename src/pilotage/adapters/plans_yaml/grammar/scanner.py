"""A reader that walks a text from left to right; every grammar is written with it.

Spaces between words are free: one or several read the same. Keywords are lower case and end at a word's end.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.grammar.names import Known, Meaning

_SPACES = re.compile(r"\s*")


class Scanner:
    """A text and how far it has been read (``at``, counted in characters of the text)."""

    __slots__ = ("at", "end", "text")

    def __init__(self, text: str) -> None:
        """Start at the first character that is no space."""
        self.text = text
        self.end = len(text.rstrip())
        self.at = 0
        self.skip()

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= self.end

    @property
    def rest(self) -> str:
        """What has not been read yet."""
        return self.text[self.at : self.end]

    def since(self, start: int) -> str:
        """What has been read from ``start`` on."""
        return self.text[start : self.at].rstrip()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what ``pattern`` matches here, and the spaces after it; None leaves everything as it was."""
        if found := pattern.match(self.text, self.at, self.end):
            self.at = found.end()
            self.skip()
        return found

    def word(self, phrase: str) -> bool:
        """Read these keywords if they stand here."""
        return self.match(_keywords(phrase)) is not None

    def sees(self, phrase: str) -> bool:
        """Whether these keywords stand here."""
        return _keywords(phrase).match(self.text, self.at, self.end) is not None

    def ends_with(self, phrase: str) -> bool:
        """Read these keywords if they are all that is left; otherwise nothing is read."""
        start = self.at
        if self.word(phrase) and self.done:
            return True
        self.at = start
        return False

    def until(self, stop: re.Pattern[str]) -> str:
        """The text from here to the first ``stop`` (or the end), without reading it."""
        found = stop.search(self.text, self.at, self.end)
        return self.text[self.at : found.start() if found else self.end].rstrip()

    def name(self, names: Known[Meaning], stop: re.Pattern[str]) -> Meaning:
        """Read a declared name that ends before a ``stop``; the longest one where several fit.

        So ``research and development`` is one role where it is declared, though " and " may also part two roles.
        Raises UnknownName for the words up to the first ``stop``.
        """
        ends = [found.start() for found in stop.finditer(self.text, self.at, self.end)] + [self.end]
        for end in reversed(ends):
            if (words := self.text[self.at : end].strip()) in names:
                meaning = names.get(words)
                self.at = end
                self.skip()
                return meaning
        raise UnknownName(names.kind, self.text[self.at : ends[0]].strip(), names, self.at)

    def stands_for(self, names: Known[Meaning], stop: re.Pattern[str]) -> bool:
        """Whether a declared name stands here."""
        ends = [found.start() for found in stop.finditer(self.text, self.at, self.end)] + [self.end]
        return any(self.text[self.at : end].strip() in names for end in ends)

    def fail(self, message: str, at: int | None = None) -> GrammarError:
        """An error at this character (or at ``at``)."""
        return GrammarError(message, self.at if at is None else at)

    def skip(self) -> None:
        """Pass over spaces."""
        if spaces := _SPACES.match(self.text, self.at, self.end):
            self.at = spaces.end()


@lru_cache(maxsize=256)
def _keywords(phrase: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(re.escape(word) for word in phrase.split()) + r"(?!\w)")


@lru_cache(maxsize=64)
def stops(*phrases: str) -> re.Pattern[str]:
    """A pattern for the places where a name ends: before any of these words (with a space before) or marks.

    Without phrases a name ends only with the text.
    """
    if not phrases:
        return re.compile(r"(?!)")
    words = [
        r"\s+" + r"\s+".join(re.escape(w) for w in p.split()) + r"(?!\w)" for p in phrases if p[0].isalpha()
    ]
    marks = [r"\s*" + re.escape(p) for p in phrases if not p[0].isalpha()]
    return re.compile("|".join(words + marks))
