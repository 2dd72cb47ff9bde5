"""Warm-up: a new replica is slow and fails more at first. Its tolerated ratio fades instead of a blind spell.

For ``seconds`` since new replicas began the null is

    r0(t) = max(r0, 1 + excess * exp(-t / tau)),     tau = grace / 2

An e-process whose null ratio changes predictably from look to look stays one: every factor has expectation <= 1 under any
ratio up to the null's. So a warm-up that stays below the curve cannot break the budget, and a catastrophe (more than the
curve) is seen from the first look on. Evidence against the fading null is kept. (evidence.md 3.4 uses a flat 5.)
"""

from __future__ import annotations

import math

ERRORS = 8.0
LATENCY = 2.0


def tolerated(margin: float, excess: float, grace: float, since: float | None) -> float:
    """The ratio tolerated ``since`` seconds after new replicas began (None: none did), ``grace`` in seconds (0: none).

    A look is judged by the curve at its begin, where it is highest: who warms up exactly like this stays below.
    """
    if since is None or grace <= 0.0:
        return margin
    return max(margin, 1.0 + excess * math.exp(-2.0 * max(since, 0.0) / grace))
