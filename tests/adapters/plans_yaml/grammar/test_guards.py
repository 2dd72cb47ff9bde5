"""Guards, what they are compared with, and the units of metrics."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.grammar.guards import parse_baseline, parse_guard, parse_same_as
from pilotage.adapters.plans_yaml.grammar.values import parse_unit
from pilotage.domain.conditions import Comparison, Operator
from pilotage.domain.metrics import Baseline, BaselineKind, Guard, Unit
from pilotage.domain.time import Duration
from tests.adapters.plans_yaml.grammar.scope import METRICS, NAMES, refusal

ERRORS, LATENCY = METRICS["error rate"], METRICS["latency p95"]
BELOW = Comparison("error rate", Operator.BELOW, 1, text="error rate < 1%")
ABOVE = Comparison("error rate", Operator.ABOVE, 5, text="error rate > 5%")


def test_target_and_alert_or_one_of_the_two() -> None:
    assert parse_guard("target < 1%, alert > 5%", ERRORS) == Guard("error rate", BELOW, ABOVE)
    assert parse_guard("target < 1%", ERRORS) == Guard("error rate", BELOW, None)
    assert parse_guard("alert > 5%", ERRORS) == Guard("error rate", None, ABOVE)


def test_an_alert_may_begin_where_the_target_ends() -> None:
    guard = parse_guard("target >= 99.5%, alert < 99.5%", ERRORS)
    assert guard.target is not None
    assert guard.alert is not None
    assert (guard.target.limit, guard.alert.limit) == (99.5, 99.5)


def test_an_alert_may_be_a_multiple_of_the_baseline() -> None:
    guard = parse_guard("target < 500ms, alert > 2x baseline", LATENCY)
    assert guard.alert == Comparison(
        "latency p95", Operator.ABOVE, 2, of_baseline=True, text="latency p95 > 2x baseline"
    )


@pytest.mark.parametrize(
    "text", ["", "< 1%", "alert > 5%, target < 1%", "target < 1% alert > 5%", "target < 1%,", "ask"]
)
def test_a_guard_of_another_shape(text: str) -> None:
    assert refusal(parse_guard, text, ERRORS).message == f'expected "target < 1%, alert > 2%"; found "{text}"'


@pytest.mark.parametrize(
    "text",
    [
        "target < 5%, alert > 1%",
        "target < 1%, alert < 5%",
        "target > 90%, alert < 95%",
        "target > 1%, alert > 5%",
    ],
)
def test_a_guard_written_the_wrong_way_round(text: str) -> None:
    message = f'in "{text}" the alert fires while the target still holds; turn the sign or the numbers round'
    assert refusal(parse_guard, text, ERRORS).message == message


def test_a_guard_keeps_to_the_unit() -> None:
    error = refusal(parse_guard, "target < 1%, alert > 5s", ERRORS)
    assert (error.message, error.offset) == ('error rate is measured in percent; "5s" is a time', 21)


def test_the_guards_of_another_stage() -> None:
    assert parse_same_as("same as general availability", NAMES) == "ga"
    assert parse_same_as("target < 1%", NAMES) is None
    assert (
        refusal(parse_same_as, "same as pilott", NAMES).message
        == 'unknown stage "pilott"; did you mean "pilot"?'
    )


def test_a_baseline() -> None:
    assert parse_baseline("control", LATENCY) == Baseline(BaselineKind.CONTROL)
    assert parse_baseline("previous", LATENCY) == Baseline(BaselineKind.PREVIOUS)
    assert parse_baseline("fixed 300ms", LATENCY) == Baseline(BaselineKind.FIXED, value=0.3)
    assert parse_baseline("last 7d", LATENCY) == Baseline(BaselineKind.LAST, span=Duration(days=7))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stable", 'expected one of control, previous, "fixed 300ms", "last 7d"; found "stable"'),
        (
            "control fixed 300ms",
            'expected one of control, previous, "fixed 300ms", "last 7d"; found "control fixed 300ms"',
        ),
        ("fixed 300", 'latency p95 is measured in time; "300" has no unit; did you mean "300s"?'),
        ("fixed 2x baseline", 'expected a value such as 5s; found "2x baseline"'),
        ("last week", 'expected a duration such as 30s, 15m, 2h, 7d, 2w or 1h 30m; found "week"'),
    ],
)
def test_a_wrong_baseline(text: str, message: str) -> None:
    assert refusal(parse_baseline, text, LATENCY).message == message


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("percent", Unit.PERCENT),
        ("per s", Unit.PER_SECOND),
        ("per w", Unit.PER_SECOND),
        ("bytes", Unit.BYTES),
    ],
)
def test_a_unit(text: str, unit: Unit) -> None:
    assert parse_unit(text) is unit
