"""Write the generated pages of docs/, or with ``--check`` say where the docs have stopped telling the truth.

A page is generated when it is named in ``GENERATED``: its whole text is what the function returns. Checked
are: every generated page is current, every relative link leads to a file (and its heading exists), and
every page can be reached from docs/README.md.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent

GENERATED: Mapping[str, str] = {
    "docs/reference/openapi.json": "tools.openapi:page",
    "docs/howto/evidence.svg": "tools.howto_chart:page",
    "docs/adr/README.md": "tools.reference_docs:decision_index",
    "docs/reference/events.md": "tools.event_reference:page",
    "docs/reference/release-states.md": "tools.diagrams:page",
    "docs/reference/cli.md": "pilotage.interfaces.cli.reference:reference_page",
    "docs/reference/plan-keys.md": "pilotage.adapters.plans_yaml.reference:reference_page",
}
"""Page (from the repository's root) to ``module:function``; the function takes nothing and returns the page."""

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def decision_index(folder: Path = ROOT / "docs" / "adr") -> str:
    """docs/adr/README.md: the list of decisions with their status, from the decisions themselves."""
    rows = [
        "# Decisions",
        "",
        "Why Pilotage is built as it is. A new one starts from [the template](template.md).",
        "",
    ]
    rows += ["| | Decision | Status |", "|---|---|---|"]
    for page in sorted(folder.glob("[0-9]*.md")):
        text = page.read_text(encoding="utf-8")
        title = text.splitlines()[0].removeprefix("# ").split(". ", 1)[-1]
        status = re.search(r"^Status: (.+)$", text, re.MULTILINE)
        rows.append(f"| {page.name[:4]} | [{title}]({page.name}) | {status[1] if status else 'missing'} |")
    return "\n".join(rows) + "\n"


def render(target: str) -> str:
    """The text of a generated page, by its ``module:function``."""
    module, function = target.split(":")
    text: str = getattr(import_module(module), function)()
    return text


def anchor(heading: str) -> str:
    """The anchor GitHub gives a heading.

    >>> anchor("What must `always` hold?")
    'what-must-always-hold'
    """
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def links(page: Path) -> Iterator[tuple[Path, str, str]]:
    """Every relative link of a page outside code blocks: the file it leads to, its anchor, and as written."""
    for match in _LINK.finditer(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        written = match[1]
        if re.match(r"[a-z]+:", written):
            continue
        file, _, name = written.partition("#")
        yield (page.parent / file).resolve() if file else page.resolve(), name, written


def problems(root: Path = ROOT, generated: Mapping[str, str] = GENERATED) -> list[str]:
    """What is wrong with the docs under ``root``, one sentence each, with what to do."""
    found = []
    for name, target in generated.items():
        page = root / name
        if not page.exists() or page.read_text(encoding="utf-8") != render(target):
            found.append(f"{name}: not current; it is generated, run make docs")
    pages = {page.resolve() for page in (root / "docs").rglob("*.md")}
    start = (root / "docs" / "README.md").resolve()
    for page in sorted(pages | {path.resolve() for path in root.glob("*.md")}):
        for file, name, written in links(page):
            where = f"{page.relative_to(root.resolve())}: the link to {written}"
            if not file.exists():
                found.append(f"{where} leads nowhere; mend or remove it")
            elif name and name not in {anchor(h) for h in _HEADING.findall(file.read_text(encoding="utf-8"))}:
                found.append(f"{where} names a heading that is not there")
    reached, ahead = {start}, [start]
    while ahead:
        for file, _, _ in links(ahead.pop()):
            if file in pages - reached:
                reached.add(file)
                ahead.append(file)
    lost = sorted(page.relative_to(root.resolve()) for page in pages - reached)
    return found + [f"{page}: no link leads here from docs/README.md" for page in lost]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the generated pages; with ``--check`` change nothing and return 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args(arguments).check:
        wrong = problems()
        for problem in wrong:
            print(problem)
        return 1 if wrong else 0
    for name, target in GENERATED.items():
        (ROOT / name).write_text(render(target), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
