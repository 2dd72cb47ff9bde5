"""``pilotage doctor``: what is wrong here, and what to do about it."""

from __future__ import annotations

import typer

from pilotage.domain.errors import StoreUnusable
from pilotage.interfaces.cli.asking import AsJson, ask
from pilotage.interfaces.cli.failures import DONE, ERROR
from pilotage.interfaces.cli.gateway import Json
from pilotage.interfaces.cli.output import BAD, GOOD, QUIET, say, say_json

app = typer.Typer(rich_markup_mode=None)

_MARKS = {True: ("✓", GOOD), False: ("✗", BAD), None: ("·", QUIET)}


@app.command(epilog="Example: pilotage doctor")
def doctor(as_json: AsJson = False) -> int:
    """Look for what is wrong here, and say what to do: database, worker, clock, sources, releases nobody can move.

    Exit status: 0 when nothing is wrong, 1 when something is.
    """
    findings = _findings()
    wrong = [finding for finding in findings if finding["ok"] is False]
    if as_json:
        say_json({"findings": findings, "ok": not wrong})
        return ERROR if wrong else DONE
    for finding in findings:
        mark, style = _MARKS[finding["ok"]]
        say(f"{mark} {finding['about']}: {finding['what']}", style)
        if finding["ok"] is not True and finding["advice"]:
            say(f"  {finding['advice']}")
    say("Nothing is wrong." if not wrong else f"{len(wrong)} to mend.")
    return ERROR if wrong else DONE


def _findings() -> list[Json]:
    """What was found; a database that cannot even be opened is a finding, not a failure."""
    try:
        found: list[Json] = ask(lambda gateway: gateway.doctor())["findings"]
    except StoreUnusable as error:
        return [{"about": "database", "ok": False, "what": error.message, "advice": error.hint}]
    return found
