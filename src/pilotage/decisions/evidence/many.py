"""The standard service over many rollouts at once: the same tests with one more axis, for benchmarks and tuning.

All rollouts share their looks and stage starts. What ``Evidence`` answers for one rollout, this answers for R of them; a
test shows that both agree.
"""

from __future__ import annotations

import math

import numpy as np

from pilotage.decisions.evidence import dispersion, grid
from pilotage.decisions.evidence.arrays import Array
from pilotage.decisions.evidence.design import USUAL_WEIGHT, Kind
from pilotage.decisions.evidence.errors import ErrorsTest
from pilotage.decisions.evidence.latency import LatencyTest, calibrate, pairs
from pilotage.decisions.evidence.onset import Onset
from pilotage.decisions.evidence.segments import FOR_LATER, FOR_WHOLE, LOG_FOR_EACH
from pilotage.decisions.evidence.step import Step


class ManyRollouts:
    """R rollouts of the standard service: errors (ratio 1.2), and latency (1.1) where there are bounds, weighted as usual.

    ``history_errors``: A/A looks (2, R, T, 2) of (fine, failed) requests, half and half; ``history_latency``: (2, R, T, B).
    ``segments``: how many (0: none) the errors are also judged by. Times are seconds.
    """

    def __init__(  # noqa: PLR0913 - the settings of the standard service
        self,
        rollouts: int,
        bounds: tuple[float, ...] = (),
        *,
        errors: bool = True,
        budget: float = 0.01,
        margins: tuple[float, float] = (1.2, 1.1),
        every: float = 15.0,
        horizon: float | None = None,
        stages: tuple[float, ...] = (),
        grace: float = 120.0,
        segments: int = 0,
        history_errors: Array | None = None,
        history_latency: Array | None = None,
    ) -> None:
        self.budget, self.grace, self.every, self._rollouts = budget, grace, every, rollouts
        self._onset = Onset(horizon, every, len(stages))
        self._seconds, self._fresh = 0.0, 0.0
        self._spread, self._jitter = dispersion.Dispersion((rollouts,)), dispersion.Dispersion((rollouts,))
        if history_errors is not None:
            self._spread = dispersion.measure(history_errors[..., 1], history_errors.sum(axis=-1))
        self._errors = ErrorsTest(margins[0], (rollouts,)) if errors else None
        self._parts = ErrorsTest(margins[0], (rollouts, segments), grid.IN_SEGMENT) if segments else None
        usual = np.zeros((rollouts, len(bounds) + 1))
        if history_latency is not None:
            self._jitter, usual = calibrate(history_latency)
        self._latency = LatencyTest(margins[1], bounds, usual) if bounds else None

    def began(self, seconds: float, *, fresh: bool = True) -> None:
        """See ``Evidence.began``."""
        if self._seconds > 0.0:
            self._onset.began()
        if fresh:
            self._fresh = seconds
        elif self._seconds == 0.0:
            self._fresh = -math.inf

    def observe(
        self,
        seconds: float,
        errors: Array | None = None,
        latency: Array | None = None,
        segments: Array | None = None,
    ) -> Array:
        """One look of all rollouts; their log e-values, shape (R,). ``alarms`` tells which reach the budget.

        ``errors`` (2, R, 2): (fine, failed) requests, canary first; ``latency`` (2, R, B); ``segments`` (2, R, S, 2).
        A rollout whose arm has no requests learns nothing. A metric that is designed and never fed keeps its weight (e = 1).
        """
        since = None if math.isinf(self._fresh) else max(self._seconds - self._fresh, 0.0)
        looks = (seconds - self._seconds) / self.every
        step = Step(self._onset.spend(seconds), since, self.grace, self.budget, looks)
        self._seconds = seconds
        parts, weights = [], []
        if self._errors is not None:
            if errors is not None:
                both = _complete(errors)
                self._look_at_errors(self._errors, step, both)
                if self._parts is not None and segments is not None:
                    self._look_at_errors(self._parts, step, _complete(segments))
                self._spread.learn(both[1, ..., 1], both[1].sum(axis=-1))
            parts.append(self._log_errors() if errors is not None else np.zeros(self._rollouts))
            weights.append(USUAL_WEIGHT[Kind.ERRORS])
        if self._latency is not None:
            if latency is not None:
                both = _complete(latency)
                self._latency.look(step, both, self._jitter.now(pairs(both.sum(axis=-1))))
            parts.append(
                self._latency.log_e(self._onset.log_left) if latency is not None else np.zeros(self._rollouts)
            )
            weights.append(USUAL_WEIGHT[Kind.LATENCY])
        weighted = [
            part + math.log(weight / sum(weights)) for part, weight in zip(parts, weights, strict=True)
        ]
        answer: Array = np.logaddexp.reduce(weighted)
        return answer

    def _look_at_errors(self, test: ErrorsTest, step: Step, both: Array) -> None:
        variance = dispersion.variance(both[..., 1], both.sum(axis=-1))
        test.look(step, both, self._spread.now(variance))

    def _log_errors(self) -> Array:
        assert self._errors is not None
        whole = self._errors.log_e(self._onset.log_left)
        if self._parts is None:
            return whole
        each = self._parts.log_e(self._onset.log_left)
        weight = LOG_FOR_EACH + math.log((1.0 - FOR_LATER) / each.shape[-1])
        idle = LOG_FOR_EACH + math.log(FOR_LATER)
        parts = np.logaddexp(np.logaddexp.reduce(each + weight, axis=-1), idle)
        answer: Array = np.logaddexp(whole + math.log(FOR_WHOLE), parts)
        return answer

    def alarms(self, log_es: Array) -> Array:
        """1 where the budget is reached, else 0."""
        answer: Array = (log_es >= -math.log(self.budget)).astype(np.float64)
        return answer


def _complete(counts: Array) -> Array:
    """Counts with both arms emptied where one of them is empty: half a comparison is none."""
    both = (counts.sum(axis=-1) > 0.0).all(axis=0)
    answer: Array = counts * both[..., None]
    return answer
