"""Bad days on the command line: what a person reads, whose fault it is, and never a traceback."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pilotage.interfaces.cli import plan as plan_commands
from tests.support.calling import Caller


def told(pilotage: Caller, *words: str) -> str:
    """What a person is told by a call that must fail; no traceback may be in it."""
    said = pilotage(*words)
    assert said.status != 0
    assert "Traceback" not in said.out + said.err
    return said.err


def test_a_folder_that_cannot_be_made(pilotage: Caller, folder: Path) -> None:
    (folder / "file").write_text("")
    assert "file" in told(pilotage, "--database", "file/pilotage.db", "release", "list")


def test_a_file_that_is_no_database(pilotage: Caller, folder: Path) -> None:
    (folder / "notes.db").write_text("these are my notes, not a database" * 50)
    error = told(pilotage, "--database", "notes.db", "release", "list")
    assert "notes.db" in error


def test_a_database_of_somebody_else(pilotage: Caller, folder: Path) -> None:
    with sqlite3.connect(folder / "other.db") as other:
        other.execute("create table accounts (id integer)")
    other.close()
    assert "other.db" in told(pilotage, "--database", "other.db", "release", "list")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_is_read_only(pilotage: Caller, folder: Path, created: str) -> None:
    (folder / ".pilotage").chmod(0o500)
    try:
        assert "written" in told(pilotage, "release", "start", created)
    finally:
        (folder / ".pilotage").chmod(0o700)


def test_a_kind_of_database_nobody_knows(pilotage: Caller) -> None:
    said = pilotage("--database", "mongodb://x", "release", "list")
    assert said.status == 2
    assert "postgresql://" in said.err


def test_no_server_there(pilotage: Caller) -> None:
    error = told(pilotage, "--server", "http://127.0.0.1:1", "release", "list")
    assert "cannot be reached" in error
    assert "pilotage serve" in error
    said = pilotage("--server", "http://127.0.0.1:1", "release", "list", "--json")
    assert said.status == 1
    assert said.json["error"]["fault"] == "outside"


def test_an_address_that_is_none(pilotage: Caller) -> None:
    said = pilotage("--server", "localhost", "release", "list")
    assert said.status == 2
    assert "http://127.0.0.1:8080" in said.err


@pytest.mark.parametrize("word", ["serve", "worker"])
def test_what_runs_here_does_not_run_through_a_server(pilotage: Caller, word: str) -> None:
    said = pilotage("--server", "http://127.0.0.1:1", word)
    assert said.status == 2
    assert "--database" in said.err


def test_what_nobody_foresaw_is_ours_and_kept_in_a_file(
    pilotage: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(plan_commands, "read_plan", broken)
    said = pilotage("plan", "show", "plan.yaml")
    assert said.status == 1
    assert "went wrong (ZeroDivisionError: a mistake of ours)" in said.err
    assert "Traceback" not in said.err
    found = re.search(r"\S+pilotage-error-\S+\.txt", said.err)
    assert found
    details = Path(found[0])
    assert "Traceback" in details.read_text()
    details.unlink()
    assert pilotage("plan", "show", "plan.yaml", "--json").json["error"]["fault"] == "ours"


def test_debugging_shows_the_traceback(pilotage: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTAGE_DEBUG", "1")
    assert "Traceback" in pilotage("plan", "check", "nowhere.yaml").err


def test_a_wrong_call_as_json(pilotage: Caller) -> None:
    said = pilotage("release", "hold", "--json")
    assert said.status == 2
    assert "--reason" in said.json["error"]["message"]


def test_no_colors_where_nobody_looks(
    pilotage: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b[" not in pilotage("plan", "check", "plan.yaml").out
    assert "\x1b[" in pilotage("--color", "plan", "check", "plan.yaml").out
    assert "\x1b[" not in pilotage("--no-color", "plan", "check", "plan.yaml").out


def test_a_port_in_use(pilotage: Caller) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        error = told(pilotage, "serve", "--port", port)
    assert port in error
    assert "--port" in error


def test_a_database_of_a_newer_pilotage(pilotage: Caller, folder: Path, created: str) -> None:
    with sqlite3.connect(folder / ".pilotage" / "pilotage.db") as database:
        database.execute("update pilotage_schema set version_num = 'r9999'")
    database.close()
    assert "newer" in told(pilotage, "release", "list")


def test_who_acts_may_come_from_the_environment(
    pilotage: Caller, created: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTAGE_AS", "maria")
    assert "maria started the release" in pilotage.done("release", "start").out


def test_a_file_that_cannot_be_written_keeps_what_it_was(pilotage: Caller, folder: Path) -> None:
    (folder / "plan.yaml").write_text("plan:   shop\nstages:\n    - {stage: all, expose: nobody}\n")
    (folder / "plan.yaml.part").mkdir()
    error = told(pilotage, "plan", "fmt", "plan.yaml")
    assert "plan.yaml.part" in error
    assert (folder / "plan.yaml").read_text().startswith("plan:   shop")


def test_a_folder_is_no_database(pilotage: Caller) -> None:
    assert "is no file" in told(pilotage, "--database", ".", "release", "list")


def test_the_current_folder_is_gone(pilotage: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "not there any more" in told(pilotage, "release", "list")


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only some systems have a disk that is always full"
)
def test_nothing_can_be_printed(folder: Path) -> None:
    script = Path(sys.executable).with_name("pilotage")
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(
            [script, "plan", "schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert said.returncode == 1
    assert "could not be written" in said.stderr


def test_a_terminal_that_knows_few_letters(folder: Path) -> None:
    script = Path(sys.executable).with_name("pilotage")
    said = subprocess.run(
        [script, "release", "create", "plan.yaml", "--version", "1.0"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0
    assert said.stdout.startswith("? Created shop-1.0")


def test_a_token_that_cannot_be_sent(pilotage: Caller) -> None:
    error = told(pilotage, "--server", "http://127.0.0.1:1", "--token", "a\nb", "release", "list")
    assert "cannot be sent" in error
    error = told(pilotage, "--server", "http://127.0.0.1:1", "--as", "zoë", "--token", "ü", "release", "list")
    assert "cannot be reached" in error
