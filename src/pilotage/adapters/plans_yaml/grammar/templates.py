"""``{{name}}`` in texts, messages and commands: names only, no logic, no filters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import known as known_names

_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LOGIC = re.compile(r"[|%#{}()\[\]=<>\"'.$]")


class Placeholder(NamedTuple):
    """A ``{{name}}`` in a text: the name, and the offset of its first brace."""

    name: str
    offset: int


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """Every ``{{name}}`` of a text, in order. Raises GrammarError where braces hold anything but a name."""
    found: list[Placeholder] = []
    for match in _PLACEHOLDER.finditer(text):
        name = " ".join(match[1].split())
        if not name:
            raise GrammarError("{{ }} names nothing; write {{version}}, or another name", match.start())
        if _LOGIC.search(name):
            raise GrammarError(
                f'"{match[0]}" is more than a name; {{{{ }}}} takes names only, no logic and no filters',
                match.start(),
            )
        found.append(Placeholder(name, match.start()))
    return tuple(found)


def check_placeholders(text: str, known: Iterable[str]) -> tuple[str, ...]:
    """The names a text uses, as they are declared. Raises UnknownName with the nearest declared one."""
    declared = known_names("variable", known)
    return tuple(declared.get(name, offset) for name, offset in placeholders(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every ``{{name}}`` replaced; what a value contains is not looked into. Raises GrammarError."""
    found = placeholders(text)
    spelled = known_names("variable", values)
    filled = iter([values[spelled.get(name, offset)] for name, offset in found])
    return _PLACEHOLDER.sub(lambda _: next(filled), text)
