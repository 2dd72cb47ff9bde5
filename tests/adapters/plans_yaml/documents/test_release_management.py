"""Document 002, release management of the learning platform, as its plans are compiled."""

from __future__ import annotations

import pytest

from pilotage.domain.plan import Approvals
from pilotage.domain.rollback import TriggerClass

from .conftest import at, document, guards, meeting, messages, said, step, texts, work

STANDARD = document("release-management/standard")
HOTFIX = document("release-management/hotfix")
PATCH = document("release-management/patch")
MAJOR = document("release-management/major")


@pytest.mark.requirement(75)
def test_four_release_types() -> None:
    assert list(STANDARD.types) == ["standard", "patch", "hotfix", "major"]
    assert [plan.type for plan in (STANDARD, PATCH, HOTFIX, MAJOR)] == [
        "standard",
        "patch",
        "hotfix",
        "major",
    ]


def test_the_approval_matrix() -> None:
    everyone = ("engineering lead", "qa lead", "product owner")
    assert STANDARD.types["standard"].approvals == Approvals(everyone, (), 3)
    assert STANDARD.types["hotfix"].approvals == Approvals(everyone[:2], everyone[2:], 2)
    assert STANDARD.types["major"].approvals == Approvals(everyone, (), 3, ("stakeholders",))
    assert HOTFIX.types["hotfix"].any_time


@pytest.mark.requirement(116)
def test_the_week_of_a_standard_release() -> None:
    assert [at(STANDARD.stage(name)) for name in ("planning", "staging", "go-live")] == [
        "Monday of release week 09:00", "Tuesday of release week 09:00", "Thursday of release week 14:00",
    ]  # fmt: skip
    assert STANDARD.timezone == "America/Los_Angeles"
    assert [stage.id for stage in STANDARD.stages][3:] == ["validation", "after"]


@pytest.mark.requirement(117, 118)
def test_the_planning_meeting() -> None:
    planning = meeting(STANDARD, "planning/release-planning")
    assert str(step(STANDARD, "planning/release-planning").takes) == "30m"
    assert planning.who == ("engineering lead", "qa lead", "product owner", "system administrator")
    assert planning.agenda[:6] == (
        "Review included features and changes", "Confirm all features have passed QA",
        "Identify high-risk changes requiring extra validation", "Assign deployment roles and responsibilities",
        "Review rollback plan", "Set Go/No-Go decision time",
    )  # fmt: skip


@pytest.mark.requirement(121)
def test_staging_smoke_tests() -> None:
    smoke = step(STANDARD, "staging/smoke")
    assert str(smoke.takes) == "15m"
    assert smoke.covers == (
        "Health check endpoints (API availability)", "Authentication flows (login, session management)",
        "Student assignment play and score recording", "Teacher assignment creation", "Admin member management",
        "Payment processing (test mode)", "Database connectivity and query performance",
        "External service integrations (email, payment gateway)",
    )  # fmt: skip


@pytest.mark.requirement(122)
def test_manual_validation_on_staging() -> None:
    validation = step(STANDARD, "staging/staging-validation")
    assert str(validation.takes) == "2h to 4h"
    assert [(part.name.partition(" (")[0], said(part.when)) for part in validation.parts] == [
        ("Execute QA checklists for affected features", ""),
        ("Test on primary browsers and devices", ""),
        ("Accessibility validation", ""),
        ("MIDI device testing", "game changes"),
        ("Performance testing", ""),
        ("Data migration validation", "schema changes"),
        ("Score and progress validation", "score changes"),
    ]
    assert {part.by for part in validation.parts} == {validation.by}, "the group says who"


@pytest.mark.requirement(135, 186)
def test_the_go_no_go_meeting() -> None:
    go = meeting(STANDARD, "go-live/go-no-go")
    assert go.votes == ("engineering lead", "qa lead", "product owner")
    assert go.agenda == (
        "Review staging validation results", "Confirm all quality gates passed", "Verify rollback plan ready",
        "Check current production health (no active incidents)", "Poll stakeholders for Go/No-Go",
    )  # fmt: skip


@pytest.mark.requirement(137)
def test_who_must_be_ready_before_going_live() -> None:
    ready = {check.text: str(check.by) for check in STANDARD.stage("go-live").before if check.by}
    assert ready == {
        "Deployment engineer ready": "deployment engineer",
        "QA engineer ready for post-deployment validation": "qa engineer",
        "On-call engineer ready for incident response": "on-call engineer",
        "System administrator monitoring dashboards": "system administrator",
    }


