"""The way back: exposure first, what is undone in which order, one-way doors, procedures, and what comes after."""

from __future__ import annotations

import pytest

from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.effects import DeployVersion, RunCommands, SetExposure
from pilotage.domain.events import HoldCause
from pilotage.domain.release import Status, StepStatus
from tests.support.plays import Play

HEAD = """
plan: shop
roles: {dev: ana, qa: [ben, cleo], on-call: dan}
environments: {production: {deploy: ./deploy.sh}}
sources: {main: {type: prometheus, url: "http://prometheus:9090"}}
metrics: {error rate: {unit: percent, source: main, query: errors}}
evidence: {minimum: 0 requests}
exposure: {flag: new-shop, segments: {team: email ends with @example.com}}
"""
STAGES = """
stages:
  - stage: build
    steps:
      - run: ./build.sh
        undo: ./unbuild.sh
  - stage: pilot
    environment: production
    expose: team
    bake: 1h
    steps:
      - backup: ./dump.sh
      - run: ./warm.sh
        undo: [./cool.sh, ./check-cool.sh]
      - deploy: production
        verify: ./is-live.sh
      - smoke: ./smoke.sh
  - stage: wide
    environment: production
    expose: 50%
    bake: 1d
"""
AUTOMATIC = """
rollback:
  automatic: error rate > 5%
"""


def at_pilot(text: str = HEAD + STAGES + AUTOMATIC, **settings: object) -> Play:
    """A release whose pilot is on: everything before it passed."""
    p = Play.of(text, **settings)
    p.all_done()
    assert p.release.stage == "pilot"
    return p


def breaks(p: Play) -> None:
    """The error rate breaks every limit."""
    p.metrics["error rate"] = 40.0
    p.look()


def ran(p: Play, since: int = 0) -> list[str]:
    """Every command and deploy that was asked for, in order."""
    return [
        x.action.commands[0] if isinstance(x.action, RunCommands) else f"deploy {x.action.version}"
        for x in p.wanted(RunCommands, DeployVersion)
        if isinstance(x.action, RunCommands | DeployVersion)
    ][since:]


# --- in reverse ---------------------------------------------------------------------------------------------------


@pytest.mark.requirement(218, 250)
def test_exposure_falls_first_and_then_the_steps_are_undone_in_reverse() -> None:
    p = at_pilot()
    before = len(ran(p))
    breaks(p)
    assert p.stands(Status.ROLLING_BACK)
    assert p.exposures() == ["team", "nobody"]
    assert [x.about for x in p.open] == ["exposure"], "nothing else before users are safe"
    p.all_done()
    assert ran(p, before) == ["deploy 1.0.0", "./is-live.sh", "./cool.sh", "./unbuild.sh"]
    assert p.stands(Status.ROLLED_BACK)
    assert {k for k, s in p.release.steps.items() if s.status is StepStatus.UNDONE} == {
        "build/run", "pilot/run", "pilot/deploy",
    }  # fmt: skip
    assert p.release.hold is not None
    assert p.release.hold.cause is HoldCause.ROLLED_BACK


def test_the_fall_of_exposure_is_asked_again_until_it_is_taken_and_then_the_way_back_goes_on_by_itself() -> (
    None
):
    p = at_pilot()
    breaks(p)
    for _ in range(4):
        p.failed("exposure", "the flag service is down")
        assert not p.open
        p.pass_time(minutes=1)
    assert p.exposures() == ["team", *["nobody"] * 5]
    assert any(isinstance(x, e.Held) and x.page for x in p.happened(e.Held)), "people know"
    assert "is asked again" in p.waits() or p.open
    p.done("exposure")
    assert p.release.hold is None, "nobody has to lift a hold in the middle of the night"
    p.all_done()
    assert p.stands(Status.ROLLED_BACK)


