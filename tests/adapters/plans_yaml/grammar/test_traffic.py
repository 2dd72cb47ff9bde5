"""Traffic: requests a second, in the words people use."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.traffic import parse_traffic


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("100rps", 100.0), ("100 rps", 100.0), (" 0.5rps ", 0.5), ("100 per s", 100.0), ("6000 per m", 100.0),
        ("3600 per h", 1.0), ("86400 per d", 1.0),
    ],
)  # fmt: skip
def test_traffic_is_read(text: str, per_second: float) -> None:
    assert parse_traffic(text) == pytest.approx(per_second)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("100", 'did you mean "100rps"?'),
        ("100 rpm", 'did you mean "100rps"?'),
        ("0rps", "expected traffic"),
        ("-1rps", "expected traffic"),
        ("", "expected traffic"),
        ("100 per w", "expected traffic"),
        ("1e9rps", "expected traffic"),
    ],
)
def test_anything_else_is_a_mistake_with_an_example(text: str, told: str) -> None:
    with pytest.raises(GrammarError, match="100rps") as raised:
        parse_traffic(text)
    assert told in str(raised.value)
