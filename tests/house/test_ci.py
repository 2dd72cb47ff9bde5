"""`.ci/run` asks nothing, says what it could not install, and hands over to `make test`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def bare_machine(repository: Path, tmp_path: Path) -> Path:
    """A folder with the script and, on its path, nothing but a shell and a make that reports how it was called."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(repository / ".ci" / "run", tmp_path / ".ci" / "run")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    make = programs / "make"
    make.write_text('#!/bin/bash\necho "make $*"\nread -r line && echo "read: $line"\nexit 3\n')
    make.chmod(0o755)
    return tmp_path


def run(machine: Path) -> subprocess.CompletedProcess[str]:
    """Run the script with words waiting on standard input that it must not read."""
    return subprocess.run(
        [str(machine / "bin" / "bash"), str(machine / ".ci" / "run")],
        env={"PATH": str(machine / "bin")},
        input="words nobody should read\n",
        capture_output=True,
        text=True,
        check=False,
    )


def test_where_nothing_can_be_installed_it_says_so_and_goes_on(bare_machine: Path) -> None:
    outcome = run(bare_machine)
    assert "chromium prometheus missing and this is no Debian or Ubuntu" in outcome.stdout
    assert outcome.stdout.splitlines()[-1] == "make --no-print-directory test"


def test_the_verdict_is_that_of_make_test(bare_machine: Path) -> None:
    assert run(bare_machine).returncode == 3


def test_what_is_there_is_not_installed_again(bare_machine: Path) -> None:
    for name in ("chromium", "prometheus"):
        (bare_machine / "bin" / name).symlink_to(bare_machine / "bin" / "make")
    assert run(bare_machine).stdout.splitlines() == ["make --no-print-directory test"]
