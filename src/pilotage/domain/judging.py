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
class Standing:
    """How one margin or limit stood at the last look at its counts (``key`` as in the design of the tests).

    ``log_e`` is the evidence against "within the margin", ``needed`` what the budget for false alarms asks for, both
    natural logarithms. ``certain`` and ``doubt`` (an e-value of ten) say what it amounts to, ``certain_since`` and
    ``doubt_since`` since when without a break. ``shared``: the control is no better. ``low`` and ``high`` bound the ratio
    canary : control.
    """

    metric: str
    key: str
    log_e: float
    needed: float
    because: str
    certain: bool = False
    doubt: bool = False
    shared: bool = False
    segment: str = ""
    certain_since: datetime | None = None
    doubt_since: datetime | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Weighing:
    """The sequential tests of one release: when they began, what they remember, and how they stand.

    ``numbers`` is their whole memory, exact to the last digit; ``stage`` where they began, ``bounds`` the buckets of each
    histogram, ``counted`` up to when each metric was counted, ``compared`` whether any were held against the control,
    ``controlled`` when each metric last had a control with requests.
    ``raised`` is the last rise of exposure they were told of.
    ``e_value`` is the release's own evidence against ``needed``; ``missing`` says in words what traffic is still needed
    to have shown what a stage must be able to show; ``problems`` by metric why nothing could be counted at the last look.
    """

    begun: datetime
    seen: datetime
    stage: str = ""
    raised: datetime | None = None
    bounds: dict[str, tuple[float, ...]] = field(default_factory=dict)
    numbers: dict[str, tuple[float, ...]] = field(default_factory=dict)
    standings: tuple[Standing, ...] = ()
    counted: dict[str, datetime] = field(default_factory=dict)
    compared: bool = False
    controlled: dict[str, datetime] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    e_value: float = 1.0
    needed: float = 100.0
    missing: str = ""


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
    weighing: Weighing | None = None
