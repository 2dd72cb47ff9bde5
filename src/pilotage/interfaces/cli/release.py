"""``pilotage release``: make releases, look at them, start them. Steering and watching live in files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pilotage.domain.errors import UsageError
from pilotage.interfaces.cli import evidence, steering, watching
from pilotage.interfaces.cli.asking import AsJson, Which, ask, full_stop, tell_acted, waiting, which
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.output import (
    DOUBT,
    GOOD,
    QUIET,
    clock,
    note,
    say,
    say_json,
    say_table,
)
from pilotage.interfaces.cli.showing import say_answers, say_shown, say_told
from pilotage.interfaces.cli.typed import moment, pairs, people, yes_or_no

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Create, start, watch, steer and explain releases."
)

_MOST_ANSWERS = 3
"""Questions that `why` shows the answering commands of, without --all."""


@app.command(
    epilog="Example: pilotage release create plan.yaml --version 1.4.0 --role 'on-call=sam,lee' --trait 'schema changes=no'"
)
def create(  # noqa: PLR0913, PLR0917 - every option of the command is an argument
    plan: Annotated[
        Path, typer.Argument(metavar="PLAN", help="The plan file; its content is pinned.", show_default=False)
    ],
    version: Annotated[str, typer.Option(help="The version this release brings.", show_default=False)],
    previous: Annotated[
        str, typer.Option(help="The version it replaces. Default: that of the last completed release.")
    ] = "",
    type_: Annotated[str, typer.Option("--type", help="Its type. Default: the plan's.")] = "",
    title: Annotated[str, typer.Option(help="Its title. Default: the plan's.")] = "",
    roles: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE=WHO,WHO", help="Who holds a role the plan asks for."),
    ] = None,
    traits: Annotated[
        list[str] | None,
        typer.Option("--trait", metavar="TRAIT=yes|no", help="The answer to a trait's question."),
    ] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="INPUT=TEXT", help="An input the plan asks for.")
    ] = None,
    segments: Annotated[
        list[str] | None,
        typer.Option(
            "--segment", metavar="SEGMENT=USER,USER", help="The users of a segment the plan asks for."
        ),
    ] = None,
    planned: Annotated[
        str, typer.Option(metavar="TIME", help="When it is planned to go live, in the plan's zone.")
    ] = "",
    again: Annotated[
        bool,
        typer.Option("--again", help="Also while another release of this version is on its way."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create a release of one version, held to a plan. Nothing begins before `release start`."""
    wanted: dict[str, Any] = {
        "version": version,
        "previous": previous,
        "type": type_,
        "title": title,
        "roles": {name: people(value) for name, value in pairs(roles, "--role", "on-call=sam,lee")},
        "traits": {
            name: yes_or_no(value, name) for name, value in pairs(traits, "--trait", "schema changes=no")
        },
        "inputs": dict(pairs(inputs, "--input", "project=Checkout")),
        "segments": {name: people(value) for name, value in pairs(segments, "--segment", "team=u1,u2")},
        "planned_at": _planned(planned, plan),
        "again": again,
    }
    created = ask(lambda gateway: gateway.create(plan, wanted))
    if as_json:
        say_json(created)
        return
    release = created["release"]
    say(f"✓ Created {release['id']}, held to the plan as it is now.", GOOD)
    for text in created["notes"]:
        note(text, DOUBT)
    if created["not_yet"]:
        note("It will not start: the plan asks for what is understood, but not yet carried out:", DOUBT)
        for form in created["not_yet"]:
            note(f"  line {form['line']}: {form['form']}", DOUBT)
    else:
        say(f"`pilotage release start {release['id']}` starts it.")


def _planned(text: str, plan: Path) -> Any:
    if not text:
        return None
    from pilotage.interfaces.cli.plan import read_plan

    return moment(text, read_plan(plan)[0].timezone)


