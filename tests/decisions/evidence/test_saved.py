"""A restart goes on to the last digit, whatever the days were like."""

from __future__ import annotations

import json
import math

import pytest

from pilotage.decisions.evidence import Counts, Evidence, Pair
from tests.decisions.evidence.feeding import BOUNDS, arm, hour, looks, seeded


def test_restoring_at_every_look_of_a_run_with_bad_days_gives_the_same_numbers() -> None:
    rng = seeded(31)
    whole = Evidence.of_service(BOUNDS, by_segment=True, horizon=1800.0, history=hour(rng, latency=True))
    resumed = Evidence.restore(whole.design, whole.state())
    seconds = 0.0
    for look, good in enumerate(looks(rng, 60, (0.004, 0.001), slower=1.05)):
        pair = good
        seconds += float(rng.uniform(5.0, 40.0))
        segments = {
            f"s{place}": Pair(arm(rng, 20, 0.01, 1.0), arm(rng, 100, 0.01, 1.0)) for place in range(look // 9)
        }
        if look % 7 == 3:
            pair = Pair(Counts(math.nan), pair.control)
        if look % 11 == 5:
            pair = Pair(pair.canary)
        if look % 20 == 10:
            whole.began(seconds - 1.0, fresh=look == 30)
            resumed.began(seconds - 1.0, fresh=look == 30)
        assert resumed.observe(seconds, pair, segments) == whole.observe(seconds, pair, segments)
        kept = json.loads(json.dumps(resumed.state(), allow_nan=False))
        assert kept == json.loads(json.dumps(whole.state(), allow_nan=False))
        resumed = Evidence.restore(whole.design, kept)
        if "no data" not in whole.judgement.because:  # why there was none is told with the look, and not kept
            assert resumed.judgement == whole.judgement


def test_a_state_of_another_design_is_refused() -> None:
    wide = Evidence.of_service(by_segment=True, limit=None).design
    with pytest.raises(ValueError, match="begin the evidence anew"):
        Evidence.restore(Evidence.of_service().design, Evidence(wide).state())
    state = Evidence.of_service().state()
    del state["clock"]
    with pytest.raises(ValueError, match="another design or version"):
        Evidence.restore(Evidence.of_service().design, state)


def test_a_metric_that_joins_later_has_all_of_the_prior_that_is_gone() -> None:
    """Its buckets are known only now: it is as though it had been there without data."""
    rng = seeded(32)
    short, both = Evidence.of_service(horizon=1800.0), Evidence.of_service(BOUNDS, horizon=1800.0)
    for look, pair in enumerate(looks(rng, 20)):
        short.observe(15.0 * (look + 1), pair)
        both.observe(15.0 * (look + 1), {"errors": pair})
    joined = Evidence.restore(both.design, short.state())
    pair = next(looks(rng, 1, slower=1.0))
    for evidence in (joined, both):
        evidence.observe(315.0, pair)
    assert joined.judgement.e_value == pytest.approx(both.judgement.e_value)


def test_the_state_is_small() -> None:
    state = Evidence.of_service(BOUNDS).state()
    assert sum(map(len, state.values())) < 800
    assert all(math.isfinite(number) for numbers in state.values() for number in numbers)
