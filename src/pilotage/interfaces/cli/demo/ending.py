"""What the demo says at its end: what was measured, where everything is, and what to try next."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pilotage.interfaces.cli.demo.play import Played
from pilotage.interfaces.cli.demo.processes import Playground
from pilotage.interfaces.cli.settings import SERVER

_DATABASE = "PILOTAGE_DATABASE"

_OUTCOMES = {"completed": "completed", "rolled_back": "rolled back", None: "stopped"}


def ending(ground: Playground, played: Sequence[Played], seconds: float, keep: bool) -> Iterator[str]:
    """The last lines."""
    yield ""
    yield f"Measured, in {seconds:.0f} s:"
    for release in played:
        yield f"  {_line(release)}"
    events = sum(release.measured.events for release in played)
    yield f"  {events} events in {len(played)} records; the chain of every record was checked, and holds"
    yield ""
    if keep:
        pids = " ".join(str(child.process.pid) for child in ground.children.values() if child.alive)
        yield f"Still running: Pilotage {ground.server}, shop {ground.shop}. To end all of it: kill {pids}"
    yield f"Everything is kept in {ground.folder}. Try there:"
    yield ""
    commands = suggestions(ground, played, keep)
    width = max(len(command) for command, _ in commands if len(command) < 64)
    for command, what in commands:
        yield f"  {command:{width}}  # {what}" if what else f"  {command}"


def _line(release: Played) -> str:
    found = release.measured
    parts = [
        f"{found.version} {_OUTCOMES[found.outcome]}",
        f"at most {found.share_max:g} % of all users could meet it",
        f"{found.requests_exposed} requests did",
    ]
    if found.detected_after_s is not None:
        parts.append(f"the fault was found {found.detected_after_s:.1f} s after the first of them could")
    if found.rolled_back_in_s is not None:
        parts.append(f"rolled back {found.rolled_back_in_s:.1f} s later")
    return f"{', '.join(parts)}; the shop says {release.live} is live"


def suggestions(ground: Playground, played: Sequence[Played], keep: bool) -> list[tuple[str, str]]:
    """Commands that work as they stand, in order, and what each shows."""
    last = played[-1].release
    lines = [(f"cd {shlex.quote(str(ground.folder))}", "")]
    if folder := _not_on_the_path():
        lines.append((f"export PATH={shlex.quote(str(folder))}:$PATH", "so that `pilotage` is found"))
    if keep:
        lines.append((f"export {SERVER}={ground.server}", "so that the running server is asked"))
    elif elsewhere := [name for name in (_DATABASE, SERVER) if os.environ.get(name)]:
        lines.append((f"unset {' '.join(elsewhere)}", "so that the demo's own database is asked"))
    lines += [
        ("pilotage release list", "both releases, and how each stands"),
        (f"pilotage release log {last} --all", "every event of the second one as a sentence"),
        (f"pilotage release why {last}", "why it does not move"),
        ("pilotage audit verify", "that nothing in the record was changed"),
        (
            "pilotage plan simulate plan.yaml --scenario error-spike",
            "the plan played before anybody is touched",
        ),
        ("sed -i.bak 's/bake: 4s/bake: 2 days/' plan.yaml", "break the plan …"),
        ("pilotage plan check plan.yaml", "… and read what is wrong with it"),
        ("mv plan.yaml.bak plan.yaml", "take that back"),
        ("pilotage demo --plan plan.yaml", "again, with limits you have changed"),
    ]
    return [*lines, *_one_more(played[-1])] if keep else lines


def _one_more(played: Played) -> list[tuple[str, str]]:
    """A release of one's own, on the server that is kept."""
    mine = f"{played.release}-2"
    return [
        (
            f"pilotage release create plan.yaml --version {played.measured.version} --as maria",
            "one of your own",
        ),
        (f"pilotage release start {mine} --as maria", "(its users are there for ten minutes)"),
        (f"pilotage release watch {mine} --until-blocked", "until it asks maria for something"),
        (f"pilotage attest paid --release {mine} --as maria", "be maria"),
        (f"pilotage release watch {mine}", "and see it go"),
    ]


def _not_on_the_path() -> Path | None:
    """The folder of this ``pilotage``, where calling it by its name alone would not find it."""
    called = Path(sys.argv[0])
    found = shutil.which("pilotage")
    if called.name != "pilotage" or (found and Path(found).resolve() == called.resolve()):
        return None
    return called.absolute().parent


def kept(ground: Playground) -> dict[str, Any]:
    """What still runs, for a program."""
    return {
        "server": ground.server,
        "shop": ground.shop,
        "folder": str(ground.folder),
        "processes": {name: child.process.pid for name, child in ground.children.items() if child.alive},
    }
