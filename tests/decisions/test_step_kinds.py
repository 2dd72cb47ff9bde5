"""What each kind of step does: the machine's, people's, and groups of both."""

from __future__ import annotations

import pytest

from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.effects import DeployVersion, RetireFlag, RunCommands, SendRequest, SetExposure
from pilotage.domain.events import HoldCause, QuestionKind
from pilotage.domain.release import Status, StepStatus
from tests.decisions.test_steps import commands, play
from tests.support.plays import Play

STAGES = """
plan: shop
roles: {dev: ana, qa: [ben, cleo], lead: dan}
exposure: {flag: new-shop, segments: {team: email ends with @example.com}}
"""


# --- the machine's ------------------------------------------------------------------------------------------------


def test_http_asks_with_method_and_expects_a_text_and_a_get_is_tried_again_by_itself() -> None:
    p = play("- http: GET https://shop.example.org/version\n  expect: '{{version}}'")
    request = p.effect("ship/http").action
    assert isinstance(request, SendRequest)
    assert (request.method, request.expect, request.timeout) == ("GET", "1.1.0", 30)
    p.failed("ship/http", "503")
    assert p.step("ship/http").status is StepStatus.WAITING
    p.pass_time(seconds=30)
    p.done("ship/http")
    assert p.stands(Status.COMPLETED)


def test_deploy_puts_this_version_there_and_another_where_the_plan_says_so() -> None:
    p = play(
        "- deploy: production\n- {deploy: staging, version: previous}\n- {deploy: staging, version: 0.9.1, name: old}",
        "environments: {production: {deploy: ./deploy.sh}, staging: {deploy: ./stage.sh}}",
    )
    p.all_done()
    told = [x.action for x in p.wanted(DeployVersion)]
    assert [(d.command, d.version) for d in told if isinstance(d, DeployVersion)] == [
        ("./deploy.sh", "1.1.0"), ("./stage.sh", "1.0.0"), ("./stage.sh", "0.9.1"),
    ]  # fmt: skip


@pytest.mark.requirement(387)
def test_deploy_where_nothing_is_connected_asks_a_person_with_the_recipe_and_verifies_their_work() -> None:
    p = play(
        '- deploy: production\n  by: dev\n  by-hand: [Open the console, "Promote {{version}}"]\n  verify: ./is-live.sh'
    )
    assert not p.open
    question = p.question("Deploy 1.1.0 to production")
    assert question.text == "Deploy 1.1.0 to production: Open the console; Promote 1.1.0"
    assert question.roles == ("dev",)
    p.says("ana", f.Attest("deploy"))
    assert commands(p.effect("ship/deploy")) == ("./is-live.sh",)
    p.done("ship/deploy")
    assert p.stands(Status.COMPLETED)


def test_a_deploy_of_the_previous_version_that_nobody_knows_asks_a_person() -> None:
    p = play(
        "- {deploy: production, version: previous}",
        "environments: {production: {deploy: ./deploy.sh}}",
        previous="",
    )
    assert not p.open
    assert p.asked("to production")


@pytest.mark.requirement(131)
def test_the_last_line_of_a_backup_is_backup_in_every_later_step_and_its_own_verification() -> None:
    p = play("- {backup: ./dump.sh, verify: './readable.sh {{backup}}'}\n- {run: './keep.sh {{backup}}'}")
    p.done("ship/backup", last_line="dump-17.sql")
    verification = p.effect("ship/backup").action
    assert isinstance(verification, RunCommands)
    assert verification.variables["backup"] == "dump-17.sql"
    p.done("ship/backup", last_line="looks readable")
    action = p.effect("ship/run").action
    assert isinstance(action, RunCommands)
    assert action.variables["backup"] == "dump-17.sql", "not what the verification printed last"


def test_migrate_and_restore_are_commands_whose_undo_the_plan_says() -> None:
    p = play(
        "- {migrate: [./up.sh, ./index.sh], undo: ./down.sh}\n- {restore: './load.sh dump', undo: nothing to undo}"
    )
    assert commands(p.effect("ship/migrate")) == ("./up.sh", "./index.sh")
    p.done("ship/migrate")
    assert commands(p.effect("ship/restore")) == ("./load.sh dump",)


