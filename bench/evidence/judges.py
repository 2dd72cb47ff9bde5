"""Who judges: our policy and the rules of other tools, each under a short name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.evidence import policy, rules
from bench.evidence.rules import Alarms
from bench.evidence.simulator import Measured, Scenario
from bench.evidence.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Judge:
    """``alarms`` gives the tick of each rollout's rollback; ``reads`` what it needs the scenario to count (None: anything)."""

    name: str
    alarms: Callable[[Traffic, Scenario], Alarms]
    reads: Measured | None = None

    def judges(self, scenario: Scenario) -> bool:
        """Whether it has anything to read there."""
        return self.reads is None or self.reads is scenario.measured


def _rule(name: str, rule: rules.Rule, reads: Measured) -> Judge:
    return Judge(name, lambda traffic, _: rule(traffic), reads)


OURS = Judge("ours", lambda traffic, scenario: policy.alarms(traffic, scenario, grace=120.0))
NO_GRACE = Judge("ours, grace 0", lambda traffic, scenario: policy.alarms(traffic, scenario, grace=0.0))
JUDGES = (
    OURS,
    NO_GRACE,
    _rule("Argo", rules.argo_default, Measured.ERRORS),
    _rule(">1 % x3", rules.over_1_percent_thrice, Measured.ERRORS),
    _rule(">5 % x3", rules.over_5_percent_thrice, Measured.ERRORS),
    _rule("Flagger", rules.flagger_success_rate, Measured.ERRORS),
    _rule("Kayenta", rules.kayenta_errors, Measured.ERRORS),
    _rule("naive z", rules.naive_z, Measured.ERRORS),
    _rule("p95 x3", rules.p95_thrice, Measured.LATENCY),
    _rule("Flagger", rules.flagger_p99, Measured.LATENCY),
    _rule("Kayenta", rules.kayenta_p95, Measured.LATENCY),
)


def asked_about(scenario: Scenario, reference: bool) -> tuple[Judge, ...]:
    """Who judges a scenario. What the ``reference`` was not measured on is for our own policy alone."""
    if reference:
        return tuple(judge for judge in JUDGES if judge.judges(scenario))
    return (OURS,) if scenario.harmless else (OURS, NO_GRACE)
