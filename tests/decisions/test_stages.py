"""Stages: the order inside one, baking, ramps, ranges, moments, what is prepared, and what silence at a gate does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pilotage.decisions.explain import headline
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.events import QuestionKind
from pilotage.domain.release import Status
from tests.support.playing import MONDAY, Play, plan_from

WELL = {"error rate": 0.2, "latency": 0.2}


def well(text: str, **more: object) -> Play:
    """A play in which every metric is well from the start."""
    play = Play(plan_from(text), begin=False, **more)  # type: ignore[arg-type]  # fields of the created event
    play.values, play.control = dict(WELL), dict(WELL)
    play.says("dan", f.Start())
    return play


# --- the order inside a stage -----------------------------------------------------------------------------------------

ORDER = """
stages:
  - stage: internal
    environment: production
    before: [{check: Everybody is told, by: qa}]
    steps:
      - deploy: production
      - smoke: ./smoke.sh
      - do: Try it
        by: qa
      - smoke: ./smoke-again.sh
        name: smoke again
    expose: team
    bake: 2h
    gate: [{check: All paths tested, by: qa}]
    go: primary
  - {stage: pilot, expose: 10%, bake: 1h}
"""


@pytest.mark.requirement(60)
def test_before_then_the_machines_steps_then_exposure_then_the_rest_while_it_bakes_then_gate_and_go() -> None:
    play = well(ORDER)
    assert play.events(e.StageEntered) == []
    assert play.wait("Everybody is told").who == ("qa (kim)",)

    play.ticks("kim", "Everybody is told")
    done = [
        type(x).__name__
        for x in play.events(e.StageEntered, e.StepPassed, e.ExposureChanged, e.BakeStarted, e.StepStarted)
    ]
    assert done == [
        "StageEntered",
        "StepStarted",
        "StepPassed",
        "StepStarted",
        "StepPassed",
        "ExposureChanged",
        "BakeStarted",
        "StepStarted",
    ]
    assert play.exposed == "team"
    assert play.events(e.StepStarted)[-1].step == "internal/try-it", (
        "the machine's step below a person's waits for it"
    )

    play.passes("3h")
    assert play.stage == "internal", "people's work is not done"
    play.ticks("kim", "Try it")
    assert play.events(e.StepPassed)[-1].step == "internal/smoke-again"
    assert not [q for q in play.release.questions.values() if q.kind is QuestionKind.GO], (
        "a go is asked once all else holds"
    )
    play.ticks("kim", "All paths tested")
    assert play.asked("Go or no-go") == ("primary",)
    play.says("maria", f.Approve("internal/go"))
    assert play.stage == "pilot"
    passed = play.events(e.GatePassed)[0]
    assert isinstance(passed, e.GatePassed)
    assert "All paths tested: kim (qa): ticked" in passed.checks[0]


def test_an_expose_step_says_itself_when_exposure_rises() -> None:
    play = well("""
stages:
  - stage: internal
    environment: production
    expose: team
    steps:
      - deploy: production
      - do: Look at it alone first
        by: qa
      - expose: team
      - do: Let them try
        by: qa
    bake: 1h
  - {stage: pilot, expose: 10%}
""")
    assert play.exposed == "nobody"
    play.ticks("kim", "Look at it alone first")
    assert play.exposed == "team"
    assert play.asked("Let them try") == ("qa",)


def test_what_is_prepared_is_done_before_the_stage_and_its_own_times_are_kept() -> None:
    play = well("""
stages:
  - {stage: internal, expose: team, bake: 2d}
  - stage: pilot
    at: 3d after internal starts
    prepare:
      - meeting: Go/no-go
        at: 1d before pilot starts
      - do: Book the room
        by: qa
    expose: 10%
    bake: 1h
""")
    play.passes("1d 23h")
    assert not play.asked("Go/no-go")
    play.passes("1h")
    assert play.asked("Go/no-go"), "two days after the start is one day before the pilot"
    assert play.asked("Book the room") == ("qa",), "the other steps are asked for once the stage is next"
    play.ticks("dan", "Go/no-go")
    play.passes("2d")
    assert play.stage == "internal"
    assert play.waits() == ["Book the room"], "it is said once, with whoever can act"
    play.ticks("kim", "Book the room")
    assert play.stage == "pilot"


@pytest.mark.requirement(69)
def test_no_stage_starts_while_a_prerequisite_of_the_plan_is_unmet_and_sign_offs_guard_theirs() -> None:
    play = well("""
before: [{check: Rollback scripts ready, by: primary}]
sign-offs: {before: pilot, checks: [approved by manager, {check: Support briefed, by: qa}]}
stages:
  - {stage: internal, expose: team, bake: 1h}
  - {stage: pilot, expose: 10%, bake: 1h}
