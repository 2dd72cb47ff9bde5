"""The plan of 15 lines from the reference: everything it says, and every default it does not say."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from pilotage.adapters.plans_yaml.compile.declared import AUDIENCES, BUILT_IN_METRICS, CHANNELS, ENVIRONMENTS
from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.domain.calendar import Weekly
from pilotage.domain.conditions import Comparison, Condition, Operator
from pilotage.domain.errors import Bug
from pilotage.domain.exposure import NOBODY, Audience, Exposure, ExposurePlan, Segment, SegmentTest
from pilotage.domain.gates import Check
from pilotage.domain.messages import AudienceOfMessages, Channel
from pilotage.domain.metrics import Baseline, BaselineKind, Metric, Unit
from pilotage.domain.people import Ask, Overrides, Person, Role
from pilotage.domain.plan import Environment, EvidenceSettings, NotYet, Plan, Reactions, ReleaseType
from pilotage.domain.rollback import RollbackPlan, Trigger, TriggerClass
from pilotage.domain.stages import Stage
from pilotage.domain.steps import AfterCrash, OnFail, Run, Step, Undo, UndoKind
from pilotage.domain.time import Bake, Duration

PLAN = """\
plan: checkout-redesign
roles: {primary: maria, on-call: [sam, lee]}
metrics: {error rate: {unit: percent, source: sentry}}
exposure: {flag: new-checkout, segments: {team: email ends with @example.com}}
stages:
  - stage: internal
    steps: [{run: ./deploy.sh new, undo: ./deploy.sh previous}]
    expose: team
    gate: [check: All critical paths tested]
    go: primary
  - {stage: pilot, expose: 10%, bake: 7d, gate: [error rate < 1% for 3d], go: primary}
  - {stage: everyone, expose: everyone, bake: 48h}
rollback:
  automatic: error rate > 5% for 5m
  then: back to internal
