"""``release watch``: how a release goes, live on a terminal, in plain lines elsewhere; and carrying it on meanwhile.

Without a server and without a worker on the embedded database, watching carries its releases on itself.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from pilotage.domain.errors import UsageError
from pilotage.interfaces.cli.asking import AsJson, Which, ask, full_stop, waiting, which
from pilotage.interfaces.cli.failures import BLOCKED, DONE, ERROR, ROLLED_BACK, STILL_RUNNING
from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.output import BAD, DOUBT, GOOD, QUIET, clock, colored, note, say, say_json
from pilotage.interfaces.cli.showing import stages_line
from pilotage.interfaces.cli.typed import seconds

if TYPE_CHECKING:
    from rich.console import RenderableType

app = typer.Typer(rich_markup_mode=None)

OUTCOMES = {"completed": DONE, "rolled back": ROLLED_BACK, "aborted": ERROR}
"""Statuses at which watching ends, with its exit status. A rolled-back release may be held: a person takes it up again."""

_LAST_WORDS = 10.0
"""Seconds left, after the end, for messages that are still to be sent."""
_SENTENCES = 10
"""How many of the last sentences the live view shows."""
_LAST_LINES = 8
"""How many lines of the past come first elsewhere."""


class View(Protocol):
    """What a person (or a program) sees of a watched release."""

    def show(self, watched: Json) -> None:
        """Something is new."""
        ...


@app.command(epilog="Example: pilotage release watch checkout-1.4.0 --timeout 30m")
def watch(
    release: Which = "",
    timeout: Annotated[
        str,
        typer.Option(
            metavar="DURATION", help="Stop watching after so long; the release goes on if a worker runs."
        ),
    ] = "",
    until_blocked: Annotated[
        bool, typer.Option("--until-blocked", help="Stop as soon as only people can move it on.")
    ] = False,
    after: Annotated[int, typer.Option(min=0, help="Show only events after this number.")] = 0,
    since: Annotated[
        str,
        typer.Option(metavar="DURATION", help="Begin with what happened in so long before now, such as 2h."),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Begin with everything that happened, not the last lines of it.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Follow a release to its end. Carries it on meanwhile where no server and no worker does.

    Begins with how it stands and the last lines of what happened; with --json, with everything.
    Exit status: 0 completed, 3 rolled back, 1 stopped for good, 5 blocked, 6 still running when --timeout passed.
    With --json: one event a line, then one line with the outcome.
    """
    if everything and since:
        raise UsageError("--all and --since do not go together.", "Leave one of them out.")
    patience = seconds(timeout) if timeout else None
    whole = everything or as_json or after > 0
    past = Past(_before_now(since) if since else None, None if whole or since else _LAST_LINES)
    return ask(lambda gateway: _watch(gateway, release, after, patience, until_blocked, as_json, past))


def _before_now(duration: str) -> datetime:
    """The moment so long ago."""
    from pilotage.bootstrap import open_clock

    try:
        return open_clock().now() - timedelta(seconds=seconds(duration))
    except OverflowError as error:
        raise UsageError(f"{duration} is longer than there is time.", "Say --all for everything.") from error


async def _watch(
    gateway: Gateway,
    words: str,
    after: int,
    patience: float | None,
    until_blocked: bool,
    as_json: bool,
    past: Past,
) -> int:
    chosen = await which(gateway, words, looking=True)
    async with gateway.carrying_on() as here:
        if here and not as_json:
            note(
                "No worker runs here, so this carries releases on while you watch. Ctrl-C stops; nothing is lost.",
                QUIET,
            )
        elif await gateway.somebody_works() is False:
            note("Nobody carries it on now: start `pilotage serve` there.", DOUBT)
        last: Json = {}

        def seen(watched: Json) -> bool:
            nonlocal last
            last = watched["shown"]
            return last["line"]["status"] in OUTCOMES or (until_blocked and blocked(last))

        view, shown = _view(as_json, past)
        with shown:
            try:
                async with asyncio.timeout(patience):
                    await _follow(gateway, chosen, after, view, seen)
            except TimeoutError:
                pass
            if here and last:
                await _last_words(gateway, chosen)
    return _tell_end(last or await gateway.show(chosen), as_json)


async def _follow(
    gateway: Gateway, release: str, after: int, view: View, seen: Callable[[Json], bool]
) -> None:
    async for watched in gateway.watch(release, after):
        view.show(watched)
        if seen(watched):
            return


async def _last_words(gateway: Gateway, release: str) -> None:
    """Give messages that are queued a moment to go out before the worker in this process ends."""
    for _ in range(int(_LAST_WORDS / 0.2)):
        messages = (await gateway.show(release))["release"]["messages"].values()
        if not any(m["status"] == "queued" and m["effect"] and not m["again_at"] for m in messages):
            return
        await asyncio.sleep(0.2)


