"""``pilotage audit``: prove the record, and take it away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotage.interfaces.cli.asking import AsJson, Which, ask
from pilotage.interfaces.cli.failures import DONE, ERROR
from pilotage.interfaces.cli.output import BAD, GOOD, note, say, say_json

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Prove the record, and take it away.")


@app.command(epilog="Example: pilotage audit verify checkout-1.4.0")
def verify(
    record: Annotated[
        str,
        typer.Argument(
            metavar="RECORD",
            help="A release's id, or flag:NAME. Default: every record.",
            show_default=False,
        ),
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Check that no event was changed, left out or added, and that every state is what its events add up to.

    Exit status: 0 when everything holds, 1 when something does not.
    """
    found = ask(lambda gateway: gateway.verify(record))
    if as_json:
        say_json(found)
        return DONE if found["holds"] else ERROR
    for stream in found["streams"]:
        if broken := stream["broken"]:
            say(f"✗ {stream['stream']}, event {broken['number']}: {broken['what']}", BAD)
    if found["holds"]:
        say(f"✓ {found['events']} events in {len(found['streams'])} records hold.", GOOD)
        return DONE
    note("Keep a copy of the database as it is, and compare it with your last backup or audit pack.")
    return ERROR


@app.command(epilog="Example: pilotage audit export checkout-1.4.0 --output records/")
def export(
    release: Which = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A file, or a folder to put it into.")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a release's whole record as one ZIP file that can be checked without Pilotage."""
    from pilotage.interfaces.cli.release import export_record

    export_record(release, output, as_json)
