"""Simulate a scenario and let everybody judge it, batch by batch."""

from __future__ import annotations

from bench.evidence.judges import asked_about
from bench.evidence.measure import Outcome, outcome
from bench.evidence.rules import Alarms
from bench.evidence.scenarios import REFERENCE
from bench.evidence.simulator import Measured, Scenario, generator, simulate
from bench.evidence.traffic import Counts

BATCH = {Measured.ERRORS: 400, Measured.LATENCY: 100, Measured.BOTH: 100}
"""Rollouts simulated at once: as many as fit into some hundred megabytes."""


def run(scenario: Scenario, rollouts: int, seed: int) -> dict[str, Outcome]:
    """What each judge did in ``rollouts`` releases of one kind, by the judge's name."""
    size = 50 if scenario.segments else BATCH[scenario.measured]
    alarms: dict[str, list[tuple[Counts, Alarms]]] = {}
    asked = asked_about(scenario, any(scenario.name == known.name for known in REFERENCE))
    for batch, begun in enumerate(range(0, rollouts, size)):
        traffic = simulate(scenario, min(size, rollouts - begun), generator(seed, scenario.name, batch))
        for judge in asked:
            alarms.setdefault(judge.name, []).append(
                (traffic.canary.requests, judge.alarms(traffic, scenario))
            )
    return {name: outcome(scenario, parts) for name, parts in alarms.items()}
