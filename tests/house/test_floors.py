"""The five floors hold, and the contracts that hold them bite."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ALLOWED = {
    "domain": {"pilotage"},
    # numpy for the statistics, mmh3 for bucketing: both compute and touch nothing.
    "decisions": {"pilotage", "numpy", "mmh3"},
}


def imports(path: Path) -> Iterator[str]:
    """The full names a module imports: ``a.b`` for ``import a.b``, ``a.b.c`` for ``from a.b import c``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level + (node.module or "")
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("floor", ALLOWED)
def test_a_pure_floor_imports_the_standard_library_and_little_else(repository: Path, floor: str) -> None:
    foreign = [
        f"{path.relative_to(repository)} imports {name}"
        for path in sorted((repository / "src" / "pilotage" / floor).rglob("*.py"))
        for name in imports(path)
        if not name.startswith(".")
        if (root := name.split(".")[0]) not in sys.stdlib_module_names | ALLOWED[floor]
        # Of urllib only the parser of addresses is pure; of numpy everything but chance and files.
        or (root == "urllib" and not name.startswith("urllib.parse"))
        or name.startswith("numpy.random")
    ]
    assert foreign == []


@pytest.mark.parametrize("floor", ALLOWED)
def test_a_pure_floor_draws_no_random_numbers(repository: Path, floor: str) -> None:
    drawn = [
        f"{path.relative_to(repository)}:{node.lineno}"
        for path in sorted((repository / "src" / "pilotage" / floor).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "random"
        if isinstance(node.value, ast.Name) and node.value.id in {"np", "numpy"}
    ]
    assert drawn == []


# A house with every rule broken once: file -> what it imports.
BROKEN_HOUSE = {
    "domain/release.py": "import socket\nfrom pilotage.decisions import decide",
    "decisions/decide.py": "import logging\nfrom pilotage.decisions import evolve",
    "decisions/evolve.py": "from pilotage.decisions import decide",
    "application/loop.py": "import sqlalchemy",
    "adapters/metrics/prometheus.py": "",
    "adapters/storage/sqlite.py": "from pilotage.adapters.metrics import prometheus",
    "bootstrap.py": "",
    "interfaces/cli/main.py": "from pilotage import bootstrap",
    "interfaces/http/routes.py": "import sqlite3\nfrom pilotage import bootstrap\nfrom pilotage.adapters import metrics",
    "testing/contracts.py": "from pilotage.adapters import metrics",
    "stray.py": "",
}

CONTRACTS = [
    "Five floors",
    "Only bootstrap names a concrete adapter",
    "Only the command line puts the program together",
    "Adapters do not know each other",
    "pilotage.testing needs no adapter",
    "No circle of imports",
    "domain and decisions are pure",
    "application reaches the world through ports only",
    "interfaces ask use cases",
]


def test_every_contract_catches_the_house_that_breaks_it(repository: Path, tmp_path: Path) -> None:
    house = tmp_path / "pilotage"
    for name, text in BROKEN_HOUSE.items():
        path = house / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        for folder in path.relative_to(tmp_path).parents[:-1]:
            (tmp_path / folder / "__init__.py").touch()
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--config", str(repository / "pyproject.toml"), "--no-cache", "--no-logo"]
    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    broken = [line for line in outcome.stdout.splitlines() if line.rstrip().endswith("BROKEN")]
    assert outcome.returncode == 1
    assert [name for name in CONTRACTS if not any(name in line for line in broken)] == [], outcome.stdout
    assert len(broken) == len(CONTRACTS)
    assert "stray" in outcome.stdout
