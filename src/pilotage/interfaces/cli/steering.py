"""Steering a release: hold, resume, advance, abort, rollback. Back is easy; forward against a rule is not."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pilotage.domain.errors import UsageError
from pilotage.interfaces.cli.asking import AsJson, Which, act, ask, which

app = typer.Typer(rich_markup_mode=None)

Reason = Annotated[
    str,
    typer.Option(
        "--reason", "-m", help="Why: it stands in the record for everybody to read.", show_default=False
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")]


@app.command(epilog="Example: pilotage release hold checkout-1.4.0 --reason 'Support is overrun'")
def hold(reason: Reason, release: Which = "", as_json: AsJson = False) -> None:
    """Hold a release: nobody new gets in, who is in stays in, automatic steps wait."""
    act(release, "hold", {"reason": reason}, as_json)


@app.command(epilog="Example: pilotage release resume checkout-1.4.0 --reason 'Support has room again'")
def resume(
    reason: Reason,
    release: Which = "",
    version: Annotated[str, typer.Option(help="Take it up again with this version (after a rollback).")] = "",
    as_json: AsJson = False,
) -> None:
    """Lift the hold, or take a release up again after a rollback."""
    act(release, "resume", {"reason": reason, "version": version}, as_json)


@app.command(epilog="Example: pilotage release advance checkout-1.4.0 --reason 'Numbers are good'")
def advance(
    release: Which = "",
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for the next rung, or the top of a range, now. It never skips a gate."""
    act(release, "advance", {"reason": reason}, as_json)


@app.command(
    epilog="Example: pilotage release abort checkout-1.4.0 --reason 'We start over next month' --yes"
)
def abort(reason: Reason, release: Which = "", yes: Yes = False, as_json: AsJson = False) -> None:
    """Stop a release for good: nobody meets the change any more, nothing else is undone."""
    if not yes:
        release = _meant(
            release, "stops for good; nobody will meet the change, and it cannot be taken up again"
        )
    act(release, "abort", {"reason": reason}, as_json)


@app.command(epilog="Example: pilotage release rollback checkout-1.4.0 --reason 'Checkout is slow'")
def rollback(
    release: Which = "",
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why.")] = "asked for by a person",
    procedure: Annotated[
        str, typer.Option(help="The plan's procedure to follow. Default: reckoned from what was done.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Roll a release back: exposure first, then every step that was done, verified. Always allowed, at once."""
    act(release, "rollback", {"reason": reason, "procedure": procedure}, as_json)


def _meant(release: str, consequence: str) -> str:
    """Ask whether it is meant, saying what follows; returns the release's id. Never asks without a terminal."""
    chosen = ask(lambda gateway: which(gateway, release))
    if not sys.stdin.isatty():
        raise UsageError(f"{chosen} {consequence}.", "Say --yes to mean it: there is no terminal to ask on.")
    typer.confirm(f"{chosen} {consequence}. Go on?", abort=True)
    return chosen
