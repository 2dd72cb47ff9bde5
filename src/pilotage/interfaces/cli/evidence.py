"""``pilotage release evidence`` and ``release replay``: what the numbers say, and what other rules would have made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilotage.domain.errors import UsageError
from pilotage.domain.metrics import Unit
from pilotage.interfaces.cli import completion
from pilotage.interfaces.cli.asking import AsJson, Which, ask, full_stop, which
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.output import (
    BAD,
    DOUBT,
    GOOD,
    QUIET,
    STRONG,
    clock,
    note,
    say,
    say_json,
    say_table,
)
from pilotage.interfaces.numbers import amount, between, evidence, many, times

app = typer.Typer(rich_markup_mode=None)

VERDICTS = {
    "certain": "worse",
    "shared": "everybody's",
    "doubt": "in doubt",
    "fine": "not worse",
    "nothing": "nothing yet",
}
"""How a verdict is said; for a limit ``LIMIT_VERDICTS``."""

LIMIT_VERDICTS = {**VERDICTS, "certain": "broken", "fine": "not broken"}

_STYLE = {"certain": BAD, "shared": DOUBT, "doubt": DOUBT}


@app.command("evidence", epilog="Example: pilotage release evidence checkout-1.4.0 --svg evidence.svg")
def evidence_(
    release: Which = "",
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Only this metric. The picture shows one: this, or the one nearest to deciding.",
            autocompletion=completion.tested_metrics,
        ),
    ] = "",
    svg: Annotated[
        str, typer.Option(metavar="FILE", help="Draw it as SVG into this file; - is standard output.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show what the numbers of a release say: canary and baseline, the interval that decides, evidence against needed."""
    if svg == "-" and as_json:
        raise UsageError(
            "--json and --svg - cannot both go to standard output.", "Name a file: --svg evidence.svg."
        )

    async def asked(gateway: Gateway) -> tuple[Json, str]:
        chosen = await which(gateway, release, looking=True)
        picture = await gateway.evidence_picture(chosen, metric) if svg else ""
        return ({} if svg == "-" else await gateway.evidence(chosen, metric)), picture

    found, picture = ask(asked)
    if svg == "-":
        typer.echo(picture, color=False)
        return
    file = _written(Path(svg), picture) if svg else None
    if as_json:
        say_json({**found, **({"file": str(file)} if file else {})})
        return
    _say_evidence(found)
    if file is not None:
        say(f"✓ Drawn into {file}.", GOOD)


def _written(file: Path, picture: str) -> Path:
    try:
        file.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror or error}.", "Name another file with --svg."
        ) from error
    return file


def _say_evidence(found: Json) -> None:
    say(f"{found['release']}   {found['title']}, {found['status']}", STRONG)
    for decided in found["decided"]:
        style = BAD if decided["what"] == "rolled back" else DOUBT
        say(f"{clock(decided['at'])}  {full_stop(decided['sentence'])}", style)
    say(
        f"Evidence {evidence(found['e_value'])} of {evidence(found['needed'])} needed, all metrics together: "
        f"{100 * found['budget']:g} % of harmless releases are rolled back at most."
    )
    if found["metrics"]:
        _say_metrics(found)
        _say_tests(found)
    for text in _by_the_way(found):
        note(full_stop(text), DOUBT)


def _say_metrics(found: Json) -> None:
    say("")
    say_table(
        ("METRIC", "CANARY", "BASELINE", "RATIO", "COULD SHOW", "REQUESTS"),
        [
            (
                metric["metric"],
                _value(metric, "canary"),
                _value(metric, "baseline"),
                _interval(metric),
                "nothing yet" if metric["smallest"] is None else f"{times(metric['smallest'])} or more",
                f"{many(metric['canary_requests'])} of {many(metric['canary_requests'] + metric['baseline_requests'])}",
            )
            for metric in found["metrics"]
        ],
    )
    slow = [metric["metric"] for metric in found["metrics"] if metric["ratio_of"] == "slow requests"]
    if slow:
        note(f"The ratio of {', '.join(slow)} is that of slow requests, not of times.", QUIET)


def _value(metric: Json, arm: str) -> str:
    value = metric[arm]
    return "too few" if value is None else amount(value, Unit(metric["unit"]))


def _interval(metric: Json) -> str:
    """The interval that decides, as it is now."""
    if not metric["intervals"]:
        return "not compared"
    last = metric["intervals"][-1]
    return between(last["low"], last["high"])


def _say_tests(found: Json) -> None:
    say("")
    tests = [(metric, line) for metric in found["metrics"] for line in metric["tests"]]
    if not tests:
        return
    rows = [
        (
            line["line"] + (f" in {line['segment']}" if line["segment"] else ""),
            f"{evidence(line['e_value'])} of {evidence(line['needed'])}",
            (LIMIT_VERDICTS if line["tolerated"] is None else VERDICTS)[line["verdict"]],
            clock(line["since"]),
        )
        for _, line in tests
    ]
    say_table(("TEST", "EVIDENCE", "VERDICT", "SINCE"), rows)
    told = " ".join(decided["sentence"] for decided in found["decided"])
    for _, line in tests:
        if line["verdict"] not in ("fine", "nothing") and line["because"] not in told:
            say(f"  {full_stop(line['because'])}", _STYLE.get(line["verdict"]))


def _by_the_way(found: Json) -> list[str]:
    missing = [f"Still missing: {found['missing']}"] if found["missing"] else []
    return [
        *missing,
        *(metric["problem"] for metric in found["metrics"] if metric["problem"]),
        *found["notes"],
    ]


# --- replay -------------------------------------------------------------------------------------------------------


@app.command(epilog="Example: pilotage release replay checkout-1.4.0 --guard stricter.yaml")
def replay(
    release: Which = "",
    guard: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Judge by these sections instead of the plan's own: guard, reactions, evidence, rollback.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a release's stored numbers again: when it would have been rolled back or held, on what, and whether at all."""
    rules = _text_of(guard) if guard else ""

    async def asked(gateway: Gateway) -> Json:
        return await gateway.replay(await which(gateway, release, looking=True), rules, str(guard or ""))

    found = ask(asked)
    if as_json:
        say_json(found)
        return
    by = f"by the rules of {found['rules']}" if found["rules"] else "by its own plan"
    say(f"{found['release']}, {found['looks']} looks judged again {by}", STRONG)
    say(found["comparison"])
    _say_turned("Replayed", found["held"], found["stopped"])
    _say_turned("Really", found["really_held"], found["really_stopped"])
    for text in found["notes"]:
        note(text, DOUBT)


def _text_of(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(
            f"{file}: {error.strerror or error}.", "Say which file of rules you mean."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not a UTF-8 text.", "Save it as UTF-8.") from error
    if not text.strip():
        raise UsageError(
            f"{file} is empty.", "Write the sections to judge by: guard, reactions, evidence, rollback."
        )
    return text


def _say_turned(name: str, held: list[Json], stopped: Json | None) -> None:
    say(f"{name}:", STRONG)
    for turned in (*held, *([stopped] if stopped else ())):
        style = BAD if turned["what"] == "rolled back" else DOUBT
        say(f"  {clock(turned['at'])}  {full_stop(turned['sentence'])}", style)
        if turned["requests"]:
            say(f"  {'':19}  {many(turned['requests'])} requests had met the change.", QUIET)
    if not stopped:
        say("  not rolled back", QUIET)