@pytest.mark.requirement(138, 143)
def test_the_production_procedure_with_its_times() -> None:
    live = STANDARD.stage("go-live")
    assert str(live.takes) == "30m to 45m"
    assert [(s.id, str(s.takes or "")) for s in live.steps] == [
        ("backup", ""),
        ("database-migration", "10m to 20m"),
        ("merge-release-v-version-into-main", "5m"),
        ("deploy", "5m"),
        ("clear-cloudflare-cache-for-updated-assets", "2m"),
        ("smoke", "10m"),
    ]
    assert said(live.steps[1].when) == "schema changes"
    assert live.steps[-1].covers == (
        "Automated health checks (API endpoints, database connectivity)", "Student login and assignment play",
        "Teacher assignment creation", "Score recording and persistence", "Payment flow (small test transaction)",
        "Error rates in the observability dashboard",
    )  # fmt: skip
    assert [rung.text for rung in MAJOR.stage("ramp").rungs] == [
        "internal users", "beta testers", "10%", "25%", "50%", "everyone",
    ]  # fmt: skip


@pytest.mark.requirement(145)
def test_an_hour_of_validation_after_the_deployment() -> None:
    validation = STANDARD.stage("validation")
    assert str(validation.bake) == "1h"
    assert [names for s in validation.walk() if (names := s.look_at)] == [
        ("error rate", "API response time p95", "throughput"),
        ("slow queries", "average query time"),
        ("Braintree uptime", "email uptime"),
        ("scores recorded", "assignments created"),
    ]
    assert "Review user feedback channels (support emails, in-app reports)" in work(validation)


@pytest.mark.requirement(278)
def test_the_hours_of_a_hotfix() -> None:
    assert str(HOTFIX.takes) == "2h to 4h"
    assert [(stage.title, str(stage.takes)) for stage in HOTFIX.stages] == [
        ("Development and testing", "1h"), ("Approval and deployment", "1h"), ("Communication and documentation", "2h"),
    ]  # fmt: skip


def test_limits_after_every_production_deployment() -> None:
    assert (
        guards(STANDARD.stage("go-live"))
        == guards(HOTFIX.stage("go-live"))
        == {
            "error rate": ("< 0.5%", "> 5%"),
            "API response time p95": ("< 500ms", "> 5s"),
            "score recording success": (">= 99.5%", "< 99.5%"),
            "critical endpoint failures": ("< 1%", "> 1%"),
        }
    )
    assert guards(STANDARD.stage("staging")) == {}


@pytest.mark.requirement(249)
def test_triggers_have_a_class_a_duration_a_scope_and_a_procedure() -> None:
    triggers = {trigger.text: trigger for trigger in STANDARD.rollback.triggers}
    assert triggers["error rate > 10% for 5m"].kind is TriggerClass.CONFIRM
    assert triggers["error rate > 5%"].kind is TriggerClass.DISCUSS
    assert triggers["affected users < 1%"].kind is TriggerClass.WATCH
    assert triggers["Data corruption or loss detected"].procedure == "database"
    condition = triggers["critical endpoint failures > 1% in any endpoint"].condition
    assert condition is not None
    scope = condition.terms[0].scope  # type: ignore[union-attr]  # a Comparison
    assert scope is not None
    assert scope.dimension == "endpoint"


@pytest.mark.requirement(373, 374, 375)
def test_the_retrospective() -> None:
    retrospective = step(STANDARD, "after/release-retrospective")
    held = meeting(STANDARD, "after/release-retrospective")
    assert retrospective.at is not None
    assert retrospective.at.text == "next Monday after go live 10:00"
    assert str(retrospective.takes) == "1h"
    assert held.who == ("engineering lead", "qa lead", "product owner", "on-call engineer")
    assert held.agenda == (
        "What went well?", "What could be improved?", "Were quality gates effective?", "Any surprises or unexpected issues?",
        "Action items for next release",
    )  # fmt: skip
    assert held.outputs == (
        "Updated release checklist",
        "Risk items for future releases",
        "Documentation updates",
    )


@pytest.mark.requirement(337)
def test_its_channels() -> None:
    assert {"status page", "email", "slack", "helpdesk", "in-app"} <= set(STANDARD.channels)
    assert STANDARD.channels["helpdesk"].reads
    assert messages(STANDARD, "public")[0][:2] == ("1h before go live starts", ("status page",))
    assert messages(STANDARD, "subscribers")[0][:2] == ("1h before go live starts", ("email",))
    assert messages(STANDARD, "internal")[0][:2] == ("deployment starts", ("slack",))
    assert [via for when, via, _ in messages(STANDARD, "all users") if when == "release ends"] == [
        ("in-app",)
    ]


def test_a_patch_goes_out_on_tuesday() -> None:
    assert [at(PATCH.stage(name)) for name in ("planning", "staging", "go-live")] == [
        "4d before go live starts", "1d before go live starts", "Tuesday of release week 14:00",
    ]  # fmt: skip
    assert texts(PATCH.stage("go-live").gate) == texts(STANDARD.stage("go-live").gate)
