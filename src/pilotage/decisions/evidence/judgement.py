"""What goes into a look, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Counts:
    """What one arm did between two looks: ``requests``, how many of them failed, or how many fell into each bucket.

    ``buckets`` are not cumulative: one count for each bound of the design and a last one for everything slower.
    """

    requests: float
    errors: float = 0.0
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Both arms in the same span of time; ``control`` None where nobody is there to be compared with."""

    canary: Counts
    control: Counts | None = None


class Action(StrEnum):
    """What the evidence says should happen now."""

    ROLL_BACK = "roll back"
    HOLD = "hold"
    CONTINUE = "continue"
    READY = "promote-ready"


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a ratio canary : control lies, all the time, with the confidence the budget leaves (0.99 for 1 %)."""

    low: float
    estimate: float | None
    high: float


@dataclass(frozen=True, slots=True)
class Found:
    """How one margin or limit stands. ``log_e`` and ``needed`` are natural logarithms.

    ``certain``: beyond the margin or limit, within the budget. ``doubt``: it may be (an e-value of 10 or more).
    ``shared``: the limit is broken, and the control is no better: an incident of everybody. ``segment`` names the
    segment with the most evidence where that decided.
    """

    metric: str
    key: str
    log_e: float
    needed: float
    certain: bool = False
    doubt: bool = False
    shared: bool = False
    segment: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer of one look.

    ``e_value`` is the release's own evidence against ``needed`` (1 / budget); ``because`` one sentence with the numbers
    that decided. ``intervals`` are ratios by metric, ``smallest`` the smallest ratio that could have been seen with the
    traffic so far (None: none yet), ``missing`` says in words what a stage still needs before it may be left.
    """

    action: Action
    e_value: float
    needed: float
    because: str
    found: tuple[Found, ...] = ()
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    smallest: Mapping[str, float | None] = field(default_factory=dict)
    missing: str = ""
