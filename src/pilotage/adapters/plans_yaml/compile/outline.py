"""The outline of a plan: every stage and step with its id and key, before anything is read in detail.

Conditions, undo steps and moments refer to stages and steps anywhere in the plan, so these need their ids first.
Ids follow "Ids and edits" in part 1 of the language: the id of a text, twins get ``-2``; a machine's step without a
name is called by its kind where it is the only one of that kind in its stage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Problems, Text
from pilotage.domain.ids import same_name, slug

MACHINE_KINDS = ("run", "http", "deploy", "migrate", "backup", "restore", "smoke")
"""Kinds that give an unnamed step its id where they stand alone in their stage."""

GROUP_KINDS = ("to do", "together", "use", "choose")

KINDS = (
    *MACHINE_KINDS, "expose", "retire", "notify", "notes", "git", "wait", "do", "meeting", *GROUP_KINDS, "undo",
)  # fmt: skip
"""Every action a step may be. ``undo`` is one only where the step has no other: else it says how that one is undone."""


@dataclass(frozen=True, slots=True)
class StepOutline:
    """One step: its key (``pilot/smoke``), its id, what people call it, its kind, its node, and the steps inside it.

    ``named``: the plan gave it an ``id`` or a ``name``. ``option`` is the option of a ``choose`` it stands in.
    """

    key: str
    id: str
    name: str
    kind: str
    node: Node
    named: bool
    parts: tuple[StepOutline, ...] = ()
    option: str = ""

    def walk(self) -> Iterator[StepOutline]:
        """This step and everything inside it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class StageOutline:
    """One stage: its id, its name as written, its node and the outlines of ``prepare`` and ``steps``."""

    id: str
    name: str
    node: Entries
    prepare: tuple[StepOutline, ...] = ()
    steps: tuple[StepOutline, ...] = ()

    def walk(self) -> Iterator[StepOutline]:
        """All its steps, prepared ones first."""
        for step in (*self.prepare, *self.steps):
            yield from step.walk()


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole plan by its ids. ``procedures`` are those for ``use``, ``rollbacks`` those of the rollback section."""

    stages: tuple[StageOutline, ...] = ()
    procedures: dict[str, tuple[StepOutline, ...]] = field(default_factory=dict)
    rollbacks: dict[str, tuple[StepOutline, ...]] = field(default_factory=dict)
    incident: tuple[StepOutline, ...] = ()
    monitoring: tuple[StepOutline, ...] = ()

    def stage(self, name: str) -> StageOutline | None:
        """The stage with that id or name, spelling-tolerant."""
        wanted = same_name(name)
        return next((s for s in self.stages if wanted in (same_name(s.id), same_name(s.name))), None)

    def node(self, stage: str) -> Entries:
        """The node of the stage with that id. Raises StopIteration when there is none."""
        return next(outline.node for outline in self.stages if outline.id == stage)

    def searched(self, home: str) -> Iterator[tuple[StepOutline, ...]]:
        """Where a reference from ``home`` (a stage id, or ``rollback/NAME``) looks: at home, then backwards."""
        own = [s.id for s in self.stages].index(home) if any(s.id == home for s in self.stages) else None
        if own is None:
            yield self.rollbacks.get(home.removeprefix("rollback/"), ())
        reach = self.stages if own is None else self.stages[: own + 1]
        for stage in reversed(reach):
            yield (*stage.prepare, *stage.steps)

    def find(self, reference: str, home: str) -> StepOutline | None:
        """The step a reference means: its own place first, then backwards; whole steps before those inside groups."""
        wanted = slug(reference)
        for steps in self.searched(home):
            found = _first(steps, wanted) or _first((p for s in steps for p in s.walk()), wanted)
            if found:
                return found
        return None

    def same_kind(self, reference: str, home: str) -> tuple[StepOutline, ...]:
        """The several unnamed steps of that kind in the first place that has any; what a vague reference could mean."""
        for steps in self.searched(home):
            alike = tuple(p for s in steps for p in s.walk() if p.kind == reference and not p.named)
            if alike:
                return alike
        return ()


def _first(steps: Iterable[StepOutline], wanted: str) -> StepOutline | None:
    return next((step for step in steps if step.id == wanted), None)


class Ids:
    """Gives out ids in one place of the plan: the second of the same text becomes ``…-2``."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def give(self, wanted: str) -> str:
        """``wanted`` as an id, made unique."""
        base = slug(wanted)
        number, found = 1, base
        while found in self._taken:
            number += 1
            found = f"{base}-{number}"
        self._taken.add(found)
        return found


def kind_of(node: Node) -> str:
    """The kind of a step: its action key, ``do`` for a bare text, or empty where there is none."""
    if isinstance(node, Text):
        return "do"
    if not isinstance(node, Entries):
        return ""
    return next(
        (k.value for k, _ in node if k.value in KINDS and k.value != "undo"), "undo" if "undo" in node else ""
    )


def text_of(node: Node | None) -> str:
    """The text of a scalar; empty for anything else."""
    return node.value if isinstance(node, Text) else ""


