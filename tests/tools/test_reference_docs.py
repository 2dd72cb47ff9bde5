"""The docs check finds stale pages, dead links and pages nobody can reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import reference_docs


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A small, sound documentation tree: an index, one page it links to."""
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "README.md").write_text("# Docs\n\n[Glossary](glossary.md#words-we-use)\n")
    (folder / "glossary.md").write_text("# Glossary\n\n## Words we use\n")
    return folder


def wrong(docs: Path) -> list[str]:
    """What the check says about a tree without generated pages."""
    return reference_docs.problems(docs.parent, generated={})


def test_sound_docs_pass(docs: Path) -> None:
    assert wrong(docs) == []


def test_a_dead_link_is_found_but_not_inside_a_code_block(docs: Path) -> None:
    (docs / "glossary.md").write_text(
        "# Glossary\n\n## Words we use\n\n[x](gone.md)\n\n```\n[y](also-gone.md)\n```\n"
    )
    assert wrong(docs) == ["docs/glossary.md: the link to gone.md leads nowhere; mend or remove it"]


def test_a_link_to_a_missing_heading_is_found(docs: Path) -> None:
    (docs / "glossary.md").write_text("# Glossary\n")
    assert wrong(docs) == [
        "docs/README.md: the link to glossary.md#words-we-use names a heading that is not there"
    ]


def test_a_page_no_link_leads_to_is_found(docs: Path) -> None:
    (docs / "lost.md").write_text("# Lost\n")
    assert wrong(docs) == ["docs/lost.md: no link leads here from docs/README.md"]


def test_a_stale_generated_page_is_found(docs: Path) -> None:
    generated = {"docs/glossary.md": "tools.reference_docs:decision_index"}
    assert reference_docs.problems(docs.parent, generated)[0].startswith("docs/glossary.md: not current")


def test_the_decision_index_lists_title_and_status(tmp_path: Path) -> None:
    (tmp_path / "0007-a-choice.md").write_text("# 7. A choice\n\nStatus: accepted\n")
    assert "| 0007 | [A choice](0007-a-choice.md) | accepted |" in reference_docs.decision_index(tmp_path)
