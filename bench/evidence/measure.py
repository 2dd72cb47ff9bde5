"""From alarms to numbers: false rollbacks with exact intervals, detection, delay, exposed requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, exp, lgamma, log

import numpy as np

from bench.evidence.rules import NEVER, Alarms
from bench.evidence.simulator import Scenario
from bench.evidence.traffic import Counts


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``of``, with the exact 95 % interval of Clopper and Pearson (1934)."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share itself; NaN of nothing."""
        return self.count / self.of if self.of else float("nan")

    @property
    def low(self) -> float:
        """The lower end: there ``count`` or more has probability 2.5 %."""
        return 0.0 if self.count == 0 else _bisect(lambda p: at_least(self.count, self.of, p) - 0.025)

    @property
    def high(self) -> float:
        """The upper end: there ``count`` or fewer has probability 2.5 %."""
        if self.count == self.of:
            return 1.0
        return _bisect(lambda p: at_least(self.count + 1, self.of, p) - 0.975)


def at_least(count: int, of: int, p: float) -> float:
    """P(X >= ``count``) for X binomial(``of``, ``p``), 0 < p < 1; the shorter tail is summed."""

    def probability(k: int) -> float:
        ways = lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1)
        return exp(ways + k * log(p) + (of - k) * log(1 - p))

    if count > of * p:
        return sum(probability(k) for k in range(count, of + 1))
    return 1 - sum(probability(k) for k in range(count))


def _bisect(rising: Callable[[float], float]) -> float:
    """The root of a rising function of a probability."""
    low, high = 1e-12, 1 - 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule did in one scenario. ``delay`` (ticks) and ``exposed`` (canary requests until the alarm) have one entry
    by rollout, counted from the onset, infinite where nothing was noticed, without rollouts stopped before the onset.
    """

    scenario: Scenario
    false: Share
    delay: Counts
    exposed: Counts

    @property
    def detected(self) -> Share:
        """How many of the bad releases were stopped."""
        return Share(int(np.isfinite(self.delay).sum()), len(self.delay))


def outcome(scenario: Scenario, parts: list[tuple[Counts, Alarms]]) -> Outcome:
    """Put together what a rule did in the batches of a scenario: the canary's requests and the alarms of each."""
    false, rollouts = 0, 0
    delays, exposures = [], []
    for canary, alarms in parts:
        until = scenario.ticks if scenario.harmless else scenario.onset
        early = (alarms != NEVER) & (alarms < until)
        false, rollouts = false + int(early.sum()), rollouts + len(alarms)
        if scenario.harmless:
            continue
        kept, requests = alarms[~early], np.maximum(canary[~early], 0)
        so_far = requests[:, scenario.onset :].cumsum(axis=1)
        at = np.where(kept == NEVER, 0, kept - scenario.onset)
        caught = so_far[np.arange(len(at)), at]
        delays.append(np.where(kept == NEVER, np.inf, at + 1.0))
        exposures.append(np.where(kept == NEVER, np.inf, caught))
    none = np.zeros(0)
    return Outcome(
        scenario,
        Share(false, rollouts),
        np.concatenate([none, *delays]),
        np.concatenate([none, *exposures]),
    )


def quantile(values: Counts, q: float) -> float:
    """The smallest value that a part ``q`` does not exceed; infinite values count as such, NaN of nothing."""
    if not len(values):
        return float("nan")
    return float(np.sort(values)[min(len(values) - 1, max(0, int(np.ceil(q * len(values))) - 1))])


def median_low(values: Counts) -> float:
    """The lower end of a 95 % interval for the median, from the order statistics."""
    n = len(values)
    place = 0
    total = 0.0
    while place < n // 2:
        total += comb(n, place) / 2**n
        if total > 0.025:
            break
        place += 1
    return float(np.sort(values)[max(0, place - 1)]) if n else float("nan")
