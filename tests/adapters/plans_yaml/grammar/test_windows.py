"""Windows, working hours, days away, cadences and rotas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import pytest

from pilotage.adapters.plans_yaml.grammar.cadences import parse_cadence, parse_rota
from pilotage.adapters.plans_yaml.grammar.windows import parse_absence, parse_hours, parse_span
from pilotage.domain.calendar import Dates, NotYet, Weekly
from pilotage.domain.people import Absence
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal

EXAMPLES = '"Thursday 14:00 to 16:00", "every day 01:00 to 05:00" or "2026-12-19 to 2027-01-04"'


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Thursday 14:00 to 16:00", Weekly(frozenset({3}), time(14), time(16))),
        ("Tuesday to Thursday 02:00 to 03:00", Weekly(frozenset({1, 2, 3}), time(2), time(3))),
        ("Saturday to Monday 02:00 to 03:00", Weekly(frozenset({5, 6, 0}), time(2), time(3))),
        ("every day 01:00 to 05:00", Weekly(frozenset(range(7)), time(1), time(5))),
        ("Friday 17:00 to 24:00", Weekly(frozenset({4}), time(17), None)),
        ("Friday 22:00 to 02:00", Weekly(frozenset({4}), time(22), time(2))),
        ("2026-12-19 to 2027-01-04", Dates(date(2026, 12, 19), date(2027, 1, 4))),
        ("2026-12-24", Dates(date(2026, 12, 24), date(2026, 12, 24))),
        (
            "2026-12-24 18:00 to 2026-12-27 06:00",
            # Wall-clock times of the window's own zone.
            Dates(datetime(2026, 12, 24, 18), datetime(2026, 12, 27, 6)),  # noqa: DTZ001 - see above
        ),
        ("events of school titled Testing week or Parent-teacher conferences",) * 2,
        ("weeks of school titled Term start or Term end",) * 2,
        ("events of holidays",) * 2,
    ],
)
def test_a_span(text: str, span: Weekly | Dates | str) -> None:
    assert parse_span(text, NAMES) == (NotYet(span) if isinstance(span, str) else span)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("14:00 to 16:00", f'expected a span of time such as {EXAMPLES}; found "14:00 to 16:00"'),
        ("Thursday", 'a window has times of day; did you mean "Thursday 00:00 to 24:00"?'),
        ("Tuesday - Thursday 02:00 - 03:00",
         'a span of time is written with "to"; did you mean "Tuesday to Thursday 02:00 to 03:00"?'),
        ("2026-12-19 - 2027-01-04", 'a span of time is written with "to"; did you mean "2026-12-19 to 2027-01-04"?'),
        ("2027-01-04 to 2026-12-19", '"2027-01-04 to 2026-12-19" runs backwards; write the earlier end first'),
        ("2026-12-24 18:00", 'a span has two ends, such as "2026-12-24 18:00 to 2026-12-27 06:00"'),
        ("2026-12-24 18:00 to 2026-12-27", "give both ends of the span a time of day, or neither"),
        ("Thursday 14:00 to 16:00 UTC", 'cannot read "UTC" after "Thursday 14:00 to 16:00"'),
        ("Thursday 14:00 to 25:00", '"25:00" is no time of day; they run from 00:00 to 23:59'),
        ("events of shcool", 'unknown calendar "shcool"; did you mean "school"?'),
        ("events of school titled", 'expected the title of an event after "titled"; found nothing'),
    ],
)  # fmt: skip
def test_a_wrong_span(text: str, message: str) -> None:
    assert refusal(parse_span, text, NAMES).message == message


def test_working_hours() -> None:
    assert parse_hours("Monday to Friday 09:00 to 17:00") == Weekly(frozenset(range(5)), time(9), time(17))


def test_days_away() -> None:
    assert parse_absence("2026-12-20 to 2027-01-02") == Absence(date(2026, 12, 20), date(2027, 1, 2))
    assert parse_absence("2026-12-20") == Absence(date(2026, 12, 20), date(2026, 12, 20))
    assert refusal(parse_absence, "next week").message == (
        'expected a span of time such as "2026-12-20 to 2027-01-02"; found "next week"'
    )
    assert refusal(parse_absence, "2026-12-20 09:00 to 2026-12-20 12:00").message == (
        "people are away for whole days; leave the times of day out"
    )


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_cadence, "on demand"),
        (parse_cadence, "every Tuesday if needed"),
        (parse_cadence, "every second Thursday"),
        (parse_cadence, "every second Thursday from 2026-01-08"),
        (parse_cadence, "every quarter or by roadmap phase"),
        (parse_cadence, "every 2w"),
        (parse_rota, "weekly from Monday 09:00"),
        (parse_rota, "daily from 09:00"),
    ],
)
def test_cadences_and_rotas_are_kept_as_text(parse: Callable[[str], str], text: str) -> None:
    assert parse(text) == text


@pytest.mark.parametrize(
    "text", ["on demand only", "every", "every second", "every Tuesday maybe", "every quarter or by"]
)
def test_a_wrong_cadence(text: str) -> None:
    message = f'expected "every second Thursday", "every quarter" or "on demand"; found "{text}"'
    assert refusal(parse_cadence, text).message == message


@pytest.mark.parametrize(
    "text", ["weekly", "weekly from Monday", "from Monday 09:00", "every 0s from Monday 09:00"]
)
def test_a_wrong_rota(text: str) -> None:
    assert (
        refusal(parse_rota, text).message
        == f'expected a rota such as "weekly from Monday 09:00"; found "{text}"'
    )
