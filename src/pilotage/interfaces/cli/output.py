"""What a call prints: data on standard output, talk on standard error; one JSON object with ``--json``.

Colours only where a person reads them: a terminal, without ``NO_COLOR`` and ``--no-color``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, TextIO

import typer

from pilotage.application.outputs import clean
from pilotage.interfaces.cli.settings import current

SCHEMA = 1
"""Version of the objects ``--json`` prints; it grows when a name changes its meaning or goes away."""

Style = Mapping[str, Any]

GOOD: Style = {"fg": "green"}
BAD: Style = {"fg": "red"}
DOUBT: Style = {"fg": "yellow"}
QUIET: Style = {"dim": True}
STRONG: Style = {"bold": True}


def colored(stream: TextIO) -> bool:
    """Whether colours may go to this stream."""
    if (chosen := current.get().color) is not None:
        return chosen
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str = "", style: Style | None = None) -> None:
    """One line of the answer."""
    _write(sys.stdout, text, style)


def note(text: str, style: Style | None = None) -> None:
    """One line beside the answer: what else the person should know."""
    _write(sys.stderr, text, style)


def _write(stream: TextIO, text: str, style: Style | None) -> None:
    colors, text = colored(stream), clean(text)  # somebody's words must not steer somebody else's terminal
    typer.echo(typer.style(text, **style) if style and colors else text, file=stream, color=colors)


def say_json(answer: Mapping[str, Any], *, one_line: bool = False) -> None:
    """The answer as one JSON object with its schema version."""
    text = json.dumps({"schema": SCHEMA, **answer}, ensure_ascii=False, indent=None if one_line else 2)
    typer.echo(text, file=sys.stdout, color=False)


def say_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Rows below their heads, each column as wide as it needs; the last one may be cut off by the terminal's width."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    for number, line in enumerate(lines):
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        text = "  ".join(cells).rstrip()
        say(_fitting(text), QUIET if number == 0 else None)


def _fitting(text: str) -> str:
    """Cut to the terminal's width; whole where nobody looks at a terminal."""
    if not sys.stdout.isatty():
        return text
    width = typer.get_terminal_size().columns
    return text if len(text) <= width else f"{text[: width - 1]}…"


def clock(moment: datetime | str | None, zone: tzinfo | None = None) -> str:
    """A moment as people here read it: local time to the second (``zone``: that one's); empty for none."""
    if not moment:
        return ""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def span(seconds: float) -> str:
    """A length of time rounded for people: ``40 s``, ``12 min``, ``3 h 5 min``, ``2 d 4 h``."""
    if seconds < 1:
        return "under a second"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def actor(by: Mapping[str, Any]) -> str:
    """Who did it: a person, with the role they acted in, or the rule of the plan."""
    from pilotage.domain.people import Actor

    return str(Actor(**by))
