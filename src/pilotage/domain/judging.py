"""What changes at every look and decides nothing yet: clocks of sustained conditions, last samples.

Lives outside the event chain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pilotage.domain.metrics import Sample


@dataclass(frozen=True, slots=True)
class Pause:
    """A short gap in the data that does not count: how many ``seconds``, and when the data came back."""

    ended: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Clock:
    """How long one condition has been true (or false) on data without a long gap.

    ``holds`` is the last answer; ``since`` when that answer began; ``seen`` the time of the last usable sample;
    ``pauses`` are the short gaps since ``since`` that do not count, oldest first (``paused`` is their sum).
    """

    holds: bool
    since: datetime
    seen: datetime
    paused: float = 0.0
    because: str = ""
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Judging:
    """The judging row of one release: clocks by condition key, newest sample by metric, arm and segment.

    ``watched_since`` is when each metric began to be watched without a break, so that its gap can be told before its
    first sample; ``looked`` is when the sources were last asked.
    """

    clocks: dict[str, Clock] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    watched_since: dict[str, datetime] = field(default_factory=dict)
    looked: datetime | None = None
