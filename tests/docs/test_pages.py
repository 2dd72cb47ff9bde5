"""The documentation tells the truth: links lead somewhere, commands exist and do what is said, plans are plans."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from pilotage import bootstrap
from pilotage.interfaces.cli.main import app, for_every_command_first
from tests.docs.pages import ROOT, Block, Command, blocks, calls, lines, name_of, pages
from tests.support.calling import Caller
from tools import reference_docs

PAGES = [pytest.param(page, id=name_of(page)) for page in pages()]
TRIED = [
    pytest.param(page, id=name_of(page))
    for page in pages()
    if any(block.is_a("sh", "run") for block in blocks(page))
]

AROUND = {
    "plan": "plan: example\n",
    "roles": "roles: {primary: maria, on-call: [sam, lee], product: lee, manager: kim, engineering lead: maria}\n",
    "exposure": "exposure: {flag: example, segments: {team: email ends with @example.com, beta: opted in}}\n",
    "metrics": "metrics: {error rate: {unit: percent, ask: every 1h of primary}}\n",
    "stages": "stages:\n"
    "  - {stage: internal, expose: team, go: primary}\n"
    "  - {stage: pilot, expose: 10%, go: primary}\n"
    "  - {stage: everyone, expose: everyone, go: primary}\n",
}
"""A small plan; a block of sections takes the place of what it brings itself."""


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 170


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: Path) -> None:
    for file, heading, written in reference_docs.links(page):
        assert file.exists(), f"{written} leads nowhere"
        if heading:
            found = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in map(reference_docs.anchor, found), f"{written}: there is no such heading"


def test_every_page_is_in_the_index() -> None:
    index = {file for file, _, _ in reference_docs.links(ROOT / "docs/README.md")}
    written = {
        p.resolve()
        for kind in ("howto", "explanation", "reference")
        for p in (ROOT / "docs" / kind).glob("*.md")
    }
    assert written <= index, f"docs/README.md does not name {sorted(map(str, written - index))}"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_parses(page: Path) -> None:
    for words in calls(page):
        parse(words)


def parse(words: list[str]) -> None:
    """Parse a call as ``pilotage`` would, down to its last option, without carrying it out."""
    shown = f"pilotage {' '.join(words)}"
    command: Any = typer.main.get_command(app)
    rest = [word for word in for_every_command_first(words) if word != "--help"]
    path = ["pilotage"]
    while rest and hasattr(command, "commands"):
        context = command.make_context(" ".join(path), rest)
        left: list[str] = [*context._protected_args, *context.args]  # what is left for the commands below
        word, rest = left[0], left[1:]
        assert word in command.commands, f"{shown}: there is no command {' '.join([*path, word])}"
        path.append(word)
        command = command.commands[word]
    if rest:  # else the text only names the command, as in `pilotage release hold`
        command.make_context(" ".join(path), rest)


@pytest.mark.parametrize("page", PAGES)
def test_every_plan_passes_the_check(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.is_a("yaml", "plan") or block.is_a("yaml", "sections"):
            file = tmp_path / (block.name or "plan.yaml")
            file.write_text(block.text if block.is_a("yaml", "plan") else whole(block), encoding="utf-8")
            found = bootstrap.check_plan(file)
            assert not found.errors, f"{name_of(page)}, {block}: {[str(p) for p in found.errors]}"
            assert not (found.plan and found.plan.not_yet), f"{name_of(page)}, {block}: it could not start"
        else:
            assert not block.is_a("yaml") or len(block.words) > 1, f"{block}: say what this YAML is"


def whole(block: Block) -> str:
    """A block of sections with the rest of a small plan around it."""
    brought = set(re.findall(r"^([a-z][a-z -]*):", block.text, re.MULTILINE))
    return "".join(text for key, text in AROUND.items() if key not in brought) + block.text


@pytest.mark.parametrize("page", TRIED)
def test_what_is_shown_happens(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PILOTAGE_DATABASE", "PILOTAGE_SERVER", "PILOTAGE_TOKEN", "PILOTAGE_AS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "maria")
    if page.name == "tutorial.md":
        shutil.copytree(ROOT / "examples/shop", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    pilotage = Caller(capsys)
    printed = ""
    for block in blocks(page):
        if block.name and block.is_a("yaml"):
            (tmp_path / block.name).write_text(block.text, encoding="utf-8")
        elif block.is_a("sh", "run"):
            printed = "".join(
                carried_out(command, pilotage, f"{name_of(page)}, {block}") for command in lines(block)
            )
        elif block.is_a("text", "output"):
            compare(block, printed)


def carried_out(command: Command, pilotage: Caller, where: str) -> str:
    """What a command of a page printed; its status is as the page says."""
    words = shlex.split(command.text, comments=True)
    if words[0] == "pilotage" and ">" not in words:
        said = pilotage(*quicker(words[1:]))
        status, printed = said.status, said.out + said.err
    else:
        done = subprocess.run(
            ["sh", "-c", command.text], capture_output=True, text=True, timeout=30, check=False
        )
        status, printed = done.returncode, done.stdout + done.stderr
    assert status == (command.status or 0), f"{where}: {command.text} ended with {status}\n{printed}"
    return printed


def quicker(words: list[str]) -> list[str]:
    """Nobody waits for a release that will not end anyway."""
    return [
        "2s" if before == "--timeout" else word for before, word in zip(["", *words], words, strict=False)
    ]


def compare(block: Block, printed: str) -> None:
    """Each line of the block stands in what was printed, in this order; moments may differ."""
    left = timeless(printed)
    for line in block.text.splitlines():
        for part in filter(None, map(str.strip, timeless(line).split("…"))):
            _, found, left = left.partition(part)
            assert found, f"{block}: not printed, or not in this order: {part!r}\n{printed}"


def timeless(text: str) -> str:
    """A text without its moments, on one line of single spaces."""
    return " ".join(re.sub(r"\d{4}-\d\d-\d\d|\b\d\d:\d\d(:\d\d)?\b", "~", text).split())
