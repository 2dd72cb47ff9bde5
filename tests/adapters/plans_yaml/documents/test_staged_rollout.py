"""Document 003, the staged rollout template, as it is compiled."""

from __future__ import annotations

import pytest

from pilotage.domain.people import EscalationLevel
from pilotage.domain.time import Bake, Duration

from .conftest import document, guards, messages, texts, work

PLAN = document("staged-rollout")
INTERNAL, PILOT, EXPANDED, GA = PLAN.stages
A_WEEK_OR_TWO = Bake(Duration(days=7), Duration(days=14))


@pytest.mark.requirement(40, 41, 42, 43)
def test_stage_one_is_for_the_team() -> None:
    assert [rung.text for rung in INTERNAL.rungs] == ["team"]
    assert INTERNAL.bake == Bake(Duration(days=1), Duration(days=2))
    assert INTERNAL.goal == "Catch obvious issues"
    assert texts(INTERNAL.judge) == [
        "No critical bugs", "No security issues", "Core flows work correctly", "Performance acceptable", "UI/UX as expected",
    ]  # fmt: skip
    assert INTERNAL.environment == "production"
    assert work(INTERNAL) == [
        "deploy to production", "Test all critical paths manually", "Verify monitoring and alerting work", "Confirm rollback capability",
        "Document any issues found", "Fix blockers before proceeding",
    ]  # fmt: skip
    assert texts(INTERNAL.gate) == [
        "All critical paths tested", "No P0 bugs open", "Monitoring confirmed working", "Rollback tested", "approved by client",
    ]  # fmt: skip
    assert PLAN.roles["client"].optional


@pytest.mark.requirement(44, 46, 47, 48, 49)
def test_stage_two_is_the_pilot() -> None:
    [rung] = PILOT.rungs
    assert [option.text for option in rung.options] == [
        "pilot users as 5% to 10% of users",
        "power users",
        "one department",
    ]
    assert rung.options[0].most.capped == {"pilot users": 10.0}
    assert rung.options[0].warned_below == {"pilot users": 5.0}
    assert PILOT.bake == A_WEEK_OR_TWO
    assert PILOT.goal == "Validate with real usage"
    assert texts(PILOT.judge) == [
        "error rate < 1%", "No critical bugs reported", "Positive user feedback (NPS > 7)", "Performance within SLA",
        "Support load manageable",
    ]  # fmt: skip
    assert work(PILOT)[1:] == [
        "Monitor error rates closely", "Collect user feedback", "Fix issues as they arise", "Daily check on metrics",
        "Weekly sync with pilot users",
    ]  # fmt: skip
    assert guards(PILOT) == {
        "error rate": ("< 1%", "> 2%"),
        "response time p95": ("< 2s", "> 3s"),
        "user complaints": ("< 2", "> 5"),
        "support tickets": ("< 5", "> 10"),
    }
    assert texts(PILOT.gate) == [
        "error rate < 1% for 3d", "No P0/P1 bugs open", "User feedback positive", "Support load acceptable",
        "Metrics stable for 3+ days",
    ]  # fmt: skip


@pytest.mark.requirement(50, 51, 52, 53, 54)
def test_stage_three_is_a_quarter_or_more_departments() -> None:
    [rung] = EXPANDED.rungs
    assert [option.text for option in rung.options] == ["25%", "more departments"]
    assert EXPANDED.bake == A_WEEK_OR_TWO
    assert EXPANDED.goal == "Scale validation"
    assert texts(EXPANDED.judge) == [
        "error rate < 1%", "No new critical bugs", "Metrics stable at scale", "Support team ready for GA",
        "Documentation complete",
    ]  # fmt: skip
    assert work(EXPANDED)[1:] == [
        "Monitor for scale-related issues", "Finalize documentation", "Train support team", "Prepare GA communication",
    ]  # fmt: skip
    assert guards(EXPANDED) == {
        "error rate": ("< 1%", "> 1.5%"),
        "response time p95": ("< 2s", "> 2.5s"),
        "CPU usage": ("< 60%", "> 80%"),
        "memory usage": ("< 70%", "> 85%"),
    }
    assert texts(EXPANDED.gate) == [
        "error rate < 1% for 3d", "No new P0/P1 bugs", "Infrastructure handles load", "Support team trained",
        "Documentation complete", "GA communication ready",
    ]  # fmt: skip


@pytest.mark.requirement(55, 56, 57)
def test_stage_four_is_general_availability() -> None:
    assert (GA.id, GA.name, GA.goal) == ("ga", "general availability", "Full production")
    assert GA.rungs[0].least.everyone
    assert GA.bake == Bake(Duration(), ongoing=True)
    assert texts(GA.judge) == [
        "All KPIs met", "Support process working", "Monitoring active", "Team transitioned to maintenance mode",
    ]  # fmt: skip
    assert work(GA) == [
        "Monitor intensively for 48 hours", "Transition to normal monitoring", "retire rollout-{{project}}", "Close project formally",
    ]  # fmt: skip
    assert ("ga starts", ("in-app", "email"), "New feature announcement") in messages(PLAN, "all users")


@pytest.mark.requirement(205, 294)
def test_who_is_responsible_for_a_rollback_depends_on_the_hour() -> None:
    assert PLAN.escalation == (
        EscalationLevel("primary", "business hours", Duration(seconds=900)),
        EscalationLevel("on-call", "after hours", Duration(seconds=900)),
        EscalationLevel("manager"),
    )


@pytest.mark.requirement(329)
def test_the_go_no_go_lists_have_five_five_and_six_lines() -> None:
    assert [len(stage.gate) for stage in (INTERNAL, PILOT, EXPANDED)] == [5, 5, 6]


@pytest.mark.requirement(338)
def test_what_the_team_hears() -> None:
    both = ("slack", "email")
    assert messages(PLAN, "internal")[:4] == [
        ("1d before pilot starts", both, "Pilot starting tomorrow"),
        ("pilot starts", both, "Pilot live, monitoring"),
        ("pilot ends", both, "Pilot results: {{summary}}"),
        ("ga starts", both, "GA complete, {{status}}"),
    ]


@pytest.mark.requirement(339)
def test_what_the_client_hears() -> None:
    assert messages(PLAN, "client")[:4] == [
        ("3d before pilot starts", ("email",), "Pilot announcement"),
        ("every week during pilot", ("call", "email"), "Status update"),
        ("1w before ga starts", ("email",), "GA announcement"),
        ("ga starts", ("email",), "Launch announcement"),
    ]


@pytest.mark.requirement(340)
def test_what_users_hear() -> None:
    assert messages(PLAN, "pilot users") == [
        ("pilot starts", ("in-app", "email"), "Feature preview invitation")
    ]
    assert messages(PLAN, "all users") == [
        ("ga starts", ("in-app", "email"), "New feature announcement"),
        ("incident opens", ("in-app",), "Status: {{status}}"),
    ]


@pytest.mark.requirement(369)
def test_its_risks() -> None:
    assert [(r.risk, r.likelihood, r.impact, r.mitigation) for r in PLAN.risks] == [
        ("Critical bug in production", "medium", "high", "Staged rollout, instant rollback"),
        ("Performance degradation", "medium", "medium", "Load testing, monitoring"),
        ("User resistance", "low", "medium", "Pilot feedback, communication"),
        ("Data issues", "low", "high", "Backup before deploy, validation"),
    ]