def test_what_stands_in_the_way_of_a_fall_is_asked_less_often_the_longer_it_lasts() -> None:
    p = at_pilot()
    breaks(p)
    for _ in range(720):
        if p.open:
            p.failed("exposure", "down")
        p.pass_time(seconds=5)
    assert 60 <= len(p.exposures()) <= 90


def test_a_step_whose_undo_is_unknown_is_a_persons_work_with_the_users_already_safe() -> None:
    p = at_pilot(HEAD + STAGES.replace("        undo: [./cool.sh, ./check-cool.sh]\n", "") + AUTOMATIC)
    breaks(p)
    p.all_done()
    question = p.question("Undo ./warm.sh by hand: the plan does not say how")
    assert question.roles == ("on-call",)
    assert "./unbuild.sh" not in ran(p)
    p.pass_time(days=2)
    assert p.stands(Status.ROLLING_BACK), "silence undoes nothing"
    p.says("dan", f.Attest("Undo ./warm.sh"))
    p.all_done()
    assert ran(p)[-1] == "./unbuild.sh"


def test_a_posted_request_is_a_persons_work_too_and_one_that_only_reads_is_not() -> None:
    p = at_pilot(
        HEAD + STAGES.replace("- backup: ./dump.sh", "- http: POST https://cdn.example.org/purge\n      - http: GET https://cdn.example.org/state")
        + AUTOMATIC
    )  # fmt: skip
    breaks(p)
    p.all_done()
    assert p.question("by hand").text.startswith("Undo POST https://cdn.example.org/purge by hand")


def test_undoing_that_costs_data_is_confirmed_by_a_person_whatever_the_class() -> None:
    lossy = STAGES.replace(
        "      - run: ./warm.sh\n        undo: [./cool.sh, ./check-cool.sh]",
        "      - migrate: ./up.sh\n        undo: ./down.sh\n        loses: the new orders",
    )
    p = at_pilot(HEAD + lossy + AUTOMATIC)
    breaks(p)
    p.all_done()
    assert p.asked("Confirm: undoing ./up.sh loses the new orders")
    assert "./down.sh" not in ran(p)
    p.says("dan", f.Attest("loses the new orders"))
    p.all_done()
    assert ran(p)[-2:] == ["./down.sh", "./unbuild.sh"]


def test_a_deploy_is_undone_by_hand_where_nothing_ran_before() -> None:
    p = at_pilot(previous="")
    breaks(p)
    p.all_done()
    assert p.asked("it is not known which version was there before")
    assert "deploy " not in ran(p)


def test_a_deploy_by_hand_is_undone_by_hand_in_words_that_name_the_version() -> None:
    unconnected = HEAD.replace("environments: {production: {deploy: ./deploy.sh}}\n", "")
    p = Play.of(unconnected + STAGES.replace("        verify: ./is-live.sh\n", "") + AUTOMATIC)
    p.all_done()
    p.says("maria", f.Attest("Deploy 1.1.0 to production"))
    p.all_done()
    breaks(p)
    p.all_done()
    assert p.asked("Deploy 1.0.0 to production")


def test_a_group_that_says_itself_how_it_is_undone_is_undone_as_a_whole() -> None:
    text = (
        HEAD
        + """
procedures: {roll out: [{run: ./one.sh, undo: ./un-one.sh}, {run: ./two.sh}]}
stages:
  - {stage: build, steps: [{use: roll out, undo: ./un-all.sh}]}
  - {stage: pilot, expose: 10%, bake: 1d}
"""
        + AUTOMATIC
    )
    p = at_pilot(text)
    breaks(p)
    p.all_done()
    assert ran(p)[2:] == ["./un-all.sh"]
    assert p.stands(Status.ROLLED_BACK)


