"""Every ``{{name}}`` of a plan is one Pilotage knows, one the plan asks for, or one a step captures."""

from __future__ import annotations

from collections.abc import Iterator

from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.templates import check_placeholders
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text

VARIABLES = (
    "version", "previous", "previous tag", "environment", "stage", "release", "plan", "system", "title", "share", "each",
    "over", "variant", "backup", "status", "reason", "starts", "ends", "link", "person", "step",
)  # fmt: skip
"""Part 4 of the language, "Template variables"."""


def check_templates(reading: Reading, root: Entries) -> None:
    """Tell of every variable that would never be filled."""
    known = (*VARIABLES, *reading.names.inputs, *_captured(root))
    # In a stage {{each}} has been written out already; one that is left stands for nothing.
    in_stages = tuple(name for name in known if name != "each")
    for key, section in root:
        for text in _texts(section):
            if "{{" not in text.value:
                continue
            try:
                check_placeholders(text.value, in_stages if key.value == "stages" else known)
            except GrammarError as mistake:
                reading.error(text, mistake)


def _texts(node: Node) -> Iterator[Text]:
    if isinstance(node, Text):
        yield node
    elif isinstance(node, Items):
        for item in node.items:
            yield from _texts(item)
    else:
        for _, value in node:
            yield from _texts(value)


def _captured(node: Node) -> Iterator[str]:
    if isinstance(node, Items):
        for item in node.items:
            yield from _captured(item)
    elif isinstance(node, Entries):
        for key, value in node:
            if key.value == "capture" and isinstance(value, Entries):
                yield from (name.value for name, _ in value)
            yield from _captured(value)
