"""From YAML text to the tree: YAML 1.2, every scalar as text (rule 3), every node with its place.

Plans use a small part of YAML (rule 7). What they leave out is refused here, with words: anchors, aliases, tags, merge
keys, several documents, a key that stands twice or has no value, more than 1 MB or 64 levels. Text that is no YAML at
all is explained by ``mistakes``; where it can be mended for the time being, reading goes on, so that every mistake of
a file is told at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from pilotage.adapters.plans_yaml.mistakes import BRACES_IN_FLOW, BRACES_IN_FRONT, explain
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Problems, Text

MOST_BYTES = 1_000_000
TOO_LONG = f"the file is longer than the {MOST_BYTES:,} bytes a plan file may have; split it with include"
MOST_LEVELS = 64
MOST_MENDINGS = 20
"""How many unreadable lines are mended before reading gives up; as many errors as are told at once."""

NO_ANCHORS = "anchors and aliases are not used in plans; name the thing and refer to its name"

# What YAML 1.2 does not allow in a file at all (its section 5.1).
_UNPRINTABLE = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# `Issue #5`: a "#" that was perhaps meant as text. A comment mostly begins with "# ".
_PERHAPS_NO_COMMENT = re.compile(r" +#(?=[\w{])")

Mark = Any  # ruamel's marks: line and column from 0, and an index into the text


class _GiveUp(Exception):
    """Reading cannot go on; the reason has been told."""


@dataclass(slots=True)
class Comments:
    """Where comments can stand: everywhere outside scalars. ``scalars`` are (start, end) indices into the text."""

    scalars: list[tuple[int, int]] = field(default_factory=list)


def decode(data: bytes, file: str, problems: Problems) -> str | None:
    """The text of a plan file's bytes, or None after telling why there is none."""
    start = Place(file, 1, 1)
    if len(data) > MOST_BYTES:
        problems.error(start, TOO_LONG)
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        problems.error(place, f'the byte 0x{data[error.start]:02x} is not UTF-8; save the file as "UTF-8"')
        return None


def read_tree(text: str, file: str, problems: Problems, comments: Comments | None = None) -> Entries | None:
    """The tree of one plan file, or None when so little of it can be read that there is none.

    Mistakes go to ``problems``; a tree that comes back beside errors serves to find more of them. ``comments`` is
    filled with the spans of the scalars, for ``plan fmt``, which keeps what stands between them.
    """
    start = Place(file, 1, 1)
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        problems.error(start, TOO_LONG)
        return None
    text = text.removeprefix("\ufeff")
    if bad := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        problems.error(
            Place(file, line, column), f"the character U+{ord(bad[0]):04X} cannot stand in a plan; remove it"
        )
        return None
    for _ in range(MOST_MENDINGS):
        builder = _Builder(text, file, comments or Comments())
        try:
            tree = builder.document()
        except MarkedYAMLError as error:
            mistake = explain(error, text)
            problems.unreadable(Place(file, mistake.line, mistake.column), mistake.message)
            if mistake.mended is None:
                _keep(builder.problems, problems)
                return None
            text = mistake.mended
        except _GiveUp:
            _keep(builder.problems, problems)
            return None
        else:
            _keep(builder.problems, problems)
            return tree
    return None


def _keep(found: Problems, problems: Problems) -> None:
    """Hand on what one pass found."""
    problems.found += [p for p in found.found if (p.file, p.line) not in problems.silenced]
    problems.silenced |= found.silenced


