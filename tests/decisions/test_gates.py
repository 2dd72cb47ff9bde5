"""Gates: what a measured, attested and approved line passes on, and what it never passes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotage.decisions import watch
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.metrics import Arm
from pilotage.domain.release import Status
from tests.support.playing import MONDAY, Play, plan_from

OVER = Status.COMPLETED


def gated(
    *lines: str,
    bake: str = "1m",
    head: str = "",
    stage: str = "",
    begin: bool = True,
    metrics: str = "",
    roles: str = "",
    **fields: object,
) -> Play:
    """A play of one stage at 10 % with these gate lines, every metric well."""
    gate = "".join(f"\n      - {line}" for line in lines)
    text = f"{head}\nstages:\n  - stage: pilot\n    expose: 10%\n    bake: {bake}\n{stage}    gate:{gate}\n"
    play = Play(plan_from(text, metrics, roles), begin=False, **fields)  # type: ignore[arg-type]  # fields of the created event
    play.values, play.control = {"error rate": 0.2, "latency": 0.2}, {"error rate": 0.2, "latency": 0.2}
    if begin:
        play.says("dan", f.Start())
    return play


def status(play: Play) -> Status:
    """Where it stands."""
    return play.status()


# --- measured ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(59)
def test_for_means_so_much_time_of_data_and_not_one_sample() -> None:
    play = gated("error rate < 1% for 3d")
    play.passes("2d 23h")
    assert status(play) is Status.RUNNING
    waiting = play.wait("error rate < 1% for 3d")
    assert "for 71h of 3d" in waiting.text
    assert waiting.again == MONDAY + timedelta(days=3)
    play.passes("1h")
    assert status(play) is OVER


@pytest.mark.requirement(59)
def test_for_counts_from_the_last_rise_of_exposure() -> None:
    play = Play(
        "stages:\n  - {stage: ramp, ramp: [10%, 50%], bake: 1h, gate: [error rate < 1% for 3h]}\n",
        begin=False,
    )
    play.values = {"error rate": 0.2}
    play.says("dan", f.Start())
    play.passes("3h")
    assert play.exposed == "50%"
    play.passes("2h 59m")
    assert status(play) is Status.RUNNING
    play.passes("1m")
    assert status(play) is OVER


def test_a_breach_sets_the_time_back_to_zero() -> None:
    play = gated("error rate < 1% for 3h")
    play.passes("2h")
    play.values["error rate"] = 2.0
    play.passes("10m")
    play.values["error rate"] = 0.2
    play.passes("2h 59m")
    assert status(play) is Status.RUNNING
    play.passes("2m")
    assert status(play) is OVER


def silent(play: Play, span: str) -> None:
    """The sources answer nothing for so long."""
    kept = play.values.pop("error rate")
    play.passes(span)
    play.sampled = play.now
    play.values["error rate"] = kept


def test_a_short_gap_stops_the_clock() -> None:
    play = gated("error rate < 1% for 3h")
    play.passes("1h")
    silent(play, "12m")
    play.passes("1h 55m")
    assert status(play) is Status.RUNNING, "twelve minutes of silence do not count"
    play.passes("10m")
    assert status(play) is OVER


def test_a_short_gap_after_a_rise_stops_the_clock_too() -> None:
    play = Play(
        "stages:\n  - {stage: ramp, ramp: [10%, 50%], bake: 1h, gate: [error rate < 1% for 2h]}\n",
        begin=False,
    )
    play.values = {"error rate": 0.2}
    play.says("dan", f.Start())
    play.passes("2h")
    assert play.exposed == "50%"
    play.passes("30m")
    silent(play, "12m")
    play.passes("1h 25m")
    assert status(play) is Status.RUNNING
    play.passes("10m")
    assert status(play) is OVER


def test_a_long_gap_sets_the_clock_back() -> None:
    play = gated("error rate < 1% for 3h")
    play.passes("2h")
    silent(play, "20m")
    play.passes("2h 50m")
    assert status(play) is Status.RUNNING
    play.passes("20m")
    assert status(play) is OVER


def test_stale_data_is_no_data() -> None:
    play = gated("error rate < 1%", bake="1h")
    play.passes("30m")
    play.values.clear()
    play.passes("2h")
    assert status(play) is Status.RUNNING
    play.wait("the last data for error rate is from")


def test_too_few_requests_cannot_tell() -> None:
    play = gated("error rate < 1%", begin=False)
    play.count = 150.0
    play.says("dan", f.Start())
    play.passes("1h")
    assert status(play) is Status.RUNNING
    play.wait("rests on 150 requests; 200 are needed to tell")
    play.count = 250.0
    play.passes("1m")
    assert status(play) is OVER


def test_requests_that_become_too_few_leave_the_guard_in_doubt_and_nothing_is_passed_on_old_numbers() -> None:
    play = gated("{check: Tested, by: qa}", stage='    guard: {error rate: "target < 1%"}\n')
    play.passes("5m")
    assert play.release.guards == {"error rate": "on target"}
    play.count = 20.0
    play.passes("20m")
    assert play.release.guards == {"error rate": "unsure"}
    play.ticks("kim", "Tested")
    assert status(play) is Status.RUNNING
    play.wait("error rate rests on too few requests to tell")
    assert not play.held(), "doubt is waited for; it clears by itself (ruling 3)"
    play.count = 2000.0
    play.passes("1m")
    assert status(play) is OVER


def test_no_data_is_never_a_pass() -> None:
    play = gated("error rate < 1%", begin=False)
    play.values = {"error rate": None}
    play.says("dan", f.Start())
    play.passes("2d")
    assert status(play) is Status.RUNNING
    play.wait("no data for error rate")


@pytest.mark.parametrize(
    ("line", "regions", "passes"),
    [
        ("error rate < 1% in every region", {"us": 0.1, "eu west": 0.2}, True),
        ("error rate < 1% in every region", {"us": 0.1, "eu west": 3.0}, False),
        ("error rate < 1% in any region", {"us": 0.1, "eu west": 3.0}, True),
        ("error rate < 1% in any region", {"us": 2.0, "eu west": 3.0}, False),
    ],
)
def test_in_any_is_satisfied_by_one_segment_and_in_every_by_all(
    line: str, regions: dict[str, float | None], passes: bool
) -> None:
    play = gated(line, begin=False)
    play.segments = {"error rate": regions}
    play.says("dan", f.Start())
    play.passes("10m")
    assert (status(play) is OVER) is passes


def test_a_segment_that_falls_silent_is_never_part_of_a_pass_in_every() -> None:
    play = gated("error rate < 1% in every region", bake="2h", begin=False)
    play.segments = {"error rate": {"us": 0.1, "eu": 0.1}}
    play.says("dan", f.Start())
    play.passes("10m")
    play.segments = {"error rate": {"us": 0.1}}
    play.passes("5h")
    assert status(play) is Status.RUNNING


@pytest.mark.parametrize(
    ("line", "value", "passes"),
    [("latency < 2x baseline", 0.38, True), ("latency < 2x baseline", 0.42, False)],
)
def test_compared_with_the_version_before(line: str, value: float, passes: bool) -> None:
    play = Play(
        f"stages:\n  - {{stage: internal, steps: [{{do: Look, by: qa}}], gate: [latency < 9s]}}\n  - {{stage: pilot, expose: 10%, bake: 10m, gate: [{line}]}}\n",
        begin=False,
    )
    play.values, play.control = {"latency": 0.2}, {"latency": 0.2}
    play.says("dan", f.Start())
    play.ticks("kim", "Look")
    play.passes("5m")
    assert play.stage == "pilot"
    play.values["latency"] = value
    play.passes("1h")
    assert (status(play) is OVER) is passes


def test_compared_with_a_fixed_number_or_the_others_at_the_same_time() -> None:
    fixed = "queue: {unit: time, source: main, query: q, baseline: fixed 300ms}"
    play = gated("queue < 2x baseline", metrics=fixed, begin=False)
    play.values = {"queue": 0.7}
    play.says("dan", f.Start())
    play.passes("10m")
    assert status(play) is Status.RUNNING
    play.values = {"queue": 0.5}
    play.passes("2m")
    assert status(play) is OVER

    control = "failures: {unit: percent, source: main, errors: 'e{variant=\"{{variant}}\"}', total: 't{variant=\"{{variant}}\"}'}"
    play = gated("failures < 2x baseline", metrics=control, begin=False)
    play.values, play.control = {"failures": 3.0}, {}
    play.says("dan", f.Start())
    play.passes("10m")
    play.wait("has nothing to be compared with yet")
    play.control = {"failures": 2.0}
    play.passes("2m")
    assert status(play) is OVER


def test_on_target_reads_the_metrics_own_target() -> None:
    coverage = 'coverage: {unit: percent, source: main, query: c, better: higher, guard: "target > 90%"}'
    play = gated("coverage on target", metrics=coverage, begin=False)
    play.values = {"coverage": 89.0}
    play.says("dan", f.Start())
    play.passes("10m")
    assert status(play) is Status.RUNNING
    play.values = {"coverage": 91.0}
    play.passes("2m")
    assert status(play) is OVER


def test_step_passed_holds_when_the_step_is_not_needed_and_not_when_it_failed_and_went_on() -> None:
    steps = "    steps: [{smoke: ./smoke.sh, on-fail: continue}]\n"
    play = gated("step smoke passed", stage=steps, begin=False)
    play.outcomes = {"smoke": f.Outcome(f.OutcomeKind.FAILED, "exit status 1")}
    play.says("dan", f.Start())
    play.passes("2h")
    assert status(play) is Status.RUNNING

    head = 'traits: {risky: {ask: "Is it risky?"}}'
    play = gated(
        "step smoke passed",
        head=head,
        stage="    steps: [{smoke: ./smoke.sh, when: risky}]\n",
        traits={"risky": False},
    )
    play.passes("10m")
    assert status(play) is OVER


@pytest.mark.requirement(59)
def test_stable_counts_from_the_last_hold_and_from_the_last_time_off_target() -> None:
    play = gated("stable for 3d", stage='    guard: {error rate: "target < 1%, alert > 5%"}\n')
    play.passes("2d")
    play.values["error rate"] = 2.0
    play.passes("5m")
    play.wait("error rate is watch")
    play.values["error rate"] = 0.2
    play.passes("1d")
    play.says("dan", f.Hold("a look"))
    play.passes("1h")
    play.says("dan", f.Resume("fine"))
    play.passes("2d 23h")
    assert status(play) is Status.RUNNING
    play.passes("1h")
    assert status(play) is OVER


# --- attested ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(60)
def test_a_line_is_ticked_by_those_it_names_and_with_a_proof_where_one_is_asked() -> None:
    play = gated("{check: Tested, by: qa, proof: required}")
    play.passes("2m")
    assert play.asked("Tested") == ("qa",)
    assert "is ticked by qa (kim), not by sam" in play.refused("sam", f.Attest("Tested"))
    assert "needs a proof" in play.refused("kim", f.Attest("Tested"))
    play.says("kim", f.Attest("Tested", proof="https://reports/7"))
    assert status(play) is OVER
    ticked = next(h for h in play.log if isinstance(h.event, e.CheckPassed))
    assert (ticked.by.person, ticked.event.proof) == ("kim", "https://reports/7")  # type: ignore[union-attr]  # a CheckPassed


def test_a_no_keeps_the_gate_shut_until_somebody_says_yes() -> None:
    play = gated("{check: Tested, by: qa}")
    play.passes("2m")
    play.says("kim", f.Attest("Tested", passed=False, comment="login fails"))
    play.passes("1h")
    play.wait("was answered with no: login fails")
    play.ticks("kim", "Tested")
    assert status(play) is OVER


MEASURED = "{check: No errors, by: qa, measure: error rate < 1%}"


@pytest.mark.requirement(179)
def test_a_line_with_a_measure_ticks_itself_where_there_is_data() -> None:
    play = gated(MEASURED)
    play.passes("2m")
    assert status(play) is OVER
    assert not play.events(e.Asked)


@pytest.mark.requirement(179)
def test_a_line_with_a_measure_falls_back_to_the_person_where_there_is_none() -> None:
    play = gated(MEASURED, begin=False)
    play.values = {"error rate": None}
    play.says("dan", f.Start())
    play.passes("14m")
    assert not play.asked("No errors"), "the source may still answer"
    play.passes("2m")
    assert play.asked("No errors") == ("qa",)
    play.ticks("kim", "No errors")
    assert status(play) is OVER


def test_it_falls_back_to_the_person_when_the_data_has_gone_stale() -> None:
    play = gated(MEASURED, bake="1h")
    play.passes("20m")
    play.values.clear()
    play.passes("1h")
    assert play.asked("No errors") == ("qa",)


def test_a_tick_never_beats_a_measure_that_is_broken() -> None:
    play = gated(MEASURED, "{check: Tested, by: qa}", begin=False)
    play.values = {"error rate": 4.0}
    play.says("dan", f.Start())
    play.passes("2m")
    play.ticks("kim", "No errors", "Tested")
    play.passes("1h")
    assert status(play) is Status.RUNNING, "a stated limit is always honoured"
    play.values = {"error rate": 0.4}
    play.passes("1m")
    assert status(play) is OVER


def test_a_tick_that_counts_for_seven_days_is_asked_for_again_afterwards() -> None:
    play = gated("{check: Pentest done, by: qa, valid: 7d}", "{check: Signed, by: primary}")
    play.passes("2m")
    play.ticks("kim", "Pentest done")
    play.passes("6d 23h")
    assert not play.asked("Pentest")
    play.passes("2h")
    play.ticks("maria", "Signed")
    assert status(play) is Status.RUNNING
    play.wait("Pentest done")
    assert play.asked("Pentest") == ("qa",)
    play.ticks("kim", "Pentest done")
    assert status(play) is OVER


def test_nobody_ticks_what_is_measured() -> None:
    play = gated("error rate < 1%", begin=False)
    play.values = {"error rate": 4.0}
    play.says("dan", f.Start())
    play.passes("2m")
    assert play.refused("kim", f.Attest("error rate"))


def test_a_line_for_an_optional_role_that_nobody_holds_is_left_out_and_said_to_be() -> None:
    client = "client: {optional: true}"
    play = gated("approved by client", "{check: Client is happy, by: client}", roles=client)
    play.passes("2m")
    assert status(play) is OVER
    words = play.first(e.GatePassed).checks
    assert all(w.endswith("left out: nobody holds client") for w in words)


def test_a_go_of_an_optional_role_that_nobody_holds_goes_by_itself() -> None:
    play = gated("error rate < 1%", roles="client: {people: ask, optional: true}", stage="    go: client\n")
    play.passes("2m")
    assert status(play) is OVER


# --- numbers people bring ---------------------------------------------------------------------------------------------

BY_HAND = "NPS: {unit: score, better: higher}"


def test_a_number_nobody_measures_is_asked_for_and_counts_as_long_as_the_stage_lasts() -> None:
    play = gated("NPS > 7", "{check: Tested, by: qa}", metrics=BY_HAND)
    play.passes("2m")
    assert play.asked("What is NPS?") == ("owner",)
    play.says("kim", f.ReportMetric("NPS", 8))
    play.passes("2d")
    assert not play.asked("NPS"), "a number typed in does not go stale by the minute"
    play.ticks("kim", "Tested")
    assert status(play) is OVER


def test_a_number_brought_before_it_was_asked_for_counts() -> None:
    text = "before: [coverage > 90%]\nstages: [{stage: pilot, expose: 10%}]\n"
    play = Play(plan_from(text, "coverage: {unit: percent, better: higher}"), begin=False)
    play.says("dan", f.ReportMetric("coverage", 93.0))
    play.passes("2h")
    play.says("dan", f.Start())
    assert play.stage == "pilot"


# --- overrides --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(147)
def test_overrides_are_for_those_the_plan_names_with_a_reason_and_never_for_what_is_required() -> None:
    head = "overrides: {by: manager, reason: required}"
    play = gated("error rate < 1%", "{check: Legal, by: qa, required: true}", head=head, begin=False)
    play.values = {"error rate": 4.0}
    play.says("dan", f.Start())
    play.passes("2m")
    line = "pilot/gate/error-rate"
    assert "overridden by manager (ana)" in play.refused("maria", f.Override(line, "it must go out"))
    assert "needs a reason" in play.refused("ana", f.Override(line, "  "))
    assert "can be neither skipped nor overridden" in play.refused("ana", f.Override("legal", "no time"))
    play.says("ana", f.Override(line, "the errors are the load test's"))
    play.ticks("kim", "Legal")
    assert status(play) is OVER
    over = next(h for h in play.log if isinstance(h.event, e.CheckOverridden))
    assert (over.by.person, over.because) == ("ana", "the errors are the load test's")


def test_without_overrides_in_the_plan_nobody_overrides() -> None:
    play = gated("error rate < 1%")
    assert "nobody (the plan has no overrides)" in play.refused("ana", f.Override("error rate", "please"))


def test_the_version_before_is_compared_at_the_same_weekday_and_hour_before_the_change() -> None:
    play = Play(
        "stages:\n  - {stage: pilot, expose: 10%, bake: 20d, gate: [latency < 2x baseline]}\n", begin=False
    )
    play.values, play.control = {"latency": 0.2}, {"latency": 0.2}
    play.says("dan", f.Start())

    def week_before() -> list[timedelta]:
        asked = watch.requests(play.release, play.judging, play.now)
        return [play.now - r.until for r in asked if r.arm is Arm.BASELINE and r.until]

    play.passes("1h")
    assert week_before() == [timedelta(days=7)]
    play.passes("7d")
    assert week_before() == [timedelta(days=14)], "a week ago the change was there already"
