"""``pilotage plan``: look at plan files. Nothing here needs a database, but ``check --against``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilotage.domain.errors import PlanError, PlanProblem, UsageError
from pilotage.interfaces.cli import completion
from pilotage.interfaces.cli.asking import AsJson, ask, which
from pilotage.interfaces.cli.failures import BLOCKED, DONE, ERROR
from pilotage.interfaces.cli.output import BAD, DOUBT, GOOD, QUIET, STRONG, note, say, say_json

if TYPE_CHECKING:
    from pilotage.application.ports.plans import ReadPlan
    from pilotage.decisions.revealing import Revealing
    from pilotage.domain.plan import NotYet, Plan
    from pilotage.interfaces.cli.gateway import Gateway, Json

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check, show, format and simulate plan files."
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A plan file.", show_default=False)]


@app.command(epilog="Example: pilotage plan check plan.yaml --against checkout-1.4.0")
def check(
    file: File,
    against: Annotated[
        str,
        typer.Option(
            metavar="RELEASE",
            help="Sort what this file would change for a running release: free, needs approvals again, refused.",
            autocompletion=completion.releases,
        ),
    ] = "",
    traffic: Annotated[
        str,
        typer.Option(
            metavar="100rps",
            help="Tell for each stage the smallest regression it reveals with this traffic: 100rps, 6000 per m.",
        ),
    ] = "",
    base_rate: Annotated[
        str,
        typer.Option(metavar="0.1%", help="With --traffic: how many requests fail anyway. Default: 0.1%."),
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Say everything that is wrong with a plan, where, and how to mend it.

    Exit status: 0 when the plan can be used, 1 when it cannot, 5 when --against finds an edit that is refused.
    """
    from pilotage import bootstrap

    read = bootstrap.check_plan(file)
    edits = _edits(file, against) if against and not read.errors else None
    revealed = _revealed(read, traffic, base_rate)
    if as_json:
        say_json(_checked_json(file, read, edits, revealed))
    else:
        _say_checked(file, read)
        for edit in edits or ():
            style = {"free": QUIET, "refused": BAD}.get(edit["kind"], DOUBT)
            say(f"{edit['file']}:{edit['line']}:{edit['column']}  {edit['kind']}: {edit['sentence']}", style)
        if edits == []:
            say(f"Nothing would change for {against}.")
        if revealed is not None:
            from pilotage.interfaces.cli.traffic import say_revealed

            say_revealed(revealed, assumed_rate=not base_rate)
    if read.errors:
        return ERROR
    return BLOCKED if any(edit["kind"] == "refused" for edit in edits or ()) else DONE


def _revealed(read: ReadPlan, traffic: str, base_rate: str) -> Revealing | None:
    """What the stages reveal, where that was asked and the plan can be used."""
    if base_rate and not traffic:
        raise UsageError(
            "--base-rate says nothing without --traffic.", "Add --traffic, such as --traffic 100rps."
        )
    if not traffic or read.plan is None:
        return None
    from pilotage.interfaces.cli.traffic import reveal

    return reveal(read.plan, traffic, base_rate)


def _say_checked(file: Path, read: ReadPlan) -> None:
    for problem in read.errors:
        say(str(problem), BAD)
    for problem in read.warnings:
        say(f"{problem}", DOUBT)
    for form in read.plan.not_yet if read.plan else ():
        say(_not_yet_line(form, str(file)), DOUBT)
    if read.errors:
        number = len(read.errors)
        say(f"{number} {'mistake' if number == 1 else 'mistakes'}. Mend and check again.", STRONG)
    elif read.plan is None:
        say(f"{file} is fine. It is no plan by itself: a release needs a plan file.", GOOD)
    elif read.plan.not_yet:
        say(
            f"{file} is understood. A release will not start on what is not yet carried out; "
            f"`pilotage plan simulate {file}` plays it as it is.",
            STRONG,
        )
    else:
        say(f"{file} is fine. `pilotage plan simulate {file}` plays it.", GOOD)


def _not_yet_line(form: NotYet, file: str) -> str:
    return f"{form.file or file}:{form.line}:1  understood, not yet carried out: {form.form}"


def _checked_json(
    file: Path, read: ReadPlan, edits: list[Json] | None, revealed: Revealing | None
) -> dict[str, Any]:
    from pilotage.application.use_cases.views import plain

    return {
        "file": str(file),
        "ok": not read.errors,
        "plan": read.plan.id if read.plan else None,
        "digest": read.plan.digest if read.plan else None,
        "errors": plain(read.errors),
        "warnings": plain(read.warnings),
        "not_yet": plain(read.plan.not_yet) if read.plan else [],
        **({} if edits is None else {"edits": edits}),
        **({} if revealed is None else {"traffic": plain(revealed)}),
    }


