"""SVG as text: elements, safe text, and lines of words that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold, however they are written."""

_WIDTH = 0.54
"""Mean width of a character, in parts of the font size: enough for most words in a sans-serif."""


def element(name: str, *inside: str, **attributes: object) -> str:
    """One element. ``inside`` is SVG already; attributes are escaped; ``class_`` is ``class``, ``stroke_width`` has a dash."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(clean(number(value)))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(inside)}</{name}>" if inside else f"<{name}{written}/>"


def words(text: str, x: float, y: float, class_: str = "", anchor: str | None = None) -> str:
    """One line of text that ends nowhere else: escaped, and placed by its baseline."""
    return element("text", safe(text), x=x, y=y, class_=class_ or None, text_anchor=anchor)


def safe(text: str) -> str:
    """Somebody's words as SVG text."""
    return escape(clean(text))


def clean(text: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("�", text)


def number(value: object) -> str:
    """A number with at most two decimals; anything else as it is.

    >>> number(12.0), number(0.125), number("7")
    ('12', '0.12', '7')
    """
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
    return str(value)


def path(points: Iterable[tuple[float, float]]) -> str:
    """The ``d`` of a line through these points."""
    return "M" + "L".join(f"{number(float(x))} {number(float(y))}" for x, y in points)


def width_of(text: str, size: float) -> float:
    """About how wide a line of text is, in the units of its font size."""
    return len(text) * size * _WIDTH


def fitting(text: str, width: float, size: float) -> str:
    """``text``, cut with an ellipsis where it is wider than ``width``; empty where not even a few letters fit."""
    room = int(width / (size * _WIDTH))
    if len(text) <= room:
        return text
    return f"{text[: room - 1].rstrip()}…" if room >= 4 else ""


def wrapped(text: str, width: float, size: float, most: int = 3) -> Sequence[str]:
    """``text`` in at most ``most`` lines no wider than ``width``; the last one ends in an ellipsis where it is cut."""
    room = max(8, int(width / (size * _WIDTH)))
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word[:room])
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: room - 1]}…"]
    return lines
