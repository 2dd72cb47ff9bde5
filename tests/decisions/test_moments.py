"""Moments: every form of ``at`` as a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilotage.decisions import moments
from pilotage.domain.moments import Repeated
from tests.support.playing import MONDAY, Play, plan_from

PLANNED = datetime(2026, 1, 22, 14, tzinfo=UTC)  # a Thursday


def when(text: str, after: str = "0s", **created: object) -> datetime | None:
    """The time of a moment, so long after the release began (in Madrid)."""
    play = _play(text, **created)
    play.passes(after if after != "0s" else "1s")
    moment = play.plan.messages[0].at
    assert moment is not None
    return moments.resolve(moment, play.release)


def _play(text: str, **created: object) -> Play:
    plan = plan_from(f"""
timezone: Europe/Madrid
inputs: {{release date: {{ask: When}}}}
messages: [{{at: {text}, to: internal, via: slack, text: Hello}}]
stages:
  - {{stage: internal, expose: team, bake: 2d}}
  - {{stage: go live, environment: production, steps: [{{smoke: ./smoke.sh}}], expose: 10%, bake: 1d}}
  - {{stage: ga, at: 3d after go live starts, expose: everyone, bake: 1d}}
""")
    return Play(plan, **created)  # type: ignore[arg-type]  # fields of the created event


@pytest.mark.parametrize(("text", "after", "expected"), [
    ("internal starts", "0s", MONDAY),
    ("1h after internal starts", "0s", MONDAY.replace(hour=10)),
    ("internal ends", "1d", None),
    ("internal ends", "2d", MONDAY.replace(day=7)),
    ("4h after internal ends", "2d", MONDAY.replace(day=7, hour=13)),
    ("1d before ga starts", "2d", MONDAY.replace(day=9)),
    ("1d before ga starts", "0s", datetime(2026, 1, 24, 14, tzinfo=UTC)),
    ("7d before go live starts", "0s", datetime(2026, 1, 15, 14, tzinfo=UTC)),
    ("week 3", "0s", MONDAY.replace(day=19)),
    ("Monday of release week 09:00", "0s", datetime(2026, 1, 19, 8, tzinfo=UTC)),
    ("next Monday after internal 10:00", "2d", datetime(2026, 1, 12, 9, tzinfo=UTC)),
    ("2026-07-15 02:00", "0s", datetime(2026, 7, 15, 0, tzinfo=UTC)),
    ('"{{release date}}"', "0s", datetime(2026, 2, 1, 8, 30, tzinfo=UTC)),
    ("release starts", "0s", MONDAY),
    ("release ends", "0s", None),
])  # fmt: skip
def test_a_moment_is_at(text: str, after: str, expected: datetime | None) -> None:
    found = when(text, after, planned_at=PLANNED, inputs={"release date": "2026-02-01 09:30"})
    assert found == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("every 12h for 1d after internal starts", ["2026-01-05T09:00", "2026-01-05T21:00", "2026-01-06T09:00"]),
    ("every day during internal", ["2026-01-05T09:00", "2026-01-06T09:00", "2026-01-07T09:00"]),
    ("every day from internal starts until go live starts", ["2026-01-05T09:00", "2026-01-06T09:00", "2026-01-07T09:00"]),
])  # fmt: skip
def test_a_repeated_moment_runs_from_its_beginning_to_its_end(text: str, expected: list[str]) -> None:
    play = _play(text)
    play.passes("2d")
    moment = play.plan.messages[0].at
    assert isinstance(moment, Repeated)
    assert [m.strftime("%Y-%m-%dT%H:%M") for m in moments.occurrences(moment, play.release)] == expected


def test_days_keep_the_clock_time_across_a_clock_change() -> None:
    play = _play("every day during internal")
    play = Play(play.plan, datetime(2026, 3, 28, 8, tzinfo=UTC))
    play.passes("2d")
    moment = play.plan.messages[0].at
    assert isinstance(moment, Repeated)
    assert [m.hour for m in moments.occurrences(moment, play.release)] == [8, 7, 7]
