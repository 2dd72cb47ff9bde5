"""``each``: one stage written once, carried out for each of several places, in order. One level, written out."""

from __future__ import annotations

import re

from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Problems, Text

_EACH = re.compile(r"\{\{\s*each\s*\}\}")


def expand_each(tree: Entries, problems: Problems) -> Entries:
    """The tree with every stage that has ``each`` written out.

    In a rollback ``{{each}}`` stays: there it is the one that failed, known only when it has.
    """
    stages = tree.get("stages")
    if not isinstance(stages, Items) or not any(isinstance(s, Entries) and "each" in s for s in stages.items):
        return tree
    written = tuple(copy for stage in stages.items for copy in _copies(stage, problems))
    entries = ((k, Items(stages.place, written) if k.value == "stages" else v) for k, v in tree)
    return Entries(tree.place, tuple(entries), tree.flow)


def _copies(stage: Node, problems: Problems) -> list[Node]:
    """The stage once for each value; the stage itself where it has no ``each``, or one that cannot be carried out."""
    each = stage.get("each") if isinstance(stage, Entries) else None
    if not isinstance(stage, Entries) or each is None:
        return [stage]
    without = Entries(stage.place, tuple((k, v) for k, v in stage if k.value != "each"))
    name, own_id = stage.get("stage"), stage.get("id")
    if not (isinstance(name, Text) and _EACH.search(name.value)):
        if isinstance(each, Text):
            return [stage]  # a copy that was written out before, in a resolved document
        place = name.place if name else stage.place
        problems.error(place, 'a stage with "each" has {{each}} in its name, such as "region {{each}}"')
        return [without]
    if isinstance(own_id, Text) and not _EACH.search(own_id.value):
        problems.error(
            own_id.place,
            f'every copy would have the id "{own_id.value}"; put {{{{each}}}} into it, or leave it out',
        )
        return [without]
    values = each.items if isinstance(each, Items) else (each,)
    return [_copy(without, value) for value in values if isinstance(value, Text)]


def _copy(stage: Entries, value: Text) -> Entries:
    """The stage for one value, which stays written there: a rollback from it must know what ``{{each}}`` was."""
    filled = tuple((_filled_text(key, value.value), _filled(inner, value.value)) for key, inner in stage)
    return Entries(stage.place, (*filled, (Text(value.place, "each"), value)), stage.flow)


def _filled(node: Node, value: str) -> Node:
    """The node with ``{{each}}`` replaced in every text of it, keys too."""
    if isinstance(node, Text):
        return _filled_text(node, value)
    if isinstance(node, Items):
        return Items(node.place, tuple(_filled(item, value) for item in node.items), node.flow)
    entries = []
    for key, inner in node:
        entries.append((_filled_text(key, value), _filled(inner, value)))
    return Entries(node.place, tuple(entries), node.flow)


def _filled_text(text: Text, value: str) -> Text:
    return Text(text.place, _EACH.sub(lambda _: value, text.value), text.quoted)
