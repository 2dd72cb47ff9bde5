"""Rollback: what triggers it, who decides, what is done in which order, what follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pilotage.domain.conditions import Condition
from pilotage.domain.people import Who
from pilotage.domain.steps import Step
from pilotage.domain.time import Duration, DurationRange
from pilotage.domain.traits import When


class TriggerClass(StrEnum):
    """How a trigger acts, most urgent first: by itself, one person confirms, people discuss, or it is only recorded."""

    AUTOMATIC = "automatic"
    CONFIRM = "confirm"
    DISCUSS = "discuss"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One line under ``automatic``, ``confirm``, ``discuss`` or ``watch``: a condition, or a ``report`` only people see.

    ``by`` names who may make an automatic report act alone; without it, and not ``from_alert``, two different people must.
    """

    id: str
    text: str
    kind: TriggerClass
    condition: Condition | None = None
    report: str = ""
    by: Who | None = None
    from_alert: bool = False
    procedure: str = ""
    severity: tuple[str, ...] = ()
    line: int = 0


class Otherwise(StrEnum):
    """What silence does after ``within``."""

    ROLL_BACK = "roll back"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides about ``confirm`` (one of ``who``) or ``discuss`` (all of them talk), for how long, and what silence does."""

    who: Who
    within: Duration
    otherwise: Otherwise


@dataclass(frozen=True, slots=True)
class Procedure:
    """A written rollback procedure."""

    name: str
    steps: tuple[Step, ...]
    title: str = ""
    when: When | None = None
    takes: DurationRange | None = None
    downtime: str = ""
    prefer: str = ""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What must be done after a rollback, due ``after`` it ended (zero: at once), by a role or the owner."""

    id: str
    text: str
    after: Duration
    by: Who | None = None


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """The ``rollback`` section. ``then`` is ``hold``, ``abort`` or ``back`` (to ``back_to``, a stage id)."""

    triggers: tuple[Trigger, ...] = ()
    confirm: Deciding | None = None
    discuss: Deciding | None = None
    then: str = "hold"
    back_to: str = ""
    target: Duration | None = None
    procedures: tuple[Procedure, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
