"""``pilotage demo``: a small real shop, one release that goes to everyone, one that is rolled back by itself.

Everything is real and on this machine: a server, a shop that reads its flag from it, users, metrics, a deploy that can
be undone. Only the people are played, by the rules in ``people.py``. It opens its own folder and its own ports, and ends
every process it started, by its number.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilotage.interfaces.cli.asking import AsJson

if TYPE_CHECKING:
    from pilotage.domain.plan import Plan
    from pilotage.interfaces.cli.demo.play import Played
    from pilotage.interfaces.cli.demo.processes import Playground
    from pilotage.interfaces.cli.demo.view import View

app = typer.Typer(rich_markup_mode=None)

_RATE = 60.0
"""Requests a second: three hundred users, each every five seconds."""

_LONGEST = 600.0
"""Seconds of traffic; nothing the demo starts goes on for longer, but a server and a shop that are kept."""


@app.command(epilog="Example: pilotage demo --keep")
def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the server and the shop running, and say where they are.")
    ] = False,
    crash: Annotated[
        bool, typer.Option("--crash", help="Kill the server in the middle of a stage, and start it again.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another plan for the shop, such as your edited copy.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed sends the same users in the same order.")] = 1,
    as_json: AsJson = False,
) -> int:
    """See it work, in less than a minute: a small real shop, one release that completes, one rolled back by itself.

    With --json: one object with what was measured; progress goes to standard error.
    """
    from pilotage.interfaces.cli.demo.assets import plan_file, prepare
    from pilotage.interfaces.cli.demo.play import plan_of
    from pilotage.interfaces.cli.demo.processes import Playground
    from pilotage.interfaces.cli.demo.view import view_on

    began = time.monotonic()
    view = view_on(sys.stderr if as_json else sys.stdout)
    file = plan_file(plan)
    read = plan_of(file)  # before anything is copied, so that a mistake is found where it is written
    ground = Playground(prepare(file), seed=seed, rate=_RATE, traffic_seconds=_LONGEST)
    try:
        played = asyncio.run(_until_told_to_stop(lambda: _played(ground, read, view, began, crash, keep)))
    except asyncio.CancelledError:
        from pilotage.interfaces.cli.failures import INTERRUPTED

        view.say(f"Stopped. Every process it started has ended; what there was is in {ground.folder}.")
        return INTERRUPTED
    _tell(ground, view, played, time.monotonic() - began, keep, as_json)
    return 0


async def _until_told_to_stop(work: Callable[[], Any]) -> list[Played]:
    """Do the work; Ctrl-C, a closed terminal or a kind kill cancel it once, and then wait until it has cleaned up."""
    task = asyncio.ensure_future(work())
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    played: list[Played] = await task
    return played


async def _played(
    ground: Playground, plan: Plan, view: View, began: float, crash: bool, keep: bool
) -> list[Played]:
    """Start everything, play both releases, and end everything again, whatever happens."""
    from pilotage import bootstrap
    from pilotage.interfaces.cli.demo.play import Play

    done = False
    try:
        view.say(f"Starting a Pilotage server, a small shop and its users in {ground.folder}")
        await ground.start()
        view.say(f"Pilotage {ground.server}   shop {ground.shop}   {_RATE:g} requests a second by 300 users")
        played = await Play(ground, plan, view, bootstrap.open_clock(), crash).run(began)
        done = True
    finally:
        if not (done and keep):
            await ground.stop()
    return played


def _tell(
    ground: Playground, view: View, played: list[Played], seconds: float, keep: bool, as_json: bool
) -> None:
    from pilotage.interfaces.cli.demo.ending import ending, kept
    from pilotage.interfaces.cli.output import say_json

    for release in played:
        view.story(release.measured.version, release.told)
    for line in ending(ground, played, seconds, keep):
        view.say(line)
    if as_json:
        answer = {
            "releases": [release.measured.as_json() for release in played],
            "seconds": round(seconds, 1),
        }
        say_json({**answer, "kept": kept(ground)} if keep else answer)
