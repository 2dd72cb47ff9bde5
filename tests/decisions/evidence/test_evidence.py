"""The class that is fed look by look: what it decides, what it says, and what bad days do to it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pilotage.decisions.evidence import (
    Action,
    Counts,
    Design,
    Evidence,
    Kind,
    Limit,
    Margin,
    MetricDesign,
    Pair,
)
from tests.decisions.evidence.feeding import BOUNDS, feed, hour, looks, seeded

GOOD = Pair(Counts(150.0, 0.0), Counts(1350.0, 1.0))


def one_metric(*margins: Margin, limits: tuple[Limit, ...] = ()) -> Design:
    return Design((MetricDesign("errors", margins=margins, limits=limits),), horizon=3600.0, grace=0.0)


def test_ten_times_the_errors_roll_back_and_the_sentence_has_the_numbers() -> None:
    rng = seeded(11)
    evidence = Evidence.of_service(horizon=3600.0, grace=0.0)
    judgements = feed(evidence, looks(rng, 12, (0.01, 0.001)))
    assert judgements[-1].action is Action.ROLL_BACK
    assert judgements[-1].e_value > judgements[-1].needed == pytest.approx(100.0)
    assert judgements[-1].because.startswith("errors on the canary ")
    assert "baseline 0." in judgements[-1].because
    assert "times worse, evidence" in judgements[-1].because
    assert judgements[-1].because.endswith("against 100 needed")
    assert judgements[-1].intervals["errors"].low > 1.2


def test_slow_requests_roll_back_too() -> None:
    rng = seeded(12)
    evidence = Evidence.of_service(BOUNDS, horizon=3600.0, grace=0.0, history=hour(rng, latency=True))
    judgements = feed(evidence, looks(rng, 10, slower=1.5))
    assert judgements[-1].action is Action.ROLL_BACK
    assert "requests on the canary take" in judgements[-1].because
    assert "times as long" in judgements[-1].because


def test_a_catastrophe_is_seen_during_grace_and_a_warm_up_is_not_one() -> None:
    rng = seeded(13)
    catastrophe = feed(Evidence.of_service(horizon=3600.0), looks(rng, 4, (0.2, 0.001)))
    assert catastrophe[-1].action is Action.ROLL_BACK
    warming = Evidence.of_service(horizon=3600.0)
    fading = [
        next(looks(rng, 1, (0.001 * (1.0 + 8.0 * math.exp(-(look + 0.5) / 4.0)), 0.001)))
        for look in range(40)
    ]
    assert all(judgement.action is not Action.ROLL_BACK for judgement in feed(warming, fading))


def test_promotion_needs_traffic_and_says_how_much() -> None:
    evidence = Evidence.of_service(horizon=36_000.0, grace=0.0)
    early = feed(evidence, [GOOD] * 4)[-1]
    assert early.action is Action.CONTINUE
    assert "more requests on the canary to have seen a regression of 3.0 times" in early.missing
    assert early.missing in early.because
    late = feed(evidence, [GOOD] * 80, begin=60.0)[-1]
    assert late.action is Action.READY
    assert late.missing == ""
    assert late.smallest["errors"] is not None
    assert late.smallest["errors"] < 3.0


def test_a_margin_that_only_holds_does_not_roll_back() -> None:
    rng = seeded(14)
    design = one_metric(Margin("worse", 1.2, rolls_back=False), Margin("catastrophe", 20.0))
    judgement = feed(Evidence(design), looks(rng, 60, (0.004, 0.001)))[-1]
    worse, catastrophe = judgement.found
    assert (worse.certain, catastrophe.certain) == (True, False)
    assert judgement.action is Action.HOLD


def test_of_two_margins_the_wider_is_certain_only_with_the_narrower() -> None:
    rng = seeded(15)
    design = one_metric(Margin("wide", 3.0), Margin("narrow", 1.2))
    judgements = feed(Evidence(design), looks(rng, 30, (0.02, 0.001)))
    pairs = [(wide.certain, narrow.certain) for wide, narrow in (judgement.found for judgement in judgements)]
    assert (True, False) not in pairs
    assert pairs[-1] == (True, True)


def test_the_metric_with_the_largest_part_is_what_decided() -> None:
    rng = seeded(16)
    evidence = Evidence.of_service(BOUNDS, horizon=3600.0, grace=0.0, history=hour(rng, latency=True))
    judgement = feed(evidence, looks(rng, 30, (0.02, 0.001), slower=1.0))[-1]
    certain = [found.key for found in judgement.found if found.certain]
    assert certain == ["errors"]


def test_three_of_three_failures_break_the_limit_and_the_sentence_counts_them() -> None:
    evidence = Evidence(one_metric(limits=(Limit("limit", 0.05),)))
    judgement = evidence.observe(15.0, {"errors": Pair(Counts(3.0, 3.0))})
    assert judgement.action is Action.ROLL_BACK
    assert judgement.because.startswith("errors on the canary 3 of 3")
    assert "the limit is 5 %" in judgement.because


def test_the_sentence_of_a_limit_tells_the_true_counts_where_errors_come_in_clumps() -> None:
    rng = seeded(23)
    clumps = [
        Pair(Counts(750.0, 6.0 * rng.poisson(0.2)), Counts(750.0, 6.0 * rng.poisson(0.2))) for _ in range(240)
    ]
    evidence = Evidence(one_metric(limits=(Limit("limit", 0.05),)), {"errors": clumps})
    judgement = evidence.observe(15.0, {"errors": Pair(Counts(90.0, 45.0), Counts(810.0, 1.0))})
    assert "errors on the canary 45 of 90" in judgement.found[0].because


def test_one_of_ten_failures_does_not_break_the_limit() -> None:
    evidence = Evidence(one_metric(limits=(Limit("limit", 0.05),)))
    assert evidence.observe(15.0, {"errors": Pair(Counts(10.0, 1.0))}).action is Action.READY


def test_a_shared_incident_holds_and_does_not_roll_back() -> None:
    rng = seeded(17)
    evidence = Evidence.of_service(horizon=3600.0, grace=0.0)
    feed(evidence, looks(rng, 40))
    judgements = feed(evidence, looks(rng, 40, (0.3, 0.3)), begin=600.0)
    assert Action.ROLL_BACK not in {judgement.action for judgement in judgements}
    judgement = judgements[-1]
    assert judgement.action is Action.HOLD
    assert [found.key for found in judgement.found if found.shared] == ["limit"]
    assert "the baseline is no better" in judgement.because


def test_a_canary_alone_beyond_the_limit_rolls_back() -> None:
    rng = seeded(18)
    evidence = Evidence(one_metric(Margin("worse", 50.0), limits=(Limit("limit", 0.05),)))
    judgement = feed(evidence, looks(rng, 30, (0.12, 0.001)))[-1]
    assert judgement.action is Action.ROLL_BACK


@pytest.mark.parametrize(
    "limit", [Limit("slow", 0.05, slower_than=0.4), Limit("slow", 0.05, times_control=2.0)]
)
def test_too_many_slow_requests_break_a_limit_of_latency(limit: Limit) -> None:
    rng = seeded(19)
    metric = MetricDesign("latency", Kind.LATENCY, (Margin("slower", 1.1),), (limit,), bounds=BOUNDS)
    evidence = Evidence(Design((metric,), horizon=3600.0, grace=0.0), {"latency": hour(rng, latency=True)})
    judgement = feed(evidence, looks(rng, 20, slower=4.0))[-1]
    assert next(found for found in judgement.found if found.key == "slow").certain
    fine = Evidence(Design((metric,), horizon=3600.0, grace=0.0), {"latency": hour(rng, latency=True)})
    assert not any(found.certain for found in feed(fine, looks(rng, 20, slower=1.0))[-1].found)


def test_a_repeated_or_older_look_changes_nothing() -> None:
    evidence = Evidence.of_service()
    feed(evidence, [GOOD] * 5)
    before, judgement = evidence.state(), evidence.judgement
    bad = Pair(Counts(150.0, 150.0), Counts(1350.0, 0.0))
    for seconds in (75.0, 60.0, 0.0, -15.0, math.nan, math.inf):
        assert evidence.observe(seconds, bad) == judgement
    assert evidence.state() == before


BAD_DAYS = {
    "counter reset of the canary": replace(GOOD, canary=Counts(-900.0, 3.0)),
    "counter reset of the errors": replace(GOOD, canary=Counts(150.0, -3.0)),
    "counter reset of the control": replace(GOOD, control=Counts(-900.0, 3.0)),
    "not a number": replace(GOOD, canary=Counts(math.nan, 1.0)),
    "a monster": replace(GOOD, canary=Counts(1e300, 1e300)),
    "infinite": replace(GOOD, control=Counts(math.inf, 1.0)),
    "canary without traffic": replace(GOOD, canary=Counts(0.0)),
    "control without traffic": replace(GOOD, control=Counts(0.0)),
    "no control": replace(GOOD, control=None),
}


@pytest.mark.parametrize("pair", BAD_DAYS.values(), ids=BAD_DAYS)
def test_a_look_that_cannot_be_compared_is_no_data_and_three_of_them_hold(pair: Pair) -> None:
    evidence = Evidence(one_metric(Margin("worse")))
    feed(evidence, [GOOD] * 100)
    e_value = evidence.judgement.e_value
    first, second, third = feed(evidence, [pair] * 3, begin=1500.0)
    assert third.e_value == pytest.approx(e_value, rel=0.2)
    assert (first.action, second.action, third.action) == (Action.READY, Action.READY, Action.HOLD)
    assert "no data for 3 looks" in third.because
    again = evidence.observe(1560.0, GOOD)
    assert again.action is Action.READY


def test_a_missing_metric_is_no_data() -> None:
    evidence = Evidence(one_metric(Margin("worse")))
    for look in range(1, 4):
        evidence.observe(15.0 * look, {})
    assert evidence.judgement.action is Action.HOLD
    assert evidence.judgement.because == "errors: no data for 3 looks (no data)"


def test_bad_looks_between_good_ones_neither_alarm_nor_hide_a_regression() -> None:
    rng = seeded(20)
    bad = list(BAD_DAYS.values())
    harmless, broken = (Evidence.of_service(horizon=7200.0, grace=0.0) for _ in range(2))
    for look in range(1, 121):
        nothing = bad[look % len(bad)] if look % 2 else None
        fine = harmless.observe(15.0 * look, nothing or next(looks(rng, 1)))
        broken.observe(15.0 * look, nothing or next(looks(rng, 1, (0.01, 0.001))))
        assert fine.action is not Action.ROLL_BACK
    assert broken.judgement.action is Action.ROLL_BACK


def test_more_errors_than_requests_are_all_requests() -> None:
    capped, all_failed = (Evidence.of_service(grace=0.0) for _ in range(2))
    capped.observe(15.0, Pair(Counts(10.0, 10.3), Counts(90.0)))
    all_failed.observe(15.0, Pair(Counts(10.0, 10.0), Counts(90.0)))
    assert capped.state() == all_failed.state()


def test_buckets_that_change_are_no_data_and_the_words_say_what_to_do() -> None:
    rng = seeded(21)
    evidence = Evidence.of_service(BOUNDS, history=hour(rng, latency=True))
    feed(evidence, looks(rng, 5, slower=1.0))
    changed = Pair(Counts(150.0, 0.0, (50.0, 100.0)), Counts(1350.0, 0.0, (450.0, 900.0)))
    judgement = feed(evidence, [changed] * 3, begin=75.0)[-1]
    assert judgement.action is Action.HOLD
    assert "has 2 buckets, expected 15: start the evidence again with the new bounds" in judgement.because


def test_a_share_that_changes_at_every_look_is_no_regression() -> None:
    rng = seeded(22)
    evidence = Evidence.of_service(horizon=9000.0, grace=0.0)
    for look in range(1, 401):
        canary = int(rng.integers(1, 1499))
        pair = next(looks(rng, 1, (0.002, 0.002), requests=(canary, 1500 - canary)))
        assert evidence.observe(15.0 * look, pair).action is not Action.ROLL_BACK


def test_late_and_missing_looks_lead_where_all_looks_together_lead() -> None:
    often, late = (Evidence.of_service(horizon=3600.0, grace=0.0) for _ in range(2))
    feed(often, [Pair(Counts(50.0, 1.0), Counts(450.0, 1.0))] * 3)
    late.observe(45.0, Pair(Counts(150.0, 3.0), Counts(1350.0, 3.0)))
    assert late.judgement.e_value == pytest.approx(often.judgement.e_value, rel=0.1)


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (Design((), budget=0.0), "the budget is 0"),
        (Design((), every=0.0), "looks come every 0 seconds"),
        (Design((), horizon=-1.0), "planned for -1 seconds"),
        (Design((MetricDesign("a"), MetricDesign("a"))), "the same name"),
        (one_metric(Margin("m"), Margin("m")), "the same key"),
        (one_metric(Margin("m", 0.9)), "expected 1 or more"),
        (one_metric(limits=(Limit("l", 5.0),)), "expected a share between 0 and 1"),
        (Design((MetricDesign("a", weight=0.0),)), "expected more than 0"),
        (Design((MetricDesign("a", Kind.LATENCY, bounds=(1.0, 0.5)),)), "ascending"),
        (
            Design((MetricDesign("a", Kind.LATENCY, limits=(Limit("l"),), bounds=BOUNDS),)),
            "needs either slower_than or times_control",
        ),
        (
            Design((MetricDesign("a", Kind.LATENCY, limits=(Limit("l", slower_than=11.0),), bounds=BOUNDS),)),
            "tells nothing beyond 10 s",
        ),
    ],
)
def test_a_design_that_cannot_be_tested_says_why(design: Design, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Evidence(design)


def test_a_judgement_holds_plain_numbers() -> None:
    rng = seeded(24)
    evidence = Evidence.of_service(BOUNDS, by_segment=True, history=hour(rng, latency=True))
    pair = next(looks(rng, 1, slower=1.0))
    judgement = evidence.observe(15.0, pair, {"north": pair, "south": pair})
    for found in judgement.found:
        assert {type(found.log_e), type(found.needed)} == {float}
        assert {type(found.certain), type(found.doubt), type(found.shared)} == {bool}
    assert all(type(interval.low) is float for interval in judgement.intervals.values())
    assert type(judgement.e_value) is float
