"""Every mistake the language's reference shows, with the sentence it shows for it, word for word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pilotage.adapters.plans_yaml.grammar.audiences import parse_audience, several_audiences
from pilotage.adapters.plans_yaml.grammar.cadences import parse_cadence
from pilotage.adapters.plans_yaml.grammar.conditions import parse_condition
from pilotage.adapters.plans_yaml.grammar.durations import parse_bake, parse_duration_range
from pilotage.adapters.plans_yaml.grammar.guards import parse_guard
from pilotage.adapters.plans_yaml.grammar.mistakes import suggest
from pilotage.adapters.plans_yaml.grammar.moments import parse_moment
from pilotage.adapters.plans_yaml.grammar.names import known
from pilotage.adapters.plans_yaml.grammar.numbers import parse_choice
from pilotage.adapters.plans_yaml.grammar.replies import parse_deadline
from pilotage.adapters.plans_yaml.grammar.templates import check_placeholders
from pilotage.adapters.plans_yaml.grammar.traits import parse_when
from pilotage.adapters.plans_yaml.grammar.values import parse_unit
from pilotage.adapters.plans_yaml.grammar.windows import parse_span
from pilotage.domain.people import Permission
from tests.adapters.plans_yaml.grammar.scope import METRICS, NAMES, refusal


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("error rate above 5%", 'write > instead of "above"', "above"),
        ("error rate > 5", 'error rate is measured in percent; "5" has no unit; did you mean "5%"?', "5"),
        ("eror rate > 5%", 'unknown metric "eror rate"; did you mean "error rate"?', "eror"),
        ("error rate => 5%", 'unknown operator "=>"; use one of <, <=, >, >=, =', "=>"),
        (
            "error rate > 5% for 5 minutes",
            'expected a duration such as 5m or 3d after "for"; found "5 minutes"',
            "5 minutes",
        ),
        (
            "latency p95 worse than baseline 20%",
            'expected "worse than baseline by 20%"; found "worse than baseline 20%"',
            "baseline",
        ),
        ("approved by 3 of primary, client", "3 approvals out of 2 roles can never be reached", "3 of"),
        (
            "error rate > 5% or latency p95 > 2s",
            '"or" is not used in conditions; write two lines (any one of them fires)',
            "or latency",
        ),
        (
            "error rate > 5% for 5m in any region",
            (
                'cannot read "in any region" after "error rate > 5% for 5m"; '
                'what may follow is "in any SEGMENT" and then "for DURATION"'
            ),
            "in any",
        ),
        (
            "no open P0 bugs",
            (
                '"no open P0 bugs" is neither a comparison nor an approval; '
                'for a line a person ticks write "check: no open P0 bugs"'
            ),
            "no",
        ),
        (
            "UI/UX as expected",
            (
                '"UI/UX as expected" is neither a comparison nor an approval; '
                'for a line a person ticks write "check: UI/UX as expected"'
            ),
            "UI/UX",
        ),
        ("latency p95 > 2%", 'latency p95 is measured in time; "2%" is percent', "2%"),
    ],
)
def test_a_bad_condition(text: str, message: str, at: str) -> None:
    error = refusal(parse_condition, text, NAMES)
    assert error.message == message
    assert text[error.offset :].startswith(at)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (
            parse_moment,
            "every 2h for two days",
            'cannot read "for two days"; a repeated moment ends in "during STAGE", "for 48h after EVENT" or "until EVENT"',
        ),
        (
            parse_when,
            "pilot starts",
            '"pilot starts" is a moment, and "when" asks for a condition; write "at: pilot starts"',
        ),
        (parse_audience, "teams", 'unknown segment "teams"; did you mean "team"?'),
        (parse_when, "shema changes", 'unknown trait "shema changes"; did you mean "schema changes"?'),
        (
            parse_deadline,
            "within 24h",
            'expected a deadline such as "24h" or "48h by engineering lead"; found "within 24h"',
        ),
        (
            parse_span,
            "Thursday 14:00-16:00",
            'a span of time is written with "to"; did you mean "Thursday 14:00 to 16:00"?',
        ),
    ],
)
def test_a_wrong_line_with_names(parse: Callable[..., object], text: str, message: str) -> None:
    assert refusal(parse, text, NAMES).message == message


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (
            parse_duration_range,
            "3-5 days",
            'expected a duration or a range such as 30m, 1d to 2d, up to 5m; found "3-5 days"',
        ),
        (
            parse_bake,
            "2 days",
            'expected a bake time such as 1d, 7d to 14d, or ongoing; found "2 days"; did you mean "2d"?',
        ),
        (
            parse_cadence,
            "biweekly",
            'expected "every second Thursday", "every quarter" or "on demand"; found "biweekly"',
        ),
    ],
)
def test_a_wrong_line_without_names(parse: Callable[..., object], text: str, message: str) -> None:
    assert refusal(parse, text).message == message


def test_a_guard_that_begins_with_a_sign() -> None:
    message = 'expected "target < 1%, alert > 2%"; found "< 1%"'
    assert refusal(parse_guard, "< 1%", METRICS["error rate"]).message == message


def test_a_permission_nobody_can_give() -> None:
    error = refusal(parse_choice, "aprove staging", list(Permission))
    assert error.message.startswith("expected one of create release branches, ")
    assert error.message.endswith(', … and 11 more; found "aprove staging"; did you mean "approve staging"?')


def test_a_unit_of_another_tool() -> None:
    error = refusal(parse_unit, "seconds")
    assert error.message.startswith("expected one of percent, time, count, ")
    assert error.message.endswith('; found "seconds"; did you mean "time"?')


def test_a_list_of_audiences() -> None:
    assert several_audiences(["us west", "us east"]).message == (
        '"expose" names one audience; for rungs climbed one after the other write "ramp: [us west, us east]", '
        'for all of them at once "expose: us west and us east"'
    )


def test_an_unknown_variable() -> None:
    error = refusal(check_placeholders, "because {{reson}}", ["reason", "release"])
    assert error.message == 'unknown variable "reson"; did you mean "reason"?'
    assert error.offset == len("because ")


@pytest.mark.parametrize(
    ("kind", "declared", "written", "message"),
    [
        ("environment", ["staging", "production"], "stagging", 'unknown environment "stagging"; did you mean "staging"?'),
        ("channel", ["slack", "email"], "emial", 'unknown channel "emial"; did you mean "email"?'),
        ("step", ["do", "run"], "doo", 'unknown step "doo"; did you mean "do"?'),
    ],
)  # fmt: skip
def test_an_unknown_name(kind: str, declared: list[str], written: str, message: str) -> None:
    assert refusal(known(kind, declared).get, written).message == message


def test_nothing_near_is_not_suggested() -> None:
    assert suggest("zebra", ["error rate", "latency"]) == ""
