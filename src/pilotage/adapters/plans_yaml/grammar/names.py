"""The names a plan declares, as the grammars look them up: spelling-tolerant, with a suggestion for a near miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from pilotage.adapters.plans_yaml.grammar.mistakes import UnknownName
from pilotage.domain.ids import same_name
from pilotage.domain.metrics import Unit

Meaning = TypeVar("Meaning")


class Measurable(Protocol):
    """What a condition must know about a metric. ``domain.metrics.Metric`` is one, ``MetricName`` is enough."""

    @property
    def name(self) -> str:
        """As the plan declares it."""
        ...

    @property
    def unit(self) -> Unit:
        """What it is counted in."""
        ...

    @property
    def split(self) -> tuple[str, ...]:
        """The dimensions ``in any …`` may name."""
        ...


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric before it is compiled whole."""

    name: str
    unit: Unit
    split: tuple[str, ...] = ()


class Known(Generic[Meaning]):
    """Declared names of one ``kind`` (``role``, ``segment``), each with what it stands for.

    Case, space, ``-`` and ``_`` are alike; of two names alike the first one wins.
    """

    __slots__ = ("_found", "declared", "kind")

    def __init__(self, kind: str, entries: Mapping[str, Meaning]) -> None:
        """Keep the names as declared, for suggestions, and folded, for finding."""
        self.kind = kind
        self.declared = tuple(entries)
        self._found: dict[str, Meaning] = {}
        for name, meaning in entries.items():
            self._found.setdefault(same_name(name), meaning)

    def __contains__(self, name: str) -> bool:
        return same_name(name) in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self.declared)

    def get(self, name: str, offset: int = 0) -> Meaning:
        """What ``name`` stands for. Raises UnknownName, with a suggestion, at ``offset``."""
        folded = same_name(name)
        if folded not in self._found:
            raise UnknownName(self.kind, name, self.declared, offset)
        return self._found[folded]


def known(kind: str, names: Iterable[str]) -> Known[str]:
    """Names that stand for themselves, in the spelling they are declared in."""
    return Known(kind, {name: name for name in names})


@dataclass(frozen=True, slots=True)
class Names:
    """Every name in scope where a text stands. Kinds a plan declares nothing of are empty.

    ``stages`` maps a stage's name and its id to its id. ``steps`` maps the names by which a step can be meant from here
    to its key; None leaves the name as written, for the caller to resolve. ``roles`` holds people too where a person
    may stand for a role of one.
    """

    metrics: Known[Measurable] = field(default_factory=lambda: Known("metric", {}))
    roles: Known[str] = field(default_factory=lambda: known("role", ()))
    stages: Known[str] = field(default_factory=lambda: known("stage", ()))
    steps: Known[str] | None = None
    segments: Known[str] = field(default_factory=lambda: known("segment", ()))
    traits: Known[str] = field(default_factory=lambda: known("trait", ()))
    inputs: Known[str] = field(default_factory=lambda: known("input", ()))
    types: Known[str] = field(default_factory=lambda: known("release type", ()))
    calendars: Known[str] = field(default_factory=lambda: known("calendar", ()))
    windows: Known[str] = field(default_factory=lambda: known("window", ()))
    hours: Known[str] = field(default_factory=lambda: known("hours", ()))
    channels: Known[str] = field(default_factory=lambda: known("channel", ()))
    environments: Known[str] = field(default_factory=lambda: known("environment", ()))
