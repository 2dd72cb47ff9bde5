"""``pilotage token``: who may speak to the server, and how much they may ask of it."""

from __future__ import annotations

from typing import Annotated

import typer

from pilotage.domain.errors import UsageError
from pilotage.interfaces.cli.asking import AsJson, ask
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.output import DOUBT, GOOD, clock, note, say, say_json, say_table
from pilotage.interfaces.cli.typed import seconds

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, list and revoke tokens for the server."
)

SCOPES = {
    "flags": "evaluate flags and nothing else",
    "read": "look at everything",
    "act": "create releases and do what the plans let this person do",
    "admin": "make and revoke tokens",
}
"""What a token may do; each includes those before it."""


@app.command(epilog="Example: pilotage token create maria --scope act --lasts 30d")
def create(
    holder: Annotated[
        str,
        typer.Argument(
            metavar="PERSON", help="Whom it speaks for, as the plans name them.", show_default=False
        ),
    ],
    scope: Annotated[
        str, typer.Option(help="; ".join(f"{name}: {what}" for name, what in SCOPES.items()) + ".")
    ] = "act",
    lasts: Annotated[str, typer.Option(metavar="DURATION|for-ever", help="How long it counts.")] = "90d",
    machine: Annotated[
        bool, typer.Option("--machine", help="It speaks for a machine, which approves nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a token. Its secret is told once; only a hash of it is kept."""
    if scope not in SCOPES:
        raise UsageError(f'There is no scope "{scope}".', f"Take one of: {', '.join(SCOPES)}.")
    days = None if lasts == "for-ever" else seconds(lasts) / 86_400

    async def make(gateway: Gateway) -> Json:
        return await gateway.make_token(holder, scope, days, machine)

    made = ask(make)
    if as_json:
        say_json(made)
        return
    say(made["secret"])
    until = f"until {clock(made['token']['expires'])}" if made["token"]["expires"] else "until it is revoked"
    note(f"✓ It speaks for {holder} ({scope}), {until}.", GOOD)
    note(
        "It is not shown again. Use it as PILOTAGE_TOKEN. From the first token on, every call to the server needs one.",
        DOUBT,
    )


@app.command("list", epilog="Example: pilotage token list")
def list_(as_json: AsJson = False) -> None:
    """List every token there ever was; never its secret."""
    found = ask(lambda gateway: gateway.tokens())
    if as_json:
        say_json(found)
        return
    if not found["tokens"]:
        say(
            "No token yet. Without one the server listens to this machine only, and everybody here acts as its person."
        )
        return
    rows = [
        (t["id"], t["holder"], t["scope"], "machine" if t["machine"] else "person", clock(t["expires"]) or "never",
         clock(t["revoked"]))
        for t in found["tokens"]
    ]  # fmt: skip
    say_table(("TOKEN", "SPEAKS FOR", "SCOPE", "", "EXPIRES", "REVOKED"), rows)


@app.command(epilog="Example: pilotage token revoke 3f2a91c07b44")
def revoke(
    token: Annotated[
        str, typer.Argument(metavar="TOKEN", help="Its id, from `token list`.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Make a token count no more, at once and for good."""
    revoked = ask(lambda gateway: gateway.revoke_token(token))
    if as_json:
        say_json(revoked)
    else:
        say(f"✓ The token of {revoked['token']['holder']} counts no more.", GOOD)
