"""Stories are played twice: on the embedded database, and through a server with the same words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.team import Team
from tests.support.calling import Caller
from tests.support.serving import served

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A real server with its worker: its address, and the folder its commands run in."""
    folder = tmp_path_factory.mktemp("server")
    with served(folder) as address:
        yield address, folder


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
