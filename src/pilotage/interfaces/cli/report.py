"""``pilotage report``: what no metrics source sees: numbers, problems and incidents a person brings."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotage.interfaces.cli.asking import AsJson, OfRelease, act
from pilotage.interfaces.cli.typed import measured

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Bring a number, a problem or an incident."
)


@app.command(epilog="Example: pilotage report metric 'error rate' 0.4% --count 2300")
def metric(
    name: Annotated[str, typer.Argument(metavar="METRIC", help="A metric of the plan.", show_default=False)],
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE", help="The number, with its unit: 0.4%, 450ms, 12.", show_default=False
        ),
    ],
    count: Annotated[
        float | None, typer.Option(min=0, help="How many requests or answers stand behind it.")
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="It is of those who do not meet the change.")
    ] = False,
    dimension: Annotated[str, typer.Option(help="The dimension it is of, such as region.")] = "",
    segment: Annotated[str, typer.Option(help="The value of that dimension, such as eu.")] = "",
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Bring a number for a metric that nothing is connected to."""
    said = {
        "metric": name,
        "value": measured(value),
        "count": count,
        "arm": "baseline" if baseline else "canary",
        "dimension": dimension,
        "segment": segment,
    }
    act(release, "report-metric", said, as_json)


@app.command(epilog="Example: pilotage report problem 'Users cannot log in'")
def problem(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT", help="A report line of the plan, or a part of it.", show_default=False
        ),
    ],
    alert: Annotated[bool, typer.Option("--alert", help="A machine tells it, not a person.")] = False,
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Report a problem that the plan lists as a trigger."""
    act(release, "report-problem", {"text": text, "alert": alert}, as_json)


@app.command(epilog="Example: pilotage report incident 'Payments are down' --severity P0")
def incident(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What it is called.", show_default=False)],
    severity: Annotated[str, typer.Option(help="How bad, in the plan's words.")] = "",
    closed: Annotated[bool, typer.Option("--closed", help="It is over.")] = False,
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Open an incident on a release, or close it."""
    act(release, "report-incident", {"title": title, "severity": severity, "closed": closed}, as_json)
