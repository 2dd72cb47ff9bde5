"""The benchmark of the evidence: its traffic is what it says, its rules are the sources', its numbers are exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from bench.evidence import mann_whitney, nuisance, report, rules, scenarios
from bench.evidence.judges import OURS
from bench.evidence.latency import Latency
from bench.evidence.measure import Share, at_least, median_low, quantile
from bench.evidence.run import run
from bench.evidence.simulator import Measured, Scenario, generator, simulate
from bench.evidence.traffic import BOUNDS, Arm, Traffic

BY_NAME = {scenario.name: scenario for scenario in scenarios.EVERY}


def test_every_scenario_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(scenarios.EVERY)


def test_traffic_has_the_rates_and_shares_it_was_asked_for() -> None:
    scenario = Scenario(
        "marginals", harmless=False, ticks=200, errors_times=10, stages=((0, 0.01), (100, 0.25))
    )
    traffic = simulate(scenario, 40, generator(1, scenario.name))
    canary, control = traffic.canary, traffic.control
    late = canary.requests[:, 100:].sum() / (canary.requests + control.requests)[:, 100:].sum()
    assert late == pytest.approx(0.25, rel=0.01)
    assert control.requests.mean() == pytest.approx(1500 * 0.87, rel=0.01)
    assert control.errors.sum() / control.requests.sum() == pytest.approx(0.001, rel=0.05)
    assert canary.errors.sum() / canary.requests.sum() == pytest.approx(0.01, rel=0.05)
    assert traffic.history[0].requests.shape == (40, 240)


def test_the_same_seed_gives_the_same_traffic_whatever_else_runs() -> None:
    scenario = BY_NAME["clumped"]
    first, second = (simulate(scenario, 2, generator(7, scenario.name)) for _ in range(2))
    assert np.array_equal(first.canary.errors, second.canary.errors)
    assert not np.array_equal(
        first.canary.errors, simulate(scenario, 2, generator(8, scenario.name)).canary.errors
    )


def test_latency_has_the_percentile_it_says_and_scales() -> None:
    shares = Latency().shares(np.array([1.0, 1.5]))
    assert shares.sum(axis=-1) == pytest.approx(1.0)
    usual = Latency()
    assert 0.98 * usual.body_below(0.236) + 0.02 * usual.tail_below(0.236) == pytest.approx(0.95, abs=2e-3)
    # 1.5 times as slow: above 0.75 s lies what lay above 0.5 s.
    assert shares[1, BOUNDS.index(0.75) + 1 :].sum() == pytest.approx(
        shares[0, BOUNDS.index(0.5) + 1 :].sum(), rel=1e-3
    )


def test_quantiles_are_read_as_prometheus_reads_them() -> None:
    buckets = np.zeros((3, len(BOUNDS) + 1))
    buckets[0, BOUNDS.index(0.25)] = 10  # all between 0.1 and 0.25 s
    buckets[1, -1] = 10  # all beyond the last bound
    assert rules.quantiles(buckets, 0.5)[:2] == pytest.approx([0.175, 10.0])
    assert np.isnan(rules.quantiles(buckets, 0.5)[2])


def test_clumps_keep_the_mean_and_bring_the_variance() -> None:
    errors = nuisance.clumped(default_rng(3), np.full(200_000, 2.0), mean=3)
    assert errors.mean() == pytest.approx(2.0, rel=0.02)
    # The variance of a compound Poisson sum is its rate times E[size^2]: 15 for a geometric size of mean 3.
    assert errors.var() == pytest.approx(2.0 / 3 * 15, rel=0.05)


def test_noise_is_as_wide_and_as_lasting_as_it_says() -> None:
    series = np.log(nuisance.log_noise(default_rng(4), 2000, 50, sd=0.4, memory=0.9))
    assert series.std() == pytest.approx(0.4, rel=0.03)
    assert np.corrcoef(series[:, 10], series[:, 11])[0, 1] == pytest.approx(0.9, abs=0.02)


def test_late_scrapes_lose_nothing_and_resets_are_told() -> None:
    late = Scenario("late", harmless=True, ticks=50, late=0.3)
    punctual = simulate(replace(late, late=0.0), 3, generator(5, "late"))
    traffic = simulate(late, 3, generator(5, "late"))
    assert traffic.control.requests.sum() == punctual.control.requests.sum()
    assert (traffic.control.requests == 0).any()
    resets = simulate(Scenario("resets", harmless=True, resets=0.2), 3, generator(5, "resets"))
    assert (resets.canary.requests < 0).any()


def _traffic(canary: list[float], errors: list[float]) -> Traffic:
    ones = np.ones((1, len(canary))) * 1000
    arm = Arm(np.array([canary]), np.array([errors]))
    control = Arm(ones, ones / 1000)
    return Traffic(control, arm, (control, control))


def test_the_rules_alarm_when_their_sources_do() -> None:
    bad = _traffic([100] * 24, [0, 0, 2, 0, *[2] * 20])
    assert rules.argo_default(bad)[0] == 2
    assert rules.over_1_percent_thrice(bad)[0] == 6
    assert rules.over_5_percent_thrice(bad)[0] == rules.NEVER
    # Minutes of 4 ticks: 0.5 % passes, then 2 % fails five times; the failed checks need not be neighbours.
    assert rules.flagger_success_rate(bad)[0] == 23
    # No requests: no measurement for Argo, a failed check for Flagger.
    silent = _traffic([0] * 24, [0] * 24)
    assert rules.argo_default(silent)[0] == rules.NEVER
    assert rules.flagger_success_rate(silent)[0] == 19


def test_mann_whitney_is_what_a_search_for_the_root_finds() -> None:
    rng = default_rng(6)
    experiment, control = rng.normal(0.7, 1, (1, 20)), rng.normal(0, 1, (1, 25))
    low, estimate = mann_whitney.shift(experiment, control)
    sigma = np.sqrt(20 * 25 / 12 * 46)

    def score(shift: float, correction: float) -> float:
        above = (experiment[0][:, None] - shift > control[0][None, :]).sum()
        return float((above - 250 - correction) / sigma)

    # The statistic falls from above the quantile to below it exactly at the end of the interval.
    assert score(low[0] - 1e-9, 0.5) > mann_whitney.Z98 >= score(low[0] + 1e-9, 0.5)
    assert score(estimate[0] - 1e-9, 0.0) >= 0 >= score(estimate[0] + 1e-9, 0.0)
    assert not mann_whitney.higher(control, control)[0]
    assert mann_whitney.higher(experiment + 13, control + 10)[0]


def test_shares_have_the_exact_interval() -> None:
    # Clopper and Pearson for 5 of 100 and 0 of 400, as printed in tables.
    assert Share(5, 100).low == pytest.approx(0.01643, abs=1e-5)
    assert Share(5, 100).high == pytest.approx(0.11283, abs=1e-5)
    assert Share(0, 400).high == pytest.approx(1 - 0.025 ** (1 / 400), abs=1e-6)
    assert at_least(1, 10, 0.1) == pytest.approx(1 - 0.9**10)


def test_quantiles_count_what_never_happened_as_infinite() -> None:
    delays = np.array([1.0, 2.0, np.inf, np.inf])
    assert quantile(delays, 0.5) == 2.0
    assert quantile(delays, 0.9) == np.inf
    assert median_low(np.arange(100.0)) == pytest.approx(39, abs=1)


def test_a_small_run_gives_tables_and_keeps_the_promise() -> None:
    small = {
        "warm-up": replace(BY_NAME["warm-up"], ticks=80, stages=((0, 0.1), (40, 0.5))),
        "5 %": BY_NAME["5 %"],
        "5 % in a segment": replace(BY_NAME["5 % in a segment"], ticks=60),
        "x1.5": replace(BY_NAME["x1.5"], ticks=30),
        "1 % and x1.5": replace(BY_NAME["1 % and x1.5"], ticks=30),
    }
    results = {name: run(scenario, 6, seed=1) for name, scenario in small.items()}
    assert results["warm-up"][OURS.name].false.count == 0
    assert all(results[name][OURS.name].detected.value == 1 for name in ("5 %", "x1.5", "1 % and x1.5"))
    assert "Kayenta" not in results["1 % and x1.5"]
    assert results["x1.5"]["Kayenta"].scenario.measured is Measured.LATENCY
    table = report.harmless(scenarios.HARMLESS_ERRORS, results)
    assert len(table) == 2
    assert table[1].startswith("warm-up")
    assert len(report.exposures(results)) == 4


def test_a_lost_null_is_told() -> None:
    bad = replace(BY_NAME["+10 % errors"], errors_times=50.0, ticks=20, stages=((0, 0.5),))
    lines = report.missed({"+10 % errors": run(bad, 6, seed=1)})
    assert lines[0].startswith("+10 % errors (ours): 100.0")
    assert lines[0].endswith("promised 0 %")
