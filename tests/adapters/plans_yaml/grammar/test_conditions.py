"""Conditions: what each form becomes, and the mistakes the reference does not list."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.grammar.conditions import parse_condition
from pilotage.adapters.plans_yaml.grammar.names import Known, Names, known
from pilotage.domain.conditions import (
    ApprovedBy,
    Comparison,
    Every,
    OnTarget,
    Operator,
    Scope,
    StableFor,
    StepPassed,
    Term,
    WorseThanBaseline,
)
from pilotage.domain.people import Ask
from pilotage.domain.time import Duration
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal


def only_term(text: str, names: Names = NAMES) -> Term:
    """The single term of a condition, which keeps the words it was written in."""
    (term,) = parse_condition(text, names).terms
    assert term.text == text
    return term


@pytest.mark.parametrize(
    ("text", "metric", "operator", "limit"),
    [
        ("error rate < 1%", "error rate", "<", 1),
        ("error_rate <= 0.5%", "error rate", "<=", 0.5),
        ("ERROR-RATE >= 99.5%", "error rate", ">=", 99.5),
        ("latency p95 < 300ms", "latency p95", "<", 0.3),
        ("latency p95 > 2.5s", "latency p95", ">", 2.5),
        ("latency p95 < 1h 30m", "latency p95", "<", 5400),
        ("latency p95 < 1w", "latency p95", "<", 604_800),
        ("open P0 bugs = 0", "open P0 bugs", "=", 0),
        ("open Severity 2 bugs without workaround = 0", "open Severity 2 bugs without workaround", "=", 0),
        ("NPS > -7", "NPS", ">", -7),
        ("throughput >= 120 per m", "throughput", ">=", 2),
        ("page weight < 1.5MB", "page weight", "<", 1_500_000),
        ("page weight < 2KiB", "page weight", "<", 2048),
        ("step count < 3", "step count", "<", 3),
        ("search and replace errors = 0", "search and replace errors", "=", 0),
    ],
)
def test_a_comparison_is_kept_in_the_unit_of_its_metric(
    text: str, metric: str, operator: str, limit: float
) -> None:
    assert only_term(text) == Comparison(metric, Operator(operator), limit, text=text)


def test_a_multiple_of_the_baseline() -> None:
    text = "latency p95 > 2x baseline"
    assert only_term(text) == Comparison("latency p95", Operator.ABOVE, 2, of_baseline=True, text=text)


@pytest.mark.parametrize(
    ("text", "scope", "sustained"),
    [
        ("error rate > 1% in any user segment", Scope(Every.ANY, "user segment"), None),
        ("error rate < 1% in every Endpoint for 5m", Scope(Every.ALL, "endpoint"), Duration(seconds=300)),
        ("error rate < 1% for 3d", None, Duration(days=3)),
        ("error rate < 1% for 1d 12h", None, Duration(days=1, seconds=43_200)),
    ],
)
def test_where_and_for_how_long(text: str, scope: Scope | None, sustained: Duration | None) -> None:
    term = only_term(text)
    assert isinstance(term, Comparison)
    assert (term.scope, term.sustained) == (scope, sustained)


def test_worse_than_baseline() -> None:
    text = "error rate worse than baseline by 20% in any region for 10m"
    wanted = WorseThanBaseline("error rate", 20, Scope(Every.ANY, "region"), Duration(seconds=600), text)
    assert only_term(text) == wanted


@pytest.mark.parametrize(
    ("words", "ask"),
    [
        ("primary and on-call", Ask(("primary", "on-call"))),
        ("research and development", Ask(("research and development",))),
        ("research and development and client", Ask(("research and development", "client"))),
        ("2 of primary, on-call, client", Ask(("primary", "on-call", "client"), 2)),
        ("any of primary, on-call", Ask(("primary", "on-call"), 1)),
        ("primary within 1d then manager", Ask(("primary",), None, Duration(days=1), "manager")),
    ],
)
def test_an_approval(words: str, ask: Ask) -> None:
    text = f"approved by {words}"
    assert only_term(text) == ApprovedBy(ask, text=text)


def test_the_approval_matrix_of_the_release_type() -> None:
    assert only_term("approved by matrix") == ApprovedBy(Ask(()), matrix=True, text="approved by matrix")


def test_a_role_called_matrix_is_that_role() -> None:
    names = Names(roles=known("role", ("matrix",)))
    assert only_term("approved by matrix", names) == ApprovedBy(Ask(("matrix",)), text="approved by matrix")


def test_the_other_terms() -> None:
    assert only_term("stable for 3d") == StableFor(Duration(days=3), "stable for 3d")
    assert only_term("error rate on target") == OnTarget("error rate", "error rate on target")
    assert only_term("step go/no-go passed") == StepPassed("go/no-go", "step go/no-go passed")


def test_a_step_is_looked_up_where_steps_are_known() -> None:
    names = Names(steps=Known("step", {"smoke": "pilot/smoke"}))
    assert only_term("step Smoke passed", names) == StepPassed("pilot/smoke", "step Smoke passed")
    error = refusal(parse_condition, "step smok passed", names)
    assert error.message == 'unknown step "smok"; did you mean "smoke"?'


def test_and_joins_terms_which_keep_their_own_words() -> None:
    text = "approved by primary and on-call and open P0 bugs = 0 and search and replace errors < 2 and stable for 1d"
    condition = parse_condition(f"  {text} ", NAMES)
    assert condition.text == text
    assert [term.text for term in condition.terms] == [
        "approved by primary and on-call",
        "open P0 bugs = 0",
        "search and replace errors < 2",
        "stable for 1d",
    ]


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("", 'expected a condition such as "error rate < 1%"; found nothing', ""),
        ("> 5%", 'begin with the metric, such as "error rate > 5%"; "target" and "alert" belong in a guard', ">"),
        ("target < 5%", 'begin with the metric, such as "error rate > 5%"; "target" and "alert" belong in a guard', "t"),
        ("error rate at least 5%", 'write >= instead of "at least"', "at least"),
        ("error rate ≤ 5%", 'unknown operator "≤"; use one of <, <=, >, >=, =', "≤"),
        ("error rate >", 'expected a value after "error rate >"; found nothing', ""),
        ("error rate > high for 5m", 'expected a value such as 5%; found "high"', "high"),
        ("error rate > 5 percent", 'error rate is measured in percent; "5" has no unit; did you mean "5%"?', "5"),
        ("latency p95 > 300", 'latency p95 is measured in time; "300" has no unit; did you mean "300s"?', "300"),
        ("open P0 bugs > 5%", 'open P0 bugs is a count; "5%" is percent', "5%"),
        ("NPS > 5m", 'NPS is a score; "5m" is a time', "5m"),
        ("throughput > 5", 'throughput is measured per s, m, h, d or w; "5" has no unit; did you mean "5 per s"?', "5"),
        ("latency p95 > 5s in any region", 'latency p95 is not split; declare "split: [region]" on the metric', "region"),
        ("error rate > 5% in any regoin", 'unknown dimension of error rate "regoin"; did you mean "region"?', "regoin"),
        ("approved by primary and onn-call", 'unknown role "onn-call"; did you mean "on-call"?', "onn-call"),
        ("approved by primary, primary", '"primary" is named twice; keep one', "primary"),
        ("approved by 0 of primary", "0 approvals ask nobody; leave the line out, or say how many are needed", "0"),
        ("approved by", "expected a role; found nothing", ""),
        ("approved by client at the end",
         'cannot read "at the end" after "approved by client"; what may follow is "within DURATION" and then "then ROLE"',
         "at the end"),
        ("step smoke", 'expected "step NAME passed", such as "step smoke passed"; found "step smoke"', "step"),
        ("error rate worse than before", 'expected "worse than baseline by 20%"; found "worse than before"', "before"),
        (
            "open P0 bugs = 0 and all is well",
            '"all is well" is neither a comparison nor an approval; for a line a person ticks write "check: all is well"',
            "all",
        ),
        (
            "stable for 3d now",
            'cannot read "now" after "stable for 3d"; what may follow is "and" and another condition',
            "now",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_explained_at_its_place(text: str, message: str, at: str) -> None:
    error = refusal(parse_condition, text, NAMES)
    assert error.message == message
    assert text[error.offset :].startswith(at)
