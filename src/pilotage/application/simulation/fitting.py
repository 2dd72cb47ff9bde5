"""A scenario for a plan: names as the plan spells them, and a clear word about those it does not have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from pilotage.application.simulation.scenario import Scenario
from pilotage.domain.errors import UsageError
from pilotage.domain.ids import same_name
from pilotage.domain.plan import Plan


def fitted(scenario: Scenario, plan: Plan) -> Scenario:
    """The scenario with the plan's own spelling of every name. Raises UsageError naming all it does not have."""
    names = _Names(scenario.name)
    metrics = names.of("metric", ((name, name) for name in plan.metrics))
    stages = names.of("stage", (pair for s in plan.stages for pair in ((s.id, s.id), (s.name, s.id))))
    roles = names.of("role", ((name, name) for name in (*plan.roles, *plan.people)))
    steps = names.of(
        "step",
        (
            pair
            for s in plan.step_by_key.values()
            for pair in ((s.name, s.name), (s.id, s.id), (s.key, s.key))
        ),
    )
    traits = names.of("trait", ((name, name) for name in plan.traits))
    inputs = names.of("input", ((name, name) for name in plan.inputs))
    result = replace(
        scenario,
        faults=tuple(
            replace(
                fault,
                metrics=frozenset(metrics(name) for name in fault.metrics),
                stage=stages(fault.stage) if fault.stage else "",
            )
            for fault in scenario.faults
        ),
        away=frozenset(roles(name) for name in scenario.away),
        failing={steps(name): times for name, times in scenario.failing.items()},
        traits={traits(name): answer for name, answer in scenario.traits.items()},
        inputs={inputs(name): answer for name, answer in scenario.inputs.items()},
    )
    names.finish()
    return result


class _Names:
    """Looks names up and remembers the unknown ones."""

    def __init__(self, scenario: str) -> None:
        self._scenario = scenario
        self._unknown: list[str] = []

    def of(self, kind: str, pairs: Iterable[tuple[str, str]]) -> _Lookup:
        """A lookup for one kind of name."""
        return _Lookup(kind, {same_name(name): meant for name, meant in pairs}, self._unknown)

    def finish(self) -> None:
        """Raise UsageError if any name was unknown."""
        if self._unknown:
            raise UsageError(
                f'The scenario "{self._scenario}" names what this plan does not have:\n'
                + "\n".join(f"  {line}" for line in self._unknown),
                "Mend the scenario file, or play it with the plan it was written for.",
            )


class _Lookup:
    def __init__(self, kind: str, known: dict[str, str], unknown: list[str]) -> None:
        self._kind = kind
        self._known = known
        self._unknown = unknown

    def __call__(self, name: str) -> str:
        found = self._known.get(same_name(name))
        if found is None:
            near = get_close_matches(same_name(name), self._known, n=1)
            meant = f'; did you mean "{self._known[near[0]]}"?' if near else ""
            self._unknown.append(f'no {self._kind} "{name}"{meant}')
            return name
        return found