def blocked(shown: Json) -> bool:
    """Whether only people can move the release on: it is held, or each thing it waits for is somebody's to do."""
    waits = [wait for wait in shown["waits"] if not wait["aside"]]
    if shown["moving"]:  # nobody has been asked yet
        return False
    return bool(shown["line"]["held"]) or (bool(waits) and all(wait["who"] for wait in waits))


def _tell_end(shown: Json, as_json: bool) -> int:
    line = shown["line"]
    status = OUTCOMES.get(line["status"], BLOCKED if blocked(shown) else STILL_RUNNING)
    if as_json:
        say_json({"release": line["id"], "status": line["status"], "exit": status}, one_line=True)
        return status
    style = {DONE: GOOD, ROLLED_BACK: BAD, ERROR: BAD}.get(status, DOUBT)
    say(line["headline"], style)
    for text in shown["follow_ups"]:
        say(f"Follow-up: {text}")
    if status in (BLOCKED, STILL_RUNNING) and shown["waits"]:
        say(waiting(shown["waits"][0]))
        note(f"`pilotage release watch {line['id']}` goes on watching.", QUIET)
    return status


def _view(as_json: bool, past: Past) -> tuple[View, AbstractContextManager[object]]:
    if as_json:
        return _JsonLines(past), nullcontext()
    if not sys.stdout.isatty():
        return _PlainLines(past), nullcontext()
    from rich.console import Console
    from rich.live import Live

    live = Live(console=Console(no_color=not colored(sys.stdout)), auto_refresh=False)
    return _LiveView(live.update, past), live


@dataclass(slots=True)
class Past:
    """How much of what happened before is shown: all ``since`` a moment (None: ever), of it the ``last`` lines."""

    since: datetime | None = None
    last: int | None = None
    _begun: bool = False

    def told(self, watched: Json, least: int) -> tuple[list[Json], int]:
        """What is to be told of an answer, from importance ``least`` on; and how many lines before it are left out.

        Only the first answer holds the past; whatever comes later is new.
        """
        told = [line for line in watched["told"] if line["importance"] >= least]
        if self._begun:
            return told, 0
        self._begun = True
        shown = [line for line in told if self.since is None or _at(line) >= self.since]
        shown = shown if self.last is None else shown[-self.last :]
        return shown, len(told) - len(shown)


def _at(told: Json) -> datetime:
    return datetime.fromisoformat(told["at"])


class _JsonLines:
    """One event a line."""

    def __init__(self, past: Past) -> None:
        self._past = past

    def show(self, watched: Json) -> None:
        for told in self._past.told(watched, 0)[0]:
            say_json(told, one_line=True)


class _PlainLines:
    """What happened, line by line, and what is waited for whenever that changes.

    Where not all of the past is shown, it begins with how the release stands.
    """

    def __init__(self, past: Past) -> None:
        self._past = past
        self._waited = ""

    def show(self, watched: Json) -> None:
        lines, left_out = self._past.told(watched, 1)
        if left_out:
            line = watched["shown"]["line"]
            say(line["headline"])
            say(stages_line(watched["shown"]["stages"]))
            say(f"Exposure: {line['exposure']}")
            note(f"What happened before is left out (lines: {left_out}); --all shows it.", QUIET)
        for told in lines:
            say(f"{clock(told['at'])}  {full_stop(told['sentence'])}")
        waits = watched["shown"]["waits"]
        text = waits[0]["text"].partition(" (")[0] if waits else ""
        if waits and text != self._waited:
            say(f"{'':19}  {waiting(waits[0])}")
        self._waited = text


class _LiveView:
    """How it stands above, the last sentences below; drawn anew whenever something is new."""

    def __init__(self, update: Callable[..., None], past: Past) -> None:
        self._update = update
        self._past = Past(past.since)  # it always keeps to the last sentences
        self._told: deque[Json] = deque(maxlen=_SENTENCES)

    def show(self, watched: Json) -> None:
        self._told.extend(self._past.told(watched, 1)[0])
        self._update(self._drawn(watched["shown"]), refresh=True)

    def _drawn(self, shown: Json) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        line = shown["line"]
        previous = f"   was {line['previous']}" if line["previous"] else ""
        head = [
            Text(f"{line['title'] or line['plan']} {line['version']}{previous}   {line['id']}", style="bold"),
            Text(line["headline"], style=_STYLES.get(line["status"], "yellow" if line["held"] else "green")),
            Text(stages_line(shown["stages"])),
            Text(f"Exposure: {line['exposure']}"),
        ]
        for metric, state in sorted(shown["guards"].items()):
            head.append(Text(f"  {metric}: {state}", style="green" if state == "on target" else "yellow"))
        if shown["waits"]:
            head.append(Text(waiting(shown["waits"][0]), style="yellow" if blocked(shown) else "dim"))
        log = [
            Text(
                f"{clock(t['at'])[11:]}  {full_stop(t['sentence'])}",
                style="bold" if t["importance"] > 1 else "",
            )
            for t in self._told
        ]
        return Group(*head, Text(""), *log)


_STYLES = {"completed": "green", "rolled back": "red", "rolling back": "red", "aborted": "red"}
