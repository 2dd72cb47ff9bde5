"""A plan file against the document a running release is held to: ``plan check --against``."""

from __future__ import annotations

from pathlib import Path

from pilotage.adapters.plans_yaml.document import load_document, read_resolved
from pilotage.adapters.plans_yaml.edits import Edit, Progress, sort_edit
from pilotage.adapters.plans_yaml.tree import Problems
from pilotage.domain.errors import Bug, PlanError


def edits_against(path: Path, pinned: str, progress: Progress) -> list[Edit]:
    """What the plan in ``path`` would change for a release held to the document ``pinned``, in the order of the file.

    Raises PlanError with every mistake of the file, UsageError when there is no such file.
    """
    problems = Problems()
    new = load_document(path, problems)
    if new is None or problems.errors:
        raise PlanError(tuple(sorted(set(problems.errors))))
    old = read_resolved(pinned, Problems())
    if old is None:
        raise Bug(
            "a plan that was pinned into a release does not read any more",
            "Please report this with the plan.",
        )
    return sort_edit(old, new.tree, progress)
