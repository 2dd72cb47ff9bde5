"""The five source documents as plans, each played once a scenario."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.simulation.outcome import Simulation
from pilotage.application.simulation.play import simulate
from pilotage.application.simulation.scenario import BUILT_IN
from pilotage.domain.plan import Plan

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
PLANS = Path(str(files("pilotage") / "plans"))


@lru_cache
def document(name: str) -> Plan:
    """A shipped plan."""
    plan = YamlPlans().read(PLANS / f"{name}.yaml").plan
    assert plan is not None
    return plan


@lru_cache
def played(name: str, scenario: str = "healthy", seed: int | None = None) -> Simulation:
    """A shipped plan in a built-in scenario."""
    return simulate(document(name), BUILT_IN[scenario], START, seed)
