"""``pilotage init``: a first plan to start from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from pilotage.domain.errors import UsageError
from pilotage.interfaces.cli import completion
from pilotage.interfaces.cli.asking import AsJson
from pilotage.interfaces.cli.output import GOOD, note, say, say_json
from pilotage.interfaces.cli.settings import whoever_calls
from pilotage.interfaces.cli.templates import TEMPLATES, Template, text_of

app = typer.Typer(rich_markup_mode=None)

_NAME = re.compile(r"[\w.-]+")


@app.command(epilog="Example: pilotage init --template flag-rollout rollout/")
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write it. Default: here.", show_default=False)
    ] = Path(),
    template: Annotated[
        str,
        typer.Option(
            "--template", "-t", help=f"One of {', '.join(TEMPLATES)}.", autocompletion=completion.templates
        ),
    ] = "small",
    as_json: AsJson = False,
) -> None:
    """Write a first plan to start from. Never overwrites a file."""
    chosen = _template(template)
    written = _write(chosen, folder)
    first = folder / chosen.first
    if as_json:
        say_json({"template": template, "written": [str(file) for file in written], "first": str(first)})
        return
    for file in written:
        say(f"✓ {file}", GOOD)
    if chosen.self_approval:
        say(
            f'The role "primary" is you ({_person()}), and may approve its own work (self-approval: true), '
            "as a team of one must. Take that out when you are two."
        )
    then = "" if chosen.campaign else f", then `pilotage plan simulate {first}`"
    say(f"Next: `pilotage plan check {first}`{then}.")
    if template == "small":
        note(
            f"Other templates: {', '.join(name for name in TEMPLATES if name != 'small')} (--template NAME)."
        )


def _template(name: str) -> Template:
    if name in TEMPLATES:
        return TEMPLATES[name]
    from difflib import get_close_matches

    near = get_close_matches(name, TEMPLATES, n=1)
    raise UsageError(
        f'There is no template "{name}".',
        f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(TEMPLATES)}.",
    )


def _person() -> str:
    """Whoever calls, as a plan can write it."""
    person = whoever_calls()
    return person if _NAME.fullmatch(person) else "me"


def _write(template: Template, folder: Path) -> list[Path]:
    targets = {folder / name: source for name, source in template.files.items()}
    if standing := [str(file) for file in targets if file.exists()]:
        raise UsageError(
            f"{', '.join(standing)} {'is' if len(standing) == 1 else 'are'} there already; nothing was written.",
            "Name another folder: `pilotage init DIR`.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file, source in targets.items():
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text_of(source, _person()))
    return list(targets)