def test_undo_steps_run_in_their_order_as_steps_of_the_rollback() -> None:
    text = (
        HEAD
        + """
stages:
  - stage: build
    steps:
      - run: ./one.sh
        undo:
          - run: ./stop.sh
          - do: Empty the queue
            by: dev
          - run: ./clean.sh
            name: clean
  - {stage: pilot, expose: 10%, bake: 1d}
"""
        + AUTOMATIC
    )
    p = at_pilot(text)
    breaks(p)
    p.all_done()
    assert ran(p)[1:] == ["./stop.sh"]
    p.says("ana", f.Attest("Empty the queue"))
    p.all_done()
    assert ran(p)[1:] == ["./stop.sh", "./clean.sh"]
    assert p.step("build/run").status is StepStatus.UNDONE


# --- half done ----------------------------------------------------------------------------------------------------


def in_deploy(more: str = "") -> Play:
    """A release whose deploy is under way, with nobody exposed yet."""
    p = Play.of(HEAD + STAGES + AUTOMATIC + more)
    p.done("build/run")
    p.done("pilot/backup", "pilot/run")
    p.effect("pilot/deploy")
    return p


def test_a_step_under_way_is_not_raced_but_undone_once_it_has_ended() -> None:
    p = in_deploy()
    p.says("maria", f.RollBack("wrong build"))
    assert [x.about for x in p.open] == ["pilot/deploy"]
    assert "production was under way when the rollback began" in p.waits()
    p.done("pilot/deploy")
    assert p.step("pilot/deploy").status is StepStatus.PASSED
    assert [x.purpose for x in p.open] == ["step"], "nothing is verified any more"
    p.all_done()
    assert ran(p)[-4:] == ["deploy 1.0.0", "./is-live.sh", "./cool.sh", "./unbuild.sh"]


def test_a_step_that_failed_half_way_is_undone_too() -> None:
    p = in_deploy()
    p.failed("pilot/deploy", "half of the servers")
    p.says("maria", f.RollBack("half of the servers"))
    p.all_done()
    assert "deploy 1.0.0" in ran(p)
    assert p.step("pilot/deploy").status is StepStatus.UNDONE


def test_a_step_that_could_not_be_verified_has_done_its_work_and_is_undone() -> None:
    p = in_deploy()
    p.done("pilot/deploy")
    p.failed("pilot/deploy", "it answers 502")
    p.says("maria", f.RollBack("it answers 502"))
    p.all_done()
    assert "deploy 1.0.0" in ran(p)


MIGRATION = """
stages:
  - stage: build
    steps: [{run: ./build.sh, undo: ./unbuild.sh}]
  - stage: move
    environment: production
    steps:
      - migrate: ./up.sh
        undo: UNDO
        transaction: WHOLE
  - {stage: pilot, expose: 10%, bake: 1d}
"""


def moving(undo: str, whole: bool = False, more: str = AUTOMATIC) -> Play:
    p = Play.of(HEAD + MIGRATION.replace("UNDO", undo).replace("WHOLE", str(whole).lower()) + more)
    p.done("build/run")
    return p


def test_a_migration_that_failed_is_undone_by_hand_for_it_may_be_half_done() -> None:
    p = moving("./down.sh")
    p.failed("move/migrate")
    p.says("maria", f.RollBack("it failed"))
    assert "it did not end well and may be half done" in p.question("Undo ./up.sh by hand").text
    assert "./down.sh" not in ran(p), "undoing one that was not done would undo the one before"


def test_a_migration_that_is_all_or_nothing_and_failed_leaves_nothing_to_undo() -> None:
    p = moving("impossible", whole=True)
    p.failed("move/migrate")
    p.says("maria", f.RollBack("it failed"))
    p.all_done()
    assert ran(p) == ["./build.sh", "./up.sh", "./unbuild.sh"]
    assert p.release.hold is not None
    assert p.release.hold.cause is HoldCause.ROLLED_BACK


# --- one-way doors ------------------------------------------------------------------------------------------------


