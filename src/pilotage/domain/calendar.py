"""Windows and freezes: when the guarded environment may change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class WindowKind(StrEnum):
    """``only``: outside is blocked. ``prefer``: outside is warned. ``avoid``: inside is warned. ``freeze``: inside is blocked."""

    ONLY = "only"
    PREFER = "prefer"
    AVOID = "avoid"
    FREEZE = "freeze"


@dataclass(frozen=True, slots=True)
class Weekly:
    """``Tuesday to Thursday 02:00 to 03:00``: weekdays (0 = Monday) and a half-open span of the day.

    ``ends`` None is midnight at the end of the day; an end at or before the start runs into the next day.
    """

    weekdays: frozenset[int]
    starts: time
    ends: time | None


@dataclass(frozen=True, slots=True)
class Dates:
    """``2026-12-19 to 2027-01-04``: both days included, in the window's zone. With clock times: a half-open span."""

    first: date | datetime
    last: date | datetime


@dataclass(frozen=True, slots=True)
class NotYet:
    """A span written in a form that is understood but not yet carried out (school calendars, RRULEs)."""

    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """A named time rule. ``zone`` is an IANA name. ``only_for``/``but_not`` list release types, systems or environments."""

    name: str
    kind: WindowKind
    span: Weekly | Dates | NotYet
    zone: str
    because: str = ""
    but_not: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()
    text: str = ""
