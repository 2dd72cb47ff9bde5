"""The source documents as shipped templates, compiled, and short ways to ask them."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.domain.conditions import Comparison
from pilotage.domain.gates import Check
from pilotage.domain.metrics import Guard
from pilotage.domain.plan import Plan
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Commanded, Meeting, Step
from pilotage.domain.traits import When

PLANS = Path(str(files("pilotage") / "plans"))


@lru_cache
def document(name: str) -> Plan:
    """A shipped plan, compiled as a release would use it."""
    plan = YamlPlans().read(PLANS / f"{name}.yaml").plan
    assert plan is not None
    return plan


def texts(checks: tuple[Check, ...]) -> list[str]:
    """The lines of a gate."""
    return [check.text for check in checks]


def said(thing: When | None) -> str:
    """The words of a ``when``."""
    return thing.text if thing else ""


def work(stage: Stage) -> list[str]:
    """What is done in a stage, groups before what is inside them."""
    return [step.name for step in stage.walk()]


def at(stage: Stage) -> str:
    """The words of a stage's ``at``."""
    return stage.at.text if stage.at else ""


def guards(stage: Stage) -> dict[str, tuple[str, str]]:
    """Target and alert of each guard in force, in words."""

    def words(guard: Guard, limit: Comparison | None) -> str:
        return limit.text.removeprefix(guard.metric).strip() if limit else ""

    return {guard.metric: (words(guard, guard.target), words(guard, guard.alert)) for guard in stage.guards}


def step(plan: Plan, key: str) -> Step:
    """The step with that key."""
    return plan.step_by_key[key]


def meeting(plan: Plan, key: str) -> Meeting:
    """The meeting with that key."""
    action = step(plan, key).action
    assert isinstance(action, Meeting)
    return action


def commands(step_: Step) -> list[str]:
    """Every command a step runs, in order."""
    found: list[str] = []
    for inner in step_.walk():
        if isinstance(inner.action, Commanded):
            found += inner.action.commands
        elif not inner.parts:
            found.append(inner.name)
    return found


def messages(plan: Plan, to: str) -> list[tuple[str, tuple[str, ...], str]]:
    """What one audience hears: when (or the message's id), by which channels, the text."""
    return [(row.at.text if row.at else row.id, row.via, row.text) for row in plan.messages if to in row.to]