def test_past_a_one_way_door_nothing_below_it_is_rolled_back_and_people_are_paged() -> None:
    p = moving("impossible")
    p.all_done()
    assert p.release.doors == ("move/migrate",)
    breaks(p)
    p.all_done()
    assert p.exposures()[-1] == "nobody"
    assert "./unbuild.sh" not in ran(p)
    assert p.release.hold is not None
    assert (p.release.hold.cause, p.release.hold.page) == (HoldCause.ONE_WAY_DOOR, True)
    assert p.step("build/run").status is StepStatus.PASSED


@pytest.mark.parametrize("how", ["running", "failed", "unknown", "not verified"])
def test_a_door_that_may_have_been_passed_counts_as_passed(how: str) -> None:
    p = moving("impossible\n        verify: ./check.sh")
    if how == "failed":
        p.failed("move/migrate")
    elif how == "unknown":
        p.unknown("move/migrate")
    elif how == "not verified":
        p.done("move/migrate")
        assert p.release.doors == ("move/migrate",), "its work is done, verified or not"
        p.failed("move/migrate")
    p.says("maria", f.RollBack("something is wrong"))
    p.all_done()
    assert "./unbuild.sh" not in ran(p)
    assert p.release.hold is not None
    assert p.release.hold.cause is HoldCause.ONE_WAY_DOOR


def test_an_additive_migration_is_no_door_since_older_code_works_with_the_new_schema() -> None:
    p = moving("impossible\n        additive: true")
    p.all_done()
    assert not p.release.doors
    breaks(p)
    p.all_done()
    assert ran(p)[-1] == "./unbuild.sh"


PROCEDURES = """
rollback:
  automatic: error rate > 5%
  procedures:
    application:
      when: not schema changes
      steps: [{deploy: production, version: previous}, {smoke: ./smoke.sh}]
    database:
      when: schema changes
      steps:
        - restore: ./load.sh {{backup}}
          undo: impossible
          loses: what was written since the backup
        - {deploy: production, version: previous}
"""
TRAIT = 'traits: {schema changes: {ask: "Does it change the schema?"}}\n'


def test_a_written_procedure_crosses_a_door_only_where_it_restores_and_then_a_person_confirms_first() -> None:
    text = HEAD + TRAIT + MIGRATION.replace("UNDO", "impossible").replace("WHOLE", "false") + PROCEDURES
    blocked = Play.of(text, traits={"schema changes": False})
    blocked.all_done()
    breaks(blocked)
    blocked.all_done()
    assert blocked.release.hold is not None
    assert blocked.release.hold.cause is HoldCause.ONE_WAY_DOOR
    assert not blocked.wanted(DeployVersion)
    p = Play.of(text, traits={"schema changes": True})
    p.all_done()
    breaks(p)
    p.all_done()
    text = p.question("Confirm the rollback").text
    assert "goes back past ./up.sh" in text
    assert "loses what was written since the backup" in text
    assert ran(p) == ["./build.sh", "./up.sh"]
    p.says("dan", f.Attest("Confirm the rollback"))
    p.all_done()
    assert ran(p)[2:] == ["./load.sh {{backup}}", "deploy 1.0.0"]
    assert p.stands(Status.ROLLED_BACK)


# --- procedures ---------------------------------------------------------------------------------------------------


def with_procedures(**settings: object) -> Play:
    return at_pilot(HEAD + TRAIT + STAGES + PROCEDURES, **settings)


def test_the_first_procedure_whose_when_holds_is_taken_and_filled_in() -> None:
    p = with_procedures(traits={"schema changes": False})
    breaks(p)
    p.all_done()
    assert ran(p)[-2:] == ["deploy 1.0.0", "./smoke.sh"]
    assert p.release.rollback is not None
    assert p.release.rollback.procedure == "application"


def test_what_costs_data_in_a_procedure_is_confirmed_first_even_when_the_machine_decided() -> None:
    p = with_procedures(traits={"schema changes": True})
    breaks(p)
    p.all_done()
    before = ran(p)
    assert p.asked("loses what was written since the backup")
    assert "nobody waits for an approval from ana" in p.refused("ana", f.Approve())
    p.says("dan", f.Approve())
    p.all_done()
    assert ran(p)[len(before) :] == ["./load.sh {{backup}}", "deploy 1.0.0"]


