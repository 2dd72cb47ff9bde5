"""Numbers, shares and words from a list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pilotage.adapters.plans_yaml.grammar.numbers import (
    parse_boolean,
    parse_choice,
    parse_count,
    parse_false_alarms,
    parse_minimum,
    parse_number,
    parse_percent,
)
from tests.adapters.plans_yaml.grammar.scope import refusal


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_percent, "25%", 25.0),
        (parse_percent, "0.5%", 0.5),
        (parse_number, "0.95", 0.95),
        (parse_number, "-3", -3.0),
        (parse_count, "2", 2),
        (parse_boolean, "true", True),
        (parse_boolean, "false", False),
        (parse_false_alarms, "1% per release", 0.01),
        (parse_minimum, "200 requests", 200.0),
        (lambda text: parse_choice(text, ("roll back", "hold")), "roll  back", "roll back"),
    ],
)
def test_a_number(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_percent, "25", 'expected a percentage such as 10%; found "25"; did you mean "25%"?'),
        (parse_percent, "25 percent", 'expected a percentage such as 10%; found "25 percent"; did you mean "25%"?'),
        (parse_percent, "many", 'expected a percentage such as 10%; found "many"'),
        (parse_percent, "110%", 'a share lies between 0% and 100%; found "110%"'),
        (parse_number, "1e5", 'expected a number such as 5 or 0.95; found "1e5"'),
        (parse_number, "5%", 'expected a number such as 5 or 0.95; found "5%"'),
        (parse_count, "2.5", 'expected a whole number such as 2; found "2.5"'),
        (parse_boolean, "yes", 'expected true or false; found "yes"; did you mean "true"?'),
        (parse_boolean, "Off", 'expected true or false; found "Off"; did you mean "false"?'),
        (parse_boolean, "perhaps", 'expected true or false; found "perhaps"'),
        (parse_false_alarms, "1%", 'expected a budget such as "1% per release"; found "1%"'),
        (parse_false_alarms, "0% per release", 'expected a budget such as "1% per release"; found "0% per release"'),
        (parse_minimum, "200", 'expected a number of requests such as "200 requests"; found "200"; did you mean "200 requests"?'),
    ],
)  # fmt: skip
def test_a_wrong_number(parse: Callable[[str], object], text: str, message: str) -> None:
    assert refusal(parse, text).message == message


def test_a_short_list_of_choices_is_told_whole() -> None:
    assert refusal(parse_choice, "role back", ["roll back", "hold"]).message == (
        'expected one of roll back, hold; found "role back"; did you mean "roll back"?'
    )