def _edits(file: Path, words: str) -> list[Json]:
    """What the file would change for the release meant by ``words``."""
    from pilotage import bootstrap

    async def pinned(gateway: Gateway) -> tuple[str, Json]:
        release = await which(gateway, words)
        return (await gateway.plan_document(release))["document"], await gateway.show(release)

    document, shown = ask(pinned)
    stages = {stage["id"]: stage["state"] for stage in shown["stages"]}
    edits = bootstrap.edits_against(
        file,
        document,
        passed=[stage for stage, state in stages.items() if state in ("done", "skipped")],
        current=next((stage for stage, state in stages.items() if state == "current"), ""),
        ran=list(shown["release"]["steps"]),
    )
    return [
        {
            "kind": str(edit.kind),
            "file": edit.place.file,
            "line": edit.place.line,
            "column": edit.place.column,
            "sentence": edit.sentence,
        }
        for edit in edits
    ]


@app.command(epilog="Example: pilotage plan show plan.yaml")
def show(
    file: File,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Print the plan with its project, extends, include, each and templates worked in."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a plan at a glance: stages, who is asked, what is watched, when, and how it goes back."""
    plan, document = read_plan(file)
    if whole and not as_json:
        say(document.rstrip("\n"))
        return
    from pilotage.interfaces.cli import outline

    if as_json:
        say_json({**outline.as_object(plan), **({"document": document} if whole else {})})
        return
    for line in outline.outline(plan):
        say(line.text, {"strong": STRONG, "quiet": QUIET, "doubt": DOUBT}.get(line.weight))


@app.command(epilog="Example: pilotage plan fmt --check plans/*.yaml")
def fmt(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Plan files.", show_default=False)],
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit with 1 if a file would change.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Write plan files in the one layout. Comments, empty lines and brackets stay."""
    from pilotage import bootstrap

    changed = []
    for file in files:
        before = _text_of(file)
        after = bootstrap.format_plan(before, str(file))
        if after == before:
            continue
        changed.append(str(file))
        if not check:
            partial = file.with_name(f"{file.name}.part")
            partial.write_text(after, encoding="utf-8", newline="")
            partial.replace(file)
    if as_json:
        say_json({"changed": changed, "written": bool(changed) and not check})
    else:
        for name in changed:
            say(f"{name} {'would change' if check else 'written'}")
        if not changed:
            note("Nothing to change.", QUIET)
    return ERROR if check and changed else DONE


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}.", "Say which plan file you mean.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not a UTF-8 text.", "Save it as UTF-8.") from error


@app.command(epilog="Example: pilotage plan schema > plan.schema.json")
def schema() -> None:
    """Print the JSON Schema of plan files, for editors."""
    import json

    from pilotage import bootstrap

    say(json.dumps(bootstrap.plan_schema(), indent=2, ensure_ascii=False))


@app.command(
    epilog="Example: pilotage plan simulate plan.yaml --scenario error-spike --start '2026-12-07 09:00'"
)
def simulate(
    file: File,
    start: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="When it begins, in the plan's zone unless it says another. Default: now."
        ),
    ] = "",
    scenario: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="What happens: healthy, error-spike, slow, no-data, approver-away, or a scenario file.",
            autocompletion=completion.scenarios,
        ),
    ] = "healthy",
    seed: Annotated[
        int | None, typer.Option(help="Let people take longer or shorter, the same way for the same seed.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show the quiet lines too.")] = False,
    as_json: AsJson = False,
) -> int:
    """Play the whole plan over its calendar, by the code that runs it live: who is asked when, what blocks, what a fault does.

    Exit status: 0 completed, 3 rolled back, 5 it gets stuck, 1 stopped for good.
    """
    from pilotage.interfaces.cli import simulating

    plan, _ = read_plan(file)
    played = simulating.play(plan, scenario, start, seed)
    if as_json:
        say_json(simulating.as_object(played))
    else:
        simulating.say_played(played, everything=everything)
    return simulating.status(played)


def read_plan(file: Path) -> tuple[Plan, str]:
    """The plan in a file and its resolved document; doubts are not told. Raises PlanError, UsageError."""
    from pilotage import bootstrap

    read = bootstrap.check_plan(file)
    if read.plan is None:
        raise PlanError(read.errors or _not_a_plan(file))
    return read.plan, read.document


def _not_a_plan(file: Path) -> tuple[PlanProblem, ...]:
    return (PlanProblem(str(file), 1, 1, 'this is no plan file; a plan begins with "plan: NAME"'),)
