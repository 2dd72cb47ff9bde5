"""What a YAML library cannot read, said for people: what is wrong, what was expected, how to write it.

Each mistake is also mended where that can be done (the value put in quotes), so that the rest of the file is read and
its other mistakes are told in the same breath.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

BRACES_IN_FLOW = (
    "inside { } or [ ] a {{name}} needs quotes; or write this value on a line of its own, where it needs none"
)
BRACES_IN_FRONT = 'a value that begins with {{{{ needs quotes: "{}"'

# `  - key: value   # comment`; the key ends at the first ": ".
_LINE = re.compile(
    r"""^(?P<lead>\ *(?:-\ +)*)
        (?P<key>(?:"[^"]*"|'[^']*'|[^\s"'#{\[>|%@`*&!][^#]*?)\s*:(?:\ +|$))?
        (?P<value>.*?)
        (?P<comment>\s+\#.*)?$""",
    re.VERBOSE,
)
_BLOCK_HEADER = re.compile(r"[>|][+-]?[1-9]?[+-]?$")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One place YAML cannot read. Line and column count from 1; ``mended`` is a text to go on with, if any."""

    line: int
    column: int
    message: str
    mended: str | None = None


def explain(error: MarkedYAMLError, text: str) -> Mistake:
    """Why ``text`` is no YAML, from the library's error and the line it points at."""
    lines = text.split("\n")
    context, problem = error.context or "", error.problem or ""
    at = error.problem_mark or error.context_mark
    if (
        context.startswith("while scanning")
        and error.context_mark is not None
        and "next token" not in context
    ):
        at = error.context_mark
    line, column = (min(at.line, len(lines) - 1), at.column) if at else (0, 0)
    if "'\\t'" in problem or "\t" in _indentation(lines[line]):
        return _tab(lines)
    if context == "while scanning a quoted scalar" and "unexpected end" in problem:
        return Mistake(
            line + 1, column + 1, "this quote is never closed; put the same quote at the end of the text"
        )
    if context == "while scanning a double-quoted scalar":
        return _escape(line, column)
    if context.startswith("while parsing a flow") and error.context_mark is not None:
        return _in_brackets(
            lines, (error.context_mark.line, error.context_mark.column), (line, column), problem
        )
    return _value(lines, line) or _layout(line, column, problem)


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _mend(lines: list[str], line: int, start: int, end: int) -> str:
    """The whole text, with ``start:end`` of one line put in quotes."""
    old = lines[line]
    quoted = "'" + old[start:end].replace("'", "''") + "'"
    return "\n".join([*lines[:line], old[:start] + quoted + old[end:], *lines[line + 1 :]])


def _tab(lines: list[str]) -> Mistake:
    """The first tab that indents a line; all of them are mended, as they come in crowds."""
    first = next((n for n, line in enumerate(lines) if "\t" in _indentation(line)), None)
    if first is None:  # a tab after "key:" or "-"
        first = next(n for n, line in enumerate(lines) if "\t" in line)
    mended = "\n".join(line.replace("\t", "  ") for line in lines)
    message = "a tab cannot stand here in YAML; indent with spaces, two for each level"
    return Mistake(first + 1, lines[first].index("\t") + 1, message, mended)


def _escape(line: int, column: int) -> Mistake:
    message = (
        r'inside "…" a backslash begins an escape such as \n; write \\ for a backslash, or use single quotes'
    )
    return Mistake(line + 1, column + 1, message)


def _value(lines: list[str], line: int) -> Mistake | None:
    """A mistake in the way the value of one line begins, or a ": " inside it."""
    found = _LINE.match(lines[line])
    if not found or not found["value"]:
        return None
    value, start = found["value"], found.start("value")
    message = _beginning(value)
    if message is None and found["key"] and re.search(r":(\s|$)", value):
        message = f'a text with ": " in it needs quotes: {_quoted(value)}'
    if message is None:
        return None
    return Mistake(line + 1, start + 1, message, _mend(lines, line, start, found.end("value")))


def _beginning(value: str) -> str | None:
    """What is wrong with the first characters of a value, if anything."""
    first = value[0]
    if value.startswith("{{"):
        return BRACES_IN_FRONT.format(value.replace('"', "'"))
    if first in ">|" and not _BLOCK_HEADER.match(value):
        hint = 'begin with the metric, such as "error rate > 5%", or with "target" or "alert"'
        return f'a value cannot begin with "{first}" in YAML; {hint if first == ">" else f"put it in quotes: {_quoted(value)}"}'
    if first in "%@`*&!,]}" or value.startswith("? "):
        return f'a value cannot begin with "{first}" in YAML; put it in quotes: {_quoted(value)}'
    if value.startswith("- "):
        return 'a list does not begin on the line of its key; write each "- …" on a line of its own below it, or use [ ]'
    if first in "\"'" and (end := value.find(first, 1)) > 0 and value[end + 1 :].strip():
        return f"something follows the closing quote; put the whole value in quotes: {_quoted(value)}"
    return None


def _quoted(value: str) -> str:
    """The value in the quotes that need no escape."""
    return f"'{value}'" if '"' in value else f'"{value}"'


def _in_brackets(lines: list[str], opened: tuple[int, int], at: tuple[int, int], problem: str) -> Mistake:
    """A mistake inside { } or [ ]."""
    line, column = at
    opened = _bracket_before(lines, opened)
    bracket = lines[opened[0]][opened[1] : opened[1] + 1]
    ends_outside = line > opened[0] and column <= len(_indentation(lines[opened[0]])) + 1
    if bracket in _CLOSING and ("<stream end>" in problem or (ends_outside and "got ':'" in problem)):
        message = f'this "{bracket}" is never closed; put a "{_CLOSING[bracket]}" where it ends'
        return Mistake(opened[0] + 1, opened[1] + 1, message)
    start, end = _item_around(lines[line], column)
    mended = _mend(lines, line, start, end) if end > start else None
    whole = lines[line][start:end]
    if "{{" in whole:
        return Mistake(line + 1, start + whole.index("{{") + 1, BRACES_IN_FLOW, mended)
    message = "inside { } or [ ] this cannot be read; look for a comma or a bracket too many or too few"
    if whole and "got ':'" in problem:
        message = f'inside {{ }} or [ ] a text with ": " in it needs quotes: {_quoted(whole)}'
    elif whole:
        message = f"inside {{ }} or [ ] this cannot be read; put the text in quotes or a comma before it: {_quoted(whole)}"
    return Mistake(line + 1, start + 1, message, mended)


_CLOSING = {"{": "}", "[": "]"}


def _bracket_before(lines: list[str], at: tuple[int, int]) -> tuple[int, int]:
    """The bracket that is open at a place, or the place itself where there is none."""
    line, column = at
    if lines[line][column : column + 1] in _CLOSING:
        return at
    for number in range(line, -1, -1):
        before = lines[number][:column] if number == line else lines[number]
        if (found := max(before.rfind(bracket) for bracket in _CLOSING)) >= 0:
            return number, found
    return at


def _item_around(line: str, column: int) -> tuple[int, int]:
    """The span of the value around ``column`` inside { } or [ ]: up to the next comma, or bracket that is no {{ }}."""
    before = re.sub(r"\{\{.*?\}\}", lambda found: "x" * len(found[0]), line)[:column]
    opening = max(before.rfind(mark) for mark in ",[{")
    first_colon = before.find(": ", opening + 1)
    start = first_colon + 2 if first_colon >= 0 else opening + 1
    start += len(line[start:]) - len(line[start:].lstrip())
    found = re.compile(r"(?:\{\{[^{}]*\}\}|[^,\[\]{}])*").match(line, start)
    end = found.end() if found else column
    return start, start + len(line[start:end].rstrip())


def _layout(line: int, column: int, problem: str) -> Mistake:
    """Lines that do not stand below each other as they should."""
    if "expected <block end>" in problem or "mapping values are not allowed" in problem:
        message = (
            "this line does not fit the lines above it; lines that belong together begin in the same column"
        )
    else:
        message = f"this is not YAML ({problem}); look at the quotes and brackets here and on the line above"
    return Mistake(line + 1, column + 1, message)
