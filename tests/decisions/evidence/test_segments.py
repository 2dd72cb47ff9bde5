"""Segments: few are tested however many there are, none is forgotten, and one bad segment is found."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from pilotage.decisions.evidence import Action, Counts, Evidence, MetricDesign, Pair
from pilotage.decisions.evidence.segments import MOST, REST, Roster
from tests.decisions.evidence.feeding import arm, seeded

METRIC = MetricDesign("errors")


def pair(requests: float, errors: float = 0.0) -> Pair:
    return Pair(Counts(requests, errors), Counts(9.0 * requests))


def test_of_ten_thousand_segments_the_fifty_largest_are_tested_and_the_others_are_one() -> None:
    roster = Roster()
    segments = {f"s{place}": pair(float(1 + place)) for place in range(10_000)}
    counts, fresh = roster.read(METRIC, segments)
    assert fresh == MOST + 1
    assert roster.names == [f"s{9_999 - place}" for place in range(MOST)] + [REST]
    assert counts.shape == (2, MOST + 1, 2)
    assert counts[0].sum() == sum(range(1, 10_001))
    assert math.fsum(roster.weights) == pytest.approx(0.95)


def test_who_comes_later_has_a_part_of_what_was_kept_and_rows_never_move() -> None:
    roster = Roster()
    roster.read(METRIC, {"a": pair(10), "b": pair(20)})
    counts, fresh = roster.read(METRIC, {"c": pair(5, 1), "b": pair(7, 2)})
    assert (fresh, roster.names) == (1, ["a", "b", "c"])
    assert counts[0].tolist() == [[0.0, 0.0], [5.0, 2.0], [4.0, 1.0]]
    for place in range(200):
        roster.read(METRIC, {f"later {place}": pair(1)})
    assert len(roster.names) == MOST + 1
    assert math.fsum(roster.weights) < 1.0


def test_a_segment_that_misses_an_arm_or_cannot_be_is_empty() -> None:
    roster = Roster()
    broken = {
        "x": Pair(Counts(5.0)),
        "y": Pair(Counts(math.nan), Counts(5.0)),
        "z": Pair(Counts(-1.0), Counts(5.0)),
    }
    counts, fresh = roster.read(METRIC, broken)
    assert fresh == 0
    assert counts.shape == (2, 0, 2)


def test_one_bad_segment_of_twenty_rolls_back_and_is_named() -> None:
    rng = seeded(6)
    evidence = Evidence.of_service(by_segment=True, grace=0.0, horizon=3600.0)
    judgement = evidence.judgement
    for look in range(1, 121):
        segments = {
            f"region {place}": Pair(arm(rng, 8, 0.05 if place == 3 else 0.001), arm(rng, 68, 0.001))
            for place in range(20)
        }
        both = [[getattr(p, side) for p in segments.values()] for side in ("canary", "control")]
        whole = Pair(*(Counts(sum(c.requests for c in one), sum(c.errors for c in one)) for one in both))
        judgement = evidence.observe(15.0 * look, whole, segments)
        if judgement.action is Action.ROLL_BACK:
            break
    assert judgement.action is Action.ROLL_BACK
    assert judgement.found[0].segment == "region 3"
    assert 'most in segment "region 3"' in judgement.because


def test_ten_thousand_segments_take_bounded_state_and_time() -> None:
    evidence = Evidence.of_service(by_segment=True)
    segments = {f"s{place}": pair(10.0) for place in range(10_000)}
    begun = time.process_time()
    for look in range(1, 4):
        evidence.observe(15.0 * look, pair(100_000.0), segments)
    assert time.process_time() - begun < 3.0
    assert sum(map(len, evidence.state().values())) < 10_000


def test_combining_is_a_weighted_mean() -> None:
    roster = Roster()
    roster.read(METRIC, {"a": pair(10), "b": pair(20)})
    log_e, best = roster.combine(math.log(2.0), np.log(np.array((100.0, 3.0))))
    weight = 0.6 * 0.95 / 2
    assert math.exp(log_e) == pytest.approx(0.4 * 2.0 + weight * 100.0 + weight * 3.0 + 0.6 * 0.05)
    assert best == "b" if roster.names[0] == "b" else "a"
