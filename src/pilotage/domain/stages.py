"""Stages: a span with one environment or exposure, its steps and its gate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pilotage.domain.exposure import Audience
from pilotage.domain.gates import Check
from pilotage.domain.metrics import Guard
from pilotage.domain.moments import Moment
from pilotage.domain.people import Ask
from pilotage.domain.steps import Step
from pilotage.domain.time import Bake, Duration, DurationRange
from pilotage.domain.traits import When


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Steps done, baked, and the gate still not met ``after`` that long: ``roll back`` or ``hold``."""

    action: str
    after: Duration = Duration()


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. ``rungs`` holds its audiences in order: none (exposure unchanged), one (``expose``) or several (``ramp``).

    ``bake`` None takes the default: 1d where users are exposed, else none. ``gate`` holds only the lines written; that
    steps passed, the stage is baked and no guard alerts is always asked too. ``go`` None means by itself.
    """

    id: str
    name: str
    title: str = ""
    goal: str = ""
    audience: str = ""
    owner: str = ""
    at: Moment | None = None
    when: When | None = None
    environment: str = ""
    windows: tuple[str, ...] = ()
    start_in: tuple[str, ...] = ()
    before: tuple[Check, ...] = ()
    prepare: tuple[Step, ...] = ()
    rungs: tuple[Audience, ...] = ()
    bake: Bake | None = None
    steps: tuple[Step, ...] = ()
    guards: tuple[Guard, ...] = ()
    judge: tuple[Check, ...] = ()
    gate: tuple[Check, ...] = ()
    go: Ask | None = None
    otherwise: Otherwise | None = None
    takes: DurationRange | None = None
    marks: str = ""
    ticks: str = ""
    each: str = ""
    """What ``{{each}}`` stands for in this stage: one value of the ``each`` list it was written out from."""
    line: int = 0

    def walk(self) -> Iterator[Step]:
        """All its steps, prepared ones first, groups before what is inside them."""
        for step in (*self.prepare, *self.steps):
            yield from step.walk()
