"""The test of failed requests: the conditional ratio test on counts of (fine, failed) requests."""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence import grid, warmup
from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.ratio import RatioTest
from pilotage.decisions.evidence.step import Step

FEW = 3.0
FEW_MEAN_LITTLE = math.log(3.0)


class ErrorsTest:
    """An e-process for "the canary fails more than ``margin`` times as often as the control".

    Counts have shape (2, *shape, 2): arm (canary first), leading axes, (fine, failed). While fewer than three requests failed
    on the canary the e-value is held at 3 or below: nobody should be rolled back for two requests. (Holding an e-value down
    keeps its promise.) ``failed``: the canary's failures so far, of shape ``shape``.
    """

    def __init__(self, margin: float, shape: tuple[int, ...] = (), centre: float = grid.CENTRE) -> None:
        self.ratio = RatioTest(margin, shape, centre=centre)
        self.failed: Array = np.zeros(shape)

    def look(self, step: Step, counts: Array, phi: Array | float) -> None:
        """Learn from one look; ``phi``: its dispersion, of shape ``shape``."""
        hits, requests = counts[..., 1], counts[..., 0] + counts[..., 1]
        null = warmup.tolerated(self.ratio.tolerated, warmup.ERRORS, step.grace, step.since)
        self.ratio.look(step.mass, null, hits, requests, phi, step.budget)
        self.failed = self.failed + hits[0]

    def log_e(self, log_left: float) -> Array:
        """The logarithm of the e-value, of shape ``shape``."""
        log_e = self.ratio.log_e(log_left)
        few = self.failed < FEW
        return np.where(few, np.minimum(log_e, FEW_MEAN_LITTLE), log_e) if few.any() else log_e

    def wealth(self) -> list[Array]:
        """What has been learned, leading axes first."""
        return [self.ratio.log_wealth, self.failed]

    def take(self, wealth: list[Array]) -> None:
        """Go on from what ``wealth`` gave."""
        self.ratio.log_wealth, self.failed = wealth

    def add(self, rows: int, spent: float) -> None:
        """New segments: see ``RatioTest.add``."""
        self.ratio.add(rows, spent)
        self.failed = np.concatenate((self.failed, np.zeros((rows, *self.failed.shape[1:]))))
