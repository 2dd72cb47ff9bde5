"""A release as a whole: made, started, ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ReleaseCreated:
    """A release exists, with the plan it will be held to. ``plan_file`` is where that was read, if it was a file here."""

    version: str
    previous: str
    plan: str
    plan_digest: str
    type: str
    system: str
    title: str = ""
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    traits: dict[str, bool] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    segments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    planned_at: datetime | None = None
    plan_file: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseStarted:
    """The release is on its way. ``rehearsal``: it decides and tells, and acts on nothing."""

    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseCompleted:
    """The last stage was passed."""


@dataclass(frozen=True, slots=True)
class ReleaseAborted:
    """The release was stopped for good."""

    reason: str
