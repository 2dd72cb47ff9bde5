"""Recording adds the logs that are missing, and never touches one that is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pilotage.domain.release import Status
from tools import golden
from tools.golden_stories import STORIES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the plans of the golden logs, and one log: an old one."""
    for path in golden.FOLDER.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "rejected.jsonl").write_text("an old log", encoding="utf-8")
    return tmp_path


def test_the_stories_still_play_and_old_logs_stay(folder: Path) -> None:
    recorded = golden.record(folder)
    assert sorted(recorded) == sorted(set(STORIES) - {"rejected"})
    assert (folder / "rejected.jsonl").read_text(encoding="utf-8") == "an old log"
    ends = {name: golden.load(name, folder).release.status for name in recorded}
    assert ends == {
        "smooth-release": Status.COMPLETED,
        "automatic-rollback": Status.ROLLED_BACK,
        "no-data-and-resume": Status.COMPLETED,
        "proven-worse": Status.ROLLED_BACK,
        "one-way-door": Status.ROLLED_BACK,
        "crash-unknown-outcome": Status.COMPLETED,
    }
