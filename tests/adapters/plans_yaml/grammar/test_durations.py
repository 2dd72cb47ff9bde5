"""Durations, ranges, bake times and waiting times."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.grammar.durations import (
    parse_bake,
    parse_duration,
    parse_duration_range,
    parse_within,
)
from pilotage.domain.time import Bake, Duration, DurationRange
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("500ms", Duration(seconds=0.5)),
        ("30s", Duration(seconds=30)),
        ("2.5s", Duration(seconds=2.5)),
        ("15m", Duration(seconds=900)),
        ("2h", Duration(seconds=7200)),
        ("7d", Duration(days=7)),
        ("2w", Duration(days=14)),
        ("1h 30m", Duration(seconds=5400)),
        (" 1d  12h ", Duration(days=1, seconds=43_200)),
        ("48h", Duration(seconds=172_800)),
    ],
)
def test_days_are_of_the_calendar_and_hours_exact(text: str, duration: Duration) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5 minutes", 'expected a duration such as 30s, 15m, 2h, 7d, 2w or 1h 30m; found "5 minutes"; did you mean "5m"?'),
        ("2 hours 30 mins", 'expected a duration such as 30s, 15m, 2h, 7d, 2w or 1h 30m; found "2 hours 30 mins"; did you mean "2h 30m"?'),
        ("15", 'expected a duration such as 30s, 15m, 2h, 7d, 2w or 1h 30m; found "15"'),
        ("", 'expected a duration such as 30s, 15m, 2h, 7d, 2w or 1h 30m; found ""'),
        ("30m 1h", 'write a duration largest unit first and each unit once; found "30m 1h"'),
        ("1.5d", 'days and weeks are calendar units and come whole; found "1.5d"; did you mean "36h"?'),
        ("0.5ms", 'a duration comes in whole milliseconds; found "0.5ms"'),
        ("101w 36500d", 'a duration is at most 100 years; found "101w 36500d"'),
    ],
)  # fmt: skip
def test_a_wrong_duration(text: str, message: str) -> None:
    assert refusal(parse_duration, text).message == message


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("30m", 1800, 1800),
        ("30m to 60m", 1800, 3600),
        ("up to 5m", None, 300),
        ("1h or more", 3600, None),
    ],
)
def test_a_range(text: str, least: float | None, most: float | None) -> None:
    ends = [None if end is None else Duration(seconds=end) for end in (least, most)]
    assert parse_duration_range(text) == DurationRange(*ends)


@pytest.mark.parametrize("text", ["up to", "5m to", "or more", "5m to 7m to 9m", "up to 5m or more"])
def test_half_a_range(text: str) -> None:
    message = f'expected a duration or a range such as 30m, 1d to 2d, up to 5m; found "{text}"'
    assert refusal(parse_duration_range, text).message == message


def test_a_range_runs_forwards() -> None:
    message = '"2w to 7d" runs backwards; did you mean "7d to 2w"?'
    assert (
        refusal(parse_duration_range, "14d to 6d 24h").message
        == '"2w to 6d 24h" runs backwards; did you mean "6d 24h to 2w"?'
    )
    assert refusal(parse_bake, "2w to 1w").message == message.replace("7d", "1w")


@pytest.mark.parametrize(
    ("text", "bake"),
    [
        ("15m", Bake(Duration(seconds=900))),
        ("7d to 14d", Bake(Duration(days=7), Duration(days=14))),
        ("ongoing", Bake(Duration(), ongoing=True)),
    ],
)
def test_a_bake_time(text: str, bake: Bake) -> None:
    assert parse_bake(text) == bake


@pytest.mark.parametrize("text", ["ongoing 5d", "up to 5d", "5d to", "5d or more"])
def test_a_bake_time_is_watched_at_least_so_long(text: str) -> None:
    assert (
        refusal(parse_bake, text).message
        == f'expected a bake time such as 1d, 7d to 14d, or ongoing; found "{text}"'
    )


def test_how_long_a_person_may_take() -> None:
    assert parse_within("15m", NAMES) == (Duration(seconds=900), None)
    assert parse_within("at once", NAMES) == (Duration(), None)
    assert parse_within("1d then Manager", NAMES) == (Duration(days=1), "manager")
    assert (
        refusal(parse_within, "1d then boss", NAMES).message
        == 'unknown role "boss"; declare it: "roles: {boss: NAME}"'
    )
    assert (
        refusal(parse_within, "1d or so", NAMES).message
        == 'expected a time such as 15m, at once, or "1d then manager"; found "1d or so"'
    )