"""
FIVE_MINUTES = Duration(seconds=300)
TEAM = Exposure(segments={"team": 100.0})
TENTH = Exposure(share=10.0)
ALL = Exposure(share=100.0)


def built_in(name: str, unit: Unit) -> Metric:
    return Metric(name, unit, source="pilotage")


def expected(digest: str, folder: Path, file: str) -> Plan:
    deploy = Step(
        key="internal/run",
        id="run",
        name="./deploy.sh new",
        action=Run(("./deploy.sh new",), environment=(), folder="", shell=False),
        undo=Undo(UndoKind.COMMANDS, commands=("./deploy.sh previous",)),
        by=None,
        when=None,
        at=None,
        due=None,
        within=None,
        then=None,
        takes=None,
        timeout=Duration(seconds=1800),
        retry=None,
        on_fail=OnFail.HOLD,
        after_crash=AfterCrash.ASK,
        probe="",
        loses="",
        verify=(),
        capture=(),
        proof=False,
        measure=(),
        look_at=(),
        ticks="",
        marks="",
        covers=(),
        by_hand=(),
        required=False,
        line=7,
    )
    below_one = Comparison(
        "error rate", Operator.BELOW, 1.0, sustained=Duration(days=3), text="error rate < 1% for 3d"
    )
    above_five = Comparison(
        "error rate", Operator.ABOVE, 5.0, sustained=FIVE_MINUTES, text="error rate > 5% for 5m"
    )
    internal = Stage(
        "internal",
        "internal",
        environment="",
        rungs=(Audience(TEAM, TEAM, "team"),),
        bake=None,
        steps=(deploy,),
        guards=(),
        gate=(
            Check(
                "internal/gate/all-critical-paths-tested",
                "all-critical-paths-tested",
                "All critical paths tested",
                attested=True,
                line=9,
            ),
        ),
        go=Ask(("primary",)),
        otherwise=None,
        line=6,
    )
    pilot = Stage(
        "pilot",
        "pilot",
        rungs=(Audience(TENTH, TENTH, "10%"),),
        bake=Bake(Duration(days=7)),
        gate=(
            Check(
                "pilot/gate/error-rate-1-for-3d",
                "error-rate-1-for-3d",
                "error rate < 1% for 3d",
                (Condition((below_one,), "error rate < 1% for 3d"),),
                line=11,
            ),
        ),
        go=Ask(("primary",)),
        line=11,
    )
    everyone = Stage(
        "everyone",
        "everyone",
        rungs=(Audience(ALL, ALL, "everyone"),),
        bake=Bake(Duration(seconds=48 * 3600)),
        go=None,
        line=12,
    )
    return Plan(
        id="checkout-redesign",
        digest=digest,
        title="",
        summary="",
        type="standard",
        system="",
        timezone="UTC",
        stages=(internal, pilot, everyone),
        before=(),
        sign_offs_before="",
        sign_offs=(),
        roles={"primary": Role("primary", ("maria",)), "on-call": Role("on-call", ("sam", "lee"))},
        people={name: Person(name) for name in ("maria", "sam", "lee")},
        hours={"business hours": Weekly(frozenset(range(5)), datetime.time(9), datetime.time(17))},
        escalation=(),
        overrides=Overrides(by=None),
        environments={name: Environment(name) for name in ENVIRONMENTS},
        types={"standard": ReleaseType("standard")},
        traits={},
        inputs={},
        windows={},
        sources={},
        metrics={
            "error rate": Metric(
                "error rate",
                Unit.PERCENT,
                source="sentry",
                over=FIVE_MINUTES,
                lower_is_better=True,
                baseline=Baseline(BaselineKind.CONTROL),
                connected=False,
            ),
            **{name: built_in(name, unit) for name, unit in BUILT_IN_METRICS.items()},
        },
        guards=(),
        reactions=Reactions(),
        evidence=EvidenceSettings(),
        severities={},
        channels={name: Channel(name, type=name) for name in CHANNELS},
        audiences={name: AudienceOfMessages(name) for name in AUDIENCES},
        messages=(),
        settings={},
        exposure=ExposurePlan(
            "new-checkout",
            via="flag",
            per_user=False,
            dashboard="",
            select=(),
            segments={
                "team": Segment(
                    "team",
                    (SegmentTest("email", "ends with", ("@example.com",)),),
                    text="email ends with @example.com",
                )
            },
            starts=NOBODY,
            seed="",
        ),
        rollback=RollbackPlan(
            triggers=(
                Trigger(
                    "error-rate-5-for-5m",
                    "error rate > 5% for 5m",
                    TriggerClass.AUTOMATIC,
                    Condition((above_five,), "error rate > 5% for 5m"),
                    line=14,
                ),
            ),
            confirm=None,
            discuss=None,
            then="back",
            back_to="internal",
            target=None,
            procedures=(),
            follow_ups=(),
        ),
        procedures={},
        risks=(),
        takes=None,
        trade_off="",
        tag="v{{version}}",
        folder=str(folder),
        not_yet=(
            NotYet("error rate from sentry, which is not connected, for a guard or a rollback", 14, file),
        ),
    )


def test_every_field_of_the_smallest_useful_plan(tmp_path: Path) -> None:
    file = tmp_path / "checkout.yaml"
    file.write_text(PLAN, encoding="utf-8")

    read = YamlPlans().read(file)

    assert read.errors == ()
    assert read.plan is not None
    assert read.plan == expected(read.plan.digest, tmp_path.resolve(), read.plan.not_yet[0].file)
    assert [w.line for w in read.warnings] == [3], "only that sentry is not connected"


def test_a_pinned_document_gives_the_same_plan_with_the_same_digest(tmp_path: Path) -> None:
    file = tmp_path / "checkout.yaml"
    file.write_text(PLAN, encoding="utf-8")
    plans = YamlPlans()
    read = plans.read(file)
    assert read.plan is not None

    restored = plans.restore(read.document)

    assert restored.digest == read.plan.digest
    assert [s.id for s in restored.stages] == ["internal", "pilot", "everyone"]
    assert restored.rollback.triggers[0].condition == read.plan.rollback.triggers[0].condition
    assert restored.exposure == read.plan.exposure
    assert plans.restore(read.document) is restored, "read once, kept by its digest"


def test_a_document_that_does_not_read_any_more_is_our_fault_and_says_so() -> None:
    with pytest.raises(Bug, match="does not read any more"):
        YamlPlans().restore("plan: broken\nstages:\n- stage: one\n  gate: [nonsense]\n")
