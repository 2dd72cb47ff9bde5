"""Our policy, through the product's own code: the standard service of ``pilotage.decisions.evidence`` for many rollouts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.evidence.rules import NEVER, Alarms
from bench.evidence.simulator import Measured, Scenario
from bench.evidence.traffic import BOUNDS, TICK, Arm, Counts, Traffic
from pilotage.decisions.evidence.many import ManyRollouts


def alarms(traffic: Traffic, scenario: Scenario, grace: float) -> Alarms:
    """The tick at which each rollout is rolled back. A metric that the scenario does not count is not in the design."""
    counts_errors = scenario.measured is not Measured.LATENCY
    counts_latency = scenario.measured is not Measured.ERRORS
    evidence = ManyRollouts(
        traffic.rollouts,
        BOUNDS if counts_latency else (),
        errors=counts_errors,
        every=TICK,
        horizon=scenario.ticks * TICK,
        stages=tuple(start * TICK for start in scenario.starts if start),
        grace=grace,
        segments=scenario.segments,
        history_errors=_by_arm(traffic.history, _fine_and_failed) if counts_errors else None,
        history_latency=_by_arm(traffic.history, _buckets) if counts_latency else None,
    )
    arms = (traffic.canary, traffic.control)
    failed = _by_arm(arms, _fine_and_failed) if counts_errors else None
    slow = _by_arm(arms, _buckets) if counts_latency else None
    parts = _by_arm(arms, _segments) if scenario.segments else None
    found = np.full(traffic.rollouts, NEVER)
    for tick in range(traffic.ticks):
        if tick in scenario.starts:
            evidence.began(tick * TICK, fresh=tick in traffic.moved)
        log_e = evidence.observe((tick + 1) * TICK, *(_at(counts, tick) for counts in (failed, slow, parts)))
        found[(found == NEVER) & (evidence.alarms(log_e) > 0)] = tick
    return found


def _at(counts: Counts | None, tick: int) -> Counts | None:
    """One look of counts (2, rollouts, ticks, ...)."""
    return None if counts is None else counts[:, :, tick]


def _by_arm(arms: tuple[Arm, Arm], read: Callable[[Arm], Counts]) -> Counts:
    """Both arms in one array, the first one first."""
    stacked: Counts = np.stack([read(arm) for arm in arms])
    return stacked


def _fine_and_failed(arm: Arm) -> Counts:
    """(rollouts, ticks, 2). Where a counter went backwards the look is no data, as ``intake`` has it for one release."""
    both = np.stack((arm.requests - arm.errors, arm.errors), axis=-1)
    possible = (arm.requests >= 0) & (arm.errors >= 0)
    counted: Counts = np.where(possible[..., None], both, 0.0)
    return counted


def _buckets(arm: Arm) -> Counts:
    assert arm.buckets is not None
    return arm.buckets


def _segments(arm: Arm) -> Counts:
    assert arm.segment_requests is not None
    assert arm.segment_errors is not None
    counted: Counts = np.stack((arm.segment_requests - arm.segment_errors, arm.segment_errors), axis=-1)
    return counted
