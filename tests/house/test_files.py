"""House rules for every committed file that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

LONG_FILES_WITH_A_REASON: dict[str, str] = {}
"""Files of src over 400 lines, each with the reason why splitting it would make it harder to read."""

# Written in two parts so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
PLACES_OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(work|tmp/team|root|opt/(wheels|pypi)|home/\w+)" + r"/")
EXEMPTION = re.compile(r"#\s*(?:type: ignore\[[^\]]*\]|noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*)(?P<reason>.*)$")


def committed(repository: Path) -> Iterator[Path]:
    """Every file that is, or is about to be, committed."""
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout: run this from a clone to check its files")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout
    for name in sorted(filter(None, names.split("\0"))):
        if (path := repository / name).is_file():
            yield path


def text_of(path: Path) -> str:
    """The text of a file; nothing for a picture or another binary."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def finds(repository: Path, pattern: re.Pattern[str]) -> list[str]:
    """``file:line: text`` wherever a committed text file matches."""
    return [
        f"{path.relative_to(repository)}:{number}: {line.strip()}"
        for path in committed(repository)
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_place_of_one_machine(repository: Path) -> None:
    assert finds(repository, PLACES_OF_ONE_MACHINE) == []


def test_nothing_is_left_unfinished(repository: Path) -> None:
    assert finds(repository, UNFINISHED) == []


def test_the_lock_pins_by_hash_and_names_no_index(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text()
    assert not re.search(r"\w+://|--(extra-)?index-url|--find-links|--trusted-host", lock)
    pins = re.split(r"\n(?=\w)", "\n" + "\n".join(x for x in lock.splitlines() if not x.startswith("#")))[1:]
    assert len(pins) > 50
    assert [pin.splitlines()[0] for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_files_of_src_stay_readable(repository: Path) -> None:
    too_long = {
        str(path.relative_to(repository)): lines
        for path in committed(repository)
        if path.suffix == ".py" and path.is_relative_to(repository / "src")
        if (lines := len(text_of(path).splitlines())) > 400
    }
    assert set(too_long) - set(LONG_FILES_WITH_A_REASON) == set(), (
        "split these, or give a reason in this test"
    )
    assert set(LONG_FILES_WITH_A_REASON) - set(too_long) == set(), "these are short now; remove the reason"


def test_every_module_of_src_says_what_it_is(repository: Path) -> None:
    silent = [
        str(path.relative_to(repository))
        for path in (repository / "src").rglob("*.py")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_every_exemption_from_a_check_has_its_reason_on_the_line(repository: Path) -> None:
    bare = [
        f"{path.relative_to(repository)}:{number}: {line.strip()}"
        for path in (repository / "src").rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (found := EXEMPTION.search(line)) and not re.search(r"\w+ \w+", found["reason"])
    ]
    assert bare == [], "write it as: # noqa: S603 - why this is right here"


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("see /wo" + "rk/main/x", True),
        ("cd /ro" + "ot/thing", True),
        ("https://example.com/wo" + "rk/items", False),
        ("share/wo" + "rk/items", False),
    ],
)
def test_the_pattern_for_places_knows_a_path_from_an_address(line: str, caught: bool) -> None:
    assert bool(PLACES_OF_ONE_MACHINE.search(line)) is caught
