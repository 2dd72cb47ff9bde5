"""The numbers to beat: the reference policy, measured on another simulator with the same scenarios."""

from __future__ import annotations

from dataclasses import dataclass

BUDGET = 0.01
"""False rollbacks by release, on every kind of harmless traffic."""

HARMLESS_DIFFERENCES = {"+10 % errors": 0.0025, "+3 % latency": 0.0025}
"""Promised are 0 %; a budget leaves luck of one in some hundreds, and the reference itself knows its 0 from 400 releases."""


@dataclass(frozen=True, slots=True)
class Target:
    """Median canary requests exposed by the reference, without grace and with 8 ticks of it; ``promised``: to be reached."""

    without_grace: float
    with_grace: float | None = None
    promised: bool = True


EXPOSED = {
    "0.5 %": Target(2392, 4722),
    "1 %": Target(761, 1975),
    "5 %": Target(153, 296),
    "1 % mid-stage": Target(1238),
    "5 % in a segment": Target(2401, 3607),
    "x1.2": Target(1197, 2471),
    "x1.5": Target(156, 1363),
    "10 % at 1 rps": Target(41, 49, promised=False),
    "0.5 % at 1,000 rps": Target(3063, 17890, promised=False),
}

DELAY = {
    "0.2 %": "223/-",
    "0.5 %": "16/36",
    "1 %": "5/12",
    "5 %": "1/2",
    "1 % mid-stage": "8/17",
    "5 % in a segment": "16/27",
    "x1.1": "4 %",
    "x1.2": "8/16",
    "x1.5": "1/2",
    "x1.5 mid-stage": "2/3",
}
"""Median/90th percentile in ticks, the reference without grace."""

UNPROMISED_NULLS = ("overdispersed, long memory",)
"""Noise of a single arm that lasts for ten minutes looks like a regression, and is one to whoever is served by it."""
