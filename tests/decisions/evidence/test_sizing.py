"""How much traffic reveals what: the numbers of the reference, and both directions agree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.decisions.evidence.sizing import needed_requests, smallest_ratio


@pytest.mark.parametrize(("ratio", "requests"), [(2, 21_000), (3, 6_400), (5, 2_100), (10, 660)])
def test_requests_on_a_tenth_of_the_traffic_at_one_error_in_a_thousand(ratio: float, requests: float) -> None:
    assert needed_requests(ratio, 0.001, 0.1) == pytest.approx(requests, rel=0.02)


def test_a_thousand_requests_show_nothing_below_seven_times() -> None:
    assert smallest_ratio(1000, 0.001, 0.1) == pytest.approx(7.7, abs=0.05)


@given(
    ratio=st.floats(1.3, 50.0),
    rate=st.floats(1e-5, 0.01),
    share=st.floats(0.01, 0.6),
    margin=st.floats(1.0, 1.2),
)
def test_the_smallest_ratio_needs_the_requests_there_are(
    ratio: float, rate: float, share: float, margin: float
) -> None:
    requests = needed_requests(ratio, rate, share, tolerated=margin)
    assert smallest_ratio(requests, rate, share, tolerated=margin) == pytest.approx(ratio, rel=5e-3)


def test_what_cannot_be_seen() -> None:
    assert needed_requests(1.1, 0.001, 0.1, tolerated=1.2) == math.inf
    assert needed_requests(3.0, 0.0, 0.1) == math.inf
    assert smallest_ratio(2, 0.0001, 0.1) is None
    assert smallest_ratio(0, 0.001, 0.1) is None
    assert smallest_ratio(1000, 0.001, 1.0) is None


def test_a_smaller_budget_and_clumped_errors_need_more() -> None:
    usual = needed_requests(3, 0.001, 0.1)
    assert needed_requests(3, 0.001, 0.1, budget=0.001) > usual
    assert needed_requests(3, 0.001, 0.1, phi=4.0) == pytest.approx(4.0 * usual)