def test_expose_raises_inside_the_stage_where_the_step_stands_and_the_bake_begins_there() -> None:
    p = Play.of(
        STAGES
        + """
stages:
  - stage: pilot
    expose: 10%
    bake: 1h
    steps:
      - run: ./warm.sh
      - expose: 10%
      - do: Look at it
        by: qa
"""
    )
    assert p.exposures() == []
    p.done("pilot/run")
    assert p.exposures() == ["10%"]
    p.pass_time(hours=2)
    assert p.release.stages["pilot"].bake_from is None, "it counts once the flag has taken it"
    p.done("exposure")
    assert p.asked("Look at it")
    p.says("ben", f.Attest("Look at it"))
    assert p.stands(Status.RUNNING)
    p.pass_time(hours=1)
    assert p.stands(Status.COMPLETED)


def test_retire_ends_the_flag_only_where_everyone_has_the_change() -> None:
    plan = (
        STAGES
        + """
stages:
  - {stage: half, expose: 50%, bake: 1h}
  - stage: clean up
    expose: WHO
    bake: 1h
    steps: [{wait: 2h}, {retire: new-shop}]
"""
    )
    early = Play.of(plan.replace("WHO", "60%"))
    early.all_done()
    early.pass_time(hours=1)
    early.all_done()
    early.pass_time(hours=2)
    assert not early.wanted(RetireFlag)
    assert early.release.hold is not None
    assert "would let everyone in" in early.release.hold.reason
    p = Play.of(plan.replace("WHO", "everyone"))
    p.all_done()
    p.pass_time(hours=1)
    p.all_done()
    p.pass_time(hours=2)
    assert [x.action for x in p.wanted(RetireFlag)] == [RetireFlag("new-shop", "flag")]
    p.all_done()
    assert p.release.flag_retired
    assert not p.release.doors, "a door for exposure only"


def test_wait_passes_its_time() -> None:
    p = play("- wait: 2d\n- run: ./next.sh", "timezone: Europe/Berlin")
    p.pass_time(days=1, hours=23, minutes=59)
    assert not p.open
    p.pass_time(minutes=1)
    assert [x.about for x in p.open] == ["ship/run"]


# --- telling ------------------------------------------------------------------------------------------------------

HOOK = """
channels: {hook: {type: webhook, url: "https://chat.example.org/hook"}}
messages: [{message: it is live, to: internal, via: [hook, call], text: "{{version}} is live"}]
"""


def test_notify_waits_until_every_message_has_arrived() -> None:
    p = play("- notify: it is live\n- run: ./next.sh", HOOK)
    assert [m.text for m in p.sent()] == ["1.1.0 is live"]
    sent = p.wanted(type(p.sent()[0]))[0]
    p.ends(sent, f.Outcome(f.OutcomeKind.DONE))
    assert not p.begun("ship/run"), "somebody has still to be called"
    assert 'Tell internal by call: "1.1.0 is live"' in p.waits()
    p.says("maria", f.Attest("Tell internal by call"))
    assert p.begun("ship/run")


def test_notify_that_cannot_be_delivered_fails_clearly_and_on_resume_only_the_lost_message_goes_again() -> (
    None
):
    p = play("- notify: it is live\n- run: ./next.sh", HOOK)
    p.says("maria", f.Attest("Tell internal by call"))
    for pause in (30, 120, 600, 3600, 0):
        p.ends(p.wanted(type(p.sent()[0]))[-1], f.Outcome(f.OutcomeKind.FAILED, "404 not found"))
        p.pass_time(seconds=pause)
    assert len(p.sent()) == 5
    assert p.step("ship/it-is-live").status is StepStatus.FAILED
    assert p.release.hold is not None
    assert "the message to internal by hook could not be delivered" in p.release.hold.reason
    p.says("maria", f.Resume("the address was wrong"))
    assert len(p.sent()) == 6
    assert not p.asked("Tell internal by call"), "who was told is not told twice"
    p.ends(p.wanted(type(p.sent()[0]))[-1], f.Outcome(f.OutcomeKind.DONE))
    assert p.begun("ship/run")


def test_notify_waits_for_a_persons_word_where_it_is_not_known_whether_it_arrived() -> None:
    p = play("- notify: it is live\n- run: ./next.sh", HOOK.replace("[hook, call]", "hook"))
    p.ends(p.wanted(type(p.sent()[0]))[0], f.Outcome(f.OutcomeKind.UNKNOWN, "the worker died"))
    assert not p.begun("ship/run")
    p.says("maria", f.ChooseOption("it arrived"))
    assert p.begun("ship/run")


