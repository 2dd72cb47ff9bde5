"""From a scenario to counts: requests are Poisson, errors binomial (or clumped), histograms multinomial."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng
from numpy.typing import NDArray

from bench.evidence import nuisance
from bench.evidence.latency import Latency, histogram
from bench.evidence.traffic import TICK, Arm, Counts, Traffic

HOUR = 240
"""Ticks of the old version before the release."""


class Measured(StrEnum):
    """What is counted in a scenario besides requests."""

    ERRORS = "errors"
    LATENCY = "latency"
    BOTH = "errors and latency"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of traffic. ``stages`` are (first tick, canary's share); ``onset`` the tick from which a bad canary is bad.

    ``errors_times`` and ``slower`` are what the canary's error rate and latency are multiplied by from ``onset`` on;
    ``ramp`` ticks it takes to get there; ``bad_segment``: the error rate of one of ``segments``. ``warm_errors`` and
    ``warm_slower`` fade after each stage's start. ``noise`` is an arm's own AR(1) log-noise (standard deviation, memory)
    on its error rate, ``jitter`` on its latency. ``late``, ``resets``, ``wobble``: what befalls the scrapes.
    """

    name: str
    harmless: bool
    measured: Measured = Measured.ERRORS
    ticks: int = 240
    rps: float = 100.0
    base: float = 0.001
    stages: tuple[tuple[int, float], ...] = ((0, 0.1),)
    onset: int = 0
    ramp: int = 0
    errors_times: float = 1.0
    slower: float = 1.0
    stuck: float = 0.0
    segments: int = 0
    bad_segment: float = 0.0
    swing: float = 0.0
    burst: float = 1.0
    clump: float = 0.0
    noise: tuple[float, float] = (0.0, 0.0)
    jitter: tuple[float, float] = (0.0, 0.0)
    warm_errors: float = 1.0
    warm_slower: float = 1.0
    warm_once: bool = False
    late: float = 0.0
    resets: float = 0.0
    wobble: bool = False
    latency: Latency = Latency()

    @property
    def starts(self) -> tuple[int, ...]:
        """The first ticks of the stages."""
        return tuple(first for first, _ in self.stages)


def generator(seed: int, name: str, batch: int = 0) -> Generator:
    """Random numbers of one scenario: the same whichever other scenarios run."""
    return default_rng(SeedSequence([seed, zlib.crc32(name.encode()), batch]))


def simulate(scenario: Scenario, rollouts: int, rng: Generator) -> Traffic:
    """``rollouts`` releases of one kind, and the hour before each."""
    span = HOUR + scenario.ticks
    load = np.full((rollouts, span), scenario.rps * TICK)
    rate = np.full((rollouts, span), scenario.base)
    if scenario.swing:
        load *= nuisance.day(rng, rollouts, span, scenario.swing)
        rate *= nuisance.day(rng, rollouts, span, scenario.swing / 2)
    if scenario.burst != 1:
        rate = np.minimum(0.9, rate * nuisance.bursts(rng, rollouts, span, scenario.burst))
    half = load[:, :HOUR] / 2
    before, plain = rate[:, :HOUR], np.ones(HOUR)
    history = (
        _arm(scenario, rng, half, before, plain),
        _arm(scenario, rng, half, before, plain),
    )
    share = _share(scenario, rng)
    during, load, one = rate[:, HOUR:], load[:, HOUR:], np.ones(scenario.ticks)
    control = _arm(scenario, rng, load * (1 - share), during, one)
    starts = (0,) if scenario.warm_once else scenario.starts
    worse = nuisance.since(scenario.onset, scenario.errors_times, scenario.ticks, scenario.ramp)
    worse = worse * nuisance.fading(scenario.warm_errors, starts, scenario.ticks)
    slower = nuisance.since(scenario.onset, scenario.slower, scenario.ticks, scenario.ramp)
    slower = slower * nuisance.fading(scenario.warm_slower, starts, scenario.ticks)
    canary = _arm(scenario, rng, load * share, np.minimum(0.95, during * worse), slower, canary=True)
    return _scraped(scenario, rng, Traffic(control, canary, history, moved=starts))


