"""Moments: every form of the reference and of the five plans, and what is said of the wrong ones."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from pilotage.adapters.plans_yaml.grammar.mistakes import UnknownName
from pilotage.adapters.plans_yaml.grammar.moments import (
    EVENTS,
    RELEASE_ENDS,
    RELEASE_STARTS,
    parse_anchor,
    parse_moment,
)
from pilotage.adapters.plans_yaml.grammar.names import Known, Names
from pilotage.domain.moments import (
    Anchor,
    AtAnchor,
    AtInput,
    AtTime,
    InReleaseWeek,
    Moment,
    NextWeekday,
    Repeated,
    WeekOfRelease,
)
from pilotage.domain.time import Duration
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal, with_text

HOUR, DAY, WEEK = Duration(seconds=3600), Duration(days=1), Duration(days=7)


def stage(stage_id: str, edge: str) -> Anchor:
    return Anchor(stage_id, edge, is_stage=True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("pilot ends", AtAnchor(stage("pilot", "ends"))),
        ("general availability starts", AtAnchor(stage("ga", "starts"))),
        ("ga starts", AtAnchor(stage("ga", "starts"))),
        ("after ends", AtAnchor(stage("after", "ends"))),
        ("afterwards ends", AtAnchor(stage("afterwards", "ends"))),
        ("incident opens", AtAnchor(Anchor("incident", "opens"))),
        ("before go live starts", AtAnchor(stage("go-live", "starts"), before=True)),
        ("1d before pilot starts", AtAnchor(stage("pilot", "starts"), DAY, before=True)),
        ("4h after Go-Live ends", AtAnchor(stage("go-live", "ends"), Duration(seconds=14_400))),
        ("24h after incident closes", AtAnchor(Anchor("incident", "closes"), Duration(seconds=86_400))),
        ("2d after code freeze", AtAnchor(Anchor("code freeze", ""), Duration(days=2))),
        ("2025-01-15 02:00", AtTime(datetime(2025, 1, 15, 2))),  # noqa: DTZ001 - wall clock of the plan's zone
        ("{{release date}}", AtInput("release date")),
        ("Monday of release week 09:00", InReleaseWeek(0, time(9))),
        ("Thursday of release week 14:00", InReleaseWeek(3, time(14))),
        ("week 3", WeekOfRelease(3)),
        ("next Monday after go live 10:00", NextWeekday(0, time(10), stage("go-live", "ends"))),
        ("next Friday after rollback ends 10:00", NextWeekday(4, time(10), Anchor("rollback", "ends"))),
    ],
)
def test_a_moment_that_comes_once(text: str, moment: Moment) -> None:
    assert with_text(moment, text) == parse_moment(text, NAMES)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("every 2h for 48h after ga starts",
         Repeated(Duration(seconds=7200), stage("ga", "starts"), None, Duration(seconds=172_800))),
        ("every day for 7d after dark launch starts", Repeated(DAY, stage("dark-launch", "starts"), None, WEEK)),
        ("every day during pilot", Repeated(DAY, stage("pilot", "starts"), stage("pilot", "ends"), None)),
        ("every day during the release", Repeated(DAY, RELEASE_STARTS, RELEASE_ENDS, None)),
        ("every day from beta starts until stabilization ends",
         Repeated(DAY, stage("beta", "starts"), stage("stabilization", "ends"), None)),
        ("every hour until incident closes", Repeated(HOUR, None, Anchor("incident", "closes"), None)),
        ("every 1w from code freeze", Repeated(WEEK, Anchor("code freeze", ""), None, None)),
        ("every week", Repeated(WEEK, None, None, None)),
        ("every month", Repeated(Duration(), None, None, None, months=1)),
        ("every quarter", Repeated(Duration(), None, None, None, months=3)),
    ],
)  # fmt: skip
def test_a_moment_that_comes_again(text: str, moment: Moment) -> None:
    assert with_text(moment, text) == parse_moment(text, NAMES)


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_an_anchor(event: str) -> None:
    assert parse_anchor(event, NAMES).name == event
    assert not parse_anchor(event, NAMES).is_stage


def test_an_event_means_the_same_in_every_plan() -> None:
    names = Names(stages=Known("stage", {"rollback": "rollback"}))
    assert parse_anchor("rollback starts", names) == Anchor("rollback", "starts")
    assert parse_moment("every day during rollback", names) == Repeated(
        DAY, stage("rollback", "starts"), stage("rollback", "ends"), None, text="every day during rollback"
    )


def test_a_stage_the_plan_lacks_can_be_told_from_other_mistakes() -> None:
    for text in (
        "1d before canary starts",
        "canary ends",
        "every day during canary",
        "next Monday after canary 10:00",
    ):
        error = refusal(parse_moment, text, NAMES)
        assert isinstance(error, UnknownName)
        assert (error.kind, error.name) == ("stage", "canary")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pilott ends", 'unknown stage "pilott"; did you mean "pilot"?'),
        ("2h before deployment start", 'unknown event "deployment start"; did you mean "deployment starts"?'),
        ("2h before pilot", '"pilot" is a stage; say "pilot starts" or "pilot ends"'),
        ("pilot", '"pilot" is a stage; write "pilot starts" or "pilot ends"'),
        ("1d pilot starts", 'expected "before" or "after" and an event, such as "1d after pilot starts"'),
        ("after pilot ends", '"after pilot ends" does not say how long after; write "pilot ends", or "1h after pilot ends"'),
        ("2025-01-15", 'a moment has a time of day; did you mean "2025-01-15 09:00"?'),
        ("2025-02-30 09:00", '"2025-02-30" is no day of the calendar'),
        ("2025-01-15 9:00", 'a time of day has two digits for the hour; did you mean "09:00"?'),
        ("2025-01-15 24:00", '"24:00" is no time of day; they run from 00:00 to 23:59'),
        ("2025-01-15 09:00 UTC", 'cannot read "UTC" after "2025-01-15 09:00"'),
        ("Monday 09:00", 'expected "Monday of release week 09:00"; found "Monday 09:00"'),
        ("Monday of release week", 'a moment has a time of day; did you mean "Monday of release week 09:00"?'),
        ("next week", 'expected "next Monday after STAGE 10:00"; found "next week"'),
        ("next Monday after go live", 'a moment has a time of day; did you mean "next Monday after go live 10:00"?'),
        ("week 0", "the weeks of a release are counted from 1"),
        ("{{relaese date}}", 'unknown input "relaese date"; did you mean "release date"?'),
        ("schema changes", '"schema changes" is a condition, and "at" asks for a time; write "when: schema changes"'),
        ("at once", '"at once" is no moment; leave "at" out, or name what it follows, such as "incident opens"'),
        ("every 0s", "a repeated moment needs some time between two times"),
        ("every fortnight", 'expected "every day", "every week", "every month", "every quarter" or "every 2h"; found "every fortnight"'),
        ("every 2h for 48h",
         'cannot read "for 48h"; a repeated moment ends in "during STAGE", "for 48h after EVENT" or "until EVENT"'),
        ("every day in pilot",
         'cannot read "in pilot"; a repeated moment ends in "during STAGE", "for 48h after EVENT" or "until EVENT"'),
        ("soon", 'expected a moment such as "pilot starts", "1d before pilot starts", "week 3" or "2025-01-15 02:00"; found "soon"'),
    ],
)  # fmt: skip
def test_a_wrong_moment(text: str, message: str) -> None:
    assert refusal(parse_moment, text, NAMES).message == message
