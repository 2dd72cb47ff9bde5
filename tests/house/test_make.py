"""`make setup` tells a person what is missing before anything else can go wrong."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def fresh(repository: Path, tmp_path: Path) -> Path:
    """A checkout with nothing installed."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(repository / name, tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as a person would, and keep what it says."""
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def program(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_make_alone_lists_its_targets(fresh: Path) -> None:
    said = make(fresh).stdout
    for target in ("setup", "demo", "test", "check", "bench", "docs", "requirements", "lock", "clean"):
        assert f"make {target} " in said


def test_setup_without_python_says_what_to_install(fresh: Path) -> None:
    outcome = make(fresh, "setup", "PYTHON=no-such-python")
    assert outcome.returncode != 0
    assert "there is no 'no-such-python' here. Install Python 3.11 or newer" in outcome.stderr


def test_setup_with_an_old_python_says_so_and_makes_nothing(fresh: Path) -> None:
    old = program(fresh / "python3.9", '[ "$1" = -V ] && echo "Python 3.9.2" && exit 0\nexit 1')
    outcome = make(fresh, "setup", f"PYTHON={old}")
    assert outcome.returncode != 0
    assert "needs Python 3.11 or newer" in outcome.stderr
    assert "is Python 3.9.2" in outcome.stderr
    assert not (fresh / ".venv").exists()


def test_setup_where_python_cannot_make_environments_names_the_package(fresh: Path) -> None:
    bare = program(
        fresh / "python3.11", '[ "$1" = -m ] && exit 1\n[ "$1" = -V ] && echo "Python 3.11.2"\nexit 0'
    )
    outcome = make(fresh, "setup", f"PYTHON={bare}")
    assert outcome.returncode != 0
    assert "apt-get install python3-venv" in outcome.stderr


def test_a_second_setup_does_nothing(repository: Path) -> None:
    if not (repository / ".venv" / ".ready").exists():
        pytest.skip("the environment was not made by make setup")
    outcome = make(repository, "--question", "setup")
    assert outcome.returncode == 0, (
        "make setup would run again: .venv is older than pyproject.toml or the lock"
    )