def test_a_person_names_the_procedure_and_one_that_does_not_exist_is_refused() -> None:
    p = with_procedures(traits={"schema changes": False})
    assert "no procedure" in p.refused("maria", f.RollBack("bad data", procedure="prayer"))
    p.says("maria", f.RollBack("bad data", procedure="database"))
    assert p.release.rollback is not None
    assert p.release.rollback.procedure == "database"


def test_a_trigger_names_its_procedure() -> None:
    text = HEAD + TRAIT + STAGES + PROCEDURES.replace(
        "  automatic: error rate > 5%", "  automatic: [{report: Data loss, by: dev, procedure: database}]"
    )  # fmt: skip
    p = at_pilot(text, traits={"schema changes": False})
    p.says("ana", f.ReportProblem("Data loss"))
    assert p.release.rollback is not None
    assert p.release.rollback.procedure == "database"
    assert p.exposures()[-1] == "nobody"


def test_automatic_in_a_procedures_when_means_the_rollback_that_begins_now() -> None:
    text = (
        HEAD
        + STAGES
        + """
rollback:
  automatic: error rate > 5%
  procedures:
    careful: {when: not automatic, steps: [{do: Talk to support, by: dev}]}
    quick: {when: automatic, steps: [{deploy: production, version: previous}]}
"""
    )
    p = at_pilot(text)
    breaks(p)
    assert p.release.rollback is not None
    assert p.release.rollback.procedure == "quick"
    by_hand = at_pilot(text)
    by_hand.says("maria", f.RollBack("users complain"))
    assert by_hand.release.rollback is not None
    assert by_hand.release.rollback.procedure == "careful"


CHOICE = (
    STAGES
    + """
  - {stage: everyone, expose: everyone, bake: 1h}
  - {stage: clean up, steps: [{retire: new-shop}, {do: Watch}]}
rollback:
  automatic: error rate > 5%
  procedures:
    standard:
      steps:
        - choose: How?
          by: dev
          options:
            flag: [expose: nobody]
            host: [{deploy: production, version: previous}]
          default: flag, then host
"""
)


@pytest.mark.requirement(254)
def test_in_an_automatic_rollback_a_choice_takes_its_default_at_once_and_asks_nobody() -> None:
    p = at_pilot(HEAD + CHOICE)
    breaks(p)
    p.all_done()
    assert p.stands(Status.ROLLED_BACK)
    assert not p.happened(e.Asked)
    assert "deploy 1.0.0" not in ran(p)
    by_hand = at_pilot(HEAD + CHOICE)
    by_hand.says("maria", f.RollBack("users complain"))
    by_hand.all_done()
    assert by_hand.question("How?").roles == ("dev",)


def test_the_second_default_is_taken_once_the_flag_is_retired_and_nothing_waits_for_a_flag_that_is_gone() -> (
    None
):
    p = at_pilot(HEAD + CHOICE)
    p.metrics["error rate"] = 0.1
    for _ in range(4):
        p.pass_time(days=1)
        p.all_done()
    assert p.release.flag_retired
    exposures = p.exposures()
    breaks(p)
    p.all_done()
    assert p.stands(Status.ROLLED_BACK)
    assert ran(p)[-1] == "deploy 1.0.0"
    assert p.exposures() == exposures, "a retired flag takes no change"
    assert p.release.exposure.nobody, "the version before it runs again"


# --- afterwards ---------------------------------------------------------------------------------------------------


BACK = AUTOMATIC + "  then: back to pilot\n"


def test_back_to_a_stage_undoes_that_stage_and_the_later_ones_alone_and_stays_there() -> None:
    p = at_pilot(HEAD + STAGES + BACK)
    breaks(p)
    p.all_done()
    assert "./unbuild.sh" not in ran(p)
    assert "./cool.sh" in ran(p)
    assert p.release.hold is not None
    assert "it stays at pilot" in p.release.hold.reason
    p.pass_time(days=3)
    assert p.stands(Status.ROLLED_BACK)


