"""Checks: the lines of ``gate``, ``before``, ``judge`` and ``sign-offs``."""

from __future__ import annotations

from dataclasses import dataclass

from pilotage.domain.conditions import ApprovedBy, Condition
from pilotage.domain.people import Who
from pilotage.domain.time import Duration
from pilotage.domain.traits import When


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a gate.

    ``conditions`` are measured (all must hold). ``attested`` says a person may tick it: with conditions the line ticks
    itself where data exists and falls back to the person where it does not. ``key`` is its path, such as
    ``pilot/gate/user-feedback-positive`` (or ``before/...``, ``sign-offs/...`` for the plan's own).
    """

    key: str
    id: str
    text: str
    conditions: tuple[Condition, ...] = ()
    attested: bool = False
    by: Who | None = None
    within: Duration | None = None
    then: str | None = None
    proof: bool = False
    valid: Duration | None = None
    when: When | None = None
    required: bool = False
    line: int = 0

    @property
    def approvals(self) -> tuple[ApprovedBy, ...]:
        """The approvals among its conditions."""
        return tuple(t for c in self.conditions for t in c.terms if isinstance(t, ApprovedBy))
