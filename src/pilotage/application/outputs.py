"""What came back from a command or a request, made fit to be kept and read: cleaned, searched, told in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pilotage.domain.errors import PilotageError

KEPT = 64 * 1024
"""Bytes of output kept of one effect."""

_LINE = 300  # characters of a foreign line quoted in a sentence

_ESCAPE_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    r"""Text as a person would have seen it: without colours, overwritten progress bars and control characters.

    >>> clean("\x1b[32mok\x1b[0m 10%\rdone\r\n")
    'done\n'
    """
    text = _ESCAPE_SEQUENCES.sub("", text.replace("\r\n", "\n"))
    text = "\n".join(line.rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROLS.sub("", text)


def last_line(text: str) -> str:
    """The last line that is not empty, without the space around it."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def shortened(text: str, most: int = _LINE) -> str:
    """One line of at most ``most`` characters, to be quoted in a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def one_line(error: PilotageError) -> str:
    """What an error says and what to do next, as the one line an outcome's detail is."""
    return (
        " ".join(f"{error.message}. {error.hint}".replace("..", ".").split()) if error.hint else error.message
    )


def patterns(capture: Iterable[tuple[str, str]]) -> dict[str, re.Pattern[str]]:
    """The ``capture`` of a step, ready to search. A bad pattern raises PilotageError, before anything ran."""
    ready: dict[str, re.Pattern[str]] = {}
    for name, pattern in capture:
        try:
            ready[name] = re.compile(pattern, re.MULTILINE)
        except re.error as error:
            raise PilotageError(
                f'The pattern "{pattern}" of capture "{name}" is not a regular expression: {error}',
                "Mend it in the plan; one group marks what to keep, such as ([0-9]+) rows.",
            ) from None
    return ready


def captured(ready: Mapping[str, re.Pattern[str]], text: str) -> dict[str, str]:
    """What each pattern's first group (or, without one, the whole pattern) finds first; what finds none is absent."""
    found: dict[str, str] = {}
    for name, pattern in ready.items():
        match = pattern.search(text)
        value = match[1 if pattern.groups else 0] if match else None
        if value is not None:
            found[name] = value
    return found
