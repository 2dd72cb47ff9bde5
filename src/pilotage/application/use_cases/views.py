"""What is shown of a release: plain values, the same for the command line, the API and the web."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from pilotage.application.ports.storage import ReleaseRow
from pilotage.application.shapes import write_moment
from pilotage.application.use_cases.ways_to_answer import WayToAnswer, ways_to_answer
from pilotage.decisions.explain import headline
from pilotage.domain.decision import Wait
from pilotage.domain.errors import PilotageError
from pilotage.domain.release import Question, Release


@dataclass(frozen=True, slots=True)
class Line:
    """A release in a list."""

    id: str
    title: str
    status: str
    version: str
    previous: str
    plan: str
    system: str
    stage: str
    exposure: str
    share: float
    held: str
    rehearsal: bool
    created: datetime
    updated: datetime
    number: int
    """How many events there are: what an ETag and an ``If-Match`` are made of."""
    headline: str = ""
    """How it stands, in one sentence."""


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage of a release. ``state``: ahead, current, done or skipped; ``rung`` counts from 1, 0 before the first."""

    id: str
    name: str
    state: str
    rung: int
    rungs: int
    entered: datetime | None = None
    completed: datetime | None = None
    baking_since: datetime | None = None
    because: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything about one release as it is now. ``waits`` says why it does not move, most important first (L1).

    ``moving``: it would move at once, so that ``waits`` is what it will wait for then.
    """

    line: Line
    stages: tuple[StageLine, ...]
    questions: tuple[Question, ...]
    waits: tuple[Wait, ...]
    moving: bool
    guards: dict[str, str]
    follow_ups: tuple[str, ...]
    incidents: tuple[str, ...]
    looked_at_next: datetime | None
    release: Release
    """The whole state, for who needs more; ``plain`` leaves the plan out."""
    answers: tuple[WayToAnswer, ...] = ()
    """The commands that answer each open question."""


def line(row: ReleaseRow, release: Release) -> Line:
    """A release as a line of a list."""
    return Line(
        id=release.id,
        title=row.title,
        status=str(release.status),
        version=release.version,
        previous=release.previous,
        plan=release.plan.id,
        system=row.system,
        stage=release.stage,
        exposure=str(release.exposure),
        share=100.0 if release.exposure.everyone else release.exposure.share,
        held=release.hold.reason if release.hold else "",
        rehearsal=release.rehearsal,
        created=row.created,
        updated=row.updated,
        number=release.number,
        headline=headline(release),
    )


def unreadable(row: ReleaseRow, error: PilotageError) -> Line:
    """A line about a release whose record cannot be read: what its row alone says, and why."""
    return Line(
        id=row.id,
        title=row.title,
        status=row.status,
        version="",
        previous="",
        plan="",
        system=row.system,
        stage="",
        exposure="",
        share=0.0,
        held="",
        rehearsal=False,
        created=row.created,
        updated=row.updated,
        number=row.version,
        headline=f"It cannot be read: {error.message}",
    )


def show(row: ReleaseRow, release: Release, waits: tuple[Wait, ...], moving: bool) -> Shown:
    """A release with everything about it."""
    return Shown(
        line=line(row, release),
        stages=tuple(_stages(release)),
        questions=tuple(release.questions.values()),
        waits=waits,
        moving=moving,
        guards=dict(release.guards),
        follow_ups=tuple(f.text for f in release.follow_ups.values() if f.done is None),
        incidents=release.incidents,
        looked_at_next=row.due,
        release=release,
        answers=ways_to_answer(release),
    )


def _stages(release: Release) -> list[StageLine]:
    lines = []
    for stage in release.plan.stages:
        state = release.stages.get(stage.id)
        if state is None:
            lines.append(StageLine(stage.id, stage.name, "ahead", 0, len(stage.rungs)))
            continue
        word = "skipped" if state.skipped else "done" if state.completed else "current"
        lines.append(
            StageLine(
                stage.id,
                stage.name,
                word,
                state.rung + 1,
                len(stage.rungs),
                state.entered,
                state.completed,
                state.bake_from,
                state.skipped,
            )
        )
    return lines


def plain(value: Any) -> Any:
    """``value`` in JSON's own types: dataclasses as objects, moments as ``2026-01-01T09:00:00Z``; no plans."""
    if isinstance(value, Release):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name != "plan"}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return write_moment(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value
