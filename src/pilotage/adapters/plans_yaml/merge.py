"""Joining files: what stands in the project, in a plan that is extended, and in the plan itself becomes one tree.

One rule (part 1, rule 1): sections with names merge by name, and the nearer file wins. Sections with fixed keys
merge key by key. Messages, risks and monitoring lines add up. Everything else is taken whole from the nearer file.
Every node keeps the place where it was written.
"""

from __future__ import annotations

from collections.abc import Callable

from pilotage.adapters.plans_yaml.grammar.mistakes import suggest
from pilotage.adapters.plans_yaml.keys import PLAN, resolve
from pilotage.adapters.plans_yaml.keys.shape import Form, Named, Table
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Problems, Text
from pilotage.domain.ids import same_name, slug

ADD_UP = ("messages", "risks", "monitoring")
"""Sections whose lines add up; ``drop`` takes single lines out again."""

ABOUT_THE_FILE = ("language", "plan", "project", "include", "extends", "replace", "drop")
"""Keys that speak of one file and are not handed on."""

# What a line of those sections is called when it has no id: the first of these that stands in it.
_NAMED_BY = {
    "messages": ("message", "text", "subject", "template"),
    "risks": ("risk",),
    "monitoring": ("name", "do"),
}

Stages = Callable[[Node, Node], Node]


def without(tree: Entries, *names: str) -> Entries:
    """The mapping without some of its keys."""
    return Entries(tree.place, tuple((k, v) for k, v in tree if k.value not in names), tree.flow)


def merge(base: Entries, over: Entries, stages: Stages | None = None) -> Entries:
    """``over`` laid upon ``base``. ``stages`` joins the two lists of stages; without it the nearer list is taken."""
    replaced = set(words(over.get("replace")))
    merged: dict[str, tuple[Text, Node]] = {key.value: (key, value) for key, value in base}
    for key, value in over:
        name = key.value
        before = merged[name][1] if name in merged and name not in replaced else None
        if before is None:
            merged[name] = (key, value)
        elif name == "stages" and stages is not None:
            merged[name] = (key, stages(before, value))
        else:
            known = PLAN.keys.get(name)
            merged[name] = (key, _joined(name, before, value, known.value if known else None))
    return Entries(over.place, tuple(merged.values()))


def _joined(name: str, base: Node, over: Node, form: Form | None) -> Node:
    """One section in both files."""
    if name in ADD_UP and isinstance(base, Items) and isinstance(over, Items):
        return Items(over.place, (*base.items, *over.items))
    if not (isinstance(base, Entries) and isinstance(over, Entries)) or form is None:
        return over
    form = resolve(form)
    if isinstance(form, Named):
        return _by_name(base, over, combine=_limits if name == "guard" else None)
    if isinstance(form, Table):
        return _by_key(base, over, form)
    return over


def _by_name(base: Entries, over: Entries, combine: Callable[[Node, Node], Node] | None = None) -> Entries:
    """Names of both; for one that stands in both, the nearer value (or what ``combine`` makes of the two)."""
    merged = {same_name(key.value): (key, value) for key, value in base}
    for key, value in over:
        folded = same_name(key.value)
        if combine is not None and folded in merged:
            merged[folded] = (key, combine(merged[folded][1], value))
        else:
            merged[folded] = (key, value)
    return Entries(over.place, tuple(merged.values()))


def _by_key(base: Entries, over: Entries, table: Table) -> Entries:
    """Keys of both; inside one that names things (segments, procedures), by name again."""
    merged = {key.value: (key, value) for key, value in base}
    for key, value in over:
        known = table.keys.get(key.value)
        before = merged.get(key.value)
        named = known is not None and isinstance(known.value, Named)
        if before and named and isinstance(before[1], Entries) and isinstance(value, Entries):
            merged[key.value] = (key, _by_name(before[1], value))
        else:
            merged[key.value] = (key, value)
    return Entries(over.place, tuple(merged.values()))