def _share(scenario: Scenario, rng: Generator) -> Counts:
    """The canary's share of the traffic at each tick."""
    index = np.searchsorted(scenario.starts, np.arange(scenario.ticks), side="right") - 1
    share: Counts = np.array([share for _, share in scenario.stages])[index]
    return share * rng.uniform(0.3, 1.7, scenario.ticks) if scenario.wobble else share


def _arm(
    scenario: Scenario, rng: Generator, load: Counts, rate: Counts, slower: Counts, *, canary: bool = False
) -> Arm:
    """One version's counts: ``load`` requests expected a tick, ``rate`` of them fail, they take ``slower`` as long."""
    rollouts, ticks = load.shape
    if scenario.noise[0]:
        rate = np.minimum(0.95, rate * nuisance.log_noise(rng, rollouts, ticks, *scenario.noise))
    if scenario.segments:
        return _segmented(scenario, rng, load, rate, bad=scenario.bad_segment if canary else 0.0)
    requests = rng.poisson(load).astype(float)
    errors = np.zeros_like(requests)
    if scenario.measured is not Measured.LATENCY:
        errors = _errors(scenario, rng, requests, rate)
    buckets, stuck_share = None, scenario.stuck if canary else 0.0
    if scenario.measured is not Measured.ERRORS:
        times = slower
        if scenario.jitter[0]:
            times = times * nuisance.log_noise(rng, rollouts, ticks, *scenario.jitter)
        stuck = np.where(np.arange(ticks) >= scenario.onset, stuck_share, 0.0)
        buckets = histogram(rng, requests, scenario.latency.shares(times, stuck))
    return Arm(requests, errors, buckets)


def _errors(scenario: Scenario, rng: Generator, requests: Counts, rate: Counts) -> Counts:
    """How many of the requests failed; clumps may ask for more errors than there were requests, and do not get them."""
    if scenario.clump:
        return np.minimum(requests, nuisance.clumped(rng, requests * rate, scenario.clump))
    errors: Counts = rng.binomial(requests.astype(np.int64), rate).astype(float)
    return errors


def _segmented(scenario: Scenario, rng: Generator, load: Counts, rate: Counts, bad: float) -> Arm:
    """Requests and errors by segment, all of the same size; the first one fails with the rate ``bad`` where it is not 0."""
    requests = rng.poisson(np.repeat(load[..., None] / scenario.segments, scenario.segments, axis=-1))
    rates = np.repeat(rate[..., None], scenario.segments, axis=-1)
    if bad:
        rates[:, scenario.onset :, 0] = bad
    errors = rng.binomial(requests, rates).astype(float)
    return Arm(
        requests.sum(axis=-1).astype(float),
        errors.sum(axis=-1),
        segment_requests=requests.astype(float),
        segment_errors=errors,
    )


def _scraped(scenario: Scenario, rng: Generator, traffic: Traffic) -> Traffic:
    """What the scrapes make of it: a late one brings the counts of two ticks at once, a reset brings a negative one."""
    late = rng.random((traffic.rollouts, traffic.ticks)) < scenario.late
    late[:, -1] = False
    arms = []
    for arm in (traffic.control, traffic.canary):
        if arm.segment_requests is not None or not (scenario.late or scenario.resets):
            arms.append(arm)
            continue
        requests, errors = _postponed(arm.requests, late), _postponed(arm.errors, late)
        buckets = None if arm.buckets is None else _postponed(arm.buckets, late)
        reset = rng.random(requests.shape) < scenario.resets
        requests = np.where(reset, -7.0 * requests - 100, requests)
        errors = np.where(reset & (rng.random(requests.shape) < 0.5), -3.0 * errors - 5, errors)
        arms.append(Arm(requests, errors, buckets))
    return Traffic(arms[0], arms[1], traffic.history, traffic.moved)


def _postponed(counts: Counts, late: NDArray[np.bool_]) -> Counts:
    """Counts of a late tick are nothing then, and come with the next."""
    counts = counts.copy()
    for tick in range(counts.shape[1] - 1):
        rows = late[:, tick]
        counts[rows, tick + 1] += counts[rows, tick]
        counts[rows, tick] = 0
    return counts
