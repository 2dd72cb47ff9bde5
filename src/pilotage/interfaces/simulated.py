"""A simulation as data: one form for ``--json`` and for the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

from pilotage.application.shapes import snake_case
from pilotage.application.simulation.outcome import Blocked, Simulation
from pilotage.application.use_cases.views import plain
from pilotage.decisions.explain import importance, sentence

LONG = 60.0
"""Seconds of waiting below which nobody cares."""


def longest_waits(played: Simulation) -> list[Blocked]:
    """Everything it waited for longer than a minute, longest first. What differs only in its numbers is one wait."""
    found: dict[tuple[str, tuple[str, ...]], Blocked] = {}
    for wait in played.blocked:
        key = (wait.text.partition(" (")[0], wait.who)
        before = found.get(key)
        if before is not None and wait.since <= before.until:
            found[key] = replace(before, until=max(before.until, wait.until))
        else:
            # The same thing waited for a second time, later: a line of its own.
            found[key if before is None else (f"{key[0]} {wait.since}", wait.who)] = replace(
                wait, text=key[0]
            )
    long = [wait for wait in found.values() if (wait.until - wait.since).total_seconds() >= LONG]
    return sorted(long, key=lambda wait: wait.since - wait.until)


def as_object(played: Simulation) -> dict[str, Any]:
    """The simulation as a program reads it."""
    return {
        "plan": played.release.plan.id,
        "scenario": {"name": played.scenario.name, "describe": played.scenario.describe},
        "outcome": played.outcome,
        "began": plain(played.began),
        "ended": plain(played.ended),
        "seconds": (played.ended - played.began).total_seconds(),
        "fault_at": plain(played.fault_at),
        "not_yet": plain(played.not_yet),
        "timeline": [
            {
                "at": plain(one.happened.at.astimezone(UTC)),
                "by": plain(one.happened.by),
                "event": snake_case(type(one.happened.event)),
                "importance": int(importance(one.happened.event)),
                "sentence": sentence(one.happened, one.before),
            }
            for one in played.moments
        ],
        "blocked": plain(longest_waits(played)),
        "stuck": plain(played.stuck),
    }
