"""The onset prior: it is spent by time, never more than there is, and the same however often one looks."""

from __future__ import annotations

import numpy as np
import pytest

from pilotage.decisions.evidence.arrays import log_sum
from pilotage.decisions.evidence.onset import Onset


@pytest.mark.parametrize("horizon", [None, 3600.0])
@pytest.mark.parametrize("planned", [0, 3])
def test_never_more_than_all_is_spent(horizon: float | None, planned: int) -> None:
    onset = Onset(horizon, 15.0, planned)
    spent = 0.0
    for look in range(1, 2000):
        if look % 100 == 0:
            onset.began()
        mass = onset.spend(15.0 * look)
        assert mass >= 0.0
        spent += mass
    assert spent < 1.0
    assert onset.left == pytest.approx(1.0 - spent)


@pytest.mark.parametrize("horizon", [None, 600.0])
def test_one_late_look_spends_what_many_would_have(horizon: float | None) -> None:
    often, late = Onset(horizon, 15.0), Onset(horizon, 15.0)
    many = sum(often.spend(15.0 * look) for look in range(1, 81))
    assert late.spend(1200.0) == pytest.approx(many)


def test_a_stage_takes_its_part_with_the_next_look() -> None:
    onset, quiet = Onset(3600.0, 15.0, 3), Onset(3600.0, 15.0, 3)
    onset.spend(15.0)
    quiet.spend(15.0)
    onset.began()
    assert onset.spend(30.0) == pytest.approx(quiet.spend(30.0) + 0.22 / 4)


def test_starts_that_nobody_planned_never_exhaust_the_reserve() -> None:
    onset = Onset(3600.0, 15.0, 0)
    for _ in range(50):
        onset.began()
    assert onset.reserve > 0.0


def test_sums_of_logarithms_without_overflow() -> None:
    assert log_sum(np.array((1000.0, 1000.0))) == pytest.approx(1000.0 + np.log(2.0))
    assert log_sum(np.array((-1e9, 0.0))) == 0.0
