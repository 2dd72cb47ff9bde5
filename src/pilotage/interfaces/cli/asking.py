"""From a command to its answer: one gateway opened, one question asked, and which release is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

import typer

from pilotage.domain.errors import NotFound, UsageError
from pilotage.interfaces.cli import completion
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.opening import open_gateway
from pilotage.interfaces.cli.output import DOUBT, GOOD, QUIET, note, say, say_json

T = TypeVar("T")

ON_THEIR_WAY = ("planned", "running", "rolling back", "rolled back")
"""Statuses in which a person can still do something about a release."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

Which = Annotated[
    str,
    typer.Argument(
        metavar="RELEASE",
        help="The release's id, or a part only it has. Default: the only one on its way.",
        autocompletion=completion.releases,
        show_default=False,
    ),
]
"""The release a command is about, as its first word."""

OfRelease = Annotated[
    str,
    typer.Option(
        "--release",
        "-r",
        metavar="RELEASE",
        help="The release's id, or a part only it has. Default: the only one on its way.",
        autocompletion=completion.releases,
        show_default=False,
    ),
]
"""The release a command is about, as an option."""


def ask(question: Callable[[Gateway], Awaitable[T]]) -> T:
    """Ask one question of this call's gateway."""

    async def asked() -> T:
        async with open_gateway() as gateway:
            return await question(gateway)

    return asyncio.run(asked())


async def which(gateway: Gateway, words: str, *, looking: bool = False, starting: bool = False) -> str:
    """The id of the release meant by ``words``: an id, a part only one has, or nothing where there is only one.

    ``starting``: one that was not started yet comes first. ``looking``: with none on its way, the last one that was.
    Says on standard error which one it took when that was not said. Raises NotFound, UsageError.
    """
    if not words:
        return await _the_only_one(gateway, looking, starting)
    try:
        await gateway.show(words)
    except NotFound as error:
        lines = (await gateway.releases((), 1000))["releases"]
        fitting = [line["id"] for line in lines if words.lower() in line["id"].lower()]
        if len(fitting) == 1:
            note(f"({fitting[0]})", QUIET)
            return str(fitting[0])
        if len(fitting) > 1:
            raise UsageError(
                f'Several releases fit "{words}".', f"Say which one: {', '.join(fitting[:10])}."
            ) from error
        raise
    return words


async def _the_only_one(gateway: Gateway, looking: bool, starting: bool) -> str:
    lines = (await gateway.releases(ON_THEIR_WAY, 20))["releases"]
    moving = [line for line in lines if (line["status"] == "planned") == starting] or lines
    if not moving and looking:
        moving = (await gateway.releases((), 1))["releases"]
    if len(moving) == 1:
        note(f"({moving[0]['id']})", QUIET)
        return str(moving[0]["id"])
    if not moving:
        raise UsageError("No release is on its way.", "`pilotage release create PLAN --version V` makes one.")
    ids = ", ".join(line["id"] for line in moving)
    raise UsageError("Several releases are on their way.", f"Say which one: {ids}.")


def act(words: str, verb: str, said: Mapping[str, Any], as_json: bool) -> None:
    """Carry a person's wish to the release meant by ``words``, and say what came of it."""

    async def acting(gateway: Gateway) -> tuple[Json, bool | None]:
        release = await which(gateway, words)
        acted = await gateway.act(release, verb, said)
        return acted, await gateway.somebody_works()

    acted, works = ask(acting)
    tell_acted(acted, works, as_json)


def tell_acted(acted: Json, works: bool | None, as_json: bool) -> None:
    """What became true, and what the release waits for now. ``works``: whether somebody carries it on."""
    if as_json:
        say_json(acted)
        return
    for sentence in acted["said"]:
        say(f"✓ {full_stop(sentence)}", GOOD)
    if not acted["said"]:
        say("It already was so; nothing changed.")
    for text in acted["notes"]:
        note(text, DOUBT)
    release = acted["release"]
    if acted["waits"]:
        say(waiting(acted["waits"][0]))
    over = release["status"] in ("completed", "aborted", "planned")
    if works is False and not over:
        note(
            f"Nobody carries it on now: `pilotage release watch {release['id']}` does while you watch, "
            "`pilotage serve` does for good.",
            DOUBT,
        )


def waiting(wait: Mapping[str, Any]) -> str:
    """What is waited for, who can act, and when it is looked at again, as one sentence."""
    from pilotage.interfaces.cli.output import clock

    text = wait["text"]
    if not text.lower().startswith("wait"):
        text = f"Waits: {text}"
    sentences = [f"{text[:1].upper()}{text[1:]}"]
    if wait["who"]:
        sentences.append(f"Who can act: {', '.join(wait['who'])}")
    if wait["again"]:
        sentences.append(f"Looked at again {clock(wait['again'])}")
    return " ".join(full_stop(sentence) for sentence in sentences)


def full_stop(sentence: str) -> str:
    """A sentence with its full stop."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
