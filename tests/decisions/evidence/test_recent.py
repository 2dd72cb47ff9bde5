"""Since when it looks worse: what the sentences speak of."""

from __future__ import annotations

from pilotage.decisions.evidence.design import Design, Limit, Margin, MetricDesign
from pilotage.decisions.evidence.evidence import Evidence
from pilotage.decisions.evidence.judgement import Counts, Pair

GOOD = Pair(Counts(150, 0), Counts(1350, 1))
BAD = Pair(Counts(150, 3), Counts(1350, 1))


def told(*looks: tuple[int, Pair]) -> str:
    design = Design((MetricDesign("errors", margins=(Margin("m"),), limits=(Limit("l"),)),), grace=0.0)
    evidence, seconds = Evidence(design), 0.0
    for times, pair in looks:
        for _ in range(times):
            seconds += 15.0
            evidence.observe(seconds, pair)
    return next(found.because for found in evidence.judgement.found if found.key == "m")


def test_a_regression_of_the_last_minutes_is_told_with_their_rate_and_not_that_of_the_day() -> None:
    text = told((400, GOOD), (20, BAD))
    assert "errors on the canary 2 %, baseline 0.074 % in the last 5 min" in text


def test_from_the_start_nothing_is_said_about_time() -> None:
    text = told((20, BAD))
    assert "errors on the canary 2 %, baseline 0.074 %:" in text


def test_what_has_passed_is_forgotten() -> None:
    text = told((100, GOOD), (10, BAD), (300, GOOD))
    assert "in the last" not in text


def test_alone_the_limit_is_what_it_looks_worse_than() -> None:
    alone = Pair(Counts(100, 1))
    design = Design((MetricDesign("errors", limits=(Limit("l", 0.05),)),))
    evidence = Evidence(design)
    for number in range(1, 61):
        evidence.observe(15.0 * number, alone if number <= 50 else Pair(Counts(100, 12)))
    (found,) = evidence.judgement.found
    assert found.certain
    assert "errors on the canary 12 % in the last 2 min" in found.because


def test_a_restart_speaks_of_the_same() -> None:
    design = Design((MetricDesign("errors", margins=(Margin("m"),)),), grace=0.0)
    one = Evidence(design)
    for number in range(1, 120):
        one.observe(15.0 * number, GOOD if number < 100 else BAD)
    other = Evidence.restore(design, one.state())
    assert other.judgement.found == one.judgement.found
    assert "in the last" in one.judgement.found[0].because
