"""What a stage can reveal: the numbers of evidence.md §3.8, and advice that helps when it is followed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pilotage.adapters.plans_yaml.grammar.durations import parse_duration
from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.decisions.revealing import Revealed, Traffic, revealing
from pilotage.domain.exposure import Audience, Exposure
from pilotage.domain.plan import Plan
from pilotage.domain.time import Bake
from tests.support.past import PLAN

BUSY = Traffic(100.0, 0.001)


def plan(stages: str = "", evidence: str = "reveal: 3x") -> Plan:
    text = PLAN.replace("reveal: nothing", evidence)
    if stages:
        head, _, tail = text.partition("stages:\n")
        text = f"{head}stages:\n{stages}rollback:{tail.partition('rollback:')[2]}"
    read = YamlPlans().read_text(text)
    assert read.plan is not None, [str(p) for p in read.problems]
    return read.plan


def only(found: Plan, traffic: Traffic = BUSY) -> Revealed:
    return next(stage for stage in revealing(found, traffic).stages if not stage.why_not)


def test_the_worked_numbers_of_the_source() -> None:
    """§3.8 at base 0.1 %, share 10 %, nothing tolerated: 2x 21 000, 3x 6 400, 5x 2 100, 10x 660 canary requests."""
    read = YamlPlans().read_text(PLAN.replace("by 20%", "by 0%"))
    assert read.plan is not None
    seen = {each.ratio: each.requests for each in only(read.plan).seen}
    assert seen == pytest.approx({2: 21_000, 3: 6_400, 5: 2_100, 10: 660}, rel=0.05)


def test_time_is_requests_over_the_canarys_traffic() -> None:
    stage = only(plan())
    for seen in stage.seen:
        assert seen.seconds == pytest.approx(seen.requests / 10)
    assert stage.requests == 100 * 0.1 * 30 * 60
    assert only(plan(), Traffic(1000.0)).requests == 10 * stage.requests


def test_the_smallest_ratio_is_what_just_fits_into_the_bake_time() -> None:
    found = revealing(plan(), BUSY)
    stage = only(plan())
    assert stage.smallest is not None
    bigger, smaller = (only(plan(), Traffic(100 * factor)).smallest for factor in (0.5, 2))
    assert bigger is not None
    assert smaller is not None
    assert bigger > stage.smallest > smaller > found.tolerated


@pytest.mark.parametrize(
    ("rung", "why"),
    [
        ("team", "chance does not pick"),
        ("everyone", "nobody is left"),
        ("everyone except team", "chance does not"),
    ],
)
def test_where_nothing_can_be_compared_it_says_why(rung: str, why: str) -> None:
    stages = f"  - {{stage: pilot, expose: 10%, bake: 30m, go: by itself}}\n  - {{stage: next, expose: {rung}, bake: 1h}}\n"
    if rung == "team":
        stages = "  - {stage: next, expose: team, bake: 1h, go: by itself}\n  - {stage: pilot, expose: 10%, bake: 30m}\n"
    text = plan_with_team(stages)
    found = next(s for s in revealing(text, BUSY).stages if s.stage == "next")
    assert why in found.why_not
    assert found.seen == ()
    assert found.enough, "what cannot be compared is not warned about as too short"


def plan_with_team(stages: str) -> Plan:
    text = PLAN.replace(
        "{flag: new-checkout}", "{flag: new-checkout, segments: {team: email ends with @a.example}}"
    )
    head, _, tail = text.partition("stages:\n")
    read = YamlPlans().read_text(f"{head}stages:\n{stages}rollback:{tail.partition('rollback:')[2]}")
    assert read.plan is not None, [str(p) for p in read.problems]
    return read.plan


@pytest.mark.parametrize(("share", "bake", "rps"), [("1%", "30m", 100), ("5%", "5m", 100), ("10%", "30m", 5)])
def test_each_advice_helps_when_it_is_followed(share: str, bake: str, rps: int) -> None:
    written = plan(f"  - {{stage: pilot, expose: {share}, bake: {bake}, go: by itself}}\n")
    blind = only(written, Traffic(rps))
    assert not blind.enough
    assert blind.advice
    for advice in blind.advice:
        stage = written.stages[0]
        if advice.startswith("bake it "):
            longer = Bake(parse_duration(advice.split()[2]))
            better = replace(written, stages=(replace(stage, bake=longer),))
        elif advice.startswith("let in "):
            more = Exposure(share=float(advice.split()[2].rstrip("%")))
            better = replace(written, stages=(replace(stage, rungs=(Audience(more, more, str(more)),)),))
        else:
            ratio = float(advice.split("`")[1].split()[1].rstrip("x"))
            better = replace(written, evidence=replace(written.evidence, reveal=ratio))
        assert only(better, Traffic(rps)).enough, advice


def test_nothing_wanted_is_always_enough_and_an_end_state_has_time() -> None:
    assert only(plan(evidence="reveal: nothing"), Traffic(0.01)).enough
    ongoing = only(plan("  - {stage: pilot, expose: 10%, bake: ongoing}\n"), Traffic(0.01))
    assert (ongoing.seconds, ongoing.requests, ongoing.enough) == (None, None, True)


def test_a_ramp_has_a_line_for_each_rung() -> None:
    found = revealing(plan("  - {stage: pilot, ramp: [1%, 5%, 25%], bake: 30m}\n"), BUSY)
    assert [stage.share for stage in found.stages] == [1.0, 5.0, 25.0]
    ratios = [stage.smallest for stage in found.stages]
    assert ratios == sorted(ratios, key=lambda r: -(r or 0.0))


def test_without_a_metric_that_compares_it_says_what_is_assumed() -> None:
    text = PLAN.replace('variant="{{variant}}",', "").replace('{variant="{{variant}}"}', "")
    text = text.replace("worse than baseline by 20%", "> 5%")
    read = YamlPlans().read_text(text)
    assert read.plan is not None, [str(p) for p in read.problems]
    found = revealing(read.plan, BUSY)
    assert "No guard and no trigger of this plan is about failed requests" in found.assumed
    assert found.stages[0].seen


def test_a_latency_that_is_compared_too_is_named_and_takes_its_part_of_the_budget() -> None:
    latency = "latency p95: {unit: time, source: main, histogram: 's_bucket{variant=\"{{variant}}\"}', quantile: 0.95}"
    text = PLAN.replace("  conversion:", f"  {latency}\n  conversion:").replace(
        '"target < 2%"', '"target < 2%", latency p95: "target < 1s"'
    )
    read = YamlPlans().read_text(text)
    assert read.plan is not None, [str(p) for p in read.problems]
    found = revealing(read.plan, BUSY)
    assert found.not_reckoned == ("latency p95",)
    assert found.budget == pytest.approx(0.0075), "errors weigh three times a latency"
