"""Commands as plans write them: split into words and run directly, unless ``shell: true`` asks for a shell (ruling 8)."""

from __future__ import annotations

import re
import shlex

_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(\S*)\s+\S")
_UNQUOTED = "|&;<>()$`*\n"
_IN_DOUBLE_QUOTES = "$`"


def shell_sign(command: str) -> tuple[str, int] | None:
    """The first sign in ``command`` that only a shell understands, with its offset; None where there is none.

    Quoted signs mean themselves (POSIX quoting, https://pubs.opengroup.org/onlinepubs/9799919799/ section 2.2), and so
    do the ``{{name}}`` of the language.
    """
    quote = ""
    hidden = _PLACEHOLDER.sub(lambda found: "x" * len(found.group()), command)
    at = 0
    while at < len(hidden):
        sign = hidden[at]
        if sign == "\\" and quote != "'":
            at += 2
            continue
        if quote:
            if sign == quote:
                quote = ""
            elif quote == '"' and sign in _IN_DOUBLE_QUOTES:
                return sign, at
        elif sign in "'\"":
            quote = sign
        elif sign in _UNQUOTED:
            return _whole(hidden, at), at
        at += 1
    return None


def _whole(command: str, at: int) -> str:
    """``&&`` rather than ``&``."""
    doubled = command[at : at + 2]
    return doubled if doubled in ("&&", "||", "<<", ">>", "$(") else command[at]


def problem_with(command: str, shell: bool) -> tuple[str, int] | None:
    """What is wrong with a command, in words, and the offset where; None when it can be run as written."""
    if not command.strip():
        return "a command is empty; write what to run, such as ./deploy.sh {{version}}", 0
    if shell:
        return None
    assignment = _ASSIGNMENT.match(command)
    if assignment:
        name, value = assignment.groups()
        return (
            f'"{name}={value}" in front of a command needs a shell, and commands run without one; '
            f'write "env: {{{name}: {value}}}" beside the command, or add "shell: true"'
        ), 0
    found = shell_sign(command)
    if found:
        sign, at = found
        shown = "a line break" if sign == "\n" else f'"{sign}"'
        return (
            f"{shown} needs a shell, and commands run without one; "
            'add "shell: true" to this step, or write a list of commands, or quote it where it is meant as itself'
        ), at
    try:
        shlex.split(_PLACEHOLDER.sub("x", command))
    except ValueError:
        return "the quotes in this command do not match; close the one that is open", 0
    return None
