"""Texts in YAML: when one needs no quotes, which quotes fit, and when it stands in a block of lines."""

from __future__ import annotations

import re

# What may not begin a plain text, and what may not stand in one.
_INDICATORS = set("-?:,[]{}#&*!|>'\"%@`")
_NOT_PLAIN = re.compile(r"^[-?:](\s|$)|: |:$| #|^\s|\s$|[\n\r\t\x85\u2028\u2029\ufeff]|^(---|\.\.\.)(\s|$)")
_NOT_IN_FLOW = re.compile(r"[,\[\]{}]|\?$|:(?=[\s,\[\]{}\"']|$)")
_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ESCAPED = re.compile(_UNPRINTABLE.pattern + r'|["\\]')
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r", '"': r"\"", "\\": r"\\"}


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


def block_header(text: str) -> str:
    """How a block begins: it says how many line ends close the text."""
    if not text.endswith("\n"):
        return "|-"
    return "|+" if text.endswith("\n\n") else "|"


def block_lines(text: str, indent: int) -> list[str]:
    """The lines of a block."""
    body = text.removesuffix("\n")
    return [" " * indent + line if line else "" for line in body.split("\n")]


def folded(text: str, width: int) -> list[str]:
    """A long text over several lines of at most ``width``, for a folded block; empty where folding would change it."""
    words = text.split(" ")
    if not all(words) or max(map(len, words)) > width or _UNPRINTABLE.search(text):
        return []
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
