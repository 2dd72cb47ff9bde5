"""``pilotage flags``: feature flags by hand. The kill switch is never refused."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotage.interfaces.cli import completion
from pilotage.interfaces.cli.asking import AsJson, ask
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.output import BAD, GOOD, QUIET, STRONG, clock, say, say_json, say_table

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look at feature flags and switch them by hand."
)

Name = Annotated[
    str,
    typer.Argument(
        metavar="FLAG", help="The flag's name.", autocompletion=completion.flags, show_default=False
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", "-m", help="Why: it stands in the flag's record.", show_default=False)
]


@app.command("list", epilog="Example: pilotage flags list")
def list_(as_json: AsJson = False) -> None:
    """List every flag with who meets it."""
    found = ask(lambda gateway: gateway.flags())
    if as_json:
        say_json(found)
    elif not found["flags"]:
        say("No flag yet: one is made when a release first lets somebody meet its change.")
    else:
        say_table(
            ("FLAG", "ON FOR", "BY HAND"),
            [(f["name"], on_for(f), str(len(f["forced"]) or "")) for f in found["flags"]],
        )


@app.command(epilog="Example: pilotage flags show new-checkout")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show one flag: who meets it, who is switched by hand, and who changed it, when and why."""
    found = ask(lambda gateway: gateway.flag(name))
    if as_json:
        say_json(found)
        return
    flag = found["flag"]
    say(flag["name"], STRONG)
    say(f"On for: {on_for(flag)}", BAD if flag["killed"] else None)
    for user, on in sorted(flag["forced"].items()):
        say(f"  {user}: {'on' if on else 'off'}, by hand")
    for told in found["history"]:
        because = f" ({told['because']})" if told["because"] else ""
        say(f"{clock(told['at'])}  {told['sentence']}{because}", QUIET)


def on_for(flag: Json) -> str:
    """Who meets the flag's change, in words."""
    if flag["retired"]:
        return f"everyone gets {flag['retired_variant']} for good (retired)"
    if flag["killed"]:
        return f"nobody (killed: {flag['killed_because']})"
    from pilotage.application.shapes import record_of
    from pilotage.domain.exposure import Exposure

    return str(record_of(Exposure).decode(flag["exposure"]))


@app.command(epilog="Example: pilotage flags kill new-checkout --reason 'Payments fail'")
def kill(name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """Switch a flag off for everybody at once, and tell the releases that use it."""
    _turn(name, "kill", {"reason": reason}, as_json)


@app.command(epilog="Example: pilotage flags revive new-checkout --reason 'The cause is mended'")
def revive(name: Name, reason: Reason, as_json: AsJson = False) -> None:
    """Take the kill switch back: the exposure that is set counts again."""
    _turn(name, "revive", {"reason": reason}, as_json)


@app.command(
    "set",
    epilog="Example: pilotage flags set new-checkout user-17 off --reason 'They asked to stay on the old one'",
)
def set_(
    name: Name,
    user: Annotated[
        str, typer.Argument(metavar="USER", help="The targeting key the service sends.", show_default=False)
    ],
    value: Annotated[
        str,
        typer.Argument(
            metavar="on|off|default", help="default gives them back to the exposure.", show_default=False
        ),
    ],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Switch a flag for one user, whatever the exposure says."""
    from pilotage.domain.errors import UsageError

    choices = {"on": True, "off": False, "default": None}
    if value not in choices:
        raise UsageError(f'A flag cannot be set to "{value}".', "Say on, off or default.")
    _turn(name, "users", {"user": user, "on": choices[value], "reason": reason}, as_json)


def _turn(name: str, verb: str, said: Json, as_json: bool) -> None:
    async def turn(gateway: Gateway) -> Json:
        return await gateway.turn_flag(name, verb, said)

    flag = ask(turn)
    if as_json:
        say_json({"flag": flag})
    else:
        say(f"✓ {flag['name']} is on for: {on_for(flag)}", GOOD)
