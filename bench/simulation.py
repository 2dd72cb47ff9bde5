"""How long a plan of several weeks takes to simulate, and how that compares with the least such a simulation can do.

The floor folds the very events the simulation made, and decides nothing: what is above it is the price of deciding.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.simulation.play import simulate
from pilotage.application.simulation.scenario import BUILT_IN
from pilotage.decisions.evolve import fold

PLANS = Path(str(files("pilotage") / "plans"))
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LIMIT = 0.1
"""Seconds that eight weeks may take."""


def best(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of processor time of the best of some runs."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return min(found)


def main() -> int:
    """Measure and print; 1 when the eight weeks take longer than they may."""
    slow = False
    print(f"{'simulated':<28} {'weeks':>6} {'events':>7} {'seconds':>9} {'times the fold alone':>22}")
    for name in ("compile-time-connection", "staged-rollout"):
        plan = YamlPlans().read(PLANS / f"{name}.yaml").plan
        if plan is None:
            raise SystemExit(f"{name} does not read")
        whole = simulate(plan, BUILT_IN["healthy"], START)
        log = [moment.happened for moment in whole.moments]
        seconds = best(lambda plan=plan: simulate(plan, BUILT_IN["healthy"], START))  # type: ignore[misc]  # bound now
        floor = best(lambda plan=plan, log=log: fold("simulated", plan, log))  # type: ignore[misc]  # bound now
        weeks = (whole.ended - whole.began).days / 7
        print(f"{name:<28} {weeks:>6.1f} {len(log):>7} {seconds:>9.3f} {seconds / floor:>22.1f}")
        slow = slow or seconds > LIMIT
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
