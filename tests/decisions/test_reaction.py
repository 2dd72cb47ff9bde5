"""Reacting: what a guard's state does, which trigger acts how, and what silence means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.people import Actor
from pilotage.domain.release import Status
from tests.support.playing import MONDAY, Play, plan_from

BACK = Status.ROLLED_BACK
ERRORS = 'guard: {error rate: "target < 1%, alert > 2%"}'
BY_ARM = "failures: {unit: percent, source: main, errors: 'e{variant=\"{{variant}}\"}', total: 't{variant=\"{{variant}}\"}'}"


def exposed(*sections: str, metrics: str = "", ask: bool = True) -> Play:
    """A release at 10 %, every metric well, ten minutes into its bake."""
    head = "escalation: [{to: on-call, wait: 15m}, {to: manager, wait: 15m}]\n"
    body = "\n".join(
        (
            head,
            *sections,
            "stages:",
            "  - {stage: pilot, expose: 10%, bake: 7d}",
            "  - {stage: rest, expose: everyone}",
        )
    )
    play = Play(plan_from(body, metrics), begin=False)
    play.values, play.control = (
        {"error rate": 0.2, "latency": 0.2, "failures": 0.2},
        {"failures": 0.2, "latency": 0.2},
    )
    play.says("dan", f.Start())
    play.passes("10m")
    return play


def pages(play: Play) -> list[bool]:
    """Whether each hold paged."""
    return [x.page for x in play.events(e.Held) if isinstance(x, e.Held)]


# --- guards -----------------------------------------------------------------------------------------------------------


def test_between_target_and_alert_it_is_told_and_beyond_the_alert_it_holds_and_pages() -> None:
    play = exposed(ERRORS)
    play.values["error rate"] = 1.5
    play.passes("1m")
    assert play.release.guards == {"error rate": "watch"}
    assert not play.held()
    play.values["error rate"] = 2.5
    play.passes("1m")
    assert "beyond its alert" in play.held()
    assert pages(play) == [True]


@pytest.mark.parametrize(("word", "held", "paged", "back"), [
    ("note", False, False, False), ("tell", False, False, False), ("hold", True, False, False),
    ("page", True, True, False), ("roll back", False, False, True),
])  # fmt: skip
@pytest.mark.parametrize(("state", "value"), [("watch", 1.5), ("alert", 3.0), ("no-data", None)])
def test_every_reaction_word_does_what_it_says(
    state: str, value: float | None, word: str, held: bool, paged: bool, back: bool
) -> None:
    play = exposed(ERRORS, f"reactions: {{{state}: {word}}}")
    play.values["error rate"] = value
    play.passes("20m")
    assert (play.status() is BACK) is back
    if not back:
        assert bool(play.held()) is held
        assert any(pages(play)) is paged
    else:
        assert play.exposed == "nobody"


def test_a_hold_for_an_alert_that_was_lifted_does_not_come_back_before_the_alert_does() -> None:
    play = exposed(ERRORS)
    play.values["error rate"] = 2.5
    play.passes("1m")
    play.says("dan", f.Resume("a known client, see the ticket"))
    play.passes("2h")
    assert not play.held()
    play.values["error rate"] = 0.5
    play.passes("1m")
    play.values["error rate"] = 2.5
    play.passes("1m")
    assert play.held()


def test_silence_of_a_guarded_metric_holds_and_pages_after_the_gap_and_again_when_it_falls_silent_again() -> (
    None
):
    play = exposed("rollback: {automatic: error rate > 5%}")
    play.values.clear()
    play.passes("14m")
    assert not play.held()
    play.passes("1m")
    assert play.held() == "no data for error rate for 15m"
    assert pages(play) == [True]
    play.values["error rate"] = 0.2
    play.passes("2m")
    assert play.release.guards == {"error rate": "on target"}
    assert play.held(), "only a person lifts it"
    play.says("dan", f.Resume("the source is back"))
    play.values.clear()
    play.passes("16m")
    assert play.held()


def test_a_number_that_people_bring_is_asked_for_as_often_as_the_plan_says_and_its_silence_pages() -> None:
    play = exposed(
        'guard: {complaints: "target < 2, alert > 5"}',
        metrics="complaints: {unit: count, source: manual, ask: every 2h of qa}",
    )
    assert play.asked("What is complaints?") == ("qa",)
    play.says("kim", f.ReportMetric("complaints", 1))
    play.passes("1h 59m")
    assert not play.asked("complaints")
    play.passes("1m")
    assert play.asked("complaints") == ("qa",)
    play.passes("14m")
    assert not play.held()
    play.passes("1m")
    assert "no data for complaints" in play.held()
    play.says("kim", f.ReportMetric("complaints", 9))
    assert "beyond its alert" in play.held()


# --- automatic --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(250)
def test_an_automatic_trigger_takes_everybody_out_within_the_same_look() -> None:
    play = exposed("rollback: {automatic: error rate > 5% for 5m}")
    play.values["error rate"] = 8.0
    play.passes("1m")
    began = play.now - timedelta(minutes=1)
    assert play.wait("error rate > 5% for 5m").again is not None
    play.passes("10m")
    fired = play.at(e.TriggerFired)
    assert timedelta(minutes=5) <= fired - began <= timedelta(minutes=6)
    assert (
        next(h.at for h in play.log if isinstance(h.event, e.ExposureChanged) and not h.event.raised) == fired
    )
    assert play.exposed == "nobody"
    assert play.status() is BACK
    rule = next(h for h in play.log if isinstance(h.event, e.TriggerFired))
    assert rule.by.rule == "error rate > 5% for 5m"
    assert "error rate is 8 %" in rule.because


def test_after_a_rollback_old_numbers_say_nothing_about_what_runs_next() -> None:
    play = exposed("rollback: {automatic: error rate > 5%}")
    play.values["error rate"] = 8.0
    play.passes("1m")
    assert play.status() is BACK
    play.passes("2m")
    play.values["error rate"] = 0.1
    play.says("dan", f.Resume("mended", version="1.1.1"))
    play.passes("5m")
    assert play.status() is Status.RUNNING, "the breach of 1.1.0 would have taken 1.1.1 back at once"
    assert play.exposed == "10%"


def test_a_shared_incident_holds_and_pages_and_rolls_back_only_when_it_is_ours_alone() -> None:
    play = exposed("rollback: {automatic: failures > 5%}", metrics=BY_ARM)
    play.values["failures"] = play.control["failures"] = 9.0
    play.passes("1m")
    assert play.status() is Status.RUNNING
    assert "not the change's doing" in play.held()
    assert pages(play) == [True]
    play.says("dan", f.Resume("the database is coming back"))
    play.passes("5m")
    assert not play.held()
    play.control["failures"] = 0.3
    play.passes("1m")
    assert play.status() is BACK, "now only the change breaks the limit"


def test_a_shared_incident_does_not_roll_back_by_a_guard_either() -> None:
    play = exposed('guard: {failures: "alert > 5%"}', "reactions: {alert: roll back}", metrics=BY_ARM)
    play.values["failures"] = play.control["failures"] = 9.0
    play.passes("1m")
    assert play.status() is Status.RUNNING
    assert "not the change's doing" in play.held()


def test_in_any_segment_fires_for_the_one_and_names_it() -> None:
    play = exposed("rollback: {automatic: error rate > 5% in any region}")
    play.segments = {"error rate": {"us west": 0.1, "eu west": 7.0}}
    play.passes("2m")
    assert play.status() is BACK
    assert play.first(e.TriggerFired).segment == "eu west"


# --- people decide ----------------------------------------------------------------------------------------------------

CONFIRM = """
rollback:
  confirm:
    by: any of primary, on-call
    within: 5m
    otherwise: {otherwise}
    when: [error rate > 5%]
