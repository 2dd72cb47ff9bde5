"""From a command as the plan writes it to the words a program gets: each ``{{name}}`` stays one word.

Without a shell the command is split first and the values are put in afterwards. With one, a value is never written
into the script: its place takes a parameter expansion of the right quoting, and the value waits in the environment,
where no shell reads it as program text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from pilotage.decisions.variables import PLACEHOLDER
from pilotage.domain.errors import PilotageError
from pilotage.domain.ids import plain_slug, same_name

_MARK = re.compile(r"\0(\d+)\0")
_BEFORE_A_COMMENT = frozenset(" \t\n;&|()")


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with every ``{{name}}`` replaced, where it is one value anyway. An unknown name raises PilotageError."""
    known = {same_name(name): value for name, value in variables.items()}
    return PLACEHOLDER.sub(lambda match: _known(match[1], known, text), text)


def words(command: str, variables: Mapping[str, str]) -> list[str]:
    """The words of a command that runs without a shell.

    Raises PilotageError where a name is unknown, a quote is not closed, or nothing is left.

    >>> words(
    ...     "git checkout 'release/v{{version}}' {{previous tag}}", {"version": "1.2", "previous tag": "a b"}
    ... )
    ['git', 'checkout', 'release/v1.2', 'a b']
    """
    if "\0" in command:
        raise PilotageError(f"The command {command!r} has a NUL character in it", "Take it out of the plan.")
    known = {same_name(name): value for name, value in variables.items()}
    values: list[str] = []

    def keep(match: re.Match[str]) -> str:
        values.append(_known(match[1], known, command))
        return f"\0{len(values) - 1}\0"

    try:
        split = shlex.split(PLACEHOLDER.sub(keep, command))
    except ValueError:
        raise PilotageError(
            f'"{command}" cannot be split into words: a quote is opened and not closed',
            "Close the quote in the plan.",
        ) from None
    if not split:
        raise PilotageError(
            "A command is empty", "Write the program to run, or take the line out of the plan."
        )
    return [_MARK.sub(lambda match: values[int(match[1])], word) for word in split]


def environment_names(variables: Iterable[str]) -> dict[str, str]:
    """``PILOTAGE_<NAME>`` for every variable; of two that would be called alike the second gets ``_2``.

    >>> environment_names(["version", "previous tag", "previous-tag?"])
    {'version': 'PILOTAGE_VERSION', 'previous tag': 'PILOTAGE_PREVIOUS_TAG', 'previous-tag?': 'PILOTAGE_PREVIOUS_TAG_2'}
    """
    taken = {"PILOTAGE_EFFECT_ID"}
    names: dict[str, str] = {}
    for variable in variables:
        first = name = "PILOTAGE_" + plain_slug(variable).upper().replace("-", "_")
        twins = 1
        while name in taken:
            twins += 1
            name = f"{first}_{twins}"
        taken.add(name)
        names[variable] = name
    return names


def script(command: str, names: Mapping[str, str]) -> str:
    """The command as a shell script in which each ``{{name}}`` expands, as one word, to its variable of ``names``.

    Follows POSIX quoting (IEEE 1003.1, Shell Command Language 2.2) as far as where a place stands needs it: inside
    ``'…'`` the quote is left and entered again, inside ``"…"`` the expansion stands bare, elsewhere it brings its own
    quotes; ``$( … )`` opens a fresh level. Raises PilotageError on an unknown name.
    """
    known = {same_name(variable): name for variable, name in names.items()}
    levels = [""]  # what encloses this place, innermost last: nothing, ', " or (
    written: list[str] = []
    at = 0
    while at < len(command):
        level = levels[-1]
        if place := PLACEHOLDER.match(command, at):
            expansion = f"${{{_known(place[1], known, command)}}}"
            written.append({"'": f"'\"{expansion}\"'", '"': expansion}.get(level, f'"{expansion}"'))
            at = place.end()
            continue
        step = _passage(command, at, level)
        written.append(command[at : at + step])
        if step == 1:
            _enter_or_leave(levels, command[at], command[at - 1] if at else "")
        at += step
    return "".join(written)


def _passage(command: str, at: int, level: str) -> int:
    """How many characters from here on mean nothing to the quoting: an escaped one, or a comment; else 1."""
    if command[at] == "\\" and level != "'":
        return 2
    if command[at] == "#" and level in {"", "("} and (at == 0 or command[at - 1] in _BEFORE_A_COMMENT):
        end = command.find("\n", at)
        return (len(command) if end < 0 else end) - at
    return 1


def _enter_or_leave(levels: list[str], character: str, before: str) -> None:
    level = levels[-1]
    if character == level and character in {"'", '"'}:
        levels.pop()
    elif level == "'":
        return
    elif character == '"' or (character == "'" and level != '"'):
        levels.append(character)
    elif character == "(" and (level != '"' or before == "$"):
        levels.append("(")
    elif character == ")" and level == "(":
        levels.pop()


def _known(name: str, known: Mapping[str, str], text: str) -> str:
    try:
        return known[same_name(name)]
    except KeyError:
        raise PilotageError(
            f'"{text}" needs {{{{{name}}}}}, and there is no value for it',
            "A captured value is there only when the step that captures it found something; "
            "look at that step's output, or mend the name in the plan.",
        ) from None
