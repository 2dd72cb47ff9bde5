"""A pinned plan with other rules of judging: four sections, each in the place of the plan's own, and nothing else."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.ports.plans import ReadPlan
from pilotage.domain.plan import Plan, Reaction
from tests.support.past import PLAN


def pinned() -> tuple[str, Plan]:
    read = YamlPlans().read_text(PLAN)
    assert read.plan is not None, read.problems
    return read.document, read.plan


def again(rules: str) -> ReadPlan:
    return YamlPlans().rejudged(pinned()[0], rules, "rules.yaml")


def test_each_section_takes_the_place_of_the_plans_own() -> None:
    read = again(
        'guard: {error rate: "target < 1%, alert > 3%"}\n'
        "reactions: {alert: roll back}\n"
        "evidence: {every: 30s, false-alarms: 0.2% per release}\n"
        "rollback: {automatic: error rate > 7%, then: hold}\n"
    )
    assert read.errors == ()
    assert read.plan is not None
    plan, own = read.plan, pinned()[1]
    assert plan.reactions.alert is Reaction.ROLL_BACK
    assert plan.evidence.false_alarms == pytest.approx(0.002)
    assert [t.text for t in plan.rollback.triggers] == ["error rate > 7%"]
    assert [g.alert.limit for s in plan.stages for g in s.guards if g.alert] == [3.0, 3.0]
    assert [s.id for s in plan.stages] == [s.id for s in own.stages]
    assert plan.exposure == own.exposure
    assert plan.digest != own.digest


def test_what_is_not_said_stays() -> None:
    read = again("reactions: {alert: roll back}\n")
    assert read.plan is not None
    own = YamlPlans().restore(pinned()[0])
    assert read.plan.evidence == own.evidence
    assert [t.condition for t in read.plan.rollback.triggers] == [t.condition for t in own.rollback.triggers]
    assert read.plan.metrics == own.metrics


@pytest.mark.parametrize(
    ("rules", "place", "words"),
    [
        ("guard: {error rte: target < 1%}", "rules.yaml:1:9", "error rate"),
        ("evidence: {evry: 15s}", "rules.yaml:1:12", 'did you mean "every"?'),
        ("rollback:\n  automatic: error rate >> 5%", "rules.yaml:2:25", 'unknown operator ">>"'),
        ("stages: []", "rules.yaml:1:1", "it has happened"),
        ("metrics: {x: {unit: percent}}", "rules.yaml:1:1", "it has happened"),
        ("guards: {}", "rules.yaml:1:1", 'did you mean "guard"?'),
        ("guard: [", "rules.yaml:", ""),
        ("just words", "rules.yaml:1:1", ""),
    ],
)
def test_mistakes_have_their_place_in_the_rules(rules: str, place: str, words: str) -> None:
    read = again(rules)
    assert read.plan is None
    told = [str(problem) for problem in read.errors]
    assert any(text.startswith(place) and words in text for text in told), told
    assert not any(text.startswith("plan:") for text in told), told