# --- people's -----------------------------------------------------------------------------------------------------


def test_to_do_is_ticked_in_any_order_and_passes_when_all_is_done() -> None:
    p = play("- to do: [Train support, Tell sales, {do: Write the FAQ, by: dev}]\n  by: qa\n- run: ./next.sh")
    p.says("ana", f.Attest("Write the FAQ"))
    p.says("ben", f.Attest("Tell sales"))
    assert not p.open
    p.says("cleo", f.Attest("Train support"))
    assert [x.about for x in p.open] == ["ship/run"]


@pytest.mark.requirement(194)
def test_a_meeting_with_votes_passes_when_every_voter_says_go_and_a_no_go_holds_with_its_reason() -> None:
    p = play("- {meeting: Go/no-go, votes: [dev, lead], who: [dev, lead, qa]}\n- run: ./next.sh")
    assert p.question("Go or no-go").kind is QuestionKind.VOTE
    p.says("ana", f.Approve())
    assert not p.open
    p.says("dan", f.Reject("the dashboard is red"))
    assert p.release.hold is not None
    assert p.release.hold.cause is HoldCause.NO_GO
    assert "the dashboard is red" in p.release.hold.reason
    p.says("maria", f.Resume("it was a broken sensor"))
    assert not p.open
    p.says("dan", f.Approve())
    assert [x.about for x in p.open] == ["ship/run"]
    votes = [h for _, h in p.events(e.ApprovalGiven, e.ApprovalRejected)]
    assert [(h.by.person, h.by.role) for h in votes] == [("ana", "dev"), ("dan", "lead"), ("dan", "lead")]


def test_a_vote_is_also_the_voters_approval_so_nobody_is_asked_twice() -> None:
    p = Play.of("""
        plan: shop
        roles: {dev: ana, lead: dan}
        stages:
          - stage: ship
            steps: [{meeting: Go/no-go, votes: [dev, lead]}]
            gate: [approved by dev and lead]
        """)
    p.says("ana", f.Approve("go-no-go"))
    p.says("dan", f.Approve("go-no-go"))
    assert p.stands(Status.COMPLETED)


def test_a_meeting_without_votes_is_ticked() -> None:
    p = play("- {meeting: Retrospective, who: [dev, qa], by: lead}")
    assert p.question("Retrospective").text == "Meeting: Retrospective (dev, qa)"
    p.says("dan", f.Attest("Retrospective"))
    assert p.stands(Status.COMPLETED)


CHOICE = """
- choose: How shall it go out?
  by: lead
  options:
    flag: [run: ./flag.sh]
    pipeline: [{run: ./pipeline.sh}, {do: Look at it}]
  default: flag
  within: 2h
- run: ./next.sh
"""


def test_choose_takes_what_the_person_says_and_only_its_steps_run() -> None:
    p = play(CHOICE)
    question = p.question("How shall it go out?")
    assert (question.kind, question.roles, question.options) == (
        QuestionKind.CHOICE,
        ("lead",),
        ("flag", "pipeline"),
    )
    assert "not one of the answers" in p.refused("dan", f.ChooseOption("carrier pigeon"))
    p.says("dan", f.ChooseOption("pipeline"))
    assert commands(p.open[0]) == ("./pipeline.sh",)
    p.ends(p.open[0], f.Outcome(f.OutcomeKind.DONE))
    p.says("dan", f.Attest("Look at it"))
    assert commands(p.open[0]) == ("./next.sh",)


def test_choose_takes_its_default_once_those_asked_were_silent_for_their_time() -> None:
    p = play(CHOICE)
    p.pass_time(hours=1, minutes=59)
    assert not p.open
    p.pass_time(minutes=1)
    assert commands(p.open[0]) == ("./flag.sh",)
    assert not p.release.questions
    assert not p.happened(e.Escalated), "nobody is asked as well where the plan says what silence does"


# --- groups -------------------------------------------------------------------------------------------------------


def test_together_runs_at_the_same_time_and_passes_when_all_have() -> None:
    p = play(
        "- together: [{run: ./one.sh}, {run: ./two.sh}, {do: Watch, by: qa}]\n- run: ./next.sh\n  name: next"
    )
    assert sorted(commands(x)[0] for x in p.open) == ["./one.sh", "./two.sh"]
    p.all_done()
    assert not p.begun("ship/next")
    p.says("ben", f.Attest("Watch"))
    assert p.begun("ship/next")


