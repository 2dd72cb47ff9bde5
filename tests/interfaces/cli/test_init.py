"""``pilotage init``: every template is a plan that can be checked, the small ones run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotage.interfaces.cli.templates import TEMPLATES
from tests.support.calling import Caller


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_passes_the_check(pilotage: Caller, folder: Path, name: str) -> None:
    written = pilotage.done("init", "new", "--template", name, "--json").json
    assert (folder / written["first"]).exists()
    for file in written["written"]:
        assert pilotage.done("plan", "check", file, "--json").json["errors"] == []


@pytest.mark.parametrize("name", [name for name, template in TEMPLATES.items() if not template.campaign])
def test_every_template_but_a_campaign_can_be_played(pilotage: Caller, name: str) -> None:
    first = pilotage.done("init", "new", "--template", name, "--json").json["first"]
    played = pilotage("plan", "simulate", first, "--start", "2026-12-07 09:00", "--json").json
    assert played["outcome"] == "completed"


@pytest.mark.parametrize("name", [name for name, template in TEMPLATES.items() if template.self_approval])
def test_a_small_template_can_be_started_by_its_only_person(pilotage: Caller, name: str) -> None:
    said = pilotage.done("init", "new", "--template", name)
    assert 'The role "primary" is you (ana)' in said.out
    assert "self-approval: true" in said.out
    pilotage.done("release", "create", "new/plan.yaml", "--version", "1")
    pilotage.done("release", "start")


def test_nothing_is_ever_overwritten(pilotage: Caller, folder: Path) -> None:
    before = (folder / "plan.yaml").read_text()
    said = pilotage("init")
    assert said.status == 2
    assert "plan.yaml is there already; nothing was written." in said.err
    assert (folder / "plan.yaml").read_text() == before


def test_a_template_there_is_not(pilotage: Caller) -> None:
    said = pilotage("init", "--template", "smal")
    assert said.status == 2
    assert 'Did you mean "small"?' in said.err
