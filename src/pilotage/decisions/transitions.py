"""The table of legal moves of a release, and of a step. The diagrams in the docs are drawn from it.

Rule for this file: tables and one question per table; no plan, no time, no reasons.
"""

from __future__ import annotations

from pilotage.domain.release import Status, StepStatus

RELEASE_MOVES: dict[Status, frozenset[Status]] = {
    Status.PLANNED: frozenset({Status.RUNNING, Status.ABORTED}),
    Status.RUNNING: frozenset({Status.ROLLING_BACK, Status.COMPLETED, Status.ABORTED}),
    Status.ROLLING_BACK: frozenset({Status.ROLLED_BACK, Status.ABORTED}),
    Status.ROLLED_BACK: frozenset({Status.RUNNING, Status.ROLLING_BACK, Status.ABORTED}),
    Status.COMPLETED: frozenset({Status.ROLLING_BACK}),
    Status.ABORTED: frozenset(),
}
"""From each status, where a release may go. A completed release can still be rolled back; an aborted one is over."""

STEP_MOVES: dict[StepStatus | None, frozenset[StepStatus]] = {
    None: frozenset({StepStatus.RUNNING, StepStatus.SKIPPED}),
    StepStatus.RUNNING: frozenset(
        {
            StepStatus.VERIFYING,
            StepStatus.PASSED,
            StepStatus.FAILED,
            StepStatus.WAITING,
            StepStatus.UNKNOWN,
            StepStatus.SKIPPED,
        }
    ),
    StepStatus.VERIFYING: frozenset(
        {StepStatus.PASSED, StepStatus.FAILED, StepStatus.UNKNOWN, StepStatus.SKIPPED}
    ),
    StepStatus.WAITING: frozenset({StepStatus.RUNNING, StepStatus.SKIPPED, StepStatus.UNDONE}),
    StepStatus.UNKNOWN: frozenset(
        {
            StepStatus.RUNNING,
            StepStatus.WAITING,
            StepStatus.VERIFYING,
            StepStatus.PASSED,
            StepStatus.FAILED,
            StepStatus.SKIPPED,
            StepStatus.UNDONE,
        }
    ),
    StepStatus.FAILED: frozenset(
        {StepStatus.RUNNING, StepStatus.VERIFYING, StepStatus.PASSED, StepStatus.SKIPPED, StepStatus.UNDONE}
    ),
    StepStatus.PASSED: frozenset({StepStatus.UNDONE}),
    StepStatus.SKIPPED: frozenset(),
    StepStatus.UNDONE: frozenset(),
}
"""From each step status (None: not begun), where it may go. Re-entering a stage after a rollback begins its steps anew."""


def may_move(before: Status, after: Status) -> bool:
    """Whether a release may go from ``before`` to ``after``."""
    return after in RELEASE_MOVES[before]


def may_step(before: StepStatus | None, after: StepStatus) -> bool:
    """Whether a step may go from ``before`` to ``after``."""
    return after in STEP_MOVES[before]