"""


def confirming(otherwise: str = "hold") -> Play:
    """A release whose people are asked to confirm a rollback."""
    play = exposed(CONFIRM.format(otherwise=otherwise))
    play.values["error rate"] = 8.0
    play.passes("1m")
    return play


@pytest.mark.requirement(250)
def test_while_somebody_confirms_it_is_held_and_a_yes_rolls_back() -> None:
    play = confirming()
    assert play.held()
    assert play.asked("Roll back?") == ("primary", "on-call")
    assert "is not asked here" in play.refused("kim", f.Approve("confirm"))
    assert "people are asked first" in play.refused("dan", f.Resume("no"))
    play.says("sam", f.Approve("confirm", "users complain"))
    assert play.status() is BACK


def test_a_no_keeps_it_held_and_it_fires_again_only_after_the_breach_has_ended() -> None:
    play = confirming()
    play.says("maria", f.Reject("a load test", "confirm"))
    assert play.held()
    play.says("dan", f.Resume("the load test is known"))
    play.passes("2h")
    assert not play.held()
    assert not play.asked("Roll back?")
    play.values["error rate"] = 0.1
    play.passes("5m")
    play.values["error rate"] = 8.0
    play.passes("1m")
    assert play.asked("Roll back?")


@pytest.mark.parametrize(("otherwise", "back"), [("roll back", True), ("hold", False)])
def test_silence_does_what_the_plan_says_silence_does(otherwise: str, back: bool) -> None:
    play = confirming(otherwise)
    play.passes("4m")
    assert play.status() is Status.RUNNING
    play.passes("1m")
    assert (play.status() is BACK) is back
    if not back:
        assert play.held()
        assert play.asked("Roll back?") == ("primary", "on-call", "manager"), (
            "the next level is asked as well"
        )
        play.passes("1h")
        asked = len(play.events(e.Escalated))
        play.passes("12h")
        assert len(play.events(e.Escalated)) == asked, "then the owner, daily"


def test_those_who_discuss_decide_and_a_watch_is_only_recorded() -> None:
    play = exposed("""
