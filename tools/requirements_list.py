"""The numbered list of requirements (docs/reference/requirements.md), read as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).parent.parent / "docs" / "reference" / "requirements.md"

_SECTION = re.compile(r"^## ([A-Z])\. (.+)$")
_LINE = re.compile(r"^(\d+)\. \[(DATA|RULE|VIEW|ACTION)\] (.+)$")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One numbered line: what the source documents ask for, and the section it stands in."""

    number: int
    kind: str
    text: str
    letter: str
    section: str


def read(path: Path = LIST) -> list[Requirement]:
    """Every requirement in the file, in order.

    Raises:
        ValueError: the numbers do not run 1, 2, 3 ... without a gap, so a marker could mean two things.
    """
    found: list[Requirement] = []
    letter = section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if heading := _SECTION.match(line):
            letter, section = heading.groups()
        elif entry := _LINE.match(line):
            found.append(Requirement(int(entry[1]), entry[2], entry[3], letter, section))
    for expected, requirement in enumerate(found, start=1):
        if requirement.number != expected:
            raise ValueError(
                f"{path.name}: expected requirement {expected}, found {requirement.number}; "
                "number the lines 1, 2, 3 ... without a gap"
            )
    return found
