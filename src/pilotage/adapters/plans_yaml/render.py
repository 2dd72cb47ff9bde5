"""From the tree back to YAML: one canonical text for one content, which reads back as the same tree.

Its SHA-256 is the digest approvals are given for, so it depends on what a plan says and not on how it was laid out:
block lines throughout, plain texts wherever YAML allows, short lists of plain words in brackets.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text

WIDTH = 110
"""Columns a line in brackets may fill."""

# What may not begin a plain text, and what may not stand in one.
_INDICATORS = set("-?:,[]{}#&*!|>'\"%@`")
_NOT_PLAIN = re.compile(r"^[-?:](\s|$)|: |:$| #|^\s|\s$|[\n\r\t\x85\u2028\u2029\ufeff]|^(---|\.\.\.)(\s|$)")
_NOT_IN_FLOW = re.compile(r"[,\[\]{}]|\?$|:(?=[\s,\[\]{}\"']|$)")
_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ESCAPED = re.compile(_UNPRINTABLE.pattern + r'|["\\]')
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def digest(document: str) -> str:
    """The SHA-256 of a document's text, in hexadecimal."""
    return hashlib.sha256(document.encode("utf-8")).hexdigest()


def render(tree: Entries) -> str:
    """The canonical text of a tree. Reading it gives the same tree, with other places."""
    sections = ["\n".join(_entry(key, value, 0)) for key, value in tree]
    return _spaced(sections)


def _spaced(sections: list[str]) -> str:
    """An empty line around every section that has more than one line."""
    text = ""
    for before, section in zip(["", *sections], sections, strict=False):
        apart = before and ("\n" in before or "\n" in section)
        text += ("\n" if apart else "") + section + "\n"
    return text


def _entry(key: Text, value: Node, indent: int) -> list[str]:
    """The lines of ``key: value``."""
    pad = " " * indent
    head = f"{pad}{scalar(key.value)}:"
    if (inline := _inline(value, WIDTH - len(head) - 1)) is not None:
        return [f"{head} {inline}"]
    if isinstance(value, Text):
        return [f"{head} {_header(value.value)}", *_literal(value.value, indent + 2)]
    return [head, *_lines(value, indent + 2)]


def _lines(node: Items | Entries, indent: int) -> Iterator[str]:
    """The lines of a list or mapping."""
    if isinstance(node, Entries):
        for key, value in node:
            yield from _entry(key, value, indent)
        return
    for item in node.items:
        yield from _item(item, indent)


def _item(item: Node, indent: int) -> list[str]:
    """The lines of one item of a list."""
    pad = " " * indent
    if (inline := _inline(item, WIDTH - indent - 2)) is not None:
        return [f"{pad}- {inline}"]
    if isinstance(item, Text):
        return [f"{pad}- {_header(item.value)}", *_literal(item.value, indent + 2)]
    if isinstance(item, Items):
        return [f"{pad}-", *_lines(item, indent + 2)]
    first, *rest = _lines(item, indent + 2)
    return [f"{pad}- {first.lstrip(' ')}", *rest]


def _inline(node: Node, room: int) -> str | None:
    """A node on the line of its key, or None when it needs lines of its own."""
    if isinstance(node, Text):
        return None if literal(node.value) else scalar(node.value)
    if isinstance(node, Entries):
        return None if node.entries else "{}"
    if not node.items:
        return "[]"
    texts = [item.value for item in node.items if isinstance(item, Text)]
    if len(texts) < len(node.items) or not all(map(plain_in_brackets, texts)):
        return None
    flow = f"[{', '.join(texts)}]"
    return flow if len(flow) <= min(room, 80) else None


# ---------------------------------------------------------------------------------------------- texts


def plain(text: str) -> bool:
    """Whether a text needs no quotes on a line of its own."""
    if not text or _NOT_PLAIN.search(text) or _UNPRINTABLE.search(text):
        return False
    return text[0] not in _INDICATORS or (text[0] in "-?:" and len(text) > 1)


def plain_in_brackets(text: str) -> bool:
    """Whether a text needs no quotes inside { } or [ ]."""
    return plain(text) and not _NOT_IN_FLOW.search(text) and text[0] not in "-?:"


def scalar(text: str) -> str:
    """A text on one line: plain, or in the quotes that need fewest escapes."""
    return text if plain(text) else quoted(text)


def quoted(text: str) -> str:
    """A text in quotes, on one line."""
    if _UNPRINTABLE.search(text):
        return '"' + _ESCAPED.sub(_escape, text) + '"'
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _escape(found: re.Match[str]) -> str:
    """One character as YAML's double quotes write it."""
    character, number = found[0], ord(found[0])
    if character in _SHORT:
        return _SHORT[character]
    return (
        f"\\x{number:02x}"
        if number < 0x100
        else f"\\u{number:04x}"
        if number < 0x10000
        else f"\\U{number:08x}"
    )


def literal(text: str) -> bool:
    """Whether a text has several lines that can stand as they are, in a block."""
    if "\n" not in text or text.strip("\n") == "":
        return False
    lines = text.split("\n")
    first = next(line for line in lines if line)
    clean = not any(_UNPRINTABLE.search(line) for line in lines)
    return (
        clean and not first.startswith(" ") and lines[0] != "" and not any(line.isspace() for line in lines)
    )


def _header(text: str) -> str:
    """How a block begins: it says how many line ends close the text."""
    if not text.endswith("\n"):
        return "|-"
    return "|+" if text.endswith("\n\n") else "|"


def _literal(text: str, indent: int) -> list[str]:
    """The lines of a block."""
    body = text.removesuffix("\n")
    return [" " * indent + line if line else "" for line in body.split("\n")]
