"""What follows failure and silence, and the variables of templates."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.grammar.replies import (
    parse_deadline,
    parse_otherwise,
    parse_retry,
    parse_then,
)
from pilotage.adapters.plans_yaml.grammar.templates import check_placeholders, fill, placeholders
from pilotage.domain.people import Who
from pilotage.domain.stages import Otherwise
from pilotage.domain.steps import Retry
from pilotage.domain.time import Duration
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal


def test_when_a_gate_stays_unmet() -> None:
    assert parse_otherwise("hold") == Otherwise("hold")
    assert parse_otherwise("roll back") == Otherwise("roll back")
    assert parse_otherwise("roll back after 2h") == Otherwise("roll back", Duration(seconds=7200))
    for text in ("rollback", "roll back hold", "hold for 2h"):
        message = f'expected "roll back", "hold" or "roll back after 2h"; found "{text}"'
        assert refusal(parse_otherwise, text).message == message


def test_after_a_rollback() -> None:
    assert parse_then("hold", NAMES) == ("hold", "")
    assert parse_then("abort", NAMES) == ("abort", "")
    assert parse_then("back to general availability", NAMES) == ("back", "ga")
    assert (
        refusal(parse_then, "back to pilott", NAMES).message
        == 'unknown stage "pilott"; did you mean "pilot"?'
    )
    assert (
        refusal(parse_then, "retry", NAMES).message
        == 'expected "hold", "abort" or "back to STAGE"; found "retry"'
    )


def test_a_follow_up_is_due() -> None:
    assert parse_deadline("24h", NAMES) == (Duration(seconds=86_400), None)
    assert parse_deadline("at once by on-call", NAMES) == (Duration(), Who(("on-call",)))
    assert parse_deadline("1w by any of qa lead, primary", NAMES) == (
        Duration(days=7),
        Who(("qa lead", "primary"), any_of=True),
    )
    error = refusal(parse_deadline, "48h by enginering lead", NAMES)
    assert (error.message, error.offset) == (
        'unknown role "enginering lead"; did you mean "engineering lead"?',
        7,
    )


def test_retries() -> None:
    assert parse_retry("3 times every 30s") == Retry(3, Duration(seconds=30))
    assert parse_retry("1 time every 1m") == Retry(1, Duration(seconds=60))
    for text in ("3", "3 times", "0 times every 30s", "3 times every 30s please"):
        assert refusal(parse_retry, text).message == f'expected "3 times every 30s"; found "{text}"'


def test_the_variables_of_a_text() -> None:
    assert placeholders("{{version}} of {{ release  date }}") == (("version", 0), ("release date", 15))
    assert check_placeholders("{{Release-Date}}", ["release date"]) == ("release date",)
    assert placeholders('sum(rate(http{status=~"5.."}[5m]))') == ()


def test_filling_in() -> None:
    values = {"version": "1.10", "previous tag": "{{version}}"}
    assert fill("{{previous_tag}} → {{version}}!", values) == "{{version}} → 1.10!"
    assert (
        refusal(fill, "{{verison}}", values).message == 'unknown variable "verison"; did you mean "version"?'
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{}}", "{{ }} names nothing; write {{version}}, or another name"),
        ("{{ version | upper }}", '"{{ version | upper }}" is more than a name; {{ }} takes names only, no logic and no filters'),
        ("{{.State.Running}}", '"{{.State.Running}}" is more than a name; {{ }} takes names only, no logic and no filters'),
    ],
)  # fmt: skip
def test_braces_hold_a_name_and_nothing_else(text: str, message: str) -> None:
    assert refusal(placeholders, text).message == message
