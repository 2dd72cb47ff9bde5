"""Evidence: what metrics, people and alerts told, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from pilotage.domain.metrics import Arm


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the sequential tests had when they decided: ``e_value`` against ``needed`` (1 / the budget for false alarms).

    ``low`` and ``high`` bound the ratio canary : control, where it was compared.
    """

    e_value: float
    needed: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class GuardChanged:
    """A guarded metric moved between on target, watch, alert, worse, no data and unsure. ``because`` gives the numbers."""

    metric: str
    state: str
    because: str
    value: float | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class TriggerFired:
    """A rollback trigger's condition holds; ``because`` gives the numbers it was decided on."""

    trigger: str
    kind: str
    because: str
    segment: str = ""
    shared: bool = False
    """Whether what it is compared with breaks the same limit."""
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class MetricReported:
    """A person brought a number."""

    metric: str
    value: float
    count: float | None = None
    arm: Arm = Arm.CANARY
    dimension: str = ""
    segment: str = ""


@dataclass(frozen=True, slots=True)
class ProblemReported:
    """A person or an alert told what no metric sees; ``trigger`` is the plan's line it matches (empty: none)."""

    text: str
    trigger: str = ""
    alert: bool = False


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """An incident was opened on this release."""

    title: str
    severity: str = ""


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """An incident was closed."""

    title: str


@dataclass(frozen=True, slots=True)
class TraitAnswered:
    """A trait's question was answered."""

    trait: str
    value: bool


@dataclass(frozen=True, slots=True)
class InputGiven:
    """An input was given."""

    name: str
    value: str
