"""Small helpers of the folds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pilotage.domain import events as e
from pilotage.domain.release import (
    Release,
)  # fmt: skip


def anchor(release: Release, name: str, happened: e.Happened) -> dict[str, Any]:
    """The moments the release remembers, with this event as the time of ``name``."""
    return {**release.anchors, name: happened.at}


def with_stage(r: Release, stage: str, **changes: Any) -> Release:
    """The release with one stage's state changed."""
    return replace(r, stages={**r.stages, stage: replace(r.stages[stage], **changes)})
