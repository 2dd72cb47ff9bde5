"""Laying a tree out in lines: keys below each other, list items behind "- ", two columns for each level.

Whether a list or mapping stands in brackets on the line of its key is left to an ``Inline``: the canonical text and
``plan fmt`` differ in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from pilotage.adapters.plans_yaml.scalars import block_header, block_lines, folded, literal, quoted, scalar
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text

WIDTH = 110
"""Columns a line may fill before what stands in brackets, or is folded anyway, gets lines of its own."""


class Line(NamedTuple):
    """One line of text. ``source`` is the line of the file it comes from; 0 for the lines inside a block of text."""

    text: str
    source: int = 0


class Inline(Protocol):
    """How a node stands on the line of its key."""

    def __call__(self, node: Node, room: int) -> str | None:
        """The node on one line, or None when it needs lines of its own. ``room`` is how many columns are left."""
        ...


class Layout:
    """Lines for a tree."""

    def __init__(self, inline: Inline) -> None:
        """``inline`` decides what stands on the line of its key."""
        self._inline = inline

    def entry(self, key: Text, value: Node, indent: int) -> Iterator[Line]:
        """The lines of ``key: value``."""
        yield from self._after(f"{' ' * indent}{scalar(key.value)}:", value, indent, key.place.line)

    def _item(self, item: Node, indent: int) -> Iterator[Line]:
        """The lines of one item of a list."""
        dash = " " * indent + "-"
        if isinstance(item, Entries) and item.entries and self._inline(item, WIDTH - len(dash) - 1) is None:
            first, *rest = self._lines(item, indent + 2)
            yield Line(f"{dash} {first.text.lstrip(' ')}", first.source)
            yield from rest
        else:
            yield from self._after(dash, item, indent, item.place.line)

    def _after(self, head: str, node: Node, indent: int, source: int) -> Iterator[Line]:
        """A node behind ``key:`` or ``-``, or in the lines below it."""
        if (inline := self._inline(node, WIDTH - len(head) - 1)) is not None:
            yield Line(f"{head} {inline}", source)
        elif isinstance(node, Text):
            yield from self._text(head, node.value, indent + 2, source)
        else:
            yield Line(head, source)
            yield from self._lines(node, indent + 2)

    def _text(self, head: str, text: str, indent: int, source: int) -> Iterator[Line]:
        """A text that has several lines, or is too long for one."""
        if literal(text):
            yield Line(f"{head} {block_header(text)}", source)
            yield from map(Line, block_lines(text, indent))
        elif lines := folded(text, WIDTH - indent):
            yield Line(f"{head} >-", source)
            yield from (Line(" " * indent + line) for line in lines)
        else:
            yield Line(f"{head} {quoted(text)}", source)

    def _lines(self, node: Items | Entries, indent: int) -> Iterator[Line]:
        """The lines of a list or mapping."""
        if isinstance(node, Entries):
            for key, value in node:
                yield from self.entry(key, value, indent)
        else:
            for item in node.items:
                yield from self._item(item, indent)
