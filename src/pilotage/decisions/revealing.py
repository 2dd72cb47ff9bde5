"""What each stage of a plan can reveal with the traffic a service has: before the release, on paper.

Only a share of all users that chance picks can be compared with the others at the same time; a team, a region or
beta testers cannot, and nobody is left to compare with once everybody is in. Source of the numbers: ``evidence.md`` §3.8
(``decisions/evidence/sizing.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pilotage.decisions.baking import bake_of
from pilotage.decisions.evidence.design import Kind
from pilotage.decisions.evidence.sizing import needed_requests, smallest_ratio
from pilotage.decisions.exposure import randomised
from pilotage.decisions.proving import TOLERATED_ERRORS, design
from pilotage.domain.exposure import Audience
from pilotage.domain.plan import Plan
from pilotage.domain.stages import Stage

RATIOS = (2.0, 3.0, 5.0, 10.0)
"""How many times worse than the others: the regressions that are told."""

LARGEST_SHARE = 50.0
"""Percent. A larger canary leaves fewer to compare with, and shows less."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a service has: requests a second in all, and the share of them that fail (0.001 for 0.1 %)."""

    per_second: float
    base_rate: float = 0.001


@dataclass(frozen=True, slots=True)
class Seen:
    """``ratio`` times as many errors would be seen after ``seconds`` (``requests`` on the canary), usually."""

    ratio: float
    requests: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Revealed:
    """What one rung of a stage can reveal.

    ``share`` is in percent; ``seconds`` its bake time and ``requests`` the canary's in it (None: it goes on without an
    end); ``smallest`` the smallest ratio they can reveal (None: not even 1000). ``why_not`` says in words why nothing can
    be compared there; then the rest is empty. ``enough``: the ratio the plan wants revealed is. ``advice``: what would
    help where it is not.
    """

    stage: str
    exposure: str
    share: float = 0.0
    seconds: float | None = None
    requests: float | None = 0.0
    smallest: float | None = None
    seen: tuple[Seen, ...] = ()
    why_not: str = ""
    enough: bool = True
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revealing:
    """What the stages of a plan can reveal. ``wanted``: the ratio each stage must be able to (None: none).

    ``tolerated`` is the ratio that is no regression, ``budget`` the part of the budget for false alarms that errors
    have. ``assumed``: in words, why these numbers are about a metric the plan does not have yet; else empty.
    """

    traffic: Traffic
    wanted: float | None
    tolerated: float
    budget: float
    stages: tuple[Revealed, ...]
    metric: str = ""
    assumed: str = ""
    not_reckoned: tuple[str, ...] = ()
    """Latencies that are compared too: how soon a slower one shows hangs on its spread, which no plan tells."""


@dataclass(frozen=True, slots=True)
class _Test:
    """What every stage is reckoned with."""

    traffic: Traffic
    tolerated: float
    budget: float
    wanted: float | None

    def needed(self, ratio: float, share: float) -> float:
        """Requests on the canary that reveal ``ratio`` at ``share`` percent."""
        rate = self.traffic.base_rate
        return needed_requests(ratio, rate, share / 100, budget=self.budget, tolerated=self.tolerated)

    def seconds(self, ratio: float, share: float) -> float:
        """How long that takes."""
        return self.needed(ratio, share) / (self.traffic.per_second * share / 100)

    def smallest(self, requests: float, share: float) -> float | None:
        """The smallest ratio that so many requests on the canary reveal."""
        rate = self.traffic.base_rate
        return smallest_ratio(requests, rate, share / 100, budget=self.budget, tolerated=self.tolerated)


def revealing(plan: Plan, traffic: Traffic) -> Revealing:
    """What each stage (each of its rungs) of ``plan`` can reveal with ``traffic``."""
    made = design(plan, plan.stages[0].id if plan.stages else "", {})
    metrics = made.metrics if made else ()
    compared = [m for m in metrics if m.kind is Kind.ERRORS and any(x.rolls_back for x in m.margins)]
    assumed = ""
    if not compared:
        assumed = (
            "No guard and no trigger of this plan is about failed requests of both variants (errors and total, with "
            "{{variant}}). This is what one that is could reveal."
        )
    tolerated = min(
        (x.ratio for m in compared for x in m.margins if x.rolls_back), default=1 + TOLERATED_ERRORS / 100
    )
    part = max(m.weight for m in compared) / sum(m.weight for m in metrics) if compared else 1.0
    test = _Test(traffic, max(tolerated, 1.0), plan.evidence.false_alarms * part, plan.evidence.reveal)
    stages = tuple(each for stage in plan.stages for each in _of_stage(stage, test))
    name = compared[0].name if compared else ""
    slow = tuple(m.name for m in metrics if m.kind is Kind.LATENCY and m.margins)
    return Revealing(traffic, test.wanted, test.tolerated, test.budget, stages, name, assumed, slow)


def _of_stage(stage: Stage, test: _Test) -> Iterator[Revealed]:
    for rung in stage.rungs:
        options = rung.options or (rung,)
        yield from (_of_audience(stage, option, test) for option in options if not option.most.nobody)


def _of_audience(stage: Stage, audience: Audience, test: _Test) -> Revealed:
    exposure = audience.least if not audience.least.nobody else audience.most
    name, words = stage.name, audience.text or str(exposure)
    if exposure.everyone:
        why = "everybody is in: nobody is left to compare with; limits, and the numbers of before, still hold"
        return Revealed(name, words, why_not=why)
    if not randomised(exposure):
        why = (
            "chance does not pick these users, so they cannot be compared with the others; limits still hold"
        )
        return Revealed(name, words, why_not=why)
    bake = bake_of(stage)
    share, seconds = exposure.share, None if bake.ongoing else bake.least.approximate_seconds
    requests = None if seconds is None else test.traffic.per_second * share / 100 * seconds
    seen = tuple(Seen(ratio, test.needed(ratio, share), test.seconds(ratio, share)) for ratio in RATIOS)
    enough = test.wanted is None or requests is None or test.needed(test.wanted, share) <= requests
    return Revealed(
        name,
        words,
        share,
        seconds,
        requests,
        None if requests is None else test.smallest(requests, share),
        tuple(each for each in seen if math.isfinite(each.seconds)),
        enough=enough,
        advice=() if enough else tuple(_advice(test, share, requests or 0.0, seconds or 0.0)),
    )


def _advice(test: _Test, share: float, requests: float, seconds: float) -> Iterator[str]:
    """What would let the stage reveal what the plan wants revealed."""
    assert test.wanted is not None
    if not math.isfinite(test.needed(test.wanted, share)):
        return
    yield f"bake it {_span(test.seconds(test.wanted, share))} instead of {_span(seconds)}"
    larger = next(
        (
            s
            for s in (5.0, 10.0, 20.0, 25.0, LARGEST_SHARE)
            if s > share and test.seconds(test.wanted, s) <= seconds
        ),
        None,
    )
    if larger is not None:
        yield f"let in {larger:g}%"
    smallest = test.smallest(requests, share)
    if smallest is not None:
        yield f"write `reveal: {math.ceil(10 * smallest) / 10:g}x` and know that smaller regressions go on"


def _span(seconds: float) -> str:
    """A length of time, rounded up, as a plan writes it."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 4 * length or (seconds >= length and seconds % length == 0):
            return f"{math.ceil(seconds / length):g}{unit}"
    return f"{math.ceil(seconds):g}s"
