"""``release evidence``, ``release replay`` and ``plan check --traffic`` on the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pilotage.adapters.storage.sqlite import sqlite_storage
from pilotage.interfaces.cli.main import main
from tests.support.calling import Caller
from tests.support.past import PLAN, with_numbers


@pytest.fixture
def past(folder: Path, pilotage: Caller) -> str:
    """A release that was rolled back by its numbers, in the database of this folder."""
    del pilotage

    async def made() -> str:
        file = folder / ".pilotage" / "pilotage.db"
        file.parent.mkdir()
        storage = sqlite_storage(file)
        await storage.ready()
        try:
            return await with_numbers(storage, storage)
        finally:
            await storage.close()

    return asyncio.run(made())


@pytest.mark.requirement(226, 251)
def test_a_person_reads_what_decided(pilotage: Caller, past: str) -> None:
    said = pilotage.done("release", "evidence", past)
    for words in (
        "checkout-1.4.0   Checkout, rolled back",
        "Rolling back from 1.4.0 to 1.3.0: error rate worse than baseline by 20%",
        "1 % of harmless releases are rolled back at most",
        "METRIC", "RATIO", "error rate", "TEST", "error rate worse than baseline by 20%", "of 100", "worse",
    ):  # fmt: skip
        assert words in said.out, words


def test_the_same_as_json_with_the_intervals_and_the_line_that_decided(pilotage: Caller, past: str) -> None:
    found = pilotage.done("release", "evidence", past, "--metric", "error rate", "--json").json
    (metric,) = found["metrics"]
    assert metric["tests"][0]["verdict"] == "certain"
    assert metric["intervals"][-1]["low"] > 1
    assert found["decided"][0]["what"] == "rolled back"
    assert len(metric["points"]) == found["looks"] == len(metric["intervals"])


def test_the_picture_goes_into_a_file_or_to_standard_output(
    pilotage: Caller, past: str, folder: Path
) -> None:
    said = pilotage.done("release", "evidence", past, "--svg", "evidence.svg")
    assert "✓ Drawn into evidence.svg" in said.out
    assert "METRIC" in said.out
    alone = pilotage.done("release", "evidence", past, "--svg", "-")
    assert ET.fromstring(alone.out).tag.endswith("svg")
    assert (folder / "evidence.svg").read_text() == alone.out.removesuffix("\n")
    assert pilotage.done("release", "evidence", past, "--svg", "e.svg", "--json").json["file"] == "e.svg"
    assert pilotage("release", "evidence", past, "--svg", "-", "--json").status == 2
    assert pilotage("release", "evidence", past, "--svg", "no/such/folder/e.svg").status == 2


def test_what_is_not_there_is_said(pilotage: Caller, past: str) -> None:
    said = pilotage("release", "evidence", past, "--metric", "latency")
    assert said.status == 2
    assert "No metric called" in said.err
    assert "Under test: error rate." in said.err
    assert pilotage("release", "evidence", "nothing").status == 2


def test_a_release_without_numbers_says_why(pilotage: Caller, created: str) -> None:
    said = pilotage.done("release", "evidence", created)
    assert "error rate is reported by hand" in said.err


def test_its_own_plan_ends_it_where_it_ended(pilotage: Caller, past: str) -> None:
    said = pilotage.done("release", "replay", past)
    assert "looks judged again by its own plan" in said.out
    assert "It would have been rolled back when it was." in said.out
    assert said.out.count("Rolling back from 1.4.0 to 1.3.0") == 2
    assert "requests had met the change" in said.out


def test_other_rules_end_it_elsewhere_or_nowhere(pilotage: Caller, past: str, folder: Path) -> None:
    (folder / "lax.yaml").write_text("rollback: {automatic: error rate worse than baseline by 900%}\n")
    found = pilotage.done("release", "replay", past, "--guard", "lax.yaml", "--json").json
    assert found["stopped"] is None
    assert found["really_stopped"]["what"] == "rolled back"
    assert found["rules"] == "lax.yaml"
    (folder / "strict.yaml").write_text("rollback: {automatic: error rate worse than baseline by 0%}\n")
    strict = pilotage.done("release", "replay", past, "--guard", "strict.yaml", "--json").json
    assert strict["stopped"]["at"] <= strict["really_stopped"]["at"]


def test_mistakes_in_the_rules_have_their_place(pilotage: Caller, past: str, folder: Path) -> None:
    (folder / "rules.yaml").write_text("guard: {error rte: target < 1%}\n")
    said = pilotage("release", "replay", past, "--guard", "rules.yaml")
    assert said.status == 1
    assert "rules.yaml:1:9" in said.out + said.err
    (folder / "empty.yaml").write_text("\n")
    assert pilotage("release", "replay", past, "--guard", "empty.yaml").status == 2
    assert pilotage("release", "replay", past, "--guard", "nowhere.yaml").status == 2


def test_the_shell_offers_the_metrics_under_test(
    pilotage: Caller, past: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del pilotage
    words = ["pilotage", "release", "evidence", past, "--metric", "err"]
    monkeypatch.setenv("_PILOTAGE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", "5")
    capsys.readouterr()
    assert main([]) == 0
    assert capsys.readouterr().out.split("\n")[0] == "error rate"


# --- plan check --traffic -----------------------------------------------------------------------------------------


@pytest.fixture
def compared(folder: Path) -> str:
    """A plan that compares, and wants three times as many errors shown."""
    (folder / "compared.yaml").write_text(PLAN.replace("reveal: nothing", "reveal: 3x"))
    return "compared.yaml"


def test_each_stage_says_what_it_reveals_and_when(pilotage: Caller, compared: str) -> None:
    said = pilotage.done("plan", "check", compared, "--traffic", "100rps")
    assert "With 100 requests a second, of which 0.1 % fail (assumed" in said.out
    assert "18,000" in said.out
    assert "everyone (everyone): everybody is in" in said.out
    assert "▲" not in said.out
    assert "2x AFTER" in said.out


def test_a_blind_stage_is_told_with_what_would_help(pilotage: Caller, compared: str) -> None:
    said = pilotage.done("plan", "check", compared, "--traffic", "600 per m", "--base-rate", "0.1%")
    assert "assumed" not in said.out
    assert "▲ pilot (10%) reveals" in said.out
    assert "the plan wants 3x. What would help: bake it" in said.out


def test_the_same_reckoning_as_json(pilotage: Caller, compared: str) -> None:
    found = pilotage.done("plan", "check", compared, "--traffic", "6000 per m", "--json").json["traffic"]
    assert found["traffic"] == {"per_second": 100.0, "base_rate": 0.001}
    assert [(s["stage"], bool(s["why_not"])) for s in found["stages"]] == [
        ("pilot", False),
        ("everyone", True),
    ]
    assert [s["ratio"] for s in found["stages"][0]["seen"]] == [2.0, 3.0, 5.0, 10.0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--traffic", "100"), 'did you mean "100rps"?'),
        (("--traffic", "-5rps"), "expected traffic such as"),
        (("--traffic", "0rps"), "expected traffic such as"),
        (("--traffic", "100rps", "--base-rate", "1"), "expected a percentage"),
        (("--base-rate", "1%"), "says nothing without --traffic"),
    ],
)
def test_what_cannot_be_traffic_is_the_callers_mistake(
    pilotage: Caller, compared: str, words: tuple[str, ...], told: str
) -> None:
    said = pilotage("plan", "check", compared, *words)
    assert said.status == 2
    assert told in said.err
