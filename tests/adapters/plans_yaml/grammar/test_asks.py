"""Who is asked and who acts."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.grammar.asks import parse_each_of, parse_go, parse_number_ask, parse_who
from pilotage.domain.people import Ask, Who
from pilotage.domain.time import Duration
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("primary", Who(("primary",))),
        ("Engineering-Lead", Who(("engineering lead",))),
        ("primary, on-call", Who(("primary", "on-call"))),
        ("primary and on-call", Who(("primary", "on-call"))),
        ("any of primary, on-call", Who(("primary", "on-call"), any_of=True)),
    ],
)
def test_by(text: str, who: Who) -> None:
    assert parse_who(text, NAMES) == who


def test_a_list_means_each_of_them() -> None:
    assert parse_each_of(["primary", "research and development"], NAMES) == Who(
        ("primary", "research and development")
    )
    assert refusal(lambda text: parse_each_of(["primary", text], NAMES), "primray").message == (
        'unknown role "primray"; did you mean "primary"?'
    )


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("by itself", None),
        ("primary", Ask(("primary",))),
        ("primary within 2d then manager", Ask(("primary",), None, Duration(days=2), "manager")),
        ("primary then manager", Ask(("primary",), then="manager")),
        ("2 of primary, on-call", Ask(("primary", "on-call"), 2)),
        ("any of primary, on-call", Ask(("primary", "on-call"), 1)),
        ("engineering lead at the end", Ask(("engineering lead",), at_the_end=True)),
        ("primary at the end within 1d", Ask(("primary",), None, Duration(days=1), at_the_end=True)),
    ],
)
def test_go(text: str, ask: Ask | None) -> None:
    assert parse_go(text, NAMES) == ask


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("primary within two days", 'expected a duration such as 5m or 3d after "within"; found "two days"'),
        ("primary or on-call",
         'cannot read "or on-call" after "primary"; what may follow is "within DURATION", "then ROLE" or "at the end"'),
        ("2 of primary", "2 approvals out of 1 role can never be reached"),
        ("by itself within 2d", 'cannot read "within 2d" after "by itself"; what may follow is nothing'),
    ],
)  # fmt: skip
def test_a_wrong_go(text: str, message: str) -> None:
    assert refusal(parse_go, text, NAMES).message == message


def test_who_types_a_number_in() -> None:
    assert parse_number_ask("every 2h of support", NAMES) == (Duration(seconds=7200), Who(("support",)))
    assert parse_number_ask("every week of any of primary, client", NAMES) == (
        Duration(days=7),
        Who(("primary", "client"), any_of=True),
    )
    for text in ("daily of support", "every day", "every 0s of support"):
        message = f'expected how often and who is asked, such as "every 2h of support"; found "{text}"'
        assert refusal(parse_number_ask, text, NAMES).message == message
