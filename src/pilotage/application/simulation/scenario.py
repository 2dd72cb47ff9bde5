"""Scenarios: what the simulated world does. Healthy unless said otherwise.

A scenario is data, so that a team can write its own (``pilotage plan simulate --scenario FILE``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pilotage.domain.errors import UsageError
from pilotage.domain.metrics import Unit
from pilotage.domain.time import Duration


class FaultKind(StrEnum):
    """What goes wrong with a metric: it gets bad enough to fire every limit on it, or it falls silent."""

    BAD = "bad"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Fault:
    """Metrics of certain ``units`` (or by name) go wrong ``after`` users meet the change in ``stage``.

    ``stage`` empty: the first stage that lets in more than segments (else the first that exposes anybody). ``value``
    overrides how bad, in the metric's unit. ``lasts`` None: until the change is taken back.
    """

    kind: FaultKind
    units: frozenset[Unit] = frozenset()
    metrics: frozenset[str] = frozenset()
    stage: str = ""
    after: Duration = Duration(seconds=1800)
    lasts: Duration | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world. ``away`` roles never answer; ``failing`` steps fail as often as the number says; ``traits``/``inputs`` are
    what people answer; ``patience`` is how long people take for an answer that has no time of its own.
    """

    name: str
    describe: str = ""
    faults: tuple[Fault, ...] = ()
    away: frozenset[str] = frozenset()
    nobody_approves: bool = False
    failing: dict[str, int] = field(default_factory=dict)
    traits: dict[str, bool] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    patience: Duration = Duration(seconds=3600)


ERRORS = frozenset({Unit.PERCENT})
SPEED = frozenset({Unit.TIME})

BUILT_IN: dict[str, Scenario] = {
    s.name: s
    for s in (
        Scenario("healthy", "every metric on target, everybody answers within the hour"),
        Scenario("error-spike", "errors rise half an hour after users meet the change", (Fault(FaultKind.BAD, ERRORS),)),
        Scenario("slow", "the change is slow, from half an hour after users meet it", (Fault(FaultKind.BAD, SPEED),)),
        Scenario("no-data", "the metrics fall silent half an hour after users meet the change",
                 (Fault(FaultKind.SILENT, ERRORS | SPEED | frozenset(Unit)),)),
        Scenario("approver-away", "whoever is asked first for an approval or a go does not answer", nobody_approves=True),
    )
}  # fmt: skip


def built_in(name: str) -> Scenario:
    """The built-in scenario of that name. Raises UsageError with the names there are."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    raise UsageError(
        f'there is no scenario "{name}"',
        f"Take one of {', '.join(BUILT_IN)}, or give the path of a scenario file.",
    )
