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


def tolerated(margin: float, excess: float, grace: float, since: float | None, lasting: float) -> float:
    """The ratio tolerated by a look that begins ``since`` seconds after new replicas (None: there were none), on average.

    The mean of the curve over the look's ``lasting`` seconds; ``grace`` in seconds (0: none), ``excess`` at the very start.
    """
    if since is None or grace <= 0.0:
        return margin
    rate = 2.0 / grace
    mean = math.exp(-rate * max(since, 0.0)) * -math.expm1(-rate * lasting) / (rate * lasting)
    return max(margin, 1.0 + excess * mean)
