"""Moments: what ``at`` and ``due`` may say. Resolved to times by ``pilotage.decisions.moments``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from pilotage.domain.time import Duration


@dataclass(frozen=True, slots=True)
class Anchor:
    """Something that happens: ``pilot starts`` (a stage id and an edge) or an event such as ``rollback ends``.

    ``subject`` is a stage id, or one of the event words (``release``, ``code freeze``, ``approval``, ``go decision``,
    ``deployment``, ``rollback``, ``gate``, ``hold``, ``incident``, ``issue``, ``plan``); ``edge`` is ``starts``,
    ``ends``, ``fails``, ``opens``, ``closes``, ``reported``, ``changes`` or empty.
    """

    subject: str
    edge: str
    is_stage: bool = False

    @property
    def name(self) -> str:
        """The key under which the time of this anchor is remembered, such as ``pilot starts``."""
        return f"{self.subject} {self.edge}".strip()


@dataclass(frozen=True, slots=True)
class AtAnchor:
    """``pilot ends``, ``1d before pilot starts``, ``4h after production ends``: offset is None for the anchor itself."""

    anchor: Anchor
    offset: Duration | None = None
    before: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class AtTime:
    """``2025-01-15 02:00``: a wall-clock time in the plan's zone (naive)."""

    local: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class AtInput:
    """``{{release date}}``: the time an input of the release gives."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class InReleaseWeek:
    """``Monday of release week 09:00``: a weekday (0 = Monday) of the week of the planned date."""

    weekday: int
    clock: time
    text: str = ""


@dataclass(frozen=True, slots=True)
class WeekOfRelease:
    """``week 3``: the start of the n-th week of the release (week 1 starts when the release starts)."""

    number: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class NextWeekday:
    """``next Monday after production 10:00``: first such weekday after a stage has ended."""

    weekday: int
    clock: time
    after: Anchor
    text: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """``every 2h for 48h after ga starts``: ``every`` from ``starts`` until ``ends`` or for ``lasts``; unbounded if neither."""

    every: Duration
    starts: Anchor | None
    ends: Anchor | None
    lasts: Duration | None
    months: int = 0
    """Calendar months between two times (``every month`` 1, ``every quarter`` 3); ``every`` is zero then."""
    text: str = ""


Moment = AtAnchor | AtTime | AtInput | InReleaseWeek | WeekOfRelease | NextWeekday | Repeated