class Outliner:
    """Reads ids and keys off the merged tree."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._procedures: dict[str, tuple[Text, Items]] = {}

    def outline(self, root: Entries) -> Outline:
        """The outline of a merged plan."""
        self._procedures = _named_lists(root.get("procedures"))
        rollback = root.get("rollback")
        written = rollback.get("procedures") if isinstance(rollback, Entries) else None
        return Outline(
            stages=self._stages(root.get("stages")),
            procedures={
                key.value: self.steps(steps, f"procedures/{slug(key.value)}", (key.value,))
                for key, steps in self._procedures.values()
            },
            rollbacks={
                key.value: self.steps(body.get("steps"), f"rollback/{slug(key.value)}")
                for key, body in entries_of(written)
                if isinstance(body, Entries)
            },
            incident=self.steps(root.get("incident"), "incident"),
            monitoring=self.steps(root.get("monitoring"), "monitoring"),
        )

    def _stages(self, node: Node | None) -> tuple[StageOutline, ...]:
        ids = Ids()
        found = []
        for stage in node.items if isinstance(node, Items) else ():
            if not isinstance(stage, Entries):
                continue
            name = text_of(stage.get("stage"))
            key = ids.give(text_of(stage.get("id")) or name)
            # Prepared steps and steps share one namespace: a reference does not say which of the two it means.
            steps_ids, counted = Ids(), _count_kinds(stage.get("prepare"), stage.get("steps"))
            found.append(
                StageOutline(
                    key, name, stage,
                    prepare=self._list(stage.get("prepare"), key, steps_ids, counted, ()),
                    steps=self._list(stage.get("steps"), key, steps_ids, counted, ()),
                )
            )  # fmt: skip
        return tuple(found)

    def steps(self, node: Node | None, prefix: str, inside: tuple[str, ...] = ()) -> tuple[StepOutline, ...]:
        """The outlines of a list of steps that is a place of its own (a procedure)."""
        return self._list(node, prefix, Ids(), _count_kinds(node), inside)

    def _list(
        self, node: Node | None, prefix: str, ids: Ids, counted: Counter[str], inside: tuple[str, ...]
    ) -> tuple[StepOutline, ...]:
        items = node.items if isinstance(node, Items) else ()
        return tuple(self._step(item, prefix, ids, counted, inside) for item in items)

    def _step(
        self, node: Node, prefix: str, ids: Ids, counted: Counter[str], inside: tuple[str, ...]
    ) -> StepOutline:
        kind = kind_of(node)
        name, named = _name(node, kind)
        fields = node if isinstance(node, Entries) else Entries(node.place, ())
        wanted = text_of(fields.get("id")) or name
        if kind in MACHINE_KINDS and not named:
            wanted = kind if counted[kind] == 1 else f"{kind} {name}"
        if kind == "undo":
            wanted = f"undo {name}"  # its text is the id of another step, which it must not take
        key_id = ids.give(wanted)
        key = f"{prefix}/{key_id}"
        return StepOutline(
            key, key_id, name, kind, node, named, self._parts(fields, kind, key, counted, inside)
        )

    def _parts(
        self, node: Entries, kind: str, key: str, counted: Counter[str], inside: tuple[str, ...]
    ) -> tuple[StepOutline, ...]:
        if kind in ("to do", "together"):
            return self._list(node.get(kind), key, Ids(), counted, inside)
        if kind == "use":
            return self._used(node.get("use"), key, inside)
        if kind != "choose":
            return ()
        parts: list[StepOutline] = []
        for option, steps in entries_of(node.get("options")):
            below = self._list(steps, f"{key}/{slug(option.value)}", Ids(), counted, inside)
            parts += [_in_option(step, option.value) for step in below]
        return tuple(parts)

    def _used(self, node: Node | None, key: str, inside: tuple[str, ...]) -> tuple[StepOutline, ...]:
        name = text_of(node)
        found = self._procedures.get(same_name(name))
        if node is None or found is None:
            return ()  # an unknown procedure is reported where the step is read
        declared, steps = found
        if declared.value in inside:
            circle = " → ".join((*inside, declared.value))
            self._problems.error(
                node.place, f'"{name}" uses itself ({circle}); a procedure cannot contain itself'
            )
            return ()
        return self.steps(steps, key, (*inside, declared.value))


def _in_option(step: StepOutline, option: str) -> StepOutline:
    return StepOutline(step.key, step.id, step.name, step.kind, step.node, step.named, step.parts, option)


def _name(node: Node, kind: str) -> tuple[str, bool]:
    """What people call a step, and whether the plan gave it an id or a name of its own."""
    if not isinstance(node, Entries):
        return text_of(node), False
    own = text_of(node.get("name"))
    if own:
        return own, True
    value = node.get(kind) if kind else None
    if isinstance(value, Items):
        value = next((v for v in value.items if isinstance(v, Text)), None) if kind in MACHINE_KINDS else None
    if isinstance(value, Entries):
        value = None
    return text_of(value) or kind or "step", "id" in node


def _count_kinds(*lists: Node | None) -> Counter[str]:
    """How often each kind stands in these lists, groups written there included (procedures they use are not)."""
    counted: Counter[str] = Counter()
    for node in lists:
        for item in node.items if isinstance(node, Items) else ():
            kind = kind_of(item)
            counted[kind] += 1
            if isinstance(item, Entries) and kind in ("to do", "together"):
                counted += _count_kinds(item.get(kind))
            elif isinstance(item, Entries) and kind == "choose":
                counted += _count_kinds(*(steps for _, steps in entries_of(item.get("options"))))
    return counted


def _named_lists(node: Node | None) -> dict[str, tuple[Text, Items]]:
    return {same_name(key.value): (key, value) for key, value in entries_of(node) if isinstance(value, Items)}


def entries_of(node: Node | None) -> Iterator[tuple[Text, Node]]:
    """The entries of a mapping; nothing for anything else."""
    if isinstance(node, Entries):
        yield from node
