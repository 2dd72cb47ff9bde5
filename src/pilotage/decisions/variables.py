"""Template variables: what ``{{version}}`` and its like stand for in one release at one moment."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from pilotage.domain.release import Release

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
"""``{{name}}``, with the name as its group."""


def variables(release: Release, at: datetime, **more: str) -> dict[str, str]:
    """The variables of the language (§4 of its reference), the release's inputs, and what steps captured."""
    plan = release.plan
    stage = next((s for s in plan.stages if s.id == release.stage), None)
    zone = ZoneInfo(plan.timezone)
    planned = release.planned_at or release.started or at
    values = {
        **release.inputs,
        "version": release.version,
        "previous": release.previous,
        "previous tag": fill(plan.tag, {"version": release.previous}) if release.previous else "",
        "environment": stage.environment if stage else "",
        "stage": stage.name if stage else "",
        "release": release.id,
        "plan": plan.id,
        "system": release.system,
        "title": title(release),
        "share": str(release.exposure),
        "variant": "on",
        "status": release.hold.reason if release.hold else str(release.status),
        "reason": reason(release),
        "starts": planned.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z"),
        "ends": release.ended.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z") if release.ended else "",
        "link": "",
        "each": each(release),
        "person": release.started_by or release.created_by,
    }
    return {**values, **release.captured, **more}


def title(release: Release) -> str:
    """The title of a release: its own, or that of its plan, with version and inputs filled in."""
    known = {**release.inputs, "version": release.version, "previous": release.previous}
    return fill(release.title or release.plan.title or release.plan.id, known)


def each(release: Release) -> str:
    """The value of ``{{each}}``: what a trigger's ``in any`` fired for, else that of the stage that runs (or was rolled back)."""
    if release.rollback and release.rollback.segment:
        return release.rollback.segment
    name = release.rollback.stage if release.rollback and not release.rollback.ended else release.stage
    return next((s.each for s in release.plan.stages if s.id == name), "")


def reason(release: Release) -> str:
    """Why the release stands as it does: the hold, or the last rollback."""
    if release.hold:
        return release.hold.reason
    return release.rollback.reason if release.rollback else ""


def fill(text: str, values: dict[str, str]) -> str:
    """``text`` with every ``{{name}}`` replaced; an unknown name stays as it stands."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)
