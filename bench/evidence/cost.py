"""CPU of one look of one release: the class people feed, beside a floor measured in the same second."""

from __future__ import annotations

from time import process_time

import numpy as np

from bench.evidence.simulator import Measured, Scenario, generator, simulate
from bench.evidence.traffic import BOUNDS, TICK, Arm
from pilotage.decisions.evidence.evidence import Evidence
from pilotage.decisions.evidence.judgement import Counts, Pair

PROMISED = {"errors": 0.1e-3, "everything": 1e-3}
"""Seconds of CPU for one look."""
ROUNDS = 5


def measure() -> tuple[list[str], list[str]]:
    """Rows to print, and what is slower than promised."""
    floor = _floor()
    lines, slow = [f"{'floor (one logaddexp of 24)':{30}}{1e6 * floor:>12.2f} µs"], []
    for name, measured in (("errors", Measured.ERRORS), ("everything", Measured.BOTH)):
        seconds = _look(measured)
        lines.append(f"{name:{30}}{1e6 * seconds:>12.1f} µs   {seconds / floor:>6.0f} x floor")
        if seconds > PROMISED[name]:
            slow.append(
                f"one look, {name}: {1e3 * seconds:.2f} ms of CPU, promised {1e3 * PROMISED[name]:.1f} ms"
            )
    return lines, slow


def _floor(times: int = 20_000) -> float:
    """One small numpy operation: what any policy pays a hundred times or so."""
    left, right = np.linspace(-1, 1, 24), np.linspace(1, -1, 24)
    best = np.inf
    for _ in range(ROUNDS):
        began = process_time()
        for _ in range(times):
            np.logaddexp(left, right)
        best = min(best, (process_time() - began) / times)
    return float(best)


def _look(measured: Measured) -> float:
    """The best of some rounds over the 240 looks of one release; the others were disturbed."""
    scenario = Scenario("cost", harmless=True, measured=measured)
    traffic = simulate(scenario, 1, generator(1, scenario.name))
    looks = pairs(traffic.canary, traffic.control, traffic.ticks)
    history = pairs(*traffic.history, traffic.history[0].requests.shape[1])
    best = np.inf
    for _ in range(ROUNDS):
        bounds = BOUNDS if measured is Measured.BOTH else ()
        evidence = Evidence.of_service(bounds, horizon=scenario.ticks * TICK, history=history)
        began = process_time()
        for tick, pair in enumerate(looks):
            evidence.observe((tick + 1) * TICK, pair)
        best = min(best, (process_time() - began) / len(looks))
    return float(best)


def pairs(canary: Arm, control: Arm, ticks: int, rollout: int = 0) -> list[Pair]:
    """The looks of one rollout, as the product's class takes them."""
    return [Pair(_counts(canary, rollout, tick), _counts(control, rollout, tick)) for tick in range(ticks)]


def _counts(arm: Arm, rollout: int, tick: int) -> Counts:
    buckets = () if arm.buckets is None else tuple(arm.buckets[rollout, tick].tolist())
    return Counts(float(arm.requests[rollout, tick]), float(arm.errors[rollout, tick]), buckets)