""")
    play.passes("2d")
    assert play.stage == ""
    play.ticks("maria", "Rollback scripts ready")
    assert play.stage == "internal"
    play.passes("2h")
    assert play.stage == "internal"
    play.says("ana", f.Approve("approved by manager"))
    assert play.stage == "internal"
    play.ticks("kim", "Support briefed")
    assert play.stage == "pilot"


# --- baking -----------------------------------------------------------------------------------------------------------


def baked(bake: str, expose: str = "10%", zone: str = "UTC", start: datetime = MONDAY) -> Play:
    line = f", bake: {bake}" if bake else ""
    text = f"timezone: {zone}\nstages:\n  - {{stage: team stage, expose: {expose}{line}}}\n  - {{stage: rest, expose: everyone}}\n"
    return Play(plan_from(text), start)


def test_a_stage_that_exposes_users_bakes_a_day_where_nothing_is_said() -> None:
    play = baked("")
    play.passes("23h")
    assert play.stage == "team-stage"
    play.passes("1h")
    assert play.stage == "rest"


def test_a_stage_that_exposes_nobody_does_not_bake_where_nothing_is_said() -> None:
    play = Play("stages:\n  - {stage: code, steps: [{smoke: ./smoke.sh}]}\n  - {stage: pilot, expose: 10%}\n")
    assert play.stage == "pilot"


def test_an_ongoing_bake_is_an_end_state_that_is_left_when_its_work_is_done() -> None:
    play = Play("""
stages:
  - {stage: pilot, expose: 10%, bake: 1h}
  - stage: ga
    expose: everyone
    bake: ongoing
    steps: [{wait: 48h}, {do: Close the project, by: qa}]
""")
    play.passes("1h")
    play.passes("47h")
    assert not play.asked("Close")
    play.passes("1h")
    play.ticks("kim", "Close the project")
    assert play.status() is Status.COMPLETED


@pytest.mark.parametrize(
    ("start", "exact"),
    [
        (datetime(2026, 3, 28, 9, tzinfo=UTC), timedelta(hours=23)),  # Madrid: clocks go forward on 29 March
        (datetime(2026, 10, 24, 9, tzinfo=UTC), timedelta(hours=25)),
        (datetime(2026, 6, 1, 9, tzinfo=UTC), timedelta(hours=24)),
    ],
)
def test_days_are_calendar_days_across_a_clock_change_and_hours_are_exact(
    start: datetime, exact: timedelta
) -> None:
    play = baked("1d", zone="Europe/Madrid", start=start)
    play.passes("3d")
    assert play.at(e.StageCompleted) - start == exact
    play = baked("24h", zone="Europe/Madrid", start=start)
    play.passes("3d")
    assert play.at(e.StageCompleted) - start == timedelta(hours=24)


def test_a_hold_stops_the_bake_clock() -> None:
    play = baked("10h")
    play.passes("4h")
    play.says("dan", f.Hold("lunch"))
    play.passes("7h")
    assert play.stage == "team-stage"
    play.says("dan", f.Resume("back"))
    play.passes("5h 59m")
    assert play.stage == "team-stage"
    play.passes("1m")
    assert play.stage == "rest"


GATED = """
stages:
  - stage: pilot
    owner: primary
    expose: 10%
    bake: 7d to 14d
    gate: [{check: Feedback is good, by: qa}]
  - {stage: rest, expose: everyone}
"""


def test_at_the_longest_bake_a_person_is_asked_by_itself() -> None:
    play = Play(GATED)
    play.passes("13d 23h 59m")
    assert not play.asked("long-bake")
    assert play.last.look_again is not None
    play.passes("1m")
    assert play.asked("long-bake") == ("primary",)
    assert play.at(e.Asked, kind=QuestionKind.LONG_BAKE) == MONDAY + timedelta(days=14)
    play.says("maria", f.ChooseOption("go on watching", "long-bake"))
    play.passes("2d")
    assert not play.asked("long-bake"), "asked once"
    play.ticks("kim", "Feedback is good")
    assert play.stage == "rest"


def test_a_hold_also_stops_the_clock_of_the_longest_bake() -> None:
    play = Play(GATED)
    play.passes("13d")
    play.says("dan", f.Hold("holidays"))
    play.passes("5d")
    assert not play.asked("long-bake")
    play.says("dan", f.Resume("back"))
    assert not play.asked("long-bake")
    play.passes("1d")
    assert play.asked("long-bake")


def test_the_answer_to_a_bake_that_took_too_long_may_be_the_way_back() -> None:
    play = Play(GATED)
    play.passes("14d")
    play.says("maria", f.ChooseOption("roll back", "long-bake"))
    assert play.status() is Status.ROLLED_BACK
    assert play.exposed == "nobody"


# --- ramps, ranges, audiences -----------------------------------------------------------------------------------------

RAMP = """
stages:
  - stage: ramp
    ramp: [10%, 50%, everyone]
    bake: 1h
    gate: [error rate < 1%]
    go: primary{at_the_end}
