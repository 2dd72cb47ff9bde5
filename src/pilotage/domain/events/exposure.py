"""Exposure: who can meet the change, decided and then confirmed by what carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotage.domain.exposure import Exposure


@dataclass(frozen=True, slots=True)
class ExposureChanged:
    """Who can meet the change was decided anew; ``raised`` tells the direction. It takes hold with ``exposure_confirmed``."""

    before: Exposure
    after: Exposure
    raised: bool
    stage: str
    rung: int = 0
    effect: str = ""


@dataclass(frozen=True, slots=True)
class ExposureConfirmed:
    """The flag (or what moves the share) took the change."""

    effect: str


@dataclass(frozen=True, slots=True)
class ExposureFailed:
    """The flag (or what moves the share) did not take the change; it is asked again at ``again_at``."""

    effect: str
    detail: str
    again_at: datetime


@dataclass(frozen=True, slots=True)
class AudienceChosen:
    """The owner picked one of a stage's audiences."""

    stage: str
    rung: int
    option: str


@dataclass(frozen=True, slots=True)
class FlagRetired:
    """The flag ended: the change is for everyone, and no switch is left."""

    flag: str
