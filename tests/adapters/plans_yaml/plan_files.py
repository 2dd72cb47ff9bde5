"""What the tests of the document layer share: reading a text, its messages, its tree as plain Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilotage.adapters.plans_yaml.document import Document, load_document
from pilotage.adapters.plans_yaml.keys import FILES, SECTIONS
from pilotage.adapters.plans_yaml.reader import read_tree
from pilotage.adapters.plans_yaml.strict import check_file, kind_of
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Problems, Text

SHIPPED = Path(__file__).parents[3] / "src" / "pilotage" / "plans"


def shipped_plans() -> list[Path]:
    """The plan files that come with Pilotage."""
    return sorted(SHIPPED.rglob("*.yaml"))


def plain(node: Node | None) -> Any:
    """A tree as texts, lists and dictionaries (which keep their order)."""
    if node is None or isinstance(node, Text):
        return node.value if node else None
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key.value: plain(value) for key, value in node}


def read(text: str, file: str = "plan.yaml") -> Entries:
    """The tree of a text without mistakes."""
    problems = Problems()
    tree = read_tree(text, file, problems)
    assert tree is not None
    assert problems.errors == ()
    return tree


def mistakes(text: str, file: str = "checkout.yaml") -> list[str]:
    """Every mistake of one file, as `plan check` prints it: reading and the strict check."""
    problems = Problems()
    tree = read_tree(text, file, problems)
    if tree is not None:
        kind = kind_of(tree)
        check_file(tree, FILES[kind] if kind else SECTIONS, problems)
    return [str(problem) for problem in problems.errors]


def load(path: Path) -> tuple[Document, list[str], list[str]]:
    """A document with its errors and warnings, files shown by their names alone."""
    problems = Problems()
    document = load_document(path, problems)
    assert document is not None
    shown = [(p.warning, f"{Path(p.file).name}:{p.line}:{p.column}  {p.message}") for p in problems.found]
    return document, sorted({t for w, t in shown if not w}), [t for w, t in shown if w]


def write(folder: Path, **files: str) -> Path:
    """Write files (`plan="..."` is plan.yaml) and return the path of the first."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.yaml"
