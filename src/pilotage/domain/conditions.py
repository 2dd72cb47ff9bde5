"""Conditions: what gates, guards and triggers may ask. Judged by ``pilotage.decisions``; the words stay with them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pilotage.domain.people import Ask
from pilotage.domain.time import Duration


class Operator(StrEnum):
    """The five comparisons of the language."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    EQUAL = "="

    def holds(self, value: float, limit: float) -> bool:
        """Whether ``value`` compares to ``limit`` as this operator says."""
        match self:
            case Operator.BELOW:
                return value < limit
            case Operator.AT_MOST:
                return value <= limit
            case Operator.ABOVE:
                return value > limit
            case Operator.AT_LEAST:
                return value >= limit
            case Operator.EQUAL:
                return value == limit


class Every(StrEnum):
    """Whether one segment suffices (``in any region``) or all must agree (``in every endpoint``)."""

    ANY = "any"
    ALL = "every"


@dataclass(frozen=True, slots=True)
class Scope:
    """``in any user segment``: the condition is judged for each value of the metric's dimension."""

    every: Every
    dimension: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``error rate < 1% for 3d``, ``latency p95 > 2x baseline``.

    ``limit`` is in the metric's own unit (percent: 5 for 5 %; time: seconds; per: events per second), or a factor
    of the baseline when ``of_baseline``. ``sustained`` is the ``for`` part.
    """

    metric: str
    operator: Operator
    limit: float
    of_baseline: bool = False
    scope: Scope | None = None
    sustained: Duration | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class WorseThanBaseline:
    """``latency p95 worse than baseline by 50%``: relative, in the metric's bad direction; ``percent`` is 50 for 50 %."""

    metric: str
    percent: float
    scope: Scope | None = None
    sustained: Duration | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class OnTarget:
    """``test coverage on target``: the metric's own guard target holds."""

    metric: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ApprovedBy:
    """``approved by 2 of primary, on-call, client within 1d then manager``; ``matrix``: the release type's approvals."""

    ask: Ask
    matrix: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class StepPassed:
    """``step smoke passed``: a step, named as people name it; the reader resolves ``step`` to its key."""

    step: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class StableFor:
    """``stable for 3d``: guards on target, nothing held or rolled back, exposure not lowered, all that time."""

    duration: Duration
    text: str = ""


Measured = Comparison | WorseThanBaseline | OnTarget
Term = Comparison | WorseThanBaseline | OnTarget | ApprovedBy | StepPassed | StableFor


@dataclass(frozen=True, slots=True)
class Condition:
    """Terms joined by ``and``: all must hold. ``text`` is the line as the plan's author wrote it."""

    terms: tuple[Term, ...]
    text: str
