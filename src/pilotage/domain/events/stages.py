"""Stages: entered, baked, left through their gates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StageEntered:
    """A stage was entered (again, after a rollback)."""

    stage: str


@dataclass(frozen=True, slots=True)
class StageSkipped:
    """A stage was passed over."""

    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageCompleted:
    """A stage was left through its gate."""

    stage: str


@dataclass(frozen=True, slots=True)
class BakeStarted:
    """The watched time of a stage (or of one rung of its ramp) began."""

    stage: str
    rung: int = 0


@dataclass(frozen=True, slots=True)
class GatePassed:
    """Everything a gate asks for holds; ``checks`` lists the lines with what they passed on."""

    stage: str
    rung: int = 0
    checks: tuple[str, ...] = ()
