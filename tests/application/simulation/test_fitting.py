"""A scenario for a plan: names as the plan spells them, and all it does not have told at once."""

from __future__ import annotations

import pytest

from pilotage.application.simulation.fitting import fitted
from pilotage.application.simulation.scenario import Fault, FaultKind, Scenario
from pilotage.domain.errors import UsageError
from pilotage.domain.metrics import Metric, Unit
from pilotage.domain.people import Role
from pilotage.domain.plan import Plan
from pilotage.domain.stages import Stage

PLAN = Plan(
    "p",
    "digest",
    stages=(Stage("us-west", "us west"),),
    metrics={"error rate": Metric("error rate", Unit.PERCENT)},
    roles={"on-call": Role("on-call")},
)


def test_names_are_taken_as_the_plan_spells_them() -> None:
    fault = Fault(FaultKind.BAD, metrics=frozenset({"Error_Rate"}), stage="US West")
    found = fitted(Scenario("s", faults=(fault,), away=frozenset({"on call"})), PLAN)
    assert found.faults[0].metrics == {"error rate"}
    assert found.faults[0].stage == "us-west"
    assert found.away == {"on-call"}


def test_all_unknown_names_are_told_at_once() -> None:
    fault = Fault(FaultKind.BAD, metrics=frozenset({"eror rate"}), stage="pluto")
    with pytest.raises(UsageError) as raised:
        fitted(
            Scenario("s", faults=(fault,), failing={"smoke": 1}, traits={"t": True}, inputs={"i": "x"}), PLAN
        )
    for line in (
        'no metric "eror rate"; did you mean "error rate"?',
        'no stage "pluto"',
        'no step "smoke"',
        'no trait "t"',
        'no input "i"',
    ):
        assert line in raised.value.message