rollback:
  discuss: {within: 15m, who: [primary, manager], otherwise: hold, when: [error rate > 5%]}
  watch: [error rate > 1%]
""")
    play.values["error rate"] = 2.0
    play.passes("1m")
    assert play.first(e.TriggerFired).kind == "watch"
    assert not play.held()
    play.values["error rate"] = 8.0
    play.passes("1m")
    assert play.held()
    assert play.asked("Discuss and decide") == ("primary", "manager")
    play.says("ana", f.ChooseOption("roll back", "discuss"))
    assert play.status() is BACK


def test_the_most_urgent_class_wins() -> None:
    play = exposed("""
rollback:
  discuss: {within: 15m, who: [primary], otherwise: hold, when: [error rate > 2%]}
  confirm: {by: primary, within: 5m, otherwise: hold, when: [error rate > 3%]}
  automatic: error rate > 5%
""")
    play.values["error rate"] = 8.0
    play.passes("1m")
    assert play.status() is BACK
    assert [x.kind for x in play.events(e.TriggerFired) if isinstance(x, e.TriggerFired)] == ["automatic"]


# --- reports ----------------------------------------------------------------------------------------------------------


def reporting(more: str = "", kind: str = "automatic") -> Play:
    """A plan with one report."""
    if kind == "automatic":
        return exposed(f"rollback:\n  automatic:\n    - report: Scores are lost\n{more}")
    return exposed(
        "rollback: {confirm: {by: primary, within: 5m, otherwise: hold, when: [{report: Scores are lost}]}}"
    )


def test_a_report_acts_on_two_different_people() -> None:
    play = reporting()
    play.says("kim", f.ReportProblem("scores are lost"))
    play.says("kim", f.ReportProblem("scores are lost"))
    assert play.status() is Status.RUNNING
    play.wait("somebody else must say so too")
    play.says("sam", f.ReportProblem("Scores are lost"))
    assert play.status() is BACK


def test_a_report_acts_on_one_of_the_roles_it_names() -> None:
    play = reporting("      by: any of primary, on-call")
    play.says("kim", f.ReportProblem("scores are lost"))
    assert play.status() is Status.RUNNING
    play.wait("reported by kim; it acts on the word of any of primary, on-call")
    play.says("lee", f.ReportProblem("scores are lost"))
    assert play.status() is BACK


def test_a_report_acts_on_an_alert_where_the_plan_says_so() -> None:
    play = reporting("      from: alert")
    play.tell(f.ReportProblem("Scores are lost", alert=True), Actor(rule="pager"))
    assert play.status() is BACK
    play = reporting()
    play.tell(f.ReportProblem("Scores are lost", alert=True), Actor(rule="pager"))
    assert play.status() is Status.RUNNING


def test_a_report_that_was_answered_with_no_is_asked_about_again_when_it_is_reported_again() -> None:
    play = reporting(kind="confirm")
    play.says("kim", f.ReportProblem("scores are lost"))
    play.says("maria", f.Reject("it was a display error", "confirm"))
    play.says("dan", f.Resume("a display error"))
    play.passes("1h")
    assert not play.asked("Roll back?")
    play.says("kim", f.ReportProblem("scores are lost"))
    assert play.asked("Roll back?") == ("primary",)


def test_the_kill_switch_holds_and_pages() -> None:
    play = exposed(ERRORS)
    play.says("sam", f.KillSwitchPulled("checkout is down"))
    assert "the kill switch was pulled: checkout is down" in play.held()
    assert pages(play) == [True]
    assert play.at(e.Held) == MONDAY + timedelta(minutes=10)


def test_nobody_discusses_while_something_more_urgent_is_confirmed() -> None:
    play = exposed("""
rollback:
  discuss: {within: 15m, who: [manager], otherwise: hold, when: [error rate > 2%]}
  confirm: {by: primary, within: 15m, otherwise: hold, when: [error rate > 5%]}
""")
    play.values["error rate"] = 3.0
    play.passes("1m")
    assert play.asked("Discuss and decide") == ("manager",)
    play.values["error rate"] = 8.0
    play.passes("1m")
    assert play.asked("Roll back?") == ("primary",)
    assert not play.asked("Discuss and decide")


def test_a_time_in_which_nobody_looked_is_no_silence_of_the_source() -> None:
    """No worker ran overnight: a click in the morning does not hold, and the source has its whole gap to answer again."""
    play = exposed("rollback: {automatic: error rate > 5%}")
    play.now = play.sampled = play.now + timedelta(hours=9)
    play.says("dan", f.ReportIncident("INC-1"))
    assert not play.held()
    play.values.clear()
    play.passes("1m")
    play.passes("13m")
    assert not play.held()
    play.passes("2m")
    assert "no data for error rate" in play.held()
