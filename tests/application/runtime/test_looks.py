"""When a release is looked at next, and what time a fact about it has."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pilotage.application.runtime.looks import SMALL_STEP, next_look, time_of
from pilotage.domain.decision import Decision
from pilotage.domain.plan import EvidenceSettings
from pilotage.domain.release import Release
from pilotage.testing.builders import plan_of, seconds, stage
from pilotage.testing.clock import MONDAY


def release(every: float = 15) -> Release:
    plan = plan_of(stage("only"), evidence=EvidenceSettings(every=seconds(every)))
    return Release(id="x", plan=plan, started=MONDAY)


def test_nothing_watched_and_nothing_asked_means_no_look() -> None:
    assert next_look(release(), Decision(), watching=False, at=MONDAY) is None


def test_the_sooner_of_what_the_decision_asks_and_the_next_tick() -> None:
    soon, late = MONDAY + timedelta(seconds=4), MONDAY + timedelta(hours=1)
    assert next_look(release(), Decision(look_again=soon), watching=True, at=MONDAY) == soon
    assert next_look(release(), Decision(look_again=late), watching=True, at=MONDAY) == MONDAY + timedelta(
        seconds=15
    )
    assert next_look(release(), Decision(look_again=late), watching=False, at=MONDAY) == late


@given(st.floats(0.05, 3600), st.floats(0, 1e7))
def test_ticks_stay_on_the_grid_and_always_come(every: float, passed: float) -> None:
    at = MONDAY + timedelta(seconds=passed)
    look = next_look(release(every), Decision(), watching=True, at=at)
    assert look is not None
    assert timedelta() < look - at <= timedelta(seconds=max(every, 0.05) + 0.051)


def test_a_release_s_time_stands_still_for_a_small_step_back_and_follows_a_mended_clock() -> None:
    assert time_of(MONDAY, MONDAY - timedelta(seconds=1)) == MONDAY
    assert time_of(MONDAY, MONDAY + SMALL_STEP) == MONDAY + SMALL_STEP
    assert time_of(MONDAY, MONDAY + SMALL_STEP + timedelta(seconds=1)) == MONDAY
