"""The command line in an empty folder of its own, with nothing of this machine's settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.calling import Caller

PLAN = """\
plan: shop
roles: {primary: maria, qa: kim}
metrics: {error rate: {unit: percent, source: manual, ask: every 1d of primary}}
exposure: {flag: new-shop, segments: {team: email ends with @example.com}}
stages:
  - stage: internal
    owner: primary
    steps: [{run: touch deployed, undo: rm deployed}]
    expose: team
    bake: 0s
    gate:
      - check: All critical paths tested
      - check: Support is told
    go: primary
  - {stage: everyone, expose: everyone, bake: 0s, go: by itself}
rollback:
  automatic: error rate > 5%
  then: hold
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a plan."""
    for name in (
        "PILOTAGE_DATABASE",
        "PILOTAGE_SERVER",
        "PILOTAGE_TOKEN",
        "PILOTAGE_AS",
        "PILOTAGE_DEBUG",
        "NO_COLOR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USER", "ana")
    monkeypatch.setenv("LOGNAME", "ana")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text(PLAN)
    return tmp_path


@pytest.fixture
def pilotage(folder: Path, capsys: pytest.CaptureFixture[str]) -> Caller:
    """``pilotage`` in that folder."""
    return Caller(capsys)


@pytest.fixture
def created(pilotage: Caller) -> str:
    """A release that was created and not yet started."""
    release: str = pilotage.done("release", "create", "plan.yaml", "--version", "1.0.0", "--json").json[
        "release"
    ]["id"]
    return release
