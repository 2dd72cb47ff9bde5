"""``python -m bench.evidence [--full] [--seed N] [--only NAME] [--rollouts N]``: some minutes; all of it takes longer."""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

from bench.evidence import cost, report, scenarios
from bench.evidence.report import Outcomes
from bench.evidence.run import run
from bench.evidence.simulator import Measured, Scenario

QUICK = {True: 100, False: 200}
FULL = {True: 400, False: 1000}
"""Rollouts of a harmless and of a bad kind."""


def asked() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.evidence", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", action="store_true", help="100 harmless and 200 bad releases of each kind (default)"
    )
    size.add_argument("--full", action="store_true", help="400 harmless and 1,000 bad releases of each kind")
    size.add_argument("--rollouts", type=int, help="so many of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers (default 1)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only kinds whose name contains this"
    )
    return parser.parse_args()


def main() -> int:
    """Run, print, and say with the exit code whether every promise was kept."""
    options = asked()
    sizes = FULL if options.full else QUICK
    wanted = [s for s in scenarios.EVERY if not options.only or any(part in s.name for part in options.only)]
    if not wanted:
        print(
            f"no scenario is named so; there are {', '.join(s.name for s in scenarios.EVERY)}",
            file=sys.stderr,
        )
        return 2
    print(f"seed {options.seed}; a tick is 15 s; the budget is 1 % of harmless releases rolled back")
    began, results = perf_counter(), dict[str, Outcomes]()
    for scenario in wanted:
        rollouts = options.rollouts or sizes[scenario.harmless]
        results[scenario.name] = run(scenario, rollouts, options.seed)
    for title, lines in tables(results):
        print(f"\n{title}\n" + "\n".join(lines))
    print(f"\n{perf_counter() - began:.0f} s for the tables")
    slow = [] if options.only else costs()
    misses = report.missed(results) + slow
    for line in misses:
        print(f"MISSED  {line}")
    return 1 if misses else 0


def tables(results: dict[str, Outcomes]) -> list[tuple[str, list[str]]]:
    """Titles and rows, without the tables that nothing was measured for."""
    found = []
    for title, kinds, rows in (
        ("Harmless releases: errors", scenarios.HARMLESS_ERRORS, report.harmless),
        ("Harmless releases: latency", scenarios.HARMLESS_LATENCY, report.harmless),
        (
            "Harmless releases: kinds the reference does not have, errors",
            _other(True, Measured.ERRORS),
            report.harmless,
        ),
        ("The same, latency", _other(True, Measured.LATENCY), report.harmless),
        ("Bad releases: errors", scenarios.BAD_ERRORS, report.regressions),
        ("Bad releases: latency", scenarios.BAD_LATENCY, report.regressions),
        (
            "Bad releases: kinds the reference does not have, errors",
            _other(False, Measured.ERRORS),
            report.regressions,
        ),
        ("The same, latency", _other(False, Measured.LATENCY), report.regressions),
    ):
        lines = rows(kinds, results)
        if len(lines) > 1:
            found.append((title, lines))
    lines = report.exposures(results)
    return [*found, ("Requests that met the bad canary", lines)] if len(lines) > 1 else found


def _other(harmless: bool, measured: Measured) -> tuple[Scenario, ...]:
    """Scenarios of our own; what counts both stands with the errors."""
    both = {measured, Measured.BOTH} if measured is Measured.ERRORS else {measured}
    return tuple(s for s in scenarios.OTHERS if s.harmless is harmless and s.measured in both)


def costs() -> list[str]:
    """Print what one look costs, and what is too slow."""
    lines, slow = cost.measure()
    print("\nCPU of one look of one release\n" + "\n".join(lines))
    return slow


if __name__ == "__main__":
    sys.exit(main())