@pytest.mark.parametrize("version", ["", "1.1.1"])
def test_taken_up_again_with_the_same_or_another_version_the_stages_steps_run_again(version: str) -> None:
    p = at_pilot(HEAD + STAGES + BACK)
    breaks(p)
    p.all_done()
    before = len(ran(p))
    p.metrics["error rate"] = 0.1
    p.says("maria", f.Resume("mended", version=version))
    assert p.stands(Status.RUNNING)
    assert p.release.stage == "pilot"
    p.restarts()
    p.all_done()
    assert ran(p, before) == [
        "./dump.sh",
        "./warm.sh",
        f"deploy {version or '1.1.0'}",
        "./is-live.sh",
        "./smoke.sh",
    ]
    assert p.exposures() == ["team", "nobody", "team"]
    ids = [x.id for _, x in p.asked_of_the_world]
    assert len(ids) == len(set(ids))


def test_a_rollback_after_a_rollback_undoes_what_was_done_since_and_has_steps_of_its_own() -> None:
    p = at_pilot(HEAD + STAGES + BACK)
    breaks(p)
    p.all_done()
    p.metrics["error rate"] = 0.1
    p.says("maria", f.Resume("mended", version="1.1.1"))
    p.all_done()
    before = len(ran(p))
    p.says("maria", f.RollBack("not mended"))
    p.all_done()
    assert p.release.rollback is not None
    assert p.release.rollback.number == 2
    assert ran(p, before) == ["deploy 1.0.0", "./is-live.sh", "./cool.sh"]
    assert all(
        x.about.startswith("rollback-2/undo/pilot/") for x in p.wanted(RunCommands, DeployVersion)[before:]
    )
    assert p.exposures()[-1] == "nobody"


def test_then_abort_ends_the_release_and_hold_keeps_it_for_a_person() -> None:
    p = at_pilot(HEAD + STAGES + AUTOMATIC + "  then: abort\n")
    breaks(p)
    p.all_done()
    assert p.release.over
    assert p.release.ended is not None
    assert "not held" in p.refused("maria", f.Resume("again"))


def test_a_completed_release_can_still_be_rolled_back() -> None:
    p = Play.of(HEAD + "stages: [{stage: build, steps: [{run: ./build.sh, undo: ./unbuild.sh}]}]\n")
    p.all_done()
    assert p.stands(Status.COMPLETED)
    p.says("maria", f.RollBack("a customer called"))
    p.all_done()
    assert ran(p) == ["./build.sh", "./unbuild.sh"]
    assert p.stands(Status.ROLLED_BACK)


def test_an_undo_that_fails_holds_pages_and_goes_on_when_somebody_resumes() -> None:
    p = at_pilot()
    breaks(p)
    p.done("exposure")
    p.failed("rollback-1/undo/pilot/deploy", "the registry is down")
    assert p.release.hold is not None
    assert p.release.hold.page
    p.pass_time(hours=1)
    assert not p.open, "what lies below waits for it"
    p.says("maria", f.Resume("the registry is back"))
    assert [x.about for x in p.open] == ["rollback-1/undo/pilot/deploy"]
    p.all_done()
    assert p.stands(Status.ROLLED_BACK)


def test_the_way_back_waits_for_no_window_and_no_freeze() -> None:
    text = HEAD + "windows: {mornings: {only: Monday to Sunday 07:00 to 09:00}}\n" + STAGES.replace(
        "    expose: team", "    window: mornings\n    expose: team"
    ) + AUTOMATIC  # fmt: skip
    p = at_pilot(text)
    p.pass_time(minutes=30)
    p.now = p.now.replace(hour=13)
    breaks(p)
    p.all_done()
    assert p.stands(Status.ROLLED_BACK)


