"""What an edit of a running release's plan means: free, needs the approvals again, or refused.

The table "Ids and edits" of the plan language, part 1. It compares two merged trees (``Document.tree``), the pinned one
and the new one. What the table does not call free needs the approvals again: nobody loses a say by an oversight.
"""

from __future__ import annotations

from collections.abc import Iterator

from pilotage.adapters.plans_yaml.compile.outline import Outliner
from pilotage.adapters.plans_yaml.edits.differences import (
    Edit,
    EditKind,
    Progress,
    both,
    changed_keys,
    condition_edits,
    guard_edits,
    limit_edit,
    place_of,
    same,
    text_of,
)
from pilotage.adapters.plans_yaml.edits.stages import stage_edits
from pilotage.adapters.plans_yaml.tree import Entries, Node, Problems

__all__ = ["Edit", "EditKind", "Progress", "sort_edit"]

# For readers, and for those who carry on from here: nobody has to agree again.
_FREE_SECTIONS = ("title", "summary", "document", "aims", "scope", "links", "services", "risks", "messages",
                  "monitoring", "channels", "audiences", "people", "language")  # fmt: skip
_FIXED = ("plan", "system")


def sort_edit(old: Entries, new: Entries, progress: Progress) -> list[Edit]:
    """Every difference between the pinned plan and the new one, sorted by the table, in the order of the new file."""
    edits = [edit for name in both(old, new) for edit in _section(name, old, new, progress)]
    return sorted(edits, key=lambda edit: (edit.place.file, edit.place.line, edit.place.column))


def _section(name: str, old: Entries, new: Entries, progress: Progress) -> Iterator[Edit]:
    """The edits of one section."""
    before, after, place = old.get(name), new.get(name), place_of(name, old, new)
    if same(before, after):
        return
    if name in _FIXED:
        yield Edit(
            EditKind.REFUSED, place, f'"{name}" cannot change while a release runs; start a new release'
        )
    elif name in _FREE_SECTIONS:
        yield Edit(EditKind.FREE, place, f'"{name}" changes')
    elif name == "stages":
        was, now = (Outliner(Problems()).outline(tree).stages for tree in (old, new))
        yield from stage_edits(was, now, place, progress)
    elif name in ("guard", "kpis"):
        yield from guard_edits(before, after, place)
    elif name == "exposure":
        yield from _exposure(before, after)
    elif name == "metrics":
        yield from _metrics(before, after)
    elif name == "rollback":
        yield from _rollback(before, after)
    else:
        yield Edit(EditKind.APPROVAL, place, f'"{name}" changes')


def _exposure(before: Node | None, after: Node | None) -> Iterator[Edit]:
    """Who is in must stay in: flag and seed decide that."""
    for name, _, _, place in changed_keys(before, after):
        if name in ("flag", "seed"):
            message = f"the {name} decides who is in; it cannot change while a release runs"
            yield Edit(EditKind.REFUSED, place, message)
        else:
            kind = EditKind.FREE if name in ("dashboard", "select") else EditKind.APPROVAL
            yield Edit(kind, place, f'"{name}" of exposure changes')


def _metrics(before: Node | None, after: Node | None) -> Iterator[Edit]:
    """How a metric is measured is part of what was approved; its usual limits are guards."""
    for metric, old, new, place in changed_keys(before, after):
        if not (isinstance(old, Entries) and isinstance(new, Entries)):
            verb = "is new" if old is None else "is gone" if new is None else "changes"
            yield Edit(EditKind.APPROVAL, place, f'the metric "{metric}" {verb}')
            continue
        for name, was, now, where in changed_keys(old, new):
            if name == "guard":
                yield limit_edit(text_of(was), text_of(now), where, f'the guard of "{metric}"')
            else:
                kind = EditKind.FREE if name in ("describe", "ask") else EditKind.APPROVAL
                yield Edit(kind, where, f'"{name}" of the metric "{metric}" changes')


def _rollback(before: Node | None, after: Node | None) -> Iterator[Edit]:
    """Triggers may become tighter; everything else was agreed upon."""
    for name, old, new, place in changed_keys(before, after):
        if name in ("automatic", "watch"):
            yield from condition_edits(old, new, place, f"the {name} triggers", alarm=True)
        elif name in ("confirm", "discuss") and isinstance(old, Entries) and isinstance(new, Entries):
            for key, was, now, where in changed_keys(old, new):
                if key == "when":
                    yield from condition_edits(was, now, where, f'the triggers under "{name}"', alarm=True)
                else:
                    yield Edit(EditKind.APPROVAL, where, f'"{key}" of "{name}" changes')
        else:
            yield Edit(EditKind.APPROVAL, place, f'"{name}" of the rollback changes')
