"""What the pages say about the code is so: the files and functions they name, the variables, the forms not carried out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

SOURCE = ROOT / "src/pilotage"
WALK = (ROOT / "docs/explanation/from-sample-to-rollback.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^\| \d \| \[[^]]+\]\(([^)]+)\) \| `(\w+)` \|", WALK, re.MULTILINE)


def test_the_walk_is_about_eight_files_long() -> None:
    assert 7 <= len(STEPS) <= 10
    assert len({file for file, _ in STEPS}) == len(STEPS)


@pytest.mark.parametrize(("file", "function"), STEPS)
def test_each_file_of_the_walk_is_small_and_has_the_function(file: str, function: str) -> None:
    path = (ROOT / "docs/explanation" / file).resolve()
    text = path.read_text(encoding="utf-8")
    defined = {
        n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert function in defined
    assert len(text.splitlines()) <= 400


def test_the_walk_names_what_exists() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in SOURCE.rglob("*.py"))
    for name in re.findall(r"`([A-Z]\w+|\w+\.\w+|[a-z]+)`", WALK):
        last = name.rpartition(".")[2].removesuffix("py") or name
        assert re.search(rf"\b{re.escape(last)}\b", code) or (SOURCE / "adapters/metrics" / name).exists(), (
            name
        )


def test_every_environment_variable_is_told() -> None:
    page = (ROOT / "docs/reference/environment.md").read_text(encoding="utf-8")
    code = [f.read_text(encoding="utf-8") for f in SOURCE.rglob("*.py")]
    named = {name for text in code for name in re.findall(r"\"(PILOTAGE_[A-Z]+(?:_[A-Z]+)*)\"", text)}
    assert named
    assert named <= set(re.findall(r"PILOTAGE_[A-Z_]+", page))


def test_the_list_of_what_is_not_carried_out_is_the_compilers() -> None:
    page = (ROOT / "docs/reference/not-yet.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    assert listed == set(forms_not_yet())


def forms_not_yet() -> Iterator[str]:
    """What the compiler notes as not carried out, with … for the plan's own words."""
    for file in (SOURCE / "adapters/plans_yaml/compile").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "yet"
                ):
                    yield from _form(node.args[0], function)


def _form(argument: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.Name(id=name):
            # The name of a section: `for name in ("schedule", …)`.
            loops = [n for n in ast.walk(function) if isinstance(n, ast.For)]
            found = [n for n in loops if isinstance(n.target, ast.Name) and n.target.id == name]
            yield from ast.literal_eval(found[0].iter)
        case _:
            raise AssertionError(ast.unparse(argument))


def test_every_crash_point_count_is_right() -> None:
    from pilotage.application.runtime.crashpoints import POINTS

    page = (ROOT / "docs/explanation/after-a-crash.md").read_text(encoding="utf-8")
    assert {10: "Ten"}[len(POINTS)] in page


def test_every_built_in_scenario_is_told() -> None:
    from pilotage.application.simulation.scenario import BUILT_IN

    page = (ROOT / "docs/howto/simulate.md").read_text(encoding="utf-8")
    for name, scenario in BUILT_IN.items():
        assert f"| `{name}` |" in page, f"{name}: {scenario.describe}"


def test_no_page_names_this_machine() -> None:
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        assert str(ROOT) not in text, page
        assert str(Path.home()) not in text, page
        assert "/tmp/" not in text, page


def _bad_days() -> list[str]:
    """The messages the pages of bad days and of `why` promise, in the pieces that are written out."""
    pages = [
        (ROOT / "docs/howto" / name).read_text(encoding="utf-8") for name in ("bad-days.md", "why-and-log.md")
    ]
    page = "\n".join(pages)
    said = re.findall(r"^\| (?!It says|---)([^|]+) \|", page, re.MULTILINE)
    return [
        piece.strip()
        for text in said
        for piece in re.split(r"…|\d+[^ ]*|/|;|\"", text)
        if len(piece.strip()) > 8
    ]


@pytest.mark.parametrize("piece", _bad_days())
def test_each_message_of_the_bad_days_is_ours(piece: str) -> None:
    assert _flat(piece) in SAID, f"nothing in the code says {piece!r}"


def _flat(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().lower()


def _texts(file: Path) -> Iterator[str]:
    """Every text of a file, with what is filled in left open."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield " ".join(str(p.value) for p in node.values if isinstance(p, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{[^}]*\}", " ", node.value)


SAID = " \n ".join(_flat(text) for file in SOURCE.rglob("*.py") for text in _texts(file))
