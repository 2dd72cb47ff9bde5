"""Stories are played twice: on the embedded database, and through a server with the same words."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.team import Team
from tests.support.calling import Caller

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A real server with its worker: its address, and the folder its commands run in."""
    folder = tmp_path_factory.mktemp("server")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PILOTAGE_")}
    command = [sys.executable, "-m", "pilotage.interfaces.cli.main", "serve", "--port", "0"]
    with (folder / "out").open("wb") as out:
        program = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=out, env={**clean, "PYTHONUNBUFFERED": "1"}
        )
    try:
        yield _address(program, folder / "out"), folder
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(timeout=30)


def _address(program: subprocess.Popen[bytes], printed: Path) -> str:
    """What the server says it listens on."""
    end = time.monotonic() + 30
    while not (found := re.search(r"http://127\.0\.0\.1:\d+", printed.read_text())):
        assert program.poll() is None, f"the server ended:\n{printed.read_text()}"
        assert time.monotonic() < end, f"no address in 30 s:\n{printed.read_text()}"
        time.sleep(0.05)
    return found[0]


@pytest.fixture(params=["embedded", "server"])
def team(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Team:
    """A team with a plan of its own, on either side."""
    for name in ("PILOTAGE_DATABASE", "PILOTAGE_SERVER", "PILOTAGE_TOKEN", "PILOTAGE_AS", "PILOTAGE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    if request.param == "embedded":
        return Team(Caller(capsys), tmp_path, tmp_path, f"story-{next(_NUMBERS)}")
    address, folder = request.getfixturevalue("server")
    return Team(Caller(capsys, "--server", address), tmp_path, folder, f"story-{next(_NUMBERS)}")
