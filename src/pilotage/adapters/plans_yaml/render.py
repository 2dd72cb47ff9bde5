"""From the tree back to YAML: one canonical text for one content, which reads back as the same tree.

Its SHA-256 is the digest approvals are given for, so it depends on what a plan says and not on how it was laid out:
block lines throughout, plain texts wherever YAML allows, short lists of plain words in brackets.
"""

from __future__ import annotations

import hashlib

from pilotage.adapters.plans_yaml.layout import Layout
from pilotage.adapters.plans_yaml.scalars import literal, plain_in_brackets, scalar
from pilotage.adapters.plans_yaml.tree import Entries, Node, Text

_SHORT_LIST = 80
"""Columns a list in brackets may fill."""


def digest(document: str) -> str:
    """The SHA-256 of a document's text, in hexadecimal."""
    return hashlib.sha256(document.encode("utf-8")).hexdigest()


def render(tree: Entries) -> str:
    """The canonical text of a tree. Reading it gives the same tree, with other places."""
    layout = Layout(_inline)
    sections = ["\n".join(line.text for line in layout.entry(key, value, 0)) for key, value in tree]
    return _spaced(sections)


def _spaced(sections: list[str]) -> str:
    """An empty line around every section that has more than one line."""
    text = ""
    for before, section in zip(["", *sections], sections, strict=False):
        apart = before and ("\n" in before or "\n" in section)
        text += ("\n" if apart else "") + section + "\n"
    return text


def _inline(node: Node, room: int) -> str | None:
    """What stands on the line of its key: texts of one line, and short lists of plain words."""
    if isinstance(node, Text):
        return None if literal(node.value) else scalar(node.value)
    if isinstance(node, Entries):
        return None if node.entries else "{}"
    texts = [item.value for item in node.items if isinstance(item, Text)]
    if len(texts) < len(node.items) or not all(map(plain_in_brackets, texts)):
        return None
    flow = f"[{', '.join(texts)}]"
    return flow if len(flow) <= min(room, _SHORT_LIST) or not texts else None
