"""``plan fmt``: one layout for every plan file. Comments, empty lines and the author's brackets stay.

Brackets give way to lines where a text inside them needs quotes it would not need on a line of its own, where a
comment stands between them, and where they grow too long. Formatting twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pilotage.adapters.plans_yaml.layout import Layout, Line
from pilotage.adapters.plans_yaml.reader import Comments, read_tree
from pilotage.adapters.plans_yaml.scalars import literal, plain, plain_in_brackets, quoted, scalar
from pilotage.adapters.plans_yaml.spelling import one_spelling
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Problems, Text
from pilotage.domain.errors import PlanError

# Texts other readers would take for a number or a truth value: where the author put quotes around one, they stay.
_TYPED = re.compile(r"[-+.\d][\d._eE+:-]*|true|false|null|~|yes|no|on|off|y|n", re.IGNORECASE)
_HASH = re.compile(r"(?:^|(?<=\s))#")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment: its line and column from 1, and whether it has the line for itself."""

    line: int
    column: int
    text: str
    alone: bool


def format_text(text: str, file: str = "plan") -> str:
    """The text of a plan file in the one layout. Raises PlanError when it cannot be read."""
    problems, spans = Problems(), Comments()
    tree = read_tree(text, file, problems, spans)
    if tree is None or problems.errors:
        raise PlanError(problems.errors)
    source = text.removeprefix("\ufeff")
    comments = list(find_comments(source, spans.scalars))
    layout = Layout(_Kept(comments))
    lines = [line for key, value in one_spelling(tree) for line in layout.entry(key, value, 0)]
    return "\n".join(_Weaver(source, comments).weave(lines)) + "\n"


def find_comments(text: str, scalars: list[tuple[int, int]]) -> Iterator[Comment]:
    """The comments of a text: what begins with "#", after a space, outside every scalar."""
    taken = sorted((_body(text, start), end) for start, end in scalars)
    start, at = 0, 0
    for number, line in enumerate(text.split("\n"), start=1):
        for found in _HASH.finditer(line):
            index = start + found.start()
            while at < len(taken) and taken[at][1] <= index:
                at += 1
            if at == len(taken) or index < taken[at][0]:
                before = line[: found.start()]
                yield Comment(number, found.start() + 1, line[found.start() :].rstrip(), not before.strip())
                break
        start += len(line) + 1


def _body(text: str, start: int) -> int:
    """Where a scalar's own characters begin: for a block, after its header, which may end in a comment."""
    if text[start : start + 1] not in ("|", ">"):
        return start
    end = text.find("\n", start)
    return end if end >= 0 else start


class _Kept:
    """Keeps what the author put in brackets, where that reads well."""

    def __init__(self, comments: list[Comment]) -> None:
        self._comments = [comment.line for comment in comments]

    def __call__(self, node: Node, room: int) -> str | None:
        """The node on one line, or None when it needs lines of its own."""
        if isinstance(node, Text):
            too_long = node.quoted and len(node.value) > room
            return None if literal(node.value) or too_long else _text(node)
        if not (node.items if isinstance(node, Items) else node.entries):
            return "[]" if isinstance(node, Items) else "{}"
        if not node.flow or self._commented(node):
            return None
        line = _brackets(node)
        return line if line is not None and len(line) <= room else None

    def _commented(self, node: Node) -> bool:
        """Whether a comment stands between its first and last line."""
        last = _last_line(node)
        return any(node.place.line <= line < last for line in self._comments)


def _text(node: Text) -> str:
    """A text on one line, in quotes where it needs them or where the author guarded its type."""
    return quoted(node.value) if node.quoted and _TYPED.fullmatch(node.value) else scalar(node.value)


def _last_line(node: Node) -> int:
    """The last line on which something of a node begins."""
    if isinstance(node, Items):
        return max([node.place.line, *map(_last_line, node.items)])
    if isinstance(node, Entries):
        return max([node.place.line, *(_last_line(value) for _, value in node)])
    return node.place.line


def _brackets(node: Node) -> str | None:
    """A node in brackets; None where a text in it is better off on a line of its own."""
    if isinstance(node, Text):
        if plain_in_brackets(node.value):
            return _text(node)
        return None if plain(node.value) or literal(node.value) else quoted(node.value)
    if isinstance(node, Items):
        items = [_brackets(item) for item in node.items]
        return None if None in items else f"[{', '.join(map(str, items))}]"
    parts = []
    for key, value in node:
        name, inner = _brackets(key), _brackets(value)
        if name is None or inner is None:
            return None
        parts.append(f"{name}: {inner}")
    return f"{{{', '.join(parts)}}}"


class _Weaver:
    """Puts comments and empty lines back between the lines."""

    def __init__(self, text: str, comments: list[Comment]) -> None:
        self._empty = {number for number, line in enumerate(text.split("\n"), start=1) if not line.strip()}
        self._waiting = comments

    def weave(self, lines: list[Line]) -> Iterator[str]:
        """The lines with every comment: behind its line where that still begins one, else above the next."""
        begins = {line.source for line in lines if line.source}
        started = False
        for line in lines:
            for comment in self._before(line.source):
                yield from self._apart(comment.line, started)
                yield " " * self._indent(comment, line.text) + comment.text
                started = True
            if line.source in begins:
                yield from self._apart(line.source, started)
            begins.discard(line.source)
            yield self._with_comment(line)
            started = True
        for comment in self._waiting:
            yield from self._apart(comment.line, started)
            yield " " * (comment.column - 1 if comment.alone else 0) + comment.text
            started = True

    def _before(self, source: int) -> list[Comment]:
        """The comments of lines above ``source`` that are still waiting."""
        count = 0
        while count < len(self._waiting) and self._waiting[count].line < source:
            count += 1
        due, self._waiting = self._waiting[:count], self._waiting[count:]
        return due

    def _apart(self, line: int, started: bool) -> Iterator[str]:
        """An empty line where the author left one or more above this line."""
        if started and line - 1 in self._empty:
            yield ""

    @staticmethod
    def _indent(comment: Comment, below: str) -> int:
        """A comment stands where the line below it does, or deeper where it ends what is above it."""
        indent = len(below) - len(below.lstrip(" "))
        return max(indent, comment.column - 1) if comment.alone else indent

    def _with_comment(self, line: Line) -> str:
        """The line with the comment that stood behind it, in the same column where there is room."""
        if not line.source or not self._waiting or self._waiting[0].line != line.source:
            return line.text
        comment = self._waiting.pop(0)
        return line.text.ljust(max(comment.column - 1, len(line.text) + 2)) + comment.text
