"""What goes into a look, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


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


class Account(Protocol):
    """What people read of a look, reckoned when it is asked for."""

    @property
    def because(self) -> str:
        """One sentence with the numbers that decided."""

    @property
    def found(self) -> tuple[Found, ...]:
        """How every margin and limit stands."""

    @property
    def intervals(self) -> Mapping[str, Interval]:
        """Ratios canary : control by metric."""

    @property
    def smallest(self) -> Mapping[str, float | None]:
        """The smallest ratio that the traffic so far could have shown, by metric (None: none yet)."""

    @property
    def missing(self) -> str:
        """What a stage still needs before it may be left; empty where nothing is missing."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """The answer of one look.

    ``e_value`` is the release's own evidence against ``needed`` (1 / budget). What people read of it is reckoned when it is
    asked for, from what had been seen at that look: a later look changes nothing in it. Two judgements are equal where all
    they say is.
    """

    action: Action
    e_value: float
    needed: float
    account: Account = field(repr=False)

    @property
    def because(self) -> str:
        """One sentence with the numbers that decided."""
        return self.account.because

    @property
    def found(self) -> tuple[Found, ...]:
        """How every margin and limit stands."""
        return self.account.found

    @property
    def intervals(self) -> Mapping[str, Interval]:
        """Ratios canary : control by metric."""
        return self.account.intervals

    @property
    def smallest(self) -> Mapping[str, float | None]:
        """The smallest ratio that could have been seen with the traffic so far, by metric (None: none yet)."""
        return self.account.smallest

    @property
    def missing(self) -> str:
        """What a stage still needs before it may be left, in words; empty where nothing is missing."""
        return self.account.missing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Judgement) and self._all() == other._all()

    __hash__ = None  # type: ignore[assignment]  # what it holds has none either

    def _all(self) -> tuple[object, ...]:
        numbers = (self.action, self.e_value, self.needed)
        return (*numbers, self.because, self.found, self.intervals, self.smallest, self.missing)
