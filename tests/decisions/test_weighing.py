"""What follows from counts: proven, worse, in doubt, shared, or too little to tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import pytest

from pilotage.application.codec import judging_from_json, judging_to_json
from pilotage.decisions.decide import decide
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.metrics import Arm, Reading
from pilotage.domain.release import Status
from pilotage.domain.tallies import Tally
from tests.support.counting import BOUNDS, CountedPlay, Did
from tests.support.playing import CLOCK

_E = TypeVar("_E")
STAGES = """
stages:
  - {stage: first, expose: 10%, bake: BAKE, guard: {GUARD}, go: by itself}
  - {stage: everyone, expose: everyone, bake: 10m}
"""
GOOD, CONTROL = Did(600, 1), Did(5400, 5)
BAD = Did(600, 30)


def play(
    rollback: str = "", guard: str = "failures: target < 4%", bake: str = "1h", more: str = ""
) -> CountedPlay:
    """A release that ten percent of the users meet."""
    head = STAGES.replace("BAKE", bake).replace("GUARD", guard)
    p = CountedPlay(more + head + (f"rollback: {{automatic: [{rollback}]}}" if rollback else ""))
    assert p.stage == "first"
    return p


def the(p: CountedPlay, kind: type[_E]) -> list[_E]:
    return [h.event for h in p.log if isinstance(h.event, kind)]


def test_what_is_proven_to_be_worse_rolls_back_and_the_record_has_the_numbers_that_decided() -> None:
    p = play("failures worse than baseline by 20%")
    p.looks(4, BAD, CONTROL)
    assert p.status() is Status.ROLLED_BACK
    (fired,) = the(p, e.TriggerFired)
    assert isinstance(fired, e.TriggerFired)
    assert fired.evidence is not None
    assert fired.evidence.e_value >= fired.evidence.needed == pytest.approx(100)
    assert fired.evidence.low is not None
    assert fired.evidence.low > 1.2
    assert "times" in fired.because


@pytest.mark.requirement(245, 391)
def test_the_same_number_by_chance_rolls_nothing_back() -> None:
    p = play("failures worse than baseline by 20%, failures > 1%")
    p.looks(1, Did(100, 2), CONTROL).looks(5, Did(100, 0), CONTROL)
    assert p.status() is Status.RUNNING, "2 of 100 are more than 1 %, and prove nothing"
    assert not the(p, e.TriggerFired)


@pytest.mark.parametrize(
    ("failed", "of", "back"), [(3, 3, True), (12, 50, True), (84, 1000, True), (1, 10, False)]
)
def test_a_stated_limit_is_honoured_as_soon_as_it_is_certain(failed: int, of: int, back: bool) -> None:
    p = play("failures > 5%")
    p.looks(1, Did(of, failed), Did(9 * of, 0))
    assert (p.status() is Status.ROLLED_BACK) is back


def test_an_incident_of_everybody_holds_and_pages_and_rolls_nothing_back() -> None:
    p = play("failures > 5%", guard="")
    p.looks(10, Did(600, 120), Did(5400, 1080))
    assert p.status() is Status.RUNNING
    (held,) = the(p, e.Held)
    assert isinstance(held, e.Held)
    assert held.page
    assert "not the change's doing" in held.reason


def test_without_a_control_the_limit_alone_rolls_back() -> None:
    p = CountedPlay("stages: [{stage: team, expose: team}]\nrollback: {automatic: [failures > 5%]}")
    p.looks(1, Did(10, 1))
    assert p.status() is Status.RUNNING
    p.looks(1, Did(40, 11))
    assert p.status() is Status.ROLLED_BACK


def test_a_team_is_no_random_part_of_the_users_so_it_is_not_compared_with_them() -> None:
    p = CountedPlay(
        "stages: [{stage: team, expose: team}, {stage: first, expose: 10%}]\n"
        "rollback: {automatic: [failures worse than baseline by 20%]}"
    )
    p.looks(10, BAD, CONTROL)
    assert p.status() is Status.RUNNING
    assert {r.arm for r in p.requested if r.reading is Reading.COUNT} == {Arm.CANARY}


def test_a_guarded_metric_that_is_proven_worse_holds_and_whoever_lets_it_go_on_asks_for_the_proof_again() -> (
    None
):
    p = play(guard="failures: target < 90%", bake="10m")
    p.looks(4, BAD, CONTROL)
    (held,) = the(p, e.Held)
    assert held.page
    assert p.release.guards["failures"] == "worse"
    p.says("dan", f.Resume("it was the night job"))
    assert p.judging.weighing is None
    p.looks(6, BAD, CONTROL)
    assert len(the(p, e.Held)) == 2, "it was not the night job"
    p.says("dan", f.Resume("now the night job is stopped"))
    p.looks(30, Did(6000, 6), Did(54000, 54))
    assert len(the(p, e.Held)) == 2
    assert p.stage == "everyone"


def test_after_an_incident_of_everybody_the_old_numbers_stop_nothing() -> None:
    p = play("failures > 5%", guard="", bake="10m")
    p.looks(10, Did(600, 120), Did(5400, 1080))
    assert p.release.hold is not None
    p.says("dan", f.Resume("the database is back"))
    p.looks(30, Did(6000, 6), Did(54000, 54))
    assert p.stage == "everyone"


def test_the_plan_says_what_follows_when_a_metric_is_proven_worse() -> None:
    p = play(guard="failures: target < 90%", more="reactions: {worse: roll back}\n")
    p.looks(4, BAD, CONTROL)
    assert p.status() is Status.ROLLED_BACK


def test_while_there_is_doubt_nothing_advances_and_why_says_so() -> None:
    p = play("failures worse than baseline by 20%", guard="failures: target < 90%", bake="3m")
    p.looks(1, Did(600, 6), CONTROL)
    while p.judging.weighing and not any(s.doubt for s in p.judging.weighing.standings):
        p.looks(1, Did(600, 3), CONTROL)
    assert p.status() is Status.RUNNING
    assert "it may be worse" in " ".join(p.waits())


LITTLE = (Did(6, 0), Did(54, 0))


def test_a_stage_that_could_not_have_shown_a_regression_is_not_left_but_a_person_may_say_so() -> None:
    p = play(bake="10m")
    p.looks(6, *LITTLE)
    assert not p.asked("evidence")
    p.looks(6, *LITTLE)
    assert p.asked("evidence")
    assert "could not have shown a regression yet" in " ".join(p.waits())
    p.says("dan", f.ChooseOption("go on without it", "evidence"))
    assert p.stage == "everyone"


def test_with_a_longest_bake_it_is_watched_until_then_before_anybody_is_asked() -> None:
    p = play(bake="10m to 30m")
    p.looks(24, *LITTLE)
    assert not p.asked("evidence")
    p.looks(8, *LITTLE)
    assert p.asked("evidence")


def test_enough_traffic_leaves_the_stage_by_itself() -> None:
    p = play(bake="10m")
    p.looks(30, Did(6000, 6), Did(54000, 54))
    assert p.stage == "everyone"
    assert not p.asked("evidence")


def test_a_plan_may_leave_it_at_however_little_traffic_there_was() -> None:
    p = play(bake="10m", more="")
    lenient = replace(p.plan, evidence=replace(p.plan.evidence, reveal=None))
    p.release = replace(p.release, plan=lenient)
    p.looks(13, *LITTLE)
    assert p.stage == "everyone"


def test_a_restart_continues_with_the_same_numbers_to_the_last_digit() -> None:
    one, other = play("failures > 50%"), play("failures > 50%")
    for number in range(40):
        did = Did(600 + number, number % 3, ()), Did(5400, 5 + number % 2)
        one.looks(1, *did)
        other.judging = judging_from_json(judging_to_json(other.judging))
        other.looks(1, *did)
        assert other.judging == one.judging


def test_a_memory_of_another_version_begins_the_tests_anew() -> None:
    p = play("failures worse than baseline by 20%")
    p.looks(2, GOOD, CONTROL)
    assert p.judging.weighing is not None
    p.judging = replace(p.judging, weighing=replace(p.judging.weighing, numbers={"clock": (1.0,)}))
    p.looks(1, GOOD, CONTROL)
    assert p.judging.weighing is not None
    assert (p.now - p.judging.weighing.begun).total_seconds() == 60, "it begins with this look"
    p.looks(4, BAD, CONTROL)
    assert p.status() is Status.ROLLED_BACK


def test_a_look_that_comes_again_or_counts_again_what_was_counted_changes_nothing() -> None:
    p = play("failures worse than baseline by 20%")
    p.looks(1, GOOD, CONTROL)
    before = p.judging.weighing
    assert before is not None
    for begun, ended in ((before.begun, before.seen), (before.begun, p.now.replace(second=30))):
        bad = (
            Tally("failures", begun, ended, 600, errors, arm=arm)
            for arm, errors in ((Arm.CANARY, 600), (Arm.BASELINE, 0))
        )
        told = decide(p.release, p.judging, f.Fact(p.now.replace(second=30), CLOCK, f.Tick((), tuple(bad))))
        after = told.judging.weighing
        assert after is not None
        assert [s.log_e for s in after.standings] == pytest.approx(
            [s.log_e for s in before.standings], abs=1e-6
        )


def test_for_five_minutes_waits_that_long_for_what_is_proven_and_forgets_what_went_away() -> None:
    p = play("failures > 5% for 5m", guard="")
    p.looks(3, Did(600, 120), Did(5400, 0))
    assert p.status() is Status.RUNNING
    assert "it must last 5m" in " ".join(p.waits())
    p.looks(3, Did(600, 120), Did(5400, 0))
    assert p.status() is Status.ROLLED_BACK
    q = play("failures > 5% for 5m", guard="")
    q.looks(3, Did(600, 120), Did(5400, 0)).looks(6, Did(600, 0), Did(5400, 0))
    assert q.status() is Status.RUNNING


@pytest.mark.requirement(227)
def test_one_region_is_enough_where_the_plan_says_any_and_the_record_names_it() -> None:
    p = play("failures worse than baseline by 20% in any region", guard="")
    west = (Did(60, 12), Did(540, 1))
    rest = (Did(540, 1), Did(4860, 5))
    p.looks(6, Did(600, 13), Did(5400, 6), {"west": west, "rest": rest})
    assert p.status() is Status.ROLLED_BACK
    (fired,) = the(p, e.TriggerFired)
    assert isinstance(fired, e.TriggerFired)
    assert fired.segment == "west"


def test_latency_is_judged_on_the_buckets() -> None:
    p = play("speed worse than baseline by 10%", guard="")
    slow = Did(600, buckets=(100, 200, 200, 80, 20))
    fast = Did(5400, buckets=(2700, 2000, 600, 90, 10))
    p.looks(3, replace(slow, buckets=(300, 222, 67, 10, 1)), fast)
    assert p.status() is Status.RUNNING
    p.looks(8, slow, fast)
    assert p.status() is Status.ROLLED_BACK
    assert p.judging.weighing is None or p.judging.weighing.bounds == {"speed": BOUNDS}


def test_what_cannot_be_counted_is_no_data_and_never_a_pass() -> None:
    p = play("failures worse than baseline by 20%", bake="10m")
    p.looks(20, Did(0, problem="the source is gone"), Did(0, problem="the source is gone"))
    assert p.judging.weighing is not None
    assert p.judging.weighing.problems == {"failures": "the source is gone"}
    assert p.stage == "first"


def test_what_was_missed_is_counted_with_the_next_look() -> None:
    p = play("failures worse than baseline by 20%")
    p.looks(1, GOOD, CONTROL)
    assert p.judging.weighing is not None
    seen = p.judging.weighing.seen
    gone = Did(0, problem="the source is gone")
    p.looks(3, gone, gone).looks(1, Did(2400, 2), Did(21600, 20))
    last = [r for r in p.requested if r.reading is Reading.COUNT][-1]
    assert last.since == seen
    assert p.judging.weighing.seen == p.now


def test_nothing_advances_while_the_last_looks_had_no_data() -> None:
    p = play("failures worse than baseline by 20%", guard="", bake="10m")
    p.looks(6, Did(6000, 6), Did(54000, 54)).looks(7, None, None)
    assert p.stage == "first", (
        "the bake is over, the traffic was enough, and for three looks nobody has seen anything"
    )
    assert "no data for failures at the last looks" in " ".join(p.waits())
    p.looks(1, Did(6000, 6), Did(54000, 54))
    assert p.stage == "everyone"


def test_a_control_that_is_gone_shares_nothing_so_the_limit_alone_rolls_back() -> None:
    p = play("failures > 5%", guard="", bake="3h")
    p.looks(5, Did(600, 3), Did(5400, 27)).looks(5, Did(600, 3), Did(0))
    assert p.status() is Status.RUNNING
    p.looks(6, Did(600, 90), Did(0))
    assert p.status() is Status.ROLLED_BACK
    assert [h.cause for h in the(p, e.Held)] == [e.HoldCause.ROLLED_BACK]


def test_the_old_versions_hour_is_asked_for_once_and_again_after_a_rollback() -> None:
    p = play("failures worse than baseline by 20%")
    p.looks(2, GOOD, CONTROL)
    halves = [r for r in p.requested if r.reading is Reading.HALVES]
    assert [(r.metric.name, r.variables["version"], r.variables["variant"]) for r in halves] == [
        ("failures", "1.0.0", "off")
    ]
    assert halves[0].until is not None
    assert halves[0].since is not None
    assert (halves[0].until - halves[0].since).total_seconds() == 3600
