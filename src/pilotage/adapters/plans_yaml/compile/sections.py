"""Sections that are understood, and not yet carried out: a plan may have them, ``start`` names them and refuses.

What a release never acts on (links, aims, scope, services, document, risks) is for readers, and not listed here.
"""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.environments import read_type
from pilotage.adapters.plans_yaml.compile.metrics import read_limits
from pilotage.adapters.plans_yaml.compile.outline import Ids, text_of
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.steps import read_steps
from pilotage.adapters.plans_yaml.compile.traits import read_one_moment
from pilotage.adapters.plans_yaml.tree import Entries, Node
from pilotage.domain.plan import Risk

_ASKS_NOTHING = {
    "canary": ("never",),
    "blue-green": ("never",),
    "announce": ("user-facing changes",),
    "beta-program": ("none", "informal"),
    "major-maintenance": ("same window",),
    "flag-service": ("pilotage",),
    "dashboard": ("pilotage",),
    "changelog": ("by hand",),
    "school-calendar": ("ignore",),
    "score-integrity": ("none",),
    "double-roles": ("refuse", "allow"),
}
"""Answers after which nothing needs to happen by itself (and ``double-roles``, which is carried out)."""


def read_settings(reading: Reading, node: Node | None) -> dict[str, str]:
    """``settings``; an answer that asks for something Pilotage does not do yet is noted."""
    found = {}
    for key, value in reading.entries(node):
        found[key.value] = reading.text(value)
        if found[key.value] not in _ASKS_NOTHING.get(key.value, ()):
            reading.yet(f"settings: {key.value}: {found[key.value]}", key.place)
    return found


def read_risks(reading: Reading, node: Node | None) -> tuple[Risk, ...]:
    """``risks``: the register, for readers and approvers."""
    ids, found = Ids(), []
    for item in reading.items(node):
        fields = reading.mapping(item)
        text = reading.text(fields.get("risk")) if fields else ""
        if fields and text:
            found.append(
                Risk(
                    ids.give(text_of(fields.get("id")) or text),
                    text,
                    likelihood=reading.text(fields.get("likelihood")),
                    impact=reading.text(fields.get("impact")),
                    mitigation=reading.text(fields.get("mitigation")),
                )
            )
    return tuple(found)


def read_later_sections(reading: Reading, root: Entries) -> None:
    """Check what is not carried out yet for its names and moments, and note that it is there."""
    for name in ("schedule", "monitoring", "kpis", "incident", "calendars"):
        if key := root.key(name):
            reading.yet(name, key.place)
    versioning = root.get("versioning")
    if isinstance(versioning, Entries) and (key := versioning.key("changelog")):
        reading.yet("versioning: changelog", key.place)
    noted = len(reading.not_yet)
    read_limits(reading, root.get("kpis"))
    read_steps(reading, reading.outline.incident, "incident")
    read_steps(reading, reading.outline.monitoring, "monitoring")
    reading.lines(root.get("schedule"), lambda node: _planned_release(reading, node))
    del reading.not_yet[noted:]  # each section as a whole is noted already


def _planned_release(reading: Reading, node: Node) -> None:
    fields = node if isinstance(node, Entries) else Entries(node.place, ())
    read_one_moment(reading, fields.get("at"))
    if "type" in fields:
        read_type(reading, fields.get("type"))
