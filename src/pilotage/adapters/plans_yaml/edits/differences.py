"""Differences between two plans, one by one: what changed in a mapping, a guard, a list of conditions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pilotage.adapters.plans_yaml.edits.strictness import Change, compare, compare_guards
from pilotage.adapters.plans_yaml.keys.steps import ACTIONS
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Text


class EditKind(StrEnum):
    """How an edit is treated, mildest first."""

    FREE = "free"
    APPROVAL = "needs the approvals again"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Edit:
    """One difference. ``place`` is where it stands in the new file (in the old one, for what was removed)."""

    kind: EditKind
    place: Place
    sentence: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the release is: the ids of the stages it has passed, its ``current`` one, and the steps that ran."""

    passed: Collection[str] = ()
    current: str | None = None
    ran: Collection[str] = ()


def same(one: Node | None, other: Node | None) -> bool:
    """Whether two nodes say the same, wherever and however they are written."""
    return _plain(one) == _plain(other)


def _plain(node: Node | None) -> object:
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    return None if node is None else {key.value: _plain(value) for key, value in node}


def both(old: Entries, new: Entries) -> list[str]:
    """The keys of both, each once."""
    return list(dict.fromkeys(key.value for key, _ in (*old, *new)))


def place_of(key: str, old: Entries, new: Entries) -> Place:
    """Where a key stands in the new mapping, else in the old one."""
    found = new.key(key) or old.key(key)
    return found.place if found else new.place


def changed_keys(
    before: Node | None, after: Node | None
) -> Iterator[tuple[str, Node | None, Node | None, Place]]:
    """The keys of a mapping in both plans whose values differ."""
    old = before if isinstance(before, Entries) else Entries(Place("", 0, 0), ())
    new = after if isinstance(after, Entries) else Entries(old.place, ())
    for name in both(old, new):
        if not same(old.get(name), new.get(name)):
            yield name, old.get(name), new.get(name), place_of(name, old, new)


def text_of(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return node.value if isinstance(node, Text) else ""


def guard_edits(before: Node | None, after: Node | None, place: Place) -> Iterator[Edit]:
    """Guards by metric."""
    if isinstance(before, Text) or isinstance(after, Text):  # "same as pilot"
        yield Edit(EditKind.APPROVAL, place, "the guard changes")
        return
    for metric, old, new, where in changed_keys(before, after):
        yield limit_edit(text_of(old), text_of(new), where, f'the guard of "{metric}"')


def limit_edit(old: str, new: str, place: Place, what: str) -> Edit:
    """One guard."""
    return _judged(compare_guards(old, new), place, what)


def _judged(change: Change, place: Place, what: str) -> Edit:
    if change is Change.TIGHTER:
        return Edit(EditKind.FREE, place, f"{what} becomes tighter")
    how = "becomes looser" if change is Change.LOOSER else "says something else"
    return Edit(EditKind.APPROVAL, place, f"{what} {how}")


def condition_edits(
    before: Node | None, after: Node | None, place: Place, what: str, *, alarm: bool
) -> Iterator[Edit]:
    """Conditions in a list: pairs that differ in their numbers only are compared, other differences were agreed upon."""
    old, new = listed(before), listed(after)
    gone = [item for item in old if not any(same(item, other) for other in new)]
    added = [item for item in new if not any(same(item, other) for other in old)]
    for item in added:
        twin = next((other for other in gone if _change(other, item, alarm) is not Change.OTHER), None)
        if twin is None:
            yield Edit(EditKind.APPROVAL, item.place, f'{what}: "{called(item)}" is new')
            continue
        gone = [other for other in gone if other is not twin]
        yield _judged(_change(twin, item, alarm), item.place, f'{what}: "{called(item)}"')
    for item in gone:
        yield Edit(EditKind.APPROVAL, place, f'{what}: "{called(item)}" is gone')


def _change(old: Node, new: Node, alarm: bool) -> Change:
    both = isinstance(old, Text) and isinstance(new, Text)
    return compare(text_of(old), text_of(new), alarm=alarm) if both else Change.OTHER


def listed(node: Node | None) -> Sequence[Node]:
    """The items of a list, one node as a list of one, nothing as an empty one."""
    return node.items if isinstance(node, Items) else () if node is None else (node,)


def called(node: Node) -> str:
    """What a line of a list is called in a sentence."""
    if isinstance(node, Text):
        return node.value
    names = (
        [text_of(node.get(key)) for key in ("check", "report", "name", *ACTIONS)]
        if isinstance(node, Entries)
        else []
    )
    return next(filter(None, names), "a line")
