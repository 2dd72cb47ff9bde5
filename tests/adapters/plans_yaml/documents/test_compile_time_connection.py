"""Document 001, the compile-time connection rollout, as it is compiled."""

from __future__ import annotations

import pytest

from pilotage.domain.rollback import TriggerClass
from pilotage.domain.steps import Expose, Migrate, Retire
from pilotage.domain.time import Duration

from .conftest import at, document, guards, messages, step, texts, work

PLAN = document("compile-time-connection")


@pytest.mark.requirement(61)
def test_its_goal() -> None:
    for words in ("smooth transition", "minimal disruption", "robust rollback path", "is fundamental"):
        assert words in PLAN.summary


@pytest.mark.requirement(62, 63)
def test_development_and_staging() -> None:
    development, staging = PLAN.stage("development"), PLAN.stage("staging")
    assert (at(development), development.environment) == ("week 1", "development")
    assert work(development) == [
        "deploy to development", "Internal testing with developers and QA", "Fix issues found during internal testing",
        "Update documentation for developers",
    ]  # fmt: skip
    assert (at(staging), staging.environment) == ("week 2", "staging")
    assert work(staging) == [
        "deploy to staging", "Integration testing with real data", "Test migrations with production-like data",
        "Performance tests, no degradation", "Verify backward compatibility",
    ]  # fmt: skip


@pytest.mark.requirement(64)
def test_beta_is_opt_in_and_between_five_and_ten_percent() -> None:
    beta = PLAN.stage("beta")
    [rung] = beta.rungs
    assert at(beta) == "week 3"
    assert rung.most.capped == {"beta testers": 10.0}
    assert rung.warned_below == {"beta testers": 5.0}
    assert work(beta)[1:] == [
        "Collect feedback from beta users",
        "Monitor error rates",
        "Fix issues found during beta testing",
    ]
    assert texts(beta.gate) == ["error rate < 0.1% for 3d", "Issues found in beta are fixed"]
    assert guards(beta)["error rate"] == ("< 0.1%", "> 1%")


@pytest.mark.requirement(65)
def test_production_rises_in_five_rungs_over_three_weeks() -> None:
    rungs = [
        (at(PLAN.stage(name)), [r.text for r in PLAN.stage(name).rungs])
        for name in ("first-ramp", "second-ramp", "everyone")
    ]
    assert rungs == [("week 4", ["10%", "25%"]), ("week 5", ["50%", "75%"]), ("week 6", ["everyone"])]


@pytest.mark.requirement(66)
def test_the_flag_goes_after_two_weeks_of_stable_operation() -> None:
    stabilization, removal = PLAN.stage("stabilization"), PLAN.stage("flag-removal")
    assert (at(stabilization), at(removal)) == ("week 7", "week 8")
    assert texts(removal.before) == ["stable for 14d"]
    assert work(removal) == [
        "Clean up legacy code paths",
        "retire strict-compile-time-connection",
        "Finalize documentation",
    ]
    assert isinstance(step(PLAN, "flag-removal/strict-compile-time-connection").action, Retire)


@pytest.mark.requirement(68)
def test_nothing_starts_while_a_prerequisite_is_unmet() -> None:
    assert [line.partition(" - ")[0] for line in texts(PLAN.before)] == [
        "Database migration ready", "Rollback scripts ready", "Feature flags implemented", "Monitoring in place",
        "Documentation updated", "test coverage > 90%",
    ]  # fmt: skip
    assert PLAN.exposure is not None
    assert PLAN.exposure.per_user


@pytest.mark.requirement(189)
def test_six_sign_offs_before_beta() -> None:
    assert PLAN.sign_offs_before == "beta"
    assert texts(PLAN.sign_offs) == [
        "approved by engineering lead", "QA verification complete", "approved by product management", "approved by devops",
        "Support team briefed", "Documentation team sign-off",
    ]  # fmt: skip


def test_the_code_goes_out_dark_and_the_team_meets_it_first() -> None:
    dark = PLAN.stage("dark-launch")
    assert [rung.text for rung in dark.rungs] == ["internal users"], "the most the stage allows"
    assert dark.windows == ("low traffic",)
    keys = [each.id for each in dark.steps]
    assert keys.index("deploy") < keys.index("smoke") < keys.index("internal-users")
    assert isinstance(step(PLAN, "dark-launch/internal-users").action, Expose)
    migration = step(PLAN, "dark-launch/database-migration")
    assert migration.action == Migrate(("./migrate.sh up",), transaction=True)
    assert (migration.undo.commands, migration.verify) == (("./migrate.sh down",), ("./validate.sh",))
    assert [name for name, _ in migration.capture] == ["time taken", "rows affected"]


def test_one_person_decides_about_going_back() -> None:
    confirm = PLAN.rollback.confirm
    assert confirm is not None
    assert (str(confirm.who), confirm.within) == ("engineering lead", Duration(seconds=900))
    assert {trigger.kind for trigger in PLAN.rollback.triggers} == {TriggerClass.CONFIRM}
    assert PLAN.rollback.target == Duration(seconds=1800)


@pytest.mark.requirement(341)
def test_what_the_team_hears() -> None:
    internal = messages(PLAN, "internal")
    assert [(when, via) for when, via, _ in internal] == [
        ("every day for 7d after dark launch starts", ("slack",)),
        ("issue reported", ("slack", "email")),
        ("plan changes", ("slack", "email")),
        ("afterwards ends", ("email",)),
    ]


@pytest.mark.requirement(367, 368)
def test_its_risks() -> None:
    assert [(r.risk, r.impact, r.likelihood, r.mitigation) for r in PLAN.risks] == [
        (
            "Database migration issues",
            "high",
            "medium",
            "Thoroughly tested migration scripts, backups, dry runs",
        ),
        ("Type compatibility issues", "medium", "medium", "Comprehensive integration tests, gradual rollout"),
        ("Performance degradation", "medium", "low", "Performance testing, monitoring, optimization"),
        ("User confusion", "low", "medium", "Clear documentation, tooltips, support resources"),
        ("Developer adoption issues", "medium", "medium", "Developer documentation, examples, training"),
    ]
