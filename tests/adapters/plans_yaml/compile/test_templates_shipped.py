"""The five source documents, shipped as templates: each reads without a mistake, and says what it does not do yet."""

from __future__ import annotations

import time
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import pytest

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.ports.plans import ReadPlan
from pilotage.domain.plan import Plan
from pilotage.domain.steps import UndoKind

PLANS = Path(str(files("pilotage") / "plans"))
EVERY_FILE = sorted(str(file.relative_to(PLANS)) for file in PLANS.rglob("*.yaml"))
EVERY_PLAN = [name for name in EVERY_FILE if not name.endswith(("pilotage.yaml", "rolling-release.yaml"))]


@lru_cache
def read(name: str) -> ReadPlan:
    return YamlPlans().check(PLANS / name)


def plan(name: str) -> Plan:
    found = read(name).plan
    assert found is not None
    return found


def test_all_are_shipped() -> None:
    assert len([name for name in EVERY_FILE if not name.startswith("templates/")]) == 13


@pytest.mark.parametrize("name", EVERY_FILE)
def test_reads_without_a_mistake(name: str) -> None:
    assert read(name).errors == ()


@pytest.mark.parametrize("name", EVERY_PLAN)
def test_gives_the_same_plan_when_it_is_restored_from_its_document(name: str) -> None:
    before, after = plan(name), YamlPlans().restore(read(name).document)

    assert after.digest == before.digest
    assert [s.key for stage in after.stages for s in stage.walk()] == [
        s.key for stage in before.stages for s in stage.walk()
    ]
    assert [m.id for m in after.messages] == [m.id for m in before.messages]
    assert [s.guards for s in after.stages] == [s.guards for s in before.stages]
    assert {form.form for form in after.not_yet} == {form.form for form in before.not_yet}


@pytest.mark.parametrize("name", EVERY_PLAN)
def test_every_step_has_a_key_of_its_own(name: str) -> None:
    keys = [step.key for stage in plan(name).stages for step in stage.walk()]
    keys += [
        step.key for procedure in plan(name).rollback.procedures for s in procedure.steps for step in s.walk()
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", ["rolling-release.yaml", "release-management/pilotage.yaml"])
def test_a_file_that_is_no_plan_is_checked_and_told_from_one(name: str) -> None:
    assert read(name).errors == ()
    [error] = YamlPlans().read(PLANS / name).errors
    assert "a release needs a plan file" in error.message


def test_the_largest_is_read_quickly() -> None:
    """Within 150 ms on two quiet cores; the bound here only catches a reading that has become slow in kind."""
    started = time.process_time()
    YamlPlans().read(PLANS / "release-management" / "standard.yaml")
    assert time.process_time() - started < 1.0


def test_lines_of_the_project_whose_stage_a_plan_lacks_are_left_out_and_said_to_be() -> None:
    hotfix = read("release-management/hotfix.yaml")
    assert 'left out: this plan has no step "database-migration"' in [w.message for w in hotfix.warnings]
    assert "high risk" not in plan("release-management/hotfix.yaml").traits
    assert "high risk" in plan("release-management/standard.yaml").traits


def test_a_choice_loses_the_option_whose_steps_are_all_left_out() -> None:
    [database] = [
        p for p in plan("release-management/hotfix.yaml").rollback.procedures if p.name == "database"
    ]
    [choice] = [s.action for s in database.steps if s.id == "how-shall-the-database-be-restored"]
    assert [option.name for option in choice.options] == ["snapshot restore"]  # type: ignore[union-attr]  # a Choose


def test_a_restore_is_a_one_way_door_and_a_migration_says_how_it_is_undone() -> None:
    major = plan("release-management/major.yaml")
    restore = next(
        s for p in major.rollback.procedures for top in p.steps for s in top.walk() if s.id == "restore"
    )
    assert restore.undo.kind is UndoKind.IMPOSSIBLE
    assert restore.loses == "what was written since the backup"
    assert major.step_by_key["go-live/database-migration"].undo.commands == (
        "npm run db:migrate:down -- --env production",
    )
