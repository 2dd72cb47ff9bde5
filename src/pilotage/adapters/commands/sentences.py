"""How a command ended, told to the person who must do something about it."""

from __future__ import annotations

import errno
import signal
from pathlib import Path

from pilotage.application.outputs import shortened

_NEXT = "Read its output, mend what it names, then repeat the step."


def called(command: str, number: int, of: int) -> str:
    """How a sentence names a command: by the plan's own words with the values filled in, and its place where it has sisters."""
    name = f'"{shortened(command, 120)}"'
    return name if of == 1 else f"{name} (command {number} of {of})"


def exit_sentence(name: str, status: int, last: str, shell: bool) -> str:
    """What an exit status other than 0 means."""
    said = f"; it last said: {shortened(last)}" if last else ", and printed nothing"
    if status < 0:
        killed = " (often the system, when memory ran out)" if -status == signal.SIGKILL else ""
        return f"{name} was ended by {_signal_name(-status)}{killed}{said}. {_NEXT}"
    if shell and status == 127:
        said += " (127: the shell found no such program)"
    elif shell and status == 126:
        said += " (126: the shell may not execute it)"
    return f"{name} ended with exit status {status}{said}. {_NEXT}"


def timeout_sentence(name: str, seconds: float, last: str) -> str:
    """What to do about a command that did not come to its end."""
    said = f"It last said: {shortened(last)}." if last else "It had printed nothing."
    return (
        f"{name} had not ended after {seconds:g} s and was stopped with everything it had started. {said} "
        f'Find out what it waits for (it has no terminal to ask on), or give the step a longer "timeout".'
    )


def no_time_sentence(name: str, seconds: float) -> str:
    """The commands before it used the step's time up."""
    return (
        f'{name} was not started: the {seconds:g} s of the step were over. Give the step a longer "timeout".'
    )


def start_sentence(name: str, program: str, folder: Path, error: Exception) -> str:
    """Why a command did not even begin."""
    if not isinstance(error, OSError):  # a value with a NUL or a lone surrogate in it
        return f"{name} could not be started: a value in it cannot be passed to a program ({error}). Mend that value."
    path = folder / program if "/" in program else None
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR if path is not None and path.exists():
            return (
                f'{name} could not be started: the first line of "{path}" names an interpreter that is not on this '
                f'machine. Install it, or mend the "#!" line.'
            )
        case errno.ENOENT | errno.ENOTDIR if path is not None:
            return (
                f'{name} could not be started: there is no file "{path}". Create it, or mend the path in the plan '
                f'("in:" names the folder a command runs in).'
            )
        case errno.ENOENT:
            return (
                f'{name} could not be started: there is no program "{program}" on the PATH. Install it where Pilotage '
                f'runs, or write its whole path. (A word only a shell knows needs "shell: true".)'
            )
        case errno.EACCES | errno.EPERM | errno.EISDIR:
            return (
                f'{name} could not be started: "{program}" may not be executed by the user Pilotage runs as. '
                f"Make it executable: chmod +x {path or program}"
            )
        case errno.ENOEXEC:
            return (
                f'{name} could not be started: "{program}" is neither a program nor a script. '
                f'A script begins with a line such as "#!/bin/sh".'
            )
        case errno.E2BIG:
            return f"{name} could not be started: its words are too long for this system. Pass long texts in a file."
        case _:
            return f"{name} could not be started: {error.strerror or error}. Mend that and repeat the step."


def folder_sentence(folder: Path) -> str:
    """The folder a step names is not there."""
    kind = "is not a folder" if folder.exists() else "does not exist"
    return f'The folder "{folder}" {kind}. Create it, or mend "in:" of the step.'


def _signal_name(number: int) -> str:
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"
