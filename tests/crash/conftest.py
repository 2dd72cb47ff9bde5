"""Real processes, quickly: each life is forked from a server that has imported everything already."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from tests.crash.carry_on import live

PLAN = """\
plan: checkout
roles: {primary: {people: [maria], self-approval: true}}
exposure: {flag: new-checkout, segments: {team: email ends with @example.org}}
channels: {log: {type: file, address: messages.jsonl}}
messages:
  - {message: staging preview, to: primary, via: log, text: Staging is open}
stages:
  - stage: internal
    steps:
      - {run: sh effect.sh probed, name: deploy, undo: nothing to undo, probe: sh happened.sh probed}
      - {run: sh effect.sh blind, name: count, undo: nothing to undo}
      - notify: staging preview
    expose: team
    bake: 50ms
    gate: [check: The team has paid with it]
    go: primary
  - {stage: everyone, expose: everyone, bake: 50ms}
"""

EFFECT = 'echo "$1 $PILOTAGE_EFFECT_ID" >> effects.log\n'
HAPPENED = 'test -f effects.log && grep -qx "$1 $PILOTAGE_EFFECT_ID" effects.log\n'


@dataclass
class Place:
    """A folder with a plan, its scripts and a database, in which processes live one after the other or side by side."""

    folder: Path
    processes: ForkServerContext
    _alive: list[ForkServerProcess] = field(default_factory=list)

    def begin_life(self, crash_at: str = "") -> ForkServerProcess:
        """Start a worker here; ``crash_at`` is the point it dies at."""
        process = self.processes.Process(target=live, args=(str(self.folder), crash_at))
        process.start()
        self._alive.append(process)
        return process

    def live(self, crash_at: str = "") -> int:
        """A whole life of a worker; its exit status (-9: killed)."""
        process = self.begin_life(crash_at)
        process.join(60)
        assert process.exitcode is not None, "it neither ended nor died"
        return process.exitcode

    def kill_all(self) -> None:
        """No process outlives its test."""
        for process in self._alive:
            process.kill()
            process.join()

    @property
    def report(self) -> dict[str, Any]:
        """What the last life said at its end."""
        report: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return report

    @property
    def effects(self) -> list[str]:
        """What the commands did to the world, one line each."""
        log = self.folder / "effects.log"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What people were told."""
        return [json.loads(line) for line in (self.folder / "messages.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Where lives are forked from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.preloaded"])
    return context


@pytest.fixture(scope="session")
def prepared(processes: ForkServerContext, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with its tables: made once, because a crash while making them is not tested here."""
    folder = tmp_path_factory.mktemp("prepared")
    process = processes.Process(target=_prepare, args=(str(folder),))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    return folder / "pilotage.db"


def _prepare(folder: str) -> None:
    import asyncio

    from pilotage.bootstrap import Settings, open_application

    async def opened() -> None:
        async with open_application(Settings(folder=Path(folder), database=f"{folder}/pilotage.db")):
            pass

    asyncio.run(opened())


@pytest.fixture
def place(tmp_path: Path, processes: ForkServerContext, prepared: Path) -> Iterator[Place]:
    """A fresh place."""
    shutil.copy(prepared, tmp_path / "pilotage.db")
    texts: dict[str, str] = {"plan.yaml": PLAN, "effect.sh": EFFECT, "happened.sh": HAPPENED}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    place = Place(tmp_path, processes)
    yield place
    place.kill_all()
