"""``pilotage answer``: what the plan asks about a release while it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotage.interfaces.cli.asking import AsJson, OfRelease, act
from pilotage.interfaces.cli.typed import yes_or_no

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Answer a question about a release: a trait or an input.",
)


@app.command("trait", epilog="Example: pilotage answer trait 'database affected' no")
def trait_(
    name: Annotated[str, typer.Argument(metavar="TRAIT", help="The trait's name.", show_default=False)],
    value: Annotated[str, typer.Argument(metavar="yes|no", help="The answer.", show_default=False)],
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Answer a yes-or-no question."""
    act(release, "answer-trait", {"trait": name, "value": yes_or_no(value, name)}, as_json)


@app.command("input", epilog="Example: pilotage answer input department 'Logistics'")
def input_(
    name: Annotated[str, typer.Argument(metavar="INPUT", help="The input's name.", show_default=False)],
    value: Annotated[str, typer.Argument(metavar="TEXT", help="The answer.", show_default=False)],
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Answer with a text."""
    act(release, "answer-input", {"name": name, "value": value}, as_json)
