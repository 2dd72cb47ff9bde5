"""The document as a tree of places: every text, list and mapping knows its file, line and column.

Between the YAML reader (which makes it), the merging of files (which joins it) and the compiler (which reads it).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pilotage.domain.errors import PlanProblem


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. Line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, always text (rule 3). ``quoted`` tells whether it stood in quotes or in a block."""

    place: Place
    value: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    items: tuple[Node, ...]
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in the order of the file; no key twice."""

    place: Place
    entries: tuple[tuple[Text, Node], ...]
    flow: bool = False

    def get(self, key: str) -> Node | None:
        """The value under ``key``, or None."""
        for name, value in self.entries:
            if name.value == key:
                return value
        return None

    def key(self, key: str) -> Text | None:
        """The key itself, for its place, or None."""
        for name, _ in self.entries:
            if name.value == key:
                return name
        return None

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[tuple[Text, Node]]:
        return iter(self.entries)


Node = Text | Items | Entries


@dataclass(slots=True)
class Problems:
    """Collects mistakes and doubts; reading goes on after each, so that all are told at once."""

    found: list[PlanProblem] = field(default_factory=list)
    silenced: set[tuple[str, int]] = field(default_factory=set)
    """Lines (file, line) that are not even YAML. Their one mistake is told; what it leads to would only confuse."""

    def error(self, place: Place, message: str, offset: int = 0) -> None:
        """A mistake at ``place`` (``offset`` characters further right)."""
        if (place.file, place.line) in self.silenced:
            return
        self.found.append(PlanProblem(place.file, place.line, place.column + offset, message))

    def unreadable(self, place: Place, message: str) -> None:
        """A line that YAML cannot read: the mistake is told, and every later one on the same line is dropped."""
        self.error(place, message)
        self.silenced.add((place.file, place.line))

    def warn(self, place: Place, message: str) -> None:
        """A doubt: the plan is usable, and its author should know."""
        self.found.append(PlanProblem(place.file, place.line, place.column, message, warning=True))

    @property
    def errors(self) -> tuple[PlanProblem, ...]:
        """The mistakes, in order of place, without repeats."""
        return tuple(sorted({p for p in self.found if not p.warning}))
