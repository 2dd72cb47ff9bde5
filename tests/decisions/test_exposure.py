"""The arithmetic of exposure, checked at the level of users: who the flag lets in before and after."""

from __future__ import annotations

import pytest
from hypothesis import given

from pilotage.decisions.exposure import is_rise, join, lower_to, size_order, start, top, within
from pilotage.domain.exposure import NOBODY, Audience, Exposure
from tests.decisions.flags.people import User, crowds, exposures, who_is_in

TEAM = Exposure(segments={"team": 100.0})
TEN = Exposure(share=10.0)
HALF = Exposure(share=50.0)
EVERYONE = Exposure(share=100.0)
NOT_EUROPE = Exposure(share=100.0, excluded=("europe",))


@pytest.mark.requirement(217)
@given(exposures, exposures, crowds)
def test_a_rise_lets_in_exactly_the_union_and_takes_nobody_out(
    current: Exposure, wanted: Exposure, crowd: list[User]
) -> None:
    assert who_is_in(join(current, wanted), crowd) == who_is_in(current, crowd) | who_is_in(wanted, crowd)


@given(exposures, exposures)
def test_a_rise_has_one_normal_form(current: Exposure, wanted: Exposure) -> None:
    joined = join(current, wanted)
    assert join(joined, joined) == joined
    assert join(joined, wanted) == joined
    assert join(wanted, current) == joined


@given(exposures, exposures, crowds)
def test_a_fall_lets_nobody_in_and_leaves_at_most_what_was_wanted(
    current: Exposure, wanted: Exposure, crowd: list[User]
) -> None:
    after = who_is_in(lower_to(current, wanted), crowd)
    assert after <= who_is_in(current, crowd)
    assert after <= who_is_in(wanted, crowd)


@given(exposures, exposures)
def test_a_fall_is_no_rise_in_words_either(current: Exposure, wanted: Exposure) -> None:
    lowered = lower_to(current, wanted)
    assert not is_rise(current, lowered)
    assert within(lowered, wanted)
    assert lower_to(lowered, wanted) == lowered


@given(exposures, exposures, crowds)
def test_what_lies_within_lets_nobody_else_in(
    exposure: Exposure, ceiling: Exposure, crowd: list[User]
) -> None:
    if within(exposure, ceiling):
        assert who_is_in(exposure, crowd) <= who_is_in(ceiling, crowd)
    assert within(exposure, join(exposure, ceiling))
    assert within(ceiling, join(exposure, ceiling))


@given(exposures)
def test_back_to_what_it_is_changes_nothing(exposure: Exposure) -> None:
    tidy = join(exposure, NOBODY)
    assert lower_to(tidy, tidy) == tidy
    assert not is_rise(tidy, tidy)


@pytest.mark.parametrize(
    ("current", "wanted", "after"),
    [
        (NOBODY, TEN, TEN),
        (TEN, NOBODY, TEN),
        (TEN, TEAM, Exposure(share=10.0, segments={"team": 100.0})),
        (HALF, TEN, HALF),
        (TEN, EVERYONE, EVERYONE),
        (Exposure(share=10.0, segments={"team": 100.0}), EVERYONE, EVERYONE),
        (NOT_EUROPE, EVERYONE, EVERYONE),
        (NOT_EUROPE, TEN, Exposure(share=100.0, excluded=("europe",), kept=(TEN,))),
        (TEN, NOT_EUROPE, Exposure(share=100.0, excluded=("europe",), kept=(TEN,))),
        (
            Exposure(capped={"beta testers": 5.0}),
            Exposure(capped={"beta testers": 10.0}),
            Exposure(capped={"beta testers": 10.0}),
        ),
    ],
    ids=str,
)
def test_rises_as_a_plan_asks_for_them(current: Exposure, wanted: Exposure, after: Exposure) -> None:
    assert join(current, wanted) == after


@pytest.mark.requirement(269)
@pytest.mark.parametrize(
    ("current", "wanted", "after"),
    [
        (EVERYONE, NOBODY, NOBODY),
        (Exposure(share=50.0, segments={"team": 100.0}), TEAM, TEAM),
        (EVERYONE, TEAM, TEAM),
        (HALF, TEN, TEN),
        (TEN, HALF, TEN),
        (HALF, TEAM, NOBODY),
        (EVERYONE, NOT_EUROPE, NOT_EUROPE),
        (
            Exposure(share=25.0, capped={"beta testers": 10.0}),
            Exposure(capped={"beta testers": 5.0}),
            Exposure(capped={"beta testers": 5.0}),
        ),
    ],
    ids=str,
)
def test_falls_as_a_rollback_asks_for_them(current: Exposure, wanted: Exposure, after: Exposure) -> None:
    assert lower_to(current, wanted) == after


def test_an_exclusion_after_a_share_keeps_those_already_in() -> None:
    joined = join(TEN, NOT_EUROPE)
    europeans = [User(f"user-{n}", {"country": "DE"}) for n in range(500)]
    assert who_is_in(joined, europeans) == who_is_in(TEN, europeans)
    assert str(joined) == "everyone except europe, and still 10%"


def test_a_range_starts_at_its_least_and_may_rise_to_its_most() -> None:
    audience = Audience(least=Exposure(share=5.0), most=TEN, text="5% to 10%")
    assert (start(audience), top(audience)) == (Exposure(share=5.0), TEN)
    assert is_rise(start(audience), top(audience))
    assert within(start(audience), top(audience))


def test_no_more_adds_nobody() -> None:
    audience = Audience(least=TEN, most=TEN, text="no more", no_more=True)
    assert join(TEAM, start(audience)) == TEAM
    assert top(audience) == NOBODY


def test_sizes_sort_by_share_first() -> None:
    capped = Exposure(capped={"beta testers": 5.0})
    assert sorted([EVERYONE, TEN, TEAM, capped, NOBODY], key=size_order) == [
        NOBODY, TEAM, capped, TEN, EVERYONE,
    ]  # fmt: skip
