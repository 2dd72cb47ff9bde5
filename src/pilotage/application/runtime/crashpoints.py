"""Crash points: places with a name where a test lets the process die, as a power cut would.

``PILOTAGE_CRASH_AT=NAME`` kills the process with SIGKILL when it first comes by the point NAME, ``NAME:3`` the third
time. Nothing is closed, flushed or told; whoever starts it again must find its way (rules S5 and L2). Without the
variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "PILOTAGE_CRASH_AT"

AFTER_DECIDE = "after_decide_before_commit"
AFTER_COMMIT = "after_commit_before_effect"
AFTER_CLAIM = "after_claim_before_perform"
DURING_PERFORM = "during_perform"
AFTER_PERFORM = "after_perform_before_outcome"
AFTER_OUTCOME_DECIDED = "after_outcome_decided_before_commit"
AFTER_OUTCOME = "after_outcome_commit"
AFTER_TICK_CLAIM = "after_tick_claim"
AFTER_TICK_READ = "after_tick_read_before_commit"
AFTER_TICK = "after_tick_commit"

POINTS = (
    AFTER_DECIDE, AFTER_COMMIT, AFTER_CLAIM, DURING_PERFORM, AFTER_PERFORM, AFTER_OUTCOME_DECIDED, AFTER_OUTCOME,
    AFTER_TICK_CLAIM, AFTER_TICK_READ, AFTER_TICK,
)  # fmt: skip
"""Every crash point, in the order a release meets them."""


class _Bomb:
    """Counts how often its point was passed."""

    def __init__(self, armed: str) -> None:
        self.point, _, nth = armed.partition(":")
        self.left = int(nth or 1)
        if self.point not in POINTS:
            known = ", ".join(POINTS)
            raise ValueError(f"{VARIABLE}={armed}: there is no crash point {self.point!r}; there are {known}")

    def passed(self, point: str) -> None:
        if point != self.point:
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


_bomb: _Bomb | None = None


def arm(point: str) -> None:
    """Let this process die when it comes by ``point`` (``NAME`` or ``NAME:NTH``); empty: nowhere. Raises ValueError."""
    global _bomb  # noqa: PLW0603 - a process dies once, as a whole
    _bomb = _Bomb(point) if point else None


def crash_here(point: str) -> None:
    """Die here if a test armed this point."""
    if _bomb is not None:
        _bomb.passed(point)


arm(os.environ.get(VARIABLE, ""))
