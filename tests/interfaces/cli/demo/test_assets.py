"""What the demo needs: the shop, copied whole and clean, or a sentence that says what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pilotage.domain.errors import UsageError
from pilotage.interfaces.cli.demo import assets
from pilotage.interfaces.cli.main import main


@pytest.fixture(autouse=True)
def _temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_the_shop_is_copied_without_what_earlier_runs_left() -> None:
    folder = assets.prepare(assets.plan_file())
    assert {"shop.py", "deploy.sh", "plan.yaml", "versions"} <= {path.name for path in folder.iterdir()}
    assert os.access(folder / "deploy.sh", os.X_OK)
    assert not (folder / "state").exists()
    assert not list(folder.rglob("__pycache__"))


def test_another_plan_takes_the_place_of_the_shops(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("plan: mine\n")
    assert (assets.prepare(assets.plan_file(mine)) / "plan.yaml").read_text() == "plan: mine\n"
    with pytest.raises(UsageError, match=r"There is no plan .*none\.yaml"):
        assets.plan_file(tmp_path / "none.yaml")


def test_without_the_shop_or_the_sdk_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without:
        without.setattr(assets, "_PLACES", ())
        with pytest.raises(UsageError, match="make demo"):
            assets.prepare(assets.plan_file())
    monkeypatch.setattr(assets, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pilotage\[openfeature\]"):
        assets.prepare(assets.plan_file())


def test_a_full_or_locked_temporary_place_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="TMPDIR"):
        assets.prepare(assets.plan_file())


def test_a_broken_plan_is_told_where_it_is_written_and_nothing_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("plan: mine\nstages:\n  - {stage: a, bake: 2 days}\n")
    assert main(["demo", "--plan", str(mine)]) == 1
    assert f"{mine}:3:22  expected a bake time" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [mine]
