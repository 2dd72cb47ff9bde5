"""What the shell offers after a TAB: words, live ids, names; and silence where there is nothing to ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pilotage.interfaces.cli.main import main
from tests.interfaces.cli.test_release import until_blocked
from tests.support.calling import Caller

Offers = Callable[..., list[str]]


@pytest.fixture
def offers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Offers:
    """What is offered where the last word stands, as bash asks for it."""

    def offered(*words: str) -> list[str]:
        monkeypatch.setenv("_PILOTAGE_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["pilotage", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        capsys.readouterr()
        assert main([]) == 0
        monkeypatch.delenv("_PILOTAGE_COMPLETE")
        return capsys.readouterr().out.split()

    return offered


def test_words(offers: Offers, folder: Path) -> None:
    assert offers("rel") == ["release"]
    assert offers("release", "wa") == ["watch"]


def test_ids_of_releases_questions_and_flags(offers: Offers, pilotage: Caller, created: str) -> None:
    assert offers("release", "why", "") == ["shop-1.0.0"]
    pilotage.done("release", "start", by="ana")
    until_blocked(pilotage, created)
    assert any("critical-paths" in offer for offer in offers("attest", ""))
    assert offers("flags", "show", "new") == ["new-shop"]


def test_names_that_need_no_database(offers: Offers, folder: Path) -> None:
    assert offers("plan", "simulate", "plan.yaml", "--scenario", "er") == ["error-spike"]
    assert offers("init", "--template", "st") == ["staged-rollout"]


def test_completing_makes_no_database_and_says_nothing_where_there_is_none(
    offers: Offers, folder: Path
) -> None:
    assert offers("release", "why", "") == []
    assert not (folder / ".pilotage").exists()
