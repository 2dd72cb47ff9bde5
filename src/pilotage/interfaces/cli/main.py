"""``pilotage``: the words it knows, each opening its own file when it is called, and one place where errors end.

What may live here: the list of words, the options that hold for all of them, and the last handler. A word's work lives
in the file named beside it; nothing heavy is imported before a word is chosen, so that ``--help`` answers at once.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pilotage.interfaces.cli import settings

_HERE = "pilotage.interfaces.cli"


@dataclass(frozen=True, slots=True)
class Word:
    """One word after ``pilotage``: the file it lives in, what it does, and whether more words follow."""

    module: str
    summary: str
    section: str
    group: bool = False


_PLANS, _RELEASES, _PEOPLE, _HOUSE = "Plans", "Releases", "Answers", "This installation"

WORDS: Mapping[str, Word] = {
    "init": Word("starting", "Write a first plan to start from.", _PLANS),
    "plan": Word("plan", "Check, show, format and simulate plan files.", _PLANS, group=True),
    "release": Word("release", "Create, start, watch, steer and explain releases.", _RELEASES, group=True),
    "flags": Word("flags", "Look at feature flags and switch them by hand.", _RELEASES, group=True),
    "approve": Word("people", "Say yes: to a go, an approval, a confirmation, a vote.", _PEOPLE),
    "reject": Word("people", "Say no, with a reason.", _PEOPLE),
    "attest": Word("people", "Tick a check, a person's step or a follow-up.", _PEOPLE),
    "choose": Word("people", "Take one of the options a release asks about.", _PEOPLE),
    "override": Word("people", "Pass a gate's line that does not hold, with a reason.", _PEOPLE),
    "withdraw": Word("people", "Take back an approval that was not used yet.", _PEOPLE),
    "report": Word("report", "Bring a number, a problem or an incident.", _PEOPLE, group=True),
    "answer": Word("answer", "Answer a question about a release: a trait or an input.", _PEOPLE, group=True),
    "serve": Word("serve", "Run the server: API, flags, and the worker that carries releases on.", _HOUSE),
    "worker": Word("serve", "Run a worker only.", _HOUSE),
    "demo": Word("demo", "See it work: a small shop, one release that completes, one rolled back.", _HOUSE),
    "doctor": Word("doctor", "Look for what is wrong here, and say what to do.", _HOUSE),
    "token": Word("tokens", "Make, list and revoke tokens for the server.", _HOUSE, group=True),
    "audit": Word("audit", "Prove the record, and take it away.", _HOUSE, group=True),
}

_TAKES_VALUE = {"--as", "--database", "--server", "--token"}
_ALONE = {"--no-color", "--color"}


class _Words(Mapping[str, Any]):
    """The commands by name; a command's file is imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        word = WORDS[name]
        module = import_module(f"{_HERE}.{word.module}")
        group = typer.main.get_group(module.app)
        if not word.group:
            return group.commands[name]
        group.name = name
        return group

    def __iter__(self) -> Iterator[str]:
        return iter(WORDS)

    def __len__(self) -> int:
        return len(WORDS)


class _Root(TyperGroup):
    """The first word. Options that hold for every command may stand anywhere in the call."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Words()  # type: ignore[assignment]  # it is only read, so a mapping is enough

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        """The words, in the order people meet them."""
        return list(WORDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Typer's signature
        """The words by section, from the list above: no file is opened for it."""
        for section in dict.fromkeys(word.section for word in WORDS.values()):
            with formatter.section(section):
                formatter.write_dl([(n, w.summary) for n, w in WORDS.items() if w.section == section])

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse, with the options for every command moved to the front."""
        return super().parse_args(ctx, for_every_command_first(args))


def for_every_command_first(words: Sequence[str]) -> list[str]:
    """The call with ``--as`` and its like moved to the front, up to a ``--``.

    >>> for_every_command_first(["release", "start", "--as", "maria"])
    ['--as', 'maria', 'release', 'start']
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(words)
    for word in waiting:
        if word == "--":
            rest += [word, *waiting]
        elif word in _ALONE or (word.partition("=")[0] in _TAKES_VALUE and "=" in word):
            front.append(word)
        elif word in _TAKES_VALUE:
            front += [word, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(word)
    return [*front, *rest]


app = typer.Typer(
    cls=_Root,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="Example: pilotage init && pilotage plan simulate plan.yaml",
)


def _version(wanted: bool) -> None:
    if wanted:
        from pilotage import __version__

        typer.echo(f"pilotage {__version__}")
        raise typer.Exit


@app.callback()
def options(
    person: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="PERSON",
            envvar=settings.PERSON,
            help="Who acts. Default: you, as this machine knows you.",
        ),
    ] = "",
    database: Annotated[
        str,
        typer.Option(
            metavar="FILE|URL",
            help="The database (or PILOTAGE_DATABASE). Default: .pilotage/pilotage.db here.",
        ),
    ] = "",
    server: Annotated[
        str,
        typer.Option(metavar="URL", envvar=settings.SERVER, help="Ask this server instead of a database."),
    ] = "",
    token: Annotated[
        str,
        typer.Option(
            metavar="TOKEN", envvar=settings.TOKEN, help="Your token for the server.", show_envvar=True
        ),
    ] = "",
    color: Annotated[
        bool | None, typer.Option("--color/--no-color", help="Colours, or none. Default: on a terminal.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Carry out a release plan: gates, approvals, staged exposure, live evidence, automatic rollback.

    The options below may stand anywhere in a call.
    """
    settings.current.set(settings.Settings(person, database, server, token, color))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one call; returns its exit status. Nothing but what a person should read leaves it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    settings.current.set(settings.Settings())
    _print_anything()
    try:
        status = typer.main.get_command(app).main(args=words, prog_name="pilotage", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    except typer.Abort:
        return 1
    except SystemExit as ended:  # how Typer ends when the reader has left
        return ended.code if isinstance(ended.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the one place where every error ends, in words
        from pilotage.interfaces.cli.failures import tell

        return tell(error, "--json" in words)
    return status if isinstance(status, int) else 0


def _print_anything() -> None:
    """A terminal that knows few letters (``LC_ALL=C``, an old code page) gets a ``?`` for the others, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _reader_left() -> int:
    """Whoever read our output has read enough (``| head``): no error, and no further word."""
    import os

    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
