"""The plans ``pilotage init`` can begin with. They ship inside the package, so that they are checked like everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

PERSON = "__PERSON__"
"""Stands in a template for whoever calls ``init``."""


@dataclass(frozen=True, slots=True)
class Template:
    """What one template writes: file names to the shipped files (under ``pilotage/plans``) they come from."""

    summary: str
    files: Mapping[str, str]
    first: str
    """The file to go on with."""
    self_approval: bool = False
    """Whether it lets its only person approve their own work, which ``init`` says."""
    campaign: bool = False
    """Whether it is a campaign, which is checked but not played."""


def _documents(folder: str, *names: str) -> dict[str, str]:
    return {name: f"{folder}/{name}" for name in names}


TEMPLATES: Mapping[str, Template] = {
    "small": Template(
        "fifteen lines with comments: internal, pilot, everyone",
        {"plan.yaml": "templates/small.yaml"},
        "plan.yaml",
        self_approval=True,
    ),
    "flag-rollout": Template(
        "a flag that climbs by itself while its metrics are good",
        {"plan.yaml": "templates/flag-rollout.yaml"},
        "plan.yaml",
        self_approval=True,
    ),
    "rolling-release": Template(
        "a campaign: systems released one after the other, week by week",
        {"rolling-release.yaml": "rolling-release.yaml"},
        "rolling-release.yaml",
        campaign=True,
    ),
    "compile-time-connection": Template(
        "a phased rollout of a fundamental change, with one-way doors",
        {"compile-time-connection.yaml": "compile-time-connection.yaml"},
        "compile-time-connection.yaml",
    ),
    "release-management": Template(
        "a whole release process: standard, major, patch and hotfix releases",
        _documents(
            "release-management", "pilotage.yaml", "standard.yaml", "major.yaml", "patch.yaml", "hotfix.yaml"
        ),
        "standard.yaml",
    ),
    "staged-rollout": Template(
        "internal, pilot, expanded, everyone; a recorded go for each",
        {"staged-rollout.yaml": "staged-rollout.yaml"},
        "staged-rollout.yaml",
    ),
    "release-strategy": Template(
        "releases through dev, qa, staging, uat and production, with maintenance windows",
        _documents(
            "release-strategy",
            "pilotage.yaml",
            "major.yaml",
            "feature.yaml",
            "maintenance.yaml",
            "hotfix.yaml",
        ),
        "feature.yaml",
    ),
}


def text_of(file: str, person: str) -> str:
    """The text of a shipped file, for this person."""
    text = files("pilotage").joinpath("plans", *file.split("/")).read_text(encoding="utf-8")
    return text.replace(PERSON, person)