def _limits(base: Node, over: Node) -> Node:
    """A guard in both files: target and alert, each for itself, from the nearer one that says it."""
    if not (isinstance(base, Text) and isinstance(over, Text)):
        return over
    parts = {part.split(None, 1)[0]: part for text in (base, over) for part in _parts(text.value)}
    if not set(parts) <= {"target", "alert"}:
        return over  # not a guard; the compiler says so at its place
    return Text(
        over.place, ", ".join(parts[word] for word in ("target", "alert") if word in parts), over.quoted
    )


def _parts(guard: str) -> list[str]:
    return [part.strip() for part in guard.split(",") if part.strip()]


def words(node: Node | None) -> list[str]:
    """The texts of a list, or of one text."""
    items = node.items if isinstance(node, Items) else (node,) if node is not None else ()
    return [item.value for item in items if isinstance(item, Text)]


# ---------------------------------------------------------------------------------------------- drop


def drop(tree: Entries, ids: Node | None) -> tuple[Entries, set[str]]:
    """The tree without the messages, risks and monitoring lines named by id, and the ids there were to name."""
    gone = {slug(word) for word in words(ids)}
    known: set[str] = set()
    entries: list[tuple[Text, Node]] = []
    for key, value in tree:
        if gone and key.value in ADD_UP and isinstance(value, Items):
            named = list(zip(_ids(key.value, value), value.items, strict=True))
            known |= {name for name, _ in named}
            entries.append((key, Items(value.place, tuple(line for name, line in named if name not in gone))))
        else:
            entries.append((key, value))
    return Entries(tree.place, tuple(entries)), known


def check_drops(ids: Node | None, known: set[str], problems: Problems) -> None:
    """Tell of ids under ``drop`` that name nothing."""
    for text in ids.items if isinstance(ids, Items) else (ids,):
        if isinstance(text, Text) and slug(text.value) not in known:
            hint = suggest(text.value, known)
            problems.error(
                text.place, f'there is no message, risk or monitoring line "{text.value}" to drop{hint}'
            )


def _ids(section: str, lines: Items) -> list[str]:
    """The id of each line: its ``id``, else the id of its text; twins get ``-2``."""
    ids: list[str] = []
    for line in lines.items:
        wanted = slug(line_name(section, line))
        number, found = 1, wanted
        while found in ids:
            number += 1
            found = f"{wanted}-{number}"
        ids.append(found)
    return ids


def line_name(section: str, line: Node) -> str:
    """What a message, risk or monitoring line is called."""
    if not isinstance(line, Entries):
        return ""
    found = (line.get(key) for key in ("id", *_NAMED_BY[section]))
    return next((node.value for node in found if isinstance(node, Text)), "")


# ---------------------------------------------------------------------------------------------- include


def include(tree: Entries, other: Entries, problems: Problems) -> Entries:
    """The tree with an included file of sections. The same name in both is an error; lines add up."""
    merged = {key.value: (key, value) for key, value in tree}
    for key, value in without(other, *ABOUT_THE_FILE):
        if key.value not in merged:
            merged[key.value] = (key, value)
            continue
        own_key, own = merged[key.value]
        known = PLAN.keys.get(key.value)
        if key.value in ADD_UP and isinstance(own, Items) and isinstance(value, Items):
            merged[key.value] = (own_key, Items(own.place, (*value.items, *own.items)))
        elif (
            known
            and isinstance(known.value, Named)
            and isinstance(own, Entries)
            and isinstance(value, Entries)
        ):
            merged[key.value] = (own_key, _both(own, value, problems))
        else:
            _twice(own_key, key, problems)
    return Entries(tree.place, tuple(merged.values()))


def _both(own: Entries, included: Entries, problems: Problems) -> Entries:
    """The names of both; one that stands in both is told."""
    names = {same_name(key.value): key for key, _ in own}
    for key, _ in included:
        if (twin := names.get(same_name(key.value))) is not None:
            _twice(twin, key, problems)
    return _by_name(included, own)


def _twice(here: Text, there: Text, problems: Problems) -> None:
    place = there.place
    problems.error(
        here.place, f'"{here.value}" stands twice (also in {place.file}, line {place.line}); keep one'
    )
