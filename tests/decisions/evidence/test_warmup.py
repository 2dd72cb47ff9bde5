"""Warm-up: a tolerance that fades with the grace, and nothing else."""

from __future__ import annotations

import math

import pytest

from pilotage.decisions.evidence import warmup


def test_it_begins_high_and_fades_to_the_margin() -> None:
    ratios = [warmup.tolerated(1.2, warmup.ERRORS, 120.0, 15.0 * look) for look in range(40)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] == 9.0
    assert ratios[-1] == 1.2


def test_a_look_tolerates_what_its_begin_tolerates() -> None:
    assert warmup.tolerated(1.2, 8.0, 120.0, 30.0) == pytest.approx(1.0 + 8.0 * math.exp(-0.5))


@pytest.mark.parametrize(("grace", "since"), [(0.0, 0.0), (120.0, None)])
def test_without_grace_or_new_replicas_the_margin_holds_at_once(grace: float, since: float | None) -> None:
    assert warmup.tolerated(1.2, warmup.ERRORS, grace, since) == 1.2