@app.command("list", epilog="Example: pilotage release list --status running")
def list_(
    status: Annotated[
        list[str] | None,
        typer.Option(help="Only these: planned, running, 'rolling back', 'rolled back', completed, aborted."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List releases, latest change first."""
    statuses = [_status(word) for word in status or ()]
    found = ask(lambda gateway: gateway.releases(statuses, limit))
    if as_json:
        say_json(found)
        return
    if not found["releases"]:
        say("No release yet. `pilotage release create PLAN --version V` makes one.")
        return
    say_table(
        ("RELEASE", "STATUS", "STAGE", "EXPOSURE", "CHANGED", ""),
        [
            (r["id"], "held" if r["held"] and r["status"] == "running" else r["status"], r["stage"], r["exposure"],
             clock(r["updated"]), "rehearsal" if r["rehearsal"] else "")
            for r in found["releases"]
        ],
    )  # fmt: skip


def _status(word: str) -> str:
    from pilotage.domain.release import Status

    spelt = word.strip().lower().replace("-", " ").replace("_", " ")
    if spelt not in list(Status):
        raise UsageError(f'No release is ever "{word}".', f"Take one of: {', '.join(Status)}.")
    return spelt


@app.command(epilog="Example: pilotage release show checkout-1.4.0")
def show(release: Which = "", as_json: AsJson = False) -> None:
    """Show how a release stands: its stages, what is asked of whom, what it waits for."""

    async def shown(gateway: Gateway) -> Json:
        return await gateway.show(await which(gateway, release, looking=True))

    found = ask(shown)
    if as_json:
        say_json(found)
        return
    say_shown(found)


@app.command(epilog="Example: pilotage release start checkout-1.4.0 --rehearse")
def start(
    release: Which = "",
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Decide and tell, but act on nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start a release. A worker carries it on: `pilotage serve`, or `release watch` while you watch."""

    async def starting(gateway: Gateway) -> tuple[Json, bool | None]:
        chosen = await which(gateway, release, starting=True)
        return await gateway.start(chosen, rehearse), await gateway.somebody_works()

    acted, works = ask(starting)
    if as_json:
        say_json({**acted, "somebody_works": works})
        return
    tell_acted(acted, works, as_json=False)
    if works:
        note(
            f"A worker carries it on. `pilotage release watch {acted['release']['id']}` shows how it goes.",
            QUIET,
        )


@app.command(epilog="Example: pilotage release why checkout-1.4.0")
def why(
    release: Which = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Everything it waits for, not only the first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say in one sentence what a release waits for, who can act, and when it is looked at again."""

    async def asked(gateway: Gateway) -> tuple[Json, bool | None]:
        return await gateway.why(await which(gateway, release, looking=True)), await gateway.somebody_works()

    found, works = ask(asked)
    if as_json:
        say_json({**found, "somebody_works": works})
        return
    waits = found["waits"]
    hold = found["release"]["hold"]
    if hold and not (waits and "held" in waits[0]["text"]):
        say(f"The release is held: {full_stop(hold['reason'])} `pilotage release resume` lifts the hold.")
    if found["moving"] and works is False:
        say(
            "It waits for a worker: nobody carries releases on now. `pilotage serve` does, or `pilotage release watch`."
        )
    elif found["moving"]:
        say("It does not wait: a worker moves it on at its next look.")
    elif waits:
        say(waiting(waits[0]))
    else:
        say(f"It waits for nothing: it is {found['release']['status']}.")
    if works is False and not found["moving"] and found["release"]["status"] == "running":
        note(
            "No worker runs here: `pilotage serve` carries it on, or `pilotage release watch` while you watch.",
            QUIET,
        )
    if not found["moving"]:
        say_answers(found["answers"], None if everything else _MOST_ANSWERS)
    rest = waits if found["moving"] else waits[1:]
    if everything:
        for wait in rest:
            say(waiting(wait))
    elif rest:
        note(f"And {len(rest)} more: --all shows them.", QUIET)


@app.command(epilog="Example: pilotage release log checkout-1.4.0 --all")
def log(
    release: Which = "",
    everything: Annotated[bool, typer.Option("--all", help="The quiet lines too.")] = False,
    after: Annotated[int, typer.Option(min=0, help="Only events after this number.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Tell who did what, when and why, in sentences made from the record."""

    async def asked(gateway: Gateway) -> Json:
        return await gateway.log(await which(gateway, release, looking=True), after)

    found = ask(asked)
    if as_json:
        say_json(found)
        return
    for told in found["told"]:
        if everything or told["importance"] > 0:
            say_told(told)


@app.command(epilog="Example: pilotage release export checkout-1.4.0 --output records/")
def export(
    release: Which = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A file, or a folder to put it into.")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a release's whole record as one ZIP file that can be checked without Pilotage."""
    export_record(release, output, as_json)


def export_record(release: str, output: Path, as_json: bool) -> None:
    """As ``export``; ``audit export`` is the same."""

    async def asked(gateway: Gateway) -> Path:
        return await gateway.export(await which(gateway, release, looking=True), output)

    file = ask(asked)
    if as_json:
        say_json({"file": str(file)})
    else:
        say(f"✓ Written {file}. It carries its own README and a check that needs no Pilotage.", GOOD)


app.add_typer(evidence.app)
app.add_typer(steering.app)
app.add_typer(watching.app)
