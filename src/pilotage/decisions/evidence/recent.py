"""Since when it looks worse, and what was counted since: for the sentences, never for a decision.

The rate of a whole day hides what began an hour ago. A cumulative sum of log-likelihood ratios ("three times as many as
the control" against "as many"; alone, "twice the limit" against "the limit") falls back to zero while nothing is wrong.
What was counted since it last was zero is what people are told. Source: Page 1954, Continuous inspection schemes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WORSE = 3.0
MOST_OF_ALL = 0.5
"""Where this part of all requests is recent, it began at the start, and nothing is to be said about time."""

NOTHING_RECENT = (0.0,) * 6


@dataclass(frozen=True, slots=True)
class Told:
    """What to speak of: requests and hits of both arms (canary first), and for how many looks (0: since the start)."""

    requests: tuple[float, float]
    hits: tuple[float, float]
    looks: float = 0.0


class Recent:
    """``numbers``: the sum, looks since it was zero, requests of canary and control, hits of canary and control."""

    def __init__(self) -> None:
        self.numbers: Sequence[float] = NOTHING_RECENT

    def look(
        self, hits: Sequence[float], requests: Sequence[float], phi: float, looks: float, limit: float | None
    ) -> None:
        """Learn from one look; ``hits``, ``requests``: canary first; ``looks``: how many planned looks long it was.

        ``limit``: the share that must not be exceeded, for a canary that has no control (None: there is no limit).
        """
        (n1, n0), (e1, e0) = requests, hits
        if n1 <= 0.0 or (n0 <= 0.0 and limit is None):
            return
        score = _against_control(n1, n0, e1, e0) if n0 > 0.0 else _against_limit(n1, e1, limit or 0.5)
        total, lasted, canary, control, on_canary, on_control = self.numbers
        total += score / phi
        grown = (total, lasted + looks, canary + n1, control + n0, on_canary + e1, on_control + e0)
        self.numbers = grown if total > 0.0 else NOTHING_RECENT


def told_of(numbers: Sequence[float], requests: Sequence[float], hits: Sequence[float]) -> Told:
    """What to speak of; ``numbers``: those of ``Recent``; ``requests``, ``hits``: since the start, canary first."""
    _, looks, n1, n0, e1, e0 = numbers
    if looks <= 0.0 or e1 <= 0.0 or n1 >= MOST_OF_ALL * requests[0]:
        return Told((float(requests[0]), float(requests[1])), (float(hits[0]), float(hits[1])))
    return Told((n1, n0), (e1, e0), looks)


def _against_control(n1: float, n0: float, e1: float, e0: float) -> float:
    """Three times the control's rate against the control's, given how many failed in both arms (see ``ratio``)."""
    return e1 * math.log(WORSE) - (e1 + e0) * math.log((WORSE * n1 + n0) / (n1 + n0))


def _against_limit(n1: float, e1: float, limit: float) -> float:
    """Twice the limit (or half-way to all) against the limit."""
    twice = min(2.0 * limit, 0.5 * (1.0 + limit))
    return e1 * math.log(twice / limit) + (n1 - e1) * math.log((1.0 - twice) / (1.0 - limit))
