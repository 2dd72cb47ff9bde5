"""From plan to null hypothesis: which lines become which tests."""

from __future__ import annotations

import pytest

from pilotage.decisions.evidence.design import Design, Kind, Limit, Margin
from pilotage.decisions.exposure import randomised
from pilotage.decisions.proving import design, margin_key, under_test
from pilotage.domain.exposure import Exposure
from pilotage.domain.plan import Plan
from tests.support.plays import plan_from

METRICS = """
plan: shop
roles: {primary: maria}
sources: {main: {type: prometheus, url: "http://127.0.0.1:9090"}}
metrics:
  error rate:
    unit: percent
    errors: sum(increase(failed{variant="{{variant}}"}[{{over}}]))
    total: sum(increase(served{variant="{{variant}}"}[{{over}}]))
    split: [region]
  latency p95:
    unit: time
    histogram: seconds_bucket{variant="{{variant}}"}
    quantile: 0.95
    tolerate: 15%
    weight: 2
  queue: {unit: time, query: queue_seconds}
  restarts: {unit: percent, errors: restarts, total: pods, baseline: previous}
exposure: {flag: new, segments: {team: email ends with @x.org}}
"""

STAGES = """
stages:
  - {stage: team, expose: team, bake: 1h, go: by itself}
  - {stage: first, ramp: [10%, 25%], bake: 2h, guard: {GUARD}, go: by itself}
  - {stage: everyone, expose: everyone, bake: 4h}
"""


def shop(rollback: str = "", guard: str = "", more: str = "") -> Plan:
    return plan_from(METRICS + more + STAGES.replace("GUARD", guard) + rollback)


def design_of(plan: Plan, stage: str = "first") -> Design:
    found = design(plan, stage, {"latency p95": (0.1, 0.5)})
    assert found is not None
    return found


def test_worse_than_baseline_is_a_margin_and_a_stated_limit_a_limit() -> None:
    plan = shop(
        """
rollback:
  automatic: [error rate worse than baseline by 50%, error rate > 5% for 5m, latency p95 > 3s, latency p95 > 2x baseline]
"""
    )
    errors, latency = design_of(plan).metrics
    assert errors.kind is Kind.ERRORS
    assert errors.margins == (Margin("error rate worse by 50", 1.5),)
    assert errors.limits == (Limit("error rate > 5", 0.05),)
    assert latency.kind is Kind.LATENCY
    assert latency.bounds == (0.1, 0.5)
    assert latency.weight == 2
    assert [(x.slower_than, x.times_control) for x in latency.limits] == [(3.0, None), (None, 2.0)]
    assert latency.limits[0].share == pytest.approx(0.05), "five in a hundred are slower than the p95"
    assert latency.margins == (Margin(margin_key("latency p95"), 1.15),), (
        "what it tolerates where no line compares it"
    )


def test_a_guarded_metric_without_a_comparison_of_its_own_is_held_to_what_it_tolerates() -> None:
    plan = shop(guard="error rate: target < 1%, latency p95: target < 1s")
    assert [(t.name, list(t.margins.values())) for t in under_test(plan)] == [
        ("error rate", [Margin(margin_key("error rate"), 1.2)]),
        ("latency p95", [Margin(margin_key("latency p95"), 1.15)]),
    ]


def test_in_any_segment_is_judged_for_every_segment_beside_the_whole() -> None:
    plan = shop("rollback: {automatic: [error rate worse than baseline by 20% in any region]}")
    by_region = next(t for t in under_test(plan) if t.dimension)
    assert by_region.name == "error rate by region"
    assert [m.by_segment for m in by_region.margins.values()] == [True]


def test_what_people_confirm_or_discuss_does_not_roll_back_by_itself() -> None:
    plan = shop(
        """
rollback:
  automatic: [error rate > 20%]
  confirm: {by: primary, otherwise: hold, when: [error rate > 2x baseline]}
  watch: [latency p95 worse than baseline by 5%]
"""
    )
    errors, latency = under_test(plan)
    assert errors.margins == {"error rate > 2x": Margin("error rate > 2x", 2.0, rolls_back=False)}
    assert list(latency.margins) == [margin_key("latency p95")], "what is only watched decides nothing"


def test_a_number_whose_requests_nobody_counts_or_that_has_no_control_is_not_compared() -> None:
    plan = shop("rollback: {automatic: [queue > 2s, restarts > 5%, restarts worse than baseline by 20%]}")
    (restarts,) = under_test(plan)
    assert restarts.name == "restarts"
    assert not restarts.margins
    assert list(restarts.limits.values()) == [Limit("restarts > 5", 0.05)]


def test_the_times_and_the_budget_are_the_plans() -> None:
    evidence = 'evidence: {every: 5s, false-alarms: "0.2% per release", grace: 1m, reveal: 5x}\n'
    plan = shop("rollback: {automatic: [error rate > 5%]}", more=evidence)
    found = design_of(plan, "team")
    assert (found.every, found.budget, found.grace, found.worthwhile) == (5, 0.002, 60, 5)
    assert [*found.stages, found.horizon] == [3600, 3 * 3600, 5 * 3600, 9 * 3600]
    assert design_of(plan, "everyone").horizon == 4 * 3600


def test_a_plan_without_countable_metrics_has_no_tests() -> None:
    assert design(shop("rollback: {automatic: [queue > 2s]}"), "first", {}) is None


@pytest.mark.parametrize(
    ("exposure", "random"),
    [
        (Exposure(share=10), True),
        (Exposure(share=10, segments={"team": 100}), True),
        (Exposure(), False),
        (Exposure(share=100), False),
        (Exposure(segments={"team": 100}), False),
        (Exposure(segments={"beta": 20}), False),
        (Exposure(share=100, excluded=("europe",)), False),
        (Exposure(capped={"beta": 5}), False),
        (Exposure(share=50, excluded=("europe",), kept=(Exposure(share=10),)), False),
    ],
)
def test_only_a_share_of_everybody_is_random(exposure: Exposure, random: bool) -> None:
    assert randomised(exposure) is random