"""


def test_every_rung_bakes_passes_the_gate_and_has_its_own_go() -> None:
    play = well(RAMP.format(at_the_end=""))
    for share, more in (("10%", "50%"), ("50%", "everyone"), ("everyone", "")):
        assert play.exposed == share
        play.passes("59m")
        assert not play.asked("Go or no-go")
        play.values["error rate"] = 3.0
        play.passes("10m")
        assert not play.asked("Go or no-go"), "the gate holds at every rung"
        play.values["error rate"] = 0.2
        play.passes("2m")
        assert (f"to {more}" in play.wait("Go or no-go").text) == bool(more)
        play.says("maria", f.Approve("ramp/go"))
    assert play.status() is Status.COMPLETED
    assert [x.rung for x in play.events(e.GatePassed)] == [0, 1, 2]


def test_a_go_at_the_end_is_asked_at_the_last_rung_alone() -> None:
    play = well(RAMP.format(at_the_end=" at the end"))
    play.passes("2h 30m")
    assert play.exposed == "everyone"
    assert not play.asked("Go or no-go")
    play.passes("1h")
    assert play.asked("Go or no-go") == ("primary",)


def test_a_range_starts_low_is_raised_by_advance_and_never_past_its_top_or_a_gate() -> None:
    play = well("""
stages:
  - {stage: pilot, expose: 5% to 10%, bake: 2d, go: primary}
  - {stage: rest, expose: everyone, bake: 1d}
""")
    assert play.exposed == "5%"
    assert "may not advance" in play.refused("kim", f.Advance())
    play.passes("1h")
    play.says("ana", f.Advance("all is well"))
    assert play.exposed == "10%"
    assert play.log[-1].at == MONDAY + timedelta(hours=1)
    raised = [h for h in play.log if isinstance(h.event, e.ExposureChanged)][-1]
    assert (raised.by.person, raised.because) == ("ana", "all is well"), "who, when and why stand in the log"
    told = play.refused("ana", f.Advance())
    assert "a gate is never skipped" in told
    assert "bakes 2d" in told
    play.passes("2d")
    assert "Go or no-go" in play.refused("ana", f.Advance())
    assert play.exposed == "10%"


def test_the_owner_chooses_the_audience_before_exposure_rises() -> None:
    play = well("""
stages:
  - stage: pilot
    owner: primary
    expose: {choose: [10%, beta]}
    bake: 1h
  - {stage: rest, expose: everyone}
""")
    assert play.exposed == "nobody"
    assert play.asked("Who shall meet") == ("primary",)
    assert "is not one of the answers: 10%, beta" in play.refused(
        "maria", f.ChooseOption("everyone", "audience")
    )
    play.says("maria", f.ChooseOption("beta", "audience"))
    assert play.exposed == "beta"
    chosen = play.first(e.AudienceChosen)
    assert (chosen.stage, chosen.option) == ("pilot", "beta")


def test_no_more_stops_adding_and_takes_nobody_out() -> None:
    play = well("""
stages:
  - {stage: pilot, expose: 10%, bake: 1h}
  - {stage: pause, expose: no more, bake: 1h}
  - {stage: rest, expose: everyone}
""")
    play.passes("1h 30m")
    assert (play.stage, play.exposed) == ("pause", "10%")


# --- when a stage begins ----------------------------------------------------------------------------------------------


def test_a_stage_that_is_not_needed_is_passed_over_and_its_trait_is_asked_when_it_is_needed() -> None:
    play = well("""
traits: {schema changes: {ask: "Does it change the schema?"}}
stages:
  - {stage: internal, expose: team, bake: 1h}
  - {stage: migration, when: schema changes, steps: [{smoke: ./smoke.sh}]}
  - {stage: pilot, expose: 10%, at: 2h after migration ends, bake: 1h}
""")
    assert not play.asked("Does it change")
    play.passes("1h")
    assert play.asked("Does it change") == ("owner",)
    play.passes("1h")
    play.says("dan", f.TellTrait("schema changes", False))
    skipped = play.first(e.StageSkipped)
    assert skipped.stage == "migration"
    assert play.wait("pilot begins").again == MONDAY + timedelta(hours=4), (
        "what hangs on it counts from when it was passed over"
    )
    play.passes("2h")
    assert play.stage == "pilot"


def test_a_stage_waits_for_its_own_time_and_says_when_that_is() -> None:
    play = well(
        "stages:\n  - {stage: internal, expose: team, bake: 1h}\n  - {stage: pilot, at: week 2, expose: 10%}\n"
    )
    play.passes("1h")
    assert play.wait("pilot begins").again == MONDAY + timedelta(days=7)
    play.passes("7d")
    assert play.stage == "pilot"


# --- the end of a stage -----------------------------------------------------------------------------------------------


def test_otherwise_rolls_back_when_the_gate_is_not_met_so_long_after_it_could_have_been() -> None:
    play = well("""
