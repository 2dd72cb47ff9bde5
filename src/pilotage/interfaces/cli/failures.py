"""What a person is told when something goes wrong, and the exit status: never a traceback.

0 done · 1 error · 2 usage · 3 rolled back · 4 login · 5 blocked · 6 still running · 130 Ctrl-C
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from pathlib import Path

import typer

from pilotage.domain.errors import Bug, NotFound, OutsideError, PilotageError, PlanError, UsageError
from pilotage.interfaces.cli.output import BAD, QUIET, note, say_json
from pilotage.interfaces.cli.settings import debugging

DONE, ERROR, USAGE, ROLLED_BACK, LOGIN, BLOCKED, STILL_RUNNING, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


def tell(error: BaseException, as_json: bool) -> int:
    """Tell a person (or a program) what went wrong; returns the exit status."""
    if isinstance(error, typer.TyperException):
        return _tell_usage(error, as_json)
    known = error if isinstance(error, PilotageError) else _ours(error)
    if as_json:
        from pilotage.interfaces.errors import error_object

        say_json({"error": error_object(known)})
    else:
        _tell_person(known)
    if debugging():
        traceback.print_exception(error)
    return known.exit_code


def _tell_person(error: PilotageError) -> None:
    if isinstance(error, PlanError):
        for problem in error.problems:
            note(str(problem))
    else:
        note(error.message, BAD)
    if error.hint:
        note(error.hint, QUIET)


def _tell_usage(error: typer.TyperException, as_json: bool) -> int:
    """A call the parser refused; help for a group called without a command is no error of a program."""
    from pilotage.interfaces.errors import error_object

    if as_json:
        say_json(
            {
                "error": error_object(
                    UsageError(error.format_message(), "Add --help to see what this command takes.")
                )
            }
        )
        return error.exit_code
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        typer.echo(context.get_help())
        return error.exit_code
    note(error.format_message(), BAD)
    if context is not None:
        note(f"`{context.command_path} --help` shows what it takes.", QUIET)
    return error.exit_code


def _is_somewhere() -> bool:
    """Whether the current folder is there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _ours(error: BaseException) -> PilotageError:
    """What nobody foresaw: out of the outside where the system says so, else our own fault, kept in a file to report."""
    if isinstance(error, OSError) and error.filename is not None:
        return UsageError(
            f"{error.filename}: {error.strerror or error}.",
            "Check the path and who may read and write there.",
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return OutsideError(
            f"What there is to tell could not be written: {error.strerror}.",
            "Check the disk behind the output. `pilotage release log` tells again what was done.",
        )
    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        return UsageError(
            "The folder this was called in is not there any more.", "Call it in another folder."
        )
    details = "".join(traceback.format_exception(error))
    try:
        descriptor, name = tempfile.mkstemp(prefix="pilotage-error-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{sys.version}\n{details}")
        where = f"The details are in {Path(name)}; please report this with that file."
    except OSError:
        where = "Call it again with PILOTAGE_DEBUG=1 and report what it prints."
    return Bug(
        f"Something in Pilotage itself went wrong ({type(error).__name__}: {error}).",
        f"{where} Nothing is lost.",
    )


__all__ = [
    "BLOCKED", "DONE", "ERROR", "INTERRUPTED", "LOGIN", "ROLLED_BACK", "STILL_RUNNING", "USAGE", "NotFound", "tell",
]  # fmt: skip
