"""How much counters grew: resets, newcomers, gaps, jumping clocks, and a bound on what is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pilotage.adapters.metrics.exposition import read_page
from pilotage.adapters.metrics.history import MOST_READINGS, History
from pilotage.adapters.metrics.promql import parse_selector

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
X = parse_selector("x")


def history(*readings: tuple[float, str], seconds: float = 60) -> History:
    made = History()
    made.want(frozenset({"x"}), seconds)
    for after, page in readings:
        made.add(read_page(page, "", "xy"), START + timedelta(seconds=after))
    return made


def grown(made: History, seconds: float = 60) -> tuple[float, float] | None:
    """All growth of x, and the span it was seen in."""
    growth = made.growth(X, seconds)
    return (sum(value for _, value in growth.series), growth.seconds) if growth else None


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([(0, "x 5")], None),
        ([(0, "x 5"), (10, "x 8")], (3, 10)),
        ([(0, "x 5"), (10, "x 8"), (20, "x 2"), (30, "x 4")], (7, 30)),  # restarted in between
        ([(0, "x 5"), (10, ""), (20, "x 9")], (9, 20)),  # restarted, and not counting again at first
        ([(0, "y 1"), (10, "x 3")], (3, 10)),  # appeared: it grew from nothing
        ([(0, 'x{a="1"} 1'), (10, 'x{a="1"} 2\nx{a="2"} 4')], (5, 10)),
        ([(0, "x 1"), (10, "x NaN"), (20, "x 3")], (2, 20)),
        ([(0, "x 1"), (10, "x +Inf"), (20, "x 3")], (2, 20)),
        ([(0, "x 0"), (50, "x 5"), (70, "x 6")], (1, 20)),  # what is older than the span is left out
        ([(0, "x 0"), (5, "x 3"), (65, "x 6")], (3, 60)),
        ([(0, "x 0"), (62, "x 5")], (5, 62)),  # a reading a moment too old still opens the span
        ([(0, "x 0"), (90, "x 5")], None),  # a gap: nothing is known about the last minute
        ([(50, "x 5"), (10, "x 8")], None),  # the clock went back
        ([(50, "x 5"), (10, "x 8"), (20, "x 9")], (1, 10)),
    ],
)
def test_growth(readings: list[tuple[float, str]], expected: tuple[float, float] | None) -> None:
    assert grown(history(*readings)) == expected


def test_a_name_asked_for_later_counts_from_then() -> None:
    made = history((0, "x 5\ny 100"), (10, "x 6\ny 110"))
    y = parse_selector("y")
    assert made.growth(y, 60) is None
    made.want(frozenset({"y"}), 60)
    made.add(read_page("x 7\ny 120", "", "xy"), START + timedelta(seconds=20))
    assert made.growth(y, 60) is None
    made.add(read_page("x 8\ny 121", "", "xy"), START + timedelta(seconds=30))
    growth = made.growth(y, 60)
    assert growth is not None
    assert [value for _, value in growth.series] == [1]


def test_what_is_kept_is_bounded_and_thinning_loses_no_growth() -> None:
    made = History()
    made.want(frozenset({"x"}), 10_000)
    for second in range(3 * MOST_READINGS):
        made.add(read_page(f"x {second % 700}", "", "x"), START + timedelta(seconds=second))
    assert len(made.readings) <= MOST_READINGS
    total = grown(made, 10_000)
    assert total is not None
    # Every restart (each 700 s) loses one step: 699 -> 0 adds 0.
    assert total == (3 * MOST_READINGS - 1 - 4, 3 * MOST_READINGS - 1)


def test_readings_that_no_span_reaches_are_dropped() -> None:
    made = history(*((second, f"x {second}") for second in range(200)), seconds=20)
    assert len(made.readings) <= 23
