"""Windows and freezes: when the guarded environment may change, judged at every automatic step and every rise."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from pilotage.decisions.calendar import closes, contains, judge, opens
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.calendar import Weekly, Window, WindowKind
from pilotage.domain.release import Status
from tests.support.playing import MONDAY, Play, plan_from

DAYS = Window("work days", WindowKind.ONLY, Weekly(frozenset(range(5)), time(0), None), "UTC")
NIGHTS = Window("nights", WindowKind.ONLY, Weekly(frozenset(range(7)), time(22), time(6)), "UTC")


def staged(
    windows: str,
    stage: str = "window: slot, ",
    more: str = "",
    start: datetime = MONDAY,
    steps: str = "deploy: production",
    bake: str = "1h",
) -> Play:
    """A release whose only stage deploys and lets a tenth in."""
    text = f"""
windows: {{{windows}}}
{more}
stages:
  - {{stage: pilot, environment: production, {stage}steps: [{{{steps}}}], expose: 10%, bake: {bake}}}
  - {{stage: rest, expose: everyone, bake: 1h}}
"""
    return Play(plan_from(text), start)


def deployed(play: Play) -> datetime:
    """When it was deployed."""
    return next(h.at for h in play.log if isinstance(h.event, e.StepStarted))


def test_outside_an_only_window_nothing_of_the_machine_begins_and_it_says_when_it_may() -> None:
    play = staged("slot: {only: Tuesday to Thursday 02:00 to 03:00}")
    assert play.stage == "pilot"
    assert not play.events(e.StepStarted)
    assert play.wait('outside the window "slot"').again == datetime(2026, 1, 6, 2, tzinfo=UTC)
    play.passes("1d")
    assert deployed(play) == datetime(2026, 1, 6, 2, tzinfo=UTC)
    assert play.at(e.ExposureChanged) == datetime(2026, 1, 6, 2, tzinfo=UTC)


def test_of_several_windows_any_open_one_is_enough() -> None:
    play = staged(
        "slot: {only: Tuesday 02:00 to 03:00}, other: {only: Monday 10:00 to 11:00}",
        "window: [slot, other], ",
    )
    play.passes("2h")
    assert deployed(play) == MONDAY + timedelta(hours=1)


def test_a_freeze_blocks_everything_everywhere_but_those_it_excepts_and_a_rollback() -> None:
    freeze = "year end: {freeze: 2026-01-04 to 2026-01-07, because: holidays}"
    play = staged(freeze, "")
    assert play.wait("holidays").again == datetime(2026, 1, 8, tzinfo=UTC)
    play.passes("4d")
    assert deployed(play) == datetime(2026, 1, 8, tzinfo=UTC)
    play = staged(
        "year end: {freeze: 2026-01-04 to 2026-01-07, except: standard}", "", "types: {standard: {}}"
    )
    assert deployed(play) == MONDAY
    play = staged("year end: {freeze: 2026-01-04 to 2026-01-07, for: staging}", "")
    assert deployed(play) == MONDAY


def test_a_rollback_knows_no_window_and_no_freeze() -> None:
    play = staged(
        "slot: {only: Monday 09:00 to 10:00}, later: {freeze: 2026-01-06 to 2026-01-30}",
        more="rollback: {automatic: error rate > 5%}",
        bake="20h",
    )
    play.values["error rate"] = 0.1
    play.passes("1d")
    assert (play.stage, play.exposed) == ("rest", "10%"), (
        "the rise to everyone waits for the end of the freeze"
    )
    play.values["error rate"] = 9.0
    play.passes("2m")
    assert play.status() is Status.ROLLED_BACK
    assert play.exposed == "nobody"


def test_a_type_at_any_time_is_exempt_and_a_types_window_counts_like_the_stages() -> None:
    freeze = "year end: {freeze: 2026-01-04 to 2026-01-07}"
    play = staged(freeze, "", "type: hotfix\ntypes: {hotfix: {window: any time}}")
    assert deployed(play) == MONDAY
    play = staged("slot: {only: Tuesday 02:00 to 03:00}", "", "type: patch\ntypes: {patch: {window: slot}}")
    play.passes("1d")
    assert deployed(play) == datetime(2026, 1, 6, 2, tzinfo=UTC)


def test_start_in_guards_the_start_alone_and_people_work_outside_a_window() -> None:
    play = staged("slot: {only: Monday 10:00 to 10:30}", "start-in: slot, ", steps="wait: 2h")
    assert play.stage == ""
    play.passes("4h")
    assert play.at(e.StageEntered) == MONDAY + timedelta(hours=1)
    assert play.at(e.ExposureChanged) == MONDAY + timedelta(hours=1)
    wait = next(x for x in play.events(e.StepPassed) if isinstance(x, e.StepPassed))
    assert wait.detail == "waited 2h", "what follows the start knows no window here"
    play = Play("""
