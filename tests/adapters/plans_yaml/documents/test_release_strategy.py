"""Document 004, release strategy and rollback, as its plans are compiled."""

from __future__ import annotations

import pytest

from pilotage.domain.steps import UndoKind

from .conftest import commands, document, messages, step, texts

MAJOR = document("release-strategy/major")
HOTFIX = document("release-strategy/hotfix")


@pytest.mark.requirement(76)
def test_four_release_types() -> None:
    assert list(MAJOR.types) == ["hotfix", "feature", "maintenance", "major"]
    plans = [document(f"release-strategy/{name}") for name in MAJOR.types]
    assert [plan.type for plan in plans] == ["hotfix", "feature", "maintenance", "major"]
    assert [plan.types[plan.type].windows for plan in plans] == [
        (), ("weekday nights",), ("weekday nights",), ("saturday night",),
    ]  # fmt: skip
    assert HOTFIX.types["hotfix"].any_time


@pytest.mark.requirement(190)
def test_uat_is_signed_off_by_stakeholders_and_documented() -> None:
    uat = MAJOR.stage("uat")
    [sign_off] = [check for check in uat.gate if check.approvals]
    assert (sign_off.text, sign_off.approvals[0].ask.roles) == ("UAT sign-off received", ("stakeholders",))
    assert not sign_off.attested, "nobody can tick it in their place"
    assert step(MAJOR, "uat/document-uat-results").proof


@pytest.mark.requirement(293)
def test_five_levels_of_escalation() -> None:
    assert [level.to for level in MAJOR.escalation] == [
        "development team", "technical lead", "engineering manager", "CTO", "CEO",
    ]  # fmt: skip


BUILD = ["composer install --no-dev --optimize-autoloader", "npm ci", "npm run build"]
CACHES = [f"php artisan {cache}:clear" for cache in ("config", "cache", "route", "view")]
RELOAD = ["sudo systemctl reload nginx", "sudo systemctl reload php-fpm"]


@pytest.mark.requirement(297)
def test_deploy_to_staging() -> None:
    assert commands(step(MAJOR, "staging/deploy-to-staging")) == [
        "git fetch", "git checkout release/v{{version}}", *BUILD, "php artisan migrate --env=staging", *CACHES, *RELOAD,
        "GET https://staging.zenamanage.com/api/health",
    ]  # fmt: skip


@pytest.mark.requirement(298)
def test_deploy_to_production() -> None:
    deploy = step(MAJOR, "go-live/deploy-to-production")
    assert commands(deploy) == [
        "./pre-deployment-checks.sh", "./create-backup.sh", "git fetch", "git checkout v{{version}}", *BUILD,
        "php artisan migrate --env=production", *CACHES, *RELOAD, "./post-deployment-verification.sh",
    ]  # fmt: skip
    migration = step(MAJOR, "go-live/deploy-to-production/migrate")
    assert migration.undo.commands == ("mysql -u root -p zenamanage < {{backup}}",)
    assert migration.action.shell, "its undo reads a file"  # type: ignore[union-attr]  # a Migrate


@pytest.mark.requirement(299)
def test_roll_back() -> None:
    [full] = MAJOR.rollback.procedures
    [choice] = [s for s in full.steps if s.parts]
    assert [c for part in choice.parts[1:] for c in commands(part)] == [
        "sudo systemctl stop nginx", "sudo systemctl stop php-fpm", "git checkout {{previous tag}}", *BUILD,
        "mysql -u root -p zenamanage < {{backup}}", *CACHES, "sudo systemctl start php-fpm", "sudo systemctl start nginx",
        "GET https://zenamanage.com/api/health", "GET https://zenamanage.com/api/version",
        "Reconcile what was written since the backup",
    ]  # fmt: skip
    [restore] = [part for part in choice.parts if part.id == "restore"]
    assert restore.undo.kind is UndoKind.IMPOSSIBLE
    assert MAJOR.tag == "v{{version}}"


@pytest.mark.requirement(304)
def test_health_and_version_of_an_environment() -> None:
    for name, host in (("staging", "staging.zenamanage.com"), ("production", "zenamanage.com")):
        environment = MAJOR.environments[name]
        assert (environment.health, environment.version) == (
            f"https://{host}/api/health",
            f"https://{host}/api/version",
        )


@pytest.mark.requirement(325)
def test_the_checklist_before_a_release() -> None:
    assert texts(MAJOR.stage("preparation").gate)[:8] == [
        "All tests passing", "Code review completed", "Security scan passed", "Performance benchmarks met",
        "Documentation updated", "Release notes prepared", "Backup created", "Rollback plan confirmed",
    ]  # fmt: skip


@pytest.mark.requirement(326)
def test_the_checklist_of_the_deployment() -> None:
    lines = [line for name in ("staging", "uat", "go-live") for line in texts(MAJOR.stage(name).gate)]
    assert lines == [
        "Staging deployment successful", "Staging tests passing", "UAT completed", "UAT sign-off received",
        "Production deployment successful", "Post-deployment verification passed", "Monitoring configured", "Alerts configured",
    ]  # fmt: skip


@pytest.mark.requirement(327)
def test_the_checklist_after_a_release() -> None:
    assert texts(MAJOR.stage("after-release").gate) == [
        "System health verified", "Performance metrics checked", "Error rates monitored", "User feedback collected",
        "Release notes published", "Team notified", "Stakeholders updated", "Lessons learned documented",
    ]  # fmt: skip


@pytest.mark.requirement(344)
def test_announcements() -> None:
    assert [(when, text) for when, _, text in messages(MAJOR, "stakeholders")][:4] == [
        ("status-to-stakeholders", "{{status}}"),
        ("1d before go live starts", "Release {{version}} is planned for {{starts}}"),
        ("deployment starts", "Deployment of {{version}}: {{status}}"),
        ("release ends", "Release {{version}} succeeded"),
    ]
    assert messages(MAJOR, "public") == [("incident opens", ("status page",), "{{status}}")]


def test_a_hotfix_hangs_its_stages_one_on_the_other() -> None:
    assert [stage.at.text for stage in HOTFIX.stages[:4] if stage.at] == [
        "release starts", "preparation ends", "staging ends", "uat ends",
    ]  # fmt: skip
    assert texts(HOTFIX.stage("uat").gate) == texts(MAJOR.stage("uat").gate)
