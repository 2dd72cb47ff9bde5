"""The test of failed requests: the conditional ratio test on counts of (fine, failed) requests."""

from __future__ import annotations

from pilotage.decisions.evidence import dispersion, grid, warmup
from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.ratio import RatioTest
from pilotage.decisions.evidence.step import Step


class ErrorsTest:
    """An e-process for "the canary fails more than ``margin`` times as often as the control".

    Counts have shape (2, *shape, 2): arm (canary first), leading axes, (fine, failed).
    """

    def __init__(
        self,
        margin: float,
        spread: dispersion.Dispersion,
        shape: tuple[int, ...] = (),
        centre: float = grid.CENTRE,
    ) -> None:
        self.spread = spread
        self.ratio = RatioTest(margin, shape, centre=centre)

    def look(self, step: Step, counts: Array) -> None:
        """Learn from one look."""
        hits, requests = counts[..., 1], counts.sum(axis=-1)
        phi = self.spread.now(dispersion.variance(hits, requests))
        null = warmup.tolerated(self.ratio.tolerated, warmup.ERRORS, step.grace, step.since)
        self.ratio.look(step.mass, null, hits, requests, phi, step.cap)

    def log_e(self, log_left: float) -> Array:
        """The logarithm of the e-value, of shape ``shape``."""
        return self.ratio.log_e(log_left)

    def wealth(self) -> list[Array]:
        """What has been learned, leading axes first."""
        return [self.ratio.log_wealth]

    def take(self, wealth: list[Array]) -> None:
        """Go on from what ``wealth`` gave."""
        (self.ratio.log_wealth,) = wealth

    def add(self, rows: int, spent: float) -> None:
        """New segments: see ``RatioTest.add``."""
        self.ratio.add(rows, spent)