def test_use_runs_a_named_procedure_in_its_order_as_often_as_it_is_named() -> None:
    p = play(
        "- use: clear caches\n- run: ./it.sh\n- {use: clear caches, name: again}",
        "procedures: {clear caches: [{run: ./one.sh}, {run: ./two.sh}]}",
    )
    p.all_done()
    assert [commands(x)[0] for x in p.wanted(RunCommands)] == [
        "./one.sh",
        "./two.sh",
        "./it.sh",
        "./one.sh",
        "./two.sh",
    ]
    assert p.stands(Status.COMPLETED)


def test_a_group_is_verified_as_a_whole() -> None:
    p = play("- use: build\n  verify: ./check.sh", "procedures: {build: [{run: ./one.sh}]}")
    p.ends(p.open[0], f.Outcome(f.OutcomeKind.DONE))
    assert commands(p.open[0]) == ("./check.sh",)
    p.ends(p.open[0], f.Outcome(f.OutcomeKind.DONE))
    assert p.stands(Status.COMPLETED)


# --- undo now -----------------------------------------------------------------------------------------------------


def test_undo_undoes_the_step_it_names_now_and_notes_it_undone() -> None:
    p = play(
        "- {migrate: ./up.sh, undo: ./down.sh, name: database migration}\n- undo: database migration\n- run: ./next.sh"
    )
    p.done("database-migration")
    assert commands(p.open[0]) == ("./down.sh",)
    p.ends(p.open[0], f.Outcome(f.OutcomeKind.DONE))
    assert p.step("ship/database-migration").status is StepStatus.UNDONE
    assert commands(p.open[0]) == ("./next.sh",)


def test_undo_of_a_step_that_did_not_run_is_skipped() -> None:
    p = play(
        "- {run: ./it.sh, undo: ./un-it.sh, when: changes, name: it}\n- undo: it",
        'traits: {changes: {ask: "Does it change?"}}',
        traits={"changes": False},
    )
    assert p.stands(Status.COMPLETED)
    assert not p.wanted(RunCommands)


def test_undo_runs_the_steps_the_plan_wrote_and_not_one_of_them_alone() -> None:
    p = play("""
- run: ./it.sh
  name: it
  undo:
    - run: ./stop.sh
    - do: Look at it
      by: qa
- undo: it
""")
    p.done("ship/it")
    assert commands(p.open[0]) == ("./stop.sh",)
    p.ends(p.open[0], f.Outcome(f.OutcomeKind.DONE))
    assert p.stands(Status.RUNNING)
    p.says("ben", f.Attest("Look at it"))
    assert p.stands(Status.COMPLETED)
    assert p.step("ship/it").status is StepStatus.UNDONE


def test_undo_of_what_nobody_said_how_to_undo_is_a_persons_work_and_never_passes_by_itself() -> None:
    p = play("- {run: ./it.sh, name: it}\n- {undo: it, by: lead}")
    p.done("ship/it")
    assert p.stands(Status.RUNNING)
    assert "the plan does not say how" in p.question("Undo it by hand").text
    p.says("dan", f.Attest("Undo it"))
    assert p.step("ship/it").status is StepStatus.UNDONE


def test_undo_of_a_group_undoes_its_parts_in_reverse() -> None:
    p = play(
        "- {use: build, name: build}\n- undo: build",
        "procedures: {build: [{run: ./one.sh, undo: ./un-one.sh}, {run: ./two.sh, undo: ./un-two.sh}]}",
    )
    p.all_done()
    assert [commands(x)[0] for x in p.wanted(RunCommands)] == [
        "./one.sh",
        "./two.sh",
        "./un-two.sh",
        "./un-one.sh",
    ]
    assert p.stands(Status.COMPLETED)
    p.says("maria", f.RollBack("after all"))
    assert not p.open, "what is undone is not undone twice"


def test_exposure_by_hand_is_a_task_for_the_owner_and_counts_once_it_is_done() -> None:
    p = Play.of("""
        plan: shop
        exposure: {flag: new-shop, via: by hand}
        stages: [{stage: pilot, expose: 10%, bake: 1h}]
        """)
    assert not p.wanted(SetExposure)
    p.pass_time(hours=3)
    assert p.release.stages["pilot"].bake_from is None
    p.says("maria", f.Attest("Set the exposure"))
    p.pass_time(hours=1)
    assert p.stands(Status.COMPLETED)
