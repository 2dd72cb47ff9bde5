"""Variations: a plan that extends another names a stage to change it, to leave it out, or to put a new one in."""

from __future__ import annotations

from dataclasses import dataclass, field

from pilotage.adapters.plans_yaml.grammar.mistakes import suggest
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Problems, Text
from pilotage.domain.ids import same_name

ONLY_HERE = ("add", "skip", "after")
"""Keys of a stage that speak of another plan's stages."""

_INSTEAD = {"expose": "ramp", "ramp": "expose"}
"""Keys that exclude each other: a variation that gives one takes the other out."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A stage that a variation leaves out, and why."""

    stage: str
    reason: str


@dataclass(slots=True)
class Variation:
    """Joins the stages of a plan to those of the plan it extends. ``skipped`` collects what was left out."""

    problems: Problems
    skipped: list[Skipped] = field(default_factory=list)

    def join(self, base: Node, over: Node) -> Node:
        """The stages of the result, in order."""
        if not (isinstance(base, Items) and isinstance(over, Items)):
            return over
        stages: list[Node] = list(base.items)
        followed: dict[str, int] = {}
        for change in over.items:
            if not isinstance(change, Entries):
                continue
            name = _text(change, "stage")
            at = _index(stages, name)
            if "after" in change:
                self._insert(stages, change, followed)
            elif at is None:
                self._unknown(change, "stage", stages, " in the plan this one extends")
            elif "skip" in change:
                self.skipped.append(Skipped(name, _text(change, "skip")))
                del stages[at]
            elif isinstance(old := stages[at], Entries):
                stages[at] = self._changed(old, change)
        return Items(over.place, tuple(stages))

    def _insert(self, stages: list[Node], change: Entries, followed: dict[str, int]) -> None:
        """A new stage after another (or first). Several after the same one keep their order."""
        name, after = _text(change, "stage"), _text(change, "after")
        if _index(stages, name) is not None:
            self.problems.error(
                _place(change, "after"),
                f'"{name}" is a stage of the plan this one extends, and "after" puts in a new one; '
                'give the new one another name, or leave "after" out to change the old one',
            )
            return
        at = -1 if same_name(after) == "start" else _index(stages, after)
        if at is None:
            self._unknown(change, "after", stages, "")
            return
        beside = followed.get(same_name(after), 0)
        followed[same_name(after)] = beside + 1
        stages.insert(at + 1 + beside, _without(change, ONLY_HERE))

    def _changed(self, old: Entries, change: Entries) -> Entries:
        """The old stage with the keys given replaced, and the lines under ``add`` appended."""
        given = {key.value for key, _ in change}
        dropped = {other for key, other in _INSTEAD.items() if key in given and other not in given}
        merged = {key.value: (key, value) for key, value in old if key.value not in dropped}
        for key, value in change:
            if key.value == "stage":
                continue  # the spelling of the plan that declares it stays
            if key.value not in ONLY_HERE:
                merged[key.value] = (key, value)
        added = change.get("add")
        for key, value in added if isinstance(added, Entries) else ():
            before = merged[key.value][1] if key.value in merged else None
            merged[key.value] = (key, _appended(before, value))
        return Entries(change.place, tuple(merged.values()))

    def _unknown(self, change: Entries, key: str, stages: list[Node], where: str) -> None:
        name = _text(change, key)
        known = [_text(stage, "stage") for stage in stages if isinstance(stage, Entries)]
        hint = suggest(name, known) or '; for a new stage say where it goes, such as "after: start"'
        self.problems.error(_place(change, key), f'unknown stage "{name}"{where}{hint}')


def refuse_variations(tree: Entries, problems: Problems) -> None:
    """Tell of ``add``, ``skip`` and ``after`` in a plan that extends none."""
    stages = tree.get("stages")
    for stage in stages.items if isinstance(stages, Items) else ():
        for key, _ in stage if isinstance(stage, Entries) else ():
            if key.value in ONLY_HERE:
                message = f'"{key.value}" changes the stages of another plan, and this one extends none; say which with "extends"'
                problems.error(key.place, message)


def _appended(before: Node | None, more: Node) -> Node:
    """The lines of both."""
    if before is None:
        return more
    if isinstance(before, Entries) and isinstance(more, Entries):
        merged = {same_name(key.value): (key, value) for key, value in (*before, *more)}
        return Entries(before.place, tuple(merged.values()))
    if isinstance(before, Entries) or isinstance(more, Entries):
        return more
    old = before.items if isinstance(before, Items) else (before,)
    new = more.items if isinstance(more, Items) else (more,)
    return Items(before.place, (*old, *new))


def _index(stages: list[Node], name: str) -> int | None:
    """Where the stage of that name or id is."""
    wanted = same_name(name)
    for index, stage in enumerate(stages):
        if isinstance(stage, Entries) and wanted in (
            same_name(_text(stage, "stage")),
            same_name(_text(stage, "id")),
        ):
            return index
    return None


def _without(stage: Entries, names: tuple[str, ...]) -> Entries:
    return Entries(stage.place, tuple((key, value) for key, value in stage if key.value not in names))


def _text(stage: Entries, key: str) -> str:
    node = stage.get(key)
    return node.value if isinstance(node, Text) else ""


def _place(stage: Entries, key: str) -> Place:
    node = stage.get(key)
    return node.place if node is not None else stage.place
