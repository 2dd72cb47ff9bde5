"""What people answer: approve, reject, attest, choose, override, withdraw."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotage.interfaces.cli import completion
from pilotage.interfaces.cli.asking import AsJson, OfRelease, act

app = typer.Typer(rich_markup_mode=None)

About = Annotated[
    str,
    typer.Argument(
        metavar="QUESTION",
        help="The question's id, the end of it, or words only it has. Default: the only one you are asked.",
        autocompletion=completion.questions,
        show_default=False,
    ),
]
Named = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help="The id, the end of it, or words only it has.",
        autocompletion=completion.questions,
        show_default=False,
    ),
]
Reason = Annotated[
    str,
    typer.Option(
        "--reason", "-m", help="Why: it stands in the record for everybody to read.", show_default=False
    ),
]
Comment = Annotated[str, typer.Option("--comment", "-m", help="What you want to add to the record.")]


@app.command(epilog="Example: pilotage approve pilot --comment 'Numbers are good'")
def approve(
    about: About = "", release: OfRelease = "", comment: Comment = "", as_json: AsJson = False
) -> None:
    """Say yes: to a go, an approval, a confirmation, a vote. Counts for the plan and version as they are now."""
    act(release, "approve", {"about": about, "comment": comment}, as_json)


@app.command(epilog="Example: pilotage reject pilot --reason 'Two users could not pay'")
def reject(reason: Reason, about: About = "", release: OfRelease = "", as_json: AsJson = False) -> None:
    """Say no, with a reason."""
    act(release, "reject", {"about": about, "reason": reason}, as_json)


@app.command(
    epilog="Example: pilotage attest 'All critical paths tested' --proof https://ci.example.com/run/7"
)
def attest(
    what: Named,
    holds: Annotated[bool, typer.Option("--holds/--not", help="Whether it holds, or is done.")] = True,
    proof: Annotated[str, typer.Option(help="A link or a file that shows it.")] = "",
    comment: Comment = "",
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Tick a check, a person's step or a follow-up: that it holds or is done, or with --not that it does not."""
    act(release, "attest", {"about": what, "passed": holds, "proof": proof, "comment": comment}, as_json)


@app.command(epilog="Example: pilotage choose 'restore the backup'")
def choose(
    option: Annotated[str, typer.Argument(metavar="OPTION", help="The option you take.", show_default=False)],
    about: About = "",
    comment: Comment = "",
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Take one of the options a release asks about."""
    act(release, "choose", {"option": option, "about": about, "comment": comment}, as_json)


@app.command(
    epilog="Example: pilotage override 'No P0 bugs open' --reason 'P0-17 is in code that is switched off'"
)
def override(check: Named, reason: Reason, release: OfRelease = "", as_json: AsJson = False) -> None:
    """Pass a gate's line that does not hold. Only whom the plan lets, always with a reason."""
    act(release, "override", {"check": check, "reason": reason}, as_json)


@app.command(epilog="Example: pilotage withdraw pilot --reason 'I looked at the wrong dashboard'")
def withdraw(
    about: Named,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why.")] = "",
    release: OfRelease = "",
    as_json: AsJson = False,
) -> None:
    """Take back an approval of yours that was not used yet."""
    act(release, "withdraw", {"about": about, "reason": reason}, as_json)