stages:
  - {stage: internal, expose: team, bake: 1h}
  - stage: pilot
    expose: 10%
    bake: 1h
    gate: [error rate < 1%]
    otherwise: roll back after 2h
""")
    play.passes("1h")
    play.values["error rate"] = 2.0
    play.passes("2h 59m")
    assert play.status() is Status.RUNNING
    assert play.wait("otherwise: roll back").again == MONDAY + timedelta(hours=4)
    play.passes("1m")
    assert play.status() is Status.ROLLED_BACK
    started = next(h for h in play.log if isinstance(h.event, e.RollbackStarted))
    assert "otherwise: roll back after 2h" in str(started.by)


def test_otherwise_hold_can_be_lifted_and_then_counts_anew() -> None:
    play = well(
        "stages:\n  - {stage: pilot, expose: 10%, bake: 1h, gate: [{check: Good, by: qa}], otherwise: hold after 2h}\n"
    )
    play.passes("3h")
    assert play.held() == "the gate of pilot was not met"
    play.passes("5h")
    play.says("dan", f.Resume("kim is back tomorrow"))
    assert not play.held(), "a hold that comes back at once could never be lifted"
    play.passes("1h 59m")
    assert not play.held()
    play.passes("1m")
    assert play.held()


def test_what_is_judged_is_asked_for_recorded_at_the_end_and_never_blocks() -> None:
    play = well("""
stages:
  - stage: pilot
    expose: 10%
    bake: 1h
    judge:
      - check: Support load manageable
        by: qa
      - check: Nobody complained
        by: qa
      - error rate < 0.1%
    gate: [{check: Tested, by: qa}]
""")
    play.passes("1h")
    assert play.asked("Support load") == ("qa",)
    assert not [w for w in play.waits() if "Support load" in w], "nothing waits for it"
    assert "Waiting for qa (kim): Tested" in headline(play.release), "nor does the headline say so"
    play.ticks("kim", "Support load manageable", "Tested")
    assert play.status() is Status.COMPLETED
    judged = {x.check.rsplit("/", 1)[1]: type(x).__name__ for x in play.events(e.CheckPassed, e.CheckFailed)}
    assert judged["support-load-manageable"] == "CheckPassed"
    assert judged["nobody-complained"] == "CheckFailed"
    said = next(x for x in play.events(e.CheckFailed) if x.check.endswith("nobody-complained"))
    assert said.evidence == "nobody said whether it does"
    assert "gate fails" not in play.release.anchors, "nobody is told of a gate that never failed"
    assert "CheckFailed" in [word for line, word in judged.items() if line.startswith("error-rate")]


def test_the_gate_every_stage_has_steps_passed_baked_and_guards_on_target() -> None:
    play = well(
        "stages:\n  - {stage: pilot, expose: 10%, bake: 1h, guard: {error rate: 'target < 1%, alert > 5%'}}\n"
    )
    play.values["error rate"] = 2.0
    play.passes("3h")
    assert play.stage == "pilot"
    assert play.status() is Status.RUNNING
    play.wait("error rate is watch")
    play.values["error rate"] = 0.5
    play.passes("2m")
    assert play.status() is Status.COMPLETED


def test_a_guard_that_was_on_target_in_the_stage_before_has_to_be_so_again_after_the_rise() -> None:
    play = well("""
guard: {error rate: "target < 1%, alert > 5%"}
stages:
  - {stage: pilot, expose: 10%, bake: 1h}
  - {stage: rest, expose: everyone, bake: 1m}
""")
    play.passes("59m")
    assert play.release.guards == {"error rate": "on target"}
    play.passes("1m")
    assert play.stage == "rest"
    del play.values["error rate"]
    play.passes("10m")
    assert play.status() is Status.RUNNING, "no data is never a pass"
    play.wait("error rate has no data yet")
    play.values["error rate"] = 0.1
    play.passes("2m")
    assert play.status() is Status.COMPLETED


def test_while_the_first_rise_waits_for_its_window_nothing_goes_on_below_it() -> None:
    play = well("""
windows: {nights: {only: every day 02:00 to 03:00}}
stages:
  - stage: pilot
    window: nights
    expose: 10%
    bake: 1h
    steps: [{do: Ask the users, by: qa}]
  - {stage: rest, expose: everyone, bake: 1h}
""")
    play.passes("5h")
    assert (play.stage, play.exposed, play.events(e.BakeStarted)) == ("pilot", "nobody", [])
    assert not play.asked("Ask the users")
    assert play.wait("outside the window").again == MONDAY + timedelta(hours=17)
    play.passes("12h")
    assert play.exposed == "10%"
    assert play.asked("Ask the users")
