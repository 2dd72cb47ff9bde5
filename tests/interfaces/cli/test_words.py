"""Every word ``pilotage`` knows: it opens, explains itself with an example, and costs nothing before it is chosen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from pilotage.interfaces.cli.main import WORDS, app, for_every_command_first
from tests.support.calling import Caller


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by the words that call it."""
    root: Any = typer.main.get_command(app)
    for name in WORDS:
        command = root.commands[name]
        if WORDS[name].group:
            for inner, each in command.commands.items():
                yield f"{name} {inner}", each
        else:
            yield name, command


COMMANDS = dict(commands())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_explains_itself_with_an_example_of_itself(words: str, pilotage: Caller) -> None:
    said = pilotage.done(*words.split(), "--help")
    assert COMMANDS[words].help
    example = COMMANDS[words].epilog
    assert example.startswith("Example: pilotage ")
    assert words in example
    assert "Example: pilotage" in said.out


def test_help_lists_every_word_without_opening_its_file(pilotage: Caller) -> None:
    said = pilotage.done("--help")
    assert all(f"  {word}" in said.out for word in WORDS)
    program = (
        "import sys; from pilotage.interfaces.cli.main import main; main(['--help']); print(*sys.modules)"
    )
    modules = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    loaded = set(modules.splitlines()[-1].split())
    assert "typer" in loaded
    assert not loaded & {
        "rich",
        "sqlalchemy",
        "ruamel.yaml",
        "httpx",
        "numpy",
        "asyncio",
        "pydantic",
        "fastapi",
    }


def test_checking_a_plan_opens_no_database() -> None:
    program = "import sys; from pilotage.interfaces.cli.main import main; main(['plan', 'check', 'x']); print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert not set(modules.splitlines()[-1].split()) & {"sqlalchemy", "alembic", "httpx", "fastapi"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["release", "start", "--as", "maria"], ["--as", "maria", "release", "start"]),
        (["plan", "check", "--server=http://x", "f"], ["--server=http://x", "plan", "check", "f"]),
        (["approve", "--", "--as"], ["approve", "--", "--as"]),
        (["release", "--no-color", "list"], ["--no-color", "release", "list"]),
        (["release", "list", "--as"], ["--as", "release", "list"]),
    ],
)
def test_options_for_every_command_may_stand_anywhere(typed: list[str], read: list[str]) -> None:
    assert for_every_command_first(typed) == read


def test_a_misspelt_word_is_answered_with_the_nearest(pilotage: Caller) -> None:
    said = pilotage("relase")
    assert said.status == 2
    assert "'release'" in said.err
    said = pilotage("plan", "chek", "plan.yaml")
    assert said.status == 2
    assert "'check'" in said.err


def test_a_group_without_a_command_shows_its_help(pilotage: Caller) -> None:
    said = pilotage("release")
    assert said.status == 2
    assert "watch" in said.out


def test_the_version(pilotage: Caller) -> None:
    assert pilotage.done("--version").out.startswith("pilotage 0")