@pytest.mark.requirement(270)
def test_follow_ups_are_opened_with_their_time_and_person_shown_overdue_and_ticked() -> None:
    p = at_pilot(
        HEAD
        + STAGES
        + AUTOMATIC
        + "  follow-up: {Incident report: at once by on-call, Root cause: 24h by dev, Forward fix or retry: 48h, Post-mortem: 1w}\n"
    )
    breaks(p)
    p.all_done()
    told = {x.text: (x.due - p.now, x.by) for x in p.release.follow_ups.values()}
    assert {k: (v.days, who) for k, (v, who) in told.items()} == {
        "Incident report": (0, ("on-call",)), "Root cause": (1, ("dev",)), "Forward fix or retry": (2, ()), "Post-mortem": (7, ()),
    }  # fmt: skip
    assert "Incident report (by on-call (dan)) is overdue" in p.waits()
    assert "Root cause (by dev (ana)) is due" in p.waits()
    p.pass_time(days=1)
    assert "Root cause (by dev (ana)) is overdue since 2026-03-03 08:00" in p.waits()
    p.says("ana", f.Attest("Root cause", comment="a missing index"))
    assert "Root cause" not in p.waits()


def test_of_the_same_follow_up_of_two_rollbacks_the_older_is_ticked_first() -> None:
    p = at_pilot(HEAD + STAGES + AUTOMATIC + "  follow-up: {Incident report: at once by on-call}\n")
    for _ in range(2):
        breaks(p)
        p.all_done()
        p.says("maria", f.Resume("again"))
        p.metrics["error rate"] = 0.1
        p.all_done()
        p.pass_time(minutes=5)
    assert len(p.release.follow_ups) == 2
    for done in ([True, False], [True, True]):
        p.says("dan", f.Attest("Incident report"))
        assert [bool(x.done) for x in p.release.follow_ups.values()] == done


# --- what comes late -----------------------------------------------------------------------------------------------


def test_the_late_end_of_an_effect_of_a_stage_that_was_given_up_changes_nothing_but_the_record() -> None:
    p = Play.of(HEAD + STAGES + AUTOMATIC)
    p.done("build/run")
    late = p.effect("pilot/backup")
    p.says("maria", f.RollBack("wrong build"))
    while others := [x for x in p.open if x is not late]:
        p.ends(others[0], f.Outcome(f.OutcomeKind.DONE))
    assert p.stands(Status.ROLLED_BACK)
    hold = p.release.hold
    asked = len(p.asked_of_the_world)
    p.ends(late, f.Outcome(f.OutcomeKind.FAILED, "killed"))
    assert p.release.hold == hold
    assert p.stands(Status.ROLLED_BACK)
    assert len(p.asked_of_the_world) == asked
    p.says("maria", f.Resume("again"))
    p.ends(late, f.Outcome(f.OutcomeKind.DONE))
    assert p.step("build/run").status is StepStatus.RUNNING, "an effect of the time before is nobody's"


def test_an_effect_that_comes_back_after_the_release_was_stopped_asks_for_nothing() -> None:
    p = in_deploy()
    p.says("maria", f.Abort("no more"))
    p.done("pilot/deploy")
    assert not p.wanted(RunCommands)[3:]
    assert p.stands(Status.ABORTED)


# --- a rehearsal --------------------------------------------------------------------------------------------------


def test_a_rehearsal_acts_on_nothing_all_the_way_there_and_back() -> None:
    p = Play.of(HEAD + STAGES + AUTOMATIC, rehearsal=True)
    assert p.release.stage == "pilot"
    assert not p.open
    p.says("maria", f.RollBack("try the way back"))
    assert p.stands(Status.ROLLED_BACK)
    assert not p.wanted(RunCommands, DeployVersion, SetExposure)
    undone = [x.step for x in p.happened(e.StepUndone) if isinstance(x, e.StepUndone)]
    assert undone == ["pilot/deploy", "pilot/run", "build/run"]