windows: {slot: {only: Tuesday 02:00 to 03:00}}
stages:
  - {stage: talk, environment: production, window: slot, steps: [{do: Look, by: qa}, {deploy: production}]}
  - {stage: pilot, expose: 10%}
""")
    play.ticks("kim", "Look")
    play.wait("outside the window")


def test_what_does_not_fit_into_what_is_left_waits_for_the_next_opening() -> None:
    play = staged(
        "slot: {only: every day 09:00 to 10:00}",
        steps="deploy: production, takes: 45m",
        start=MONDAY + timedelta(minutes=30),
    )
    assert "does not fit into what is left of the window" in play.wait("may take 45m").text
    play.passes("1d")
    assert deployed(play) == MONDAY + timedelta(days=1)


def test_days_that_touch_are_one_opening() -> None:
    play = staged(
        "slot: {only: Monday to Friday 00:00 to 24:00}",
        steps="deploy: production, takes: 2h",
        start=MONDAY + timedelta(hours=14),
    )
    assert deployed(play) == MONDAY + timedelta(hours=14), "midnight ends no window that goes on"
    assert closes(DAYS, MONDAY) == datetime(2026, 1, 10, tzinfo=UTC)
    assert opens(DAYS, datetime(2026, 1, 10, tzinfo=UTC)) == datetime(2026, 1, 12, tzinfo=UTC)


def test_a_span_may_run_past_midnight_and_is_half_open() -> None:
    assert contains(NIGHTS, datetime(2026, 1, 6, 5, 59, tzinfo=UTC))
    assert not contains(NIGHTS, datetime(2026, 1, 6, 6, 0, tzinfo=UTC))
    assert contains(NIGHTS, datetime(2026, 1, 6, 22, 0, tzinfo=UTC))


def test_prefer_and_avoid_warn_and_do_not_block() -> None:
    prefer = Window(
        "slot",
        WindowKind.PREFER,
        Weekly(frozenset({3}), time(14), time(16)),
        "UTC",
        text="Thursday 14:00 to 16:00",
    )
    avoid = Window("mondays", WindowKind.AVOID, Weekly(frozenset({0}), time(0), None), "UTC", text="Monday")
    found = judge([prefer, avoid], ["slot"], MONDAY, frozenset())
    assert not found.blocked
    assert len(found.warnings) == 2
    assert judge([prefer], ["slot"], datetime(2026, 1, 8, 15, tzinfo=UTC), frozenset()).warnings == ()


def test_a_window_that_opens_in_a_missing_hour_takes_the_earlier_offset() -> None:
    gap = Window(
        "gap", WindowKind.ONLY, Weekly(frozenset(range(7)), time(2, 30), time(4, 30)), "Europe/Madrid"
    )
    assert opens(gap, datetime(2026, 3, 29, 0, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_the_organisations_stop_blocks_the_machine_and_says_so() -> None:
    play = Play("stages:\n  - {stage: pilot, expose: 10%, bake: 1h}\n  - {stage: rest, expose: everyone}\n")
    play.surroundings = f.Surroundings(blocked_because="the line is stopped")
    play.passes("2h")
    assert play.exposed == "10%"
    play.wait("the line is stopped")