class _Builder:
    """One pass over the events of one text."""

    def __init__(self, text: str, file: str, comments: Comments) -> None:
        self.text = text
        self.file = file
        self.problems = Problems()
        self.scalars = comments.scalars
        self.scalars.clear()
        yaml = YAML(typ="safe", pure=True)
        self.events: Iterator[Any] = iter(yaml.parse(text))

    # ------------------------------------------------------------------------------------------ helpers

    def place(self, mark: Mark) -> Place:
        """The place of a mark."""
        return Place(self.file, mark.line + 1, mark.column + 1)

    def error(self, mark: Mark, message: str) -> None:
        """A mistake at a mark."""
        self.problems.error(self.place(mark), message)

    # ------------------------------------------------------------------------------------------ documents

    def document(self) -> Entries:
        """The one document of the text. Raises ``_GiveUp`` (it is no mapping) and MarkedYAMLError (it is no YAML)."""
        tree: Node | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                self._check_document_start(event, documents)
            elif not isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
                tree = self.node(event, 1, in_flow=False)
        if isinstance(tree, Entries):
            return tree
        found = "the file is empty" if tree is None else f"found {_kind(tree)}"
        self.problems.error(
            tree.place if tree else Place(self.file, 1, 1),
            f'{found}; a plan file begins with "plan: NAME", "project: NAME" or "campaign: NAME"',
        )
        raise _GiveUp

    def _check_document_start(self, event: DocumentStartEvent, number: int) -> None:
        if number > 1:
            self.error(
                event.start_mark,
                "a plan file holds one document; move what follows this --- into a file of its own",
            )
            raise _GiveUp
        if event.version not in (None, (1, 2)) or event.tags:
            self.problems.error(
                Place(self.file, 1, 1),
                "a plan is YAML 1.2 without directives; remove the lines that begin with %",
            )

    # ------------------------------------------------------------------------------------------ nodes

    def node(self, event: Any, level: int, *, in_flow: bool) -> Node:
        """The node that begins with ``event``."""
        if level > MOST_LEVELS:
            self.error(
                event.start_mark, f"more than {MOST_LEVELS} levels inside each other; a plan needs far fewer"
            )
            raise _GiveUp
        if isinstance(event, AliasEvent):
            self.error(event.start_mark, f'"*{event.anchor}": {NO_ANCHORS}')
            return Text(self.place(event.start_mark), f"*{event.anchor}")
        if event.anchor:
            self.error(event.start_mark, f'"&{event.anchor}": {NO_ANCHORS}')
        if event.ctag is not None and str(event.ctag):
            written = self.text[event.start_mark.index :].split(None, 1)[0]
            self.error(
                event.start_mark,
                f'"{written}": tags are not used in plans; remove it, the key says what its value is',
            )
        if isinstance(event, ScalarEvent):
            return self._scalar(event, in_flow)
        if isinstance(event, SequenceStartEvent):
            return self._list(event, level)
        return self._mapping(event, level, in_flow)

    def _scalar(self, event: ScalarEvent, in_flow: bool) -> Text:
        start, end = event.start_mark, event.end_mark
        self.scalars.append((start.index, end.index))
        plain = event.style in (None, "")
        if plain and in_flow and event.value.endswith("?"):
            words = " ".join(event.value.split()[-2:])
            self.error(start, f'inside {{ }} or [ ] a text that ends in "?" needs quotes: "… {words}"')
        if plain and _PERHAPS_NO_COMMENT.match(self.text, end.index):
            self.problems.warn(
                self.place(end),
                'a "#" after a space begins a comment; if it belongs to the text, put the text in quotes',
            )
        return Text(self.place(start), event.value, quoted=not plain)

    def _list(self, event: SequenceStartEvent, level: int) -> Items:
        flow = bool(event.flow_style)
        items: list[Node] = []
        while not isinstance(item := next(self.events), SequenceEndEvent):
            node = self.node(item, level + 1, in_flow=flow)
            if _nothing(node):
                self.problems.error(
                    node.place, 'an empty line of a list; write something after "-", or remove it'
                )
            items.append(node)
        return Items(self.place(event.start_mark), tuple(items), flow)

    def _mapping(self, event: MappingStartEvent, level: int, in_flow: bool) -> Node:
        flow = bool(event.flow_style)
        entries: list[tuple[Text, Node]] = []
        seen: dict[str, int] = {}
        while not isinstance(start := next(self.events), MappingEndEvent):
            if not isinstance(start, ScalarEvent):
                if flow and isinstance(start, MappingStartEvent) and start.flow_style and not entries:
                    return self._braces(event, in_flow)
                self.error(
                    start.start_mark,
                    "a key is a word or a few words; found something else in its place (quotes may help)",
                )
                raise _GiveUp
            key = self._scalar(start, in_flow=False)
            value = self.node(next(self.events), level + 1, in_flow=flow)
            if key.value == "<<" and not key.quoted:
                self.problems.error(
                    key.place,
                    '"<<": merge keys are not used in plans; write the lines out, or use extends or include',
                )
            elif key.value in seen:
                self.problems.error(
                    key.place, f'"{key.value}" stands twice (first on line {seen[key.value]}); keep one'
                )
            else:
                seen[key.value] = key.place.line
                if not _nothing(value) or self._is_key_without_value(key, start, flow):
                    entries.append((key, value))
        return Entries(self.place(event.start_mark), tuple(entries), flow)

    def _is_key_without_value(self, key: Text, event: ScalarEvent, flow: bool) -> bool:
        """Tell of a value that is missing. Whether the word is a key at all: in ``{do: Health, logs}`` it is text."""
        after = self.text[event.end_mark.index : event.end_mark.index + 1]
        word = key.value
        if not flow or after == ":":
            message = f'"{word}" has no value; write one after the ":", or remove the line'
        elif not key.quoted and re.fullmatch(r"[\w-]+:\S+", word):
            message = f'"{word}" needs a space after the ":": "{word.replace(":", ": ", 1)}"'
        else:
            message = (
                f'"{word}" stands here as a key without a value: inside {{ }} a comma ends the value; '
                "quote the whole text or give it a line of its own"
            )
        self.problems.error(key.place, message)
        return not flow or after == ":"

    def _braces(self, outer: MappingStartEvent, in_flow: bool) -> Text:
        """``{{name}}`` without quotes, a mapping in a mapping to YAML: told, and read as the text it meant."""
        event, depth = outer, 2
        while depth:
            event = next(self.events)
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
        start = outer.start_mark.index
        text = self.text[start : event.end_mark.index]
        place = self.place(outer.start_mark)
        self.problems.unreadable(place, BRACES_IN_FLOW if in_flow else BRACES_IN_FRONT.format(text))
        self.scalars.append((start, event.end_mark.index))
        return Text(place, text)


def _nothing(node: Node) -> bool:
    """Whether YAML found nothing where a value should be."""
    return isinstance(node, Text) and not node.quoted and not node.value


def _kind(node: Node) -> str:
    """What a node is, for a message."""
    return "a list" if isinstance(node, Items) else "a text"
