"""The tables for people, and what was promised and missed."""

from __future__ import annotations

from math import isfinite, isnan

from bench.evidence.judges import JUDGES, NO_GRACE, OURS, asked_about
from bench.evidence.measure import Outcome, Share, at_least, median_low, quantile
from bench.evidence.reference import BUDGET, DELAY, EXPOSED, HARMLESS_DIFFERENCES, UNPROMISED_NULLS
from bench.evidence.scenarios import REFERENCE
from bench.evidence.simulator import Scenario

Outcomes = dict[str, Outcome]
WIDTH = 34


def harmless(scenarios: tuple[Scenario, ...], results: dict[str, Outcomes]) -> list[str]:
    """Rows of false rollbacks in percent, ours with the exact 95 % interval."""
    names = _names(scenarios)
    lines = [
        _row("rolled back, % of releases", [name if name != OURS.name else "ours (95 %)" for name in names])
    ]
    for scenario in scenarios:
        if scenario.name in results:
            found = results[scenario.name]
            lines.append(_row(scenario.name, [_false(found.get(name), name == OURS.name) for name in names]))
    return lines


def regressions(scenarios: tuple[Scenario, ...], results: dict[str, Outcomes]) -> list[str]:
    """Rows of median/90th percentile delay in ticks; "!": stopped before the onset; a lone share: found in the time."""
    names = _names(scenarios)
    lines = [_row("delay in ticks, median/p90", [*names, "reference"])]
    for scenario in scenarios:
        if scenario.name in results:
            found = results[scenario.name]
            cells = [_delay(found.get(name)) for name in names]
            lines.append(_row(scenario.name, [*cells, DELAY.get(scenario.name, "")]))
    return lines


def exposures(results: dict[str, Outcomes]) -> list[str]:
    """Rows of the median canary requests exposed until the rollback, ours beside the reference's."""
    heads = ["ours, grace 0", "reference", "", "ours", "reference", ""]
    lines = [_row("requests exposed, median", heads)]
    for name, target in EXPOSED.items():
        if name not in results:
            continue
        cells: list[str] = []
        for judge, number in ((NO_GRACE, target.without_grace), (OURS, target.with_grace)):
            value = quantile(results[name][judge.name].exposed, 0.5)
            mark = "" if number is None else ("better" if value <= number else "worse")
            cells += [_number(value), "" if number is None else f"{number:,.0f}", mark]
        lines.append(_row(name, cells))
    return lines


def missed(results: dict[str, Outcomes]) -> list[str]:
    """What was promised and is not so, in words. Chance alone is not a miss: 95 % sure."""
    lines = []
    for name, found in results.items():
        ours = found[OURS.name]
        if not ours.scenario.harmless or name in UNPROMISED_NULLS:
            continue
        for judge in (OURS,) if "warm-up" in name else (OURS, NO_GRACE):
            if judge.name in found:
                lines += _lost(judge.name, found[judge.name])
    for name, target in EXPOSED.items():
        if name in results and target.promised:
            exposed = results[name][NO_GRACE.name].exposed
            if median_low(exposed) > target.without_grace:
                lines.append(
                    f"{name}: {_number(quantile(exposed, 0.5))} requests exposed, promised {target.without_grace:,.0f}"
                )
    return lines


def _lost(judge: str, outcome: Outcome) -> list[str]:
    """Whether a harmless kind of traffic is rolled back more often than the budget allows."""
    name, false = outcome.scenario.name, outcome.false
    allowed = HARMLESS_DIFFERENCES.get(name, BUDGET)
    if at_least(false.count, false.of, allowed) < 0.05:
        promised = "0 %" if name in HARMLESS_DIFFERENCES else f"{100 * BUDGET:g} %"
        return [
            f"{name} ({judge}): {_share(false)} % of the harmless releases rolled back, promised {promised}"
        ]
    return []


def _names(scenarios: tuple[Scenario, ...]) -> list[str]:
    """The judges that were asked there, in their order, each once."""
    asked = {judge.name for scenario in scenarios for judge in asked_about(scenario, scenario in REFERENCE)}
    return [name for name in dict.fromkeys(judge.name for judge in JUDGES) if name in asked]


def _row(name: str, cells: list[str]) -> str:
    return f"{name:{WIDTH}}" + "".join(f"{cell:>15}" for cell in cells)


def _false(outcome: Outcome | None, with_interval: bool) -> str:
    if outcome is None:
        return ""
    return _share(outcome.false) if with_interval else f"{100 * outcome.false.value:.1f}"


def _share(share: Share) -> str:
    return f"{100 * share.value:.1f} ({100 * share.low:.1f}-{100 * share.high:.1f})"


def _delay(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    before = f" !{100 * outcome.false.value:.0f}" if outcome.false.value >= 0.005 else ""
    middle, late = quantile(outcome.delay, 0.5), quantile(outcome.delay, 0.9)
    if isnan(middle):
        return before.strip()
    if not isfinite(middle):
        return f"{100 * outcome.detected.value:.0f} %{before}"
    return f"{middle:.0f}/{late:.0f}{before}" if isfinite(late) else f"{middle:.0f}/-{before}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if isfinite(value) else "-"
