"""Steps: strictly in order, each must pass; when they begin, what they ask of the world, and what every field does.

Each test is a plan as its author writes it, and what then happens.
"""

from __future__ import annotations

import re

import pytest

from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.effects import DeployVersion, Effect, RunCommands, SendRequest
from pilotage.domain.events import HoldCause, QuestionKind
from pilotage.domain.release import Status, StepStatus
from tests.support.plays import Play

PEOPLE = "roles: {dev: ana, qa: [ben, cleo], lead: dan}"


def play(steps: str, more: str = "", **settings: object) -> Play:
    """A release of one stage with these steps."""
    inside = "\n".join(f"      {line}" for line in steps.strip("\n").splitlines())
    return Play.of(
        f"plan: shop\n{PEOPLE}\n{more}\nstages:\n  - stage: ship\n    steps:\n{inside}\n", **settings
    )


def commands(effect: Effect) -> tuple[str, ...]:
    assert isinstance(effect.action, RunCommands)
    return effect.action.commands


# --- order --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(301)
def test_steps_run_strictly_in_order_and_a_failing_one_lets_nothing_below_it_begin() -> None:
    p = play("- {run: ./one.sh}\n- {run: ./two.sh}")
    first, second = "ship/run-one-sh", "ship/run-two-sh"
    assert [x.about for x in p.open] == [first]
    p.failed(first)
    assert p.step(first).status is StepStatus.FAILED
    assert p.release.hold is not None
    assert p.release.hold.cause is HoldCause.FAILED_STEP
    p.pass_time(days=3)
    assert not p.begun(second)
    p.says("maria", f.Resume("the disk was full"))
    p.done(first)
    assert [x.about for x in p.open] == [second]


def test_a_list_of_commands_is_one_effect_in_their_order() -> None:
    p = play(
        "- run: [./build.sh, ./pack.sh]\n  in: shop\n  env: {MODE: fast}\n  timeout: 5m\n  capture: {rows: '([0-9]+) rows'}"
    )
    action = p.effect("ship/run").action
    assert isinstance(action, RunCommands)
    assert action.commands == ("./build.sh", "./pack.sh")
    assert (action.folder, action.environment, action.timeout) == ("shop", (("MODE", "fast"),), 300)
    assert action.capture == (("rows", "([0-9]+) rows"),)
    assert not action.shell


def test_people_stand_in_the_order_too_and_nothing_below_waits_to_be_asked_early() -> None:
    p = play("- {do: Look at it, by: qa}\n- {run: ./next.sh}")
    assert not p.open
    assert p.question("Look at it").roles == ("qa",)
    p.says("cleo", f.Attest("Look at it"))
    assert [x.about for x in p.open] == ["ship/run"]


def test_a_step_with_its_own_time_runs_beside_the_list_and_only_the_gate_waits_for_it() -> None:
    p = play("- {do: Call the client, by: lead, at: 2h after ship starts}\n- {run: ./next.sh}")
    p.done("ship/run")
    assert p.stands(Status.RUNNING)
    assert not p.asked("Call the client")
    p.pass_time(hours=2)
    p.says("dan", f.Attest("Call the client"))
    assert p.stands(Status.COMPLETED)


def test_a_step_beside_the_list_neither_waits_for_what_stands_above_nor_holds_up_exposure_and_what_stands_below() -> (
    None
):
    p = play(
        """
- {run: ./slow.sh, name: slow}
- {run: ./note.sh, name: note, at: 1h after ship starts}
- {do: Write the notes, by: lead, due: 2h after ship starts}
- {run: ./next.sh, name: next}
"""
    )
    assert p.asked("Write the notes")
    assert [x.about for x in p.open] == ["ship/slow"]
    p.pass_time(hours=1)
    assert [x.about for x in p.open] == ["ship/slow", "ship/note"]
    p.done("ship/slow")
    assert [x.about for x in p.open] == ["ship/note", "ship/next"]


def test_a_step_with_a_due_begins_at_once_beside_the_list_and_is_shown_overdue_and_reminded_when_it_is_missed() -> (
    None
):
    p = play("- {do: Write the notes, by: lead, due: 2h after ship starts}\n- {run: ./next.sh}")
    assert p.asked("Write the notes")
    p.done("ship/run")
    assert p.stands(Status.RUNNING), "the gate waits for it"
    p.pass_time(hours=1)
    assert "overdue" not in p.waits()
    p.pass_time(hours=1, seconds=1)
    assert "Write the notes is overdue since 2026-03-02 10:00" in p.waits()
    assert all(wait.who for wait in p.told[-1].decision.waits if not wait.aside), (
        "only people can move it on, and it says who"
    )
    assert p.happened(e.Escalated)
    p.says("dan", f.Attest("Write the notes"))
    assert p.stands(Status.COMPLETED)


@pytest.mark.requirement(123)
def test_a_step_whose_when_is_not_so_is_skipped_and_an_unanswered_trait_is_asked_first() -> None:
    steps = "- {do: Test MIDI devices, by: qa, when: game changes}\n- {run: ./next.sh, when: not game changes}\n- {run: ./last.sh}"
    traits = 'traits: {game changes: {ask: "Does it change a game?"}}'
    p = play(steps, traits)
    assert p.question("Does it change a game?").kind is QuestionKind.TRAIT
    p.says("maria", f.TellTrait("game changes", False))
    assert p.step("ship/test-midi-devices").status is StepStatus.SKIPPED
    p.done("run-next-sh", "run-last-sh")
    assert p.stands(Status.COMPLETED)
    other = play(steps, traits, traits={"game changes": True})
    other.says("ben", f.Attest("Test MIDI devices"))
    assert other.step("ship/run-next-sh").status is StepStatus.SKIPPED
    assert [x.about for x in other.open] == ["ship/run-last-sh"]


# --- repeated -----------------------------------------------------------------------------------------------------


def test_a_step_every_day_is_asked_every_day_and_one_still_open_when_the_next_is_due_was_missed() -> None:
    p = Play.of(f"""
        plan: shop
        {PEOPLE}
        stages:
          - stage: pilot
            bake: 3d
            steps: [{{do: Check the numbers, by: qa, at: every day during pilot}}]
        """)
    p.says("ben", f.Attest("Check the numbers"))
    assert not p.release.questions
    p.pass_time(days=1)
    assert p.question("Check the numbers").about == "pilot/check-the-numbers@1"
    p.pass_time(days=1)
    assert p.question("Check the numbers").about == "pilot/check-the-numbers@2"
    withdrawn = p.happened(e.QuestionWithdrawn)
    assert [w.reason for w in withdrawn if isinstance(w, e.QuestionWithdrawn)] == [
        "missed: the next one is due"
    ]
    p.pass_time(days=1)
    assert p.stands(Status.COMPLETED), "a repeated step never blocks the gate"
    assert not p.release.questions


# --- failing ------------------------------------------------------------------------------------------------------


def test_a_retry_spaces_its_tries_and_then_fails() -> None:
    p = play("- {run: ./flaky.sh, retry: 2 times every 30s}")
    p.failed("ship/run")
    assert p.step("ship/run").status is StepStatus.WAITING
    assert not p.happened(e.Held)
    p.pass_time(seconds=29)
    assert not p.open
    p.pass_time(seconds=1)
    assert p.step("ship/run").attempt == 2
    p.failed("ship/run")
    p.pass_time(seconds=30)
    p.failed("ship/run")
    assert p.step("ship/run").status is StepStatus.FAILED
    assert p.happened(e.Held)
    ids = [x.id for x in p.wanted(RunCommands)]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize("word", ["stop", "hold"])
def test_on_fail_stop_is_the_default_by_name_it_holds_and_tells_and_ends_nothing(word: str) -> None:
    p = play(f"- {{run: ./it.sh, on-fail: {word}}}")
    p.failed("ship/run", "no space left")
    assert p.stands(Status.RUNNING)
    assert p.release.hold is not None
    assert "no space left" in p.release.hold.reason


def test_on_fail_ask_offers_what_can_be_done_and_does_it() -> None:
    plan = "- {run: ./it.sh, on-fail: ask, by: lead}\n- {run: ./next.sh}"
    p = play(plan)
    p.failed("run-it-sh")
    question = p.question("failed")
    assert question.kind is QuestionKind.FAILED_STEP
    assert question.roles == ("lead",)
    assert p.release.hold is None
    p.says("dan", f.ChooseOption("try again"))
    p.failed("run-it-sh")
    p.says("dan", f.ChooseOption("go on without it", comment="it is only a cache"))
    assert p.step("ship/run-it-sh").status is StepStatus.SKIPPED
    assert [x.about for x in p.open] == ["ship/run-next-sh"]
    back, stop = play(plan), play(plan)
    back.failed("run-it-sh")
    back.says("dan", f.ChooseOption("roll back"))
    assert back.stands(Status.ROLLING_BACK)
    stop.failed("run-it-sh")
    stop.says("dan", f.ChooseOption("stop the release"))
    assert stop.stands(Status.ABORTED)


def test_on_fail_continue_goes_on_and_the_record_says_why() -> None:
    p = play("- {run: ./it.sh, on-fail: continue}\n- {run: ./next.sh}")
    p.failed("run-it-sh", "exit status 3")
    assert "exit status 3" in p.step("ship/run-it-sh").detail
    assert [x.about for x in p.open] == ["ship/run-next-sh"]


def test_on_fail_roll_back_rolls_back_by_itself_and_undoes_the_failed_step_too_for_it_may_be_half_done() -> (
    None
):
    p = play("- {run: ./one.sh, undo: ./un-one.sh}\n- {run: ./two.sh, undo: ./un-two.sh, on-fail: roll back}")
    p.done("run-one-sh")
    p.failed("run-two-sh")
    assert p.release.rollback is not None
    assert p.release.rollback.automatic
    p.all_done()
    assert [commands(x)[0] for x in p.wanted(RunCommands)] == [
        "./one.sh",
        "./two.sh",
        "./un-two.sh",
        "./un-one.sh",
    ]
    assert p.stands(Status.ROLLED_BACK)


def test_a_required_step_can_be_neither_continued_nor_gone_on_without() -> None:
    held = play("- {run: ./it.sh, required: true, on-fail: continue}")
    held.failed("ship/run")
    assert held.release.hold is not None
    asked = play("- {run: ./it.sh, required: true, on-fail: ask}")
    asked.failed("ship/run")
    assert "go on without it" not in asked.question("failed").options


def test_a_resumed_step_waits_for_its_window_like_any_other() -> None:
    p = Play.of("""
        plan: shop
        windows: {mornings: {only: Monday to Sunday 07:00 to 09:00}}
        stages:
          - stage: ship
            environment: production
            window: mornings
            steps: [run: ./it.sh]
        """)
    p.failed("ship/run")
    p.pass_time(hours=2)
    p.says("maria", f.Resume("mended"))
    assert not p.open, "it is 10:00, and the window has closed"
    p.pass_time(hours=20)
    assert not p.open
    p.pass_time(hours=1)
    assert [x.about for x in p.open] == ["ship/run"]


def test_a_failed_step_is_tried_again_even_when_another_hold_came_on_top_of_its_own() -> None:
    p = play("- {run: ./it.sh}")
    p.failed("ship/run")
    p.says("ana", f.Hold("wait for the vendor"))
    p.says("maria", f.Resume("they have answered"))
    assert [x.about for x in p.open] == ["ship/run"]


# --- after a crash -------------------------------------------------------------------------------------------------


def test_what_may_be_repeated_after_a_crash_is_said_on_the_effect() -> None:
    p = play("""
- run: ./a.sh
- run: ./b.sh
  name: careless
  after-crash: repeat
- run: ./c.sh
  name: careful
  probe: ./is-it.sh {{version}}
- http: GET https://shop.example.org/health
- smoke: ./smoke.sh
- http: POST https://shop.example.org/hook
  name: hook
  undo: nothing to undo
""")
    p.all_done()
    told = {x.about.removeprefix("ship/"): (x.repeatable, x.probe) for _, x in p.asked_of_the_world}
    assert told == {
        "run-a-sh": (False, ""), "careless": (True, ""), "careful": (False, "./is-it.sh {{version}}"),
        "http-get-https-shop-example-org-health": (True, ""), "smoke": (True, ""), "hook": (False, ""),
    }  # fmt: skip


def test_an_unknown_outcome_asks_a_person_what_is_true_and_believes_them() -> None:
    plan = "- {run: ./pay.sh, by: lead}\n- {run: ./next.sh}"
    p = play(plan)
    p.unknown("run-pay-sh")
    assert p.step("ship/run-pay-sh").status is StepStatus.UNKNOWN
    assert p.question("What is true").roles == ("lead",)
    p.pass_time(days=2)
    assert not p.open, "silence repeats nothing"
    p.says("dan", f.ChooseOption("it happened"))
    assert [x.about for x in p.open] == ["ship/run-next-sh"]
    again = play(plan)
    again.unknown("run-pay-sh")
    again.says("dan", f.ChooseOption("do it again"))
    assert again.effect("run-pay-sh").id != again.asked_of_the_world[0][1].id


def test_what_happened_by_a_persons_word_is_verified_like_the_rest() -> None:
    p = play("- {run: ./pay.sh, verify: ./paid.sh}")
    p.unknown("ship/run")
    p.says("maria", f.ChooseOption("it happened"))
    assert p.effect("ship/run").purpose == "verify"


def test_an_effect_that_is_told_to_have_ended_twice_ends_once() -> None:
    p = play("- {run: ./it.sh, on-fail: ask}")
    effect = p.effect("ship/run")
    p.failed("ship/run")
    seen = p.release.number
    p.ends(effect, f.Outcome(f.OutcomeKind.DONE))
    assert p.release.number == seen


# --- verify, capture, proof, measure ------------------------------------------------------------------------------


def test_a_failing_verification_holds_undoes_nothing_and_is_verified_again_alone_on_resume() -> None:
    p = play("- {run: ./it.sh, undo: ./un-it.sh, verify: [./check.sh, ./count.sh]}\n- {run: ./next.sh}")
    p.done("run-it-sh")
    assert p.step("ship/run-it-sh").status is StepStatus.VERIFYING
    assert commands(p.effect("run-it-sh")) == ("./check.sh", "./count.sh")
    p.failed("run-it-sh")
    assert p.release.hold is not None
    assert p.release.hold.cause is HoldCause.VERIFY
    assert p.release.hold.page
    assert not p.open
    p.says("maria", f.Resume("the index was late"))
    assert commands(p.effect("run-it-sh")) == ("./check.sh", "./count.sh")
    p.done("run-it-sh")
    assert [x.about for x in p.open] == ["ship/run-next-sh"]
    assert [commands(x)[0] for x in p.wanted(RunCommands)].count("./it.sh") == 1


@pytest.mark.requirement(131)
def test_what_a_step_captures_reaches_the_steps_and_the_verification_after_it() -> None:
    p = play("""
- migrate: ./migrate.sh
  undo: ./down.sh
  transaction: true
  verify: ./count.sh {{rows affected}}
  capture: {rows affected: '([0-9]+) rows'}
- run: ./tell.sh {{rows affected}}
""")
    p.done("ship/migrate", captured={"rows affected": "12"})
    verification = p.effect("ship/migrate").action
    assert isinstance(verification, RunCommands)
    assert verification.variables["rows affected"] == "12"
    p.done("ship/migrate")
    action = p.effect("ship/run").action
    assert isinstance(action, RunCommands)
    assert action.variables["rows affected"] == "12"
    passed = [x for x in p.happened(e.StepPassed, e.StepVerifying) if isinstance(x, e.StepVerifying)]
    assert passed[0].seconds == 2.0


def test_a_proof_is_required_of_whoever_ticks_the_step() -> None:
    p = play("- {do: Restore a backup on staging, by: qa, proof: required}")
    assert "needs a proof" in p.refused("ben", f.Attest("Restore a backup on staging"))
    p.says("ben", f.Attest("Restore a backup on staging", proof="https://wiki/restore"))
    assert p.stands(Status.COMPLETED)


def test_a_measure_ticks_the_step_itself_where_data_exists_and_a_person_may_be_quicker() -> None:
    steps = "- {do: Queue is drained, by: qa, measure: queue length < 10}"
    metrics = """
sources: {main: {type: prometheus, url: "http://prometheus:9090"}}
metrics: {queue length: {unit: count, source: main, query: queue}}
"""
    p = play(steps, metrics)
    assert p.asked("Queue is drained")
    p.metrics["queue length"] = 50
    p.pass_time(minutes=5)
    assert p.stands(Status.RUNNING)
    p.metrics["queue length"] = 3
    p.pass_time(minutes=1)
    assert p.stands(Status.COMPLETED)
    assert not p.release.questions
    by_hand = play(steps, metrics)
    by_hand.says("ben", f.Attest("Queue is drained"))
    assert by_hand.stands(Status.COMPLETED)


# --- who, for how long --------------------------------------------------------------------------------------------


def test_by_several_roles_means_each_of_them_and_any_of_means_one() -> None:
    each = play("- {do: Read the runbook, by: [dev, lead]}")
    each.says("ana", f.Attest("Read the runbook"))
    assert each.stands(Status.RUNNING)
    each.says("dan", f.Attest("Read the runbook"))
    assert each.stands(Status.COMPLETED)
    one = play("- {do: Read the runbook, by: any of dev and lead}")
    one.says("dan", f.Attest("Read the runbook"))
    assert one.stands(Status.COMPLETED)


def test_who_does_not_hold_the_role_is_refused_and_without_by_the_owner_is_asked() -> None:
    p = play("- {do: Look at it, by: qa}")
    assert "is not asked here" in p.refused("ana", f.Attest("Look at it"))
    own = play("- do: Look at it")
    own.says("maria", f.Attest("Look at it"))
    assert own.stands(Status.COMPLETED)


def test_within_and_then_ask_the_next_role_and_silence_passes_nothing() -> None:
    p = play("- {do: Look at it, by: qa, within: 2h then lead}")
    p.pass_time(hours=2)
    assert p.question("Look at it").asked_also == ("lead",)
    p.pass_time(days=5)
    assert p.stands(Status.RUNNING)
    p.says("dan", f.Attest("Look at it"))
    assert p.stands(Status.COMPLETED)


def test_a_person_who_says_it_is_not_done_holds_and_is_asked_again_on_resume() -> None:
    p = play("- {do: Look at it, by: qa}")
    p.says("ben", f.Attest("Look at it", passed=False, comment="the page is blank"))
    assert p.release.hold is not None
    assert "the page is blank" in p.release.hold.reason
    p.says("maria", f.Resume("mended"))
    assert p.asked("Look at it")


# --- under a hold --------------------------------------------------------------------------------------------------


def test_a_hold_stops_the_machine_and_not_the_people() -> None:
    p = play("- {do: Look at it, by: qa}\n- {do: And again, by: qa}\n- {run: ./next.sh}")
    p.says("ana", f.Hold("something smells"))
    p.says("ben", f.Attest("Look at it"))
    p.says("ben", f.Attest("And again"))
    assert not p.open
    assert "something smells" in p.waits()
    p.says("maria", f.Resume("it was lunch"))
    assert [x.about for x in p.open] == ["ship/run"]


def test_a_wait_stands_still_while_the_release_is_held() -> None:
    p = play("- wait: 4h\n- run: ./next.sh")
    p.pass_time(hours=1)
    p.says("ana", f.Hold("something smells"))
    p.pass_time(hours=10)
    assert not p.open
    p.says("maria", f.Resume("it was lunch"))
    p.pass_time(hours=2, minutes=59)
    assert not p.open
    p.pass_time(minutes=1)
    assert [x.about for x in p.open] == ["ship/run"]


# --- what reaches a command ---------------------------------------------------------------------------------------


def test_the_variables_of_the_language_reach_every_command_request_and_deploy() -> None:
    p = play(
        """
- run: ./it.sh {{version}}
- http: POST https://shop.example.org/{{environment}}/{{version}}
  headers: {X-Release: "{{release}}"}
  body: "from {{previous tag}} in {{stage}}"
  undo: nothing to undo
- deploy: production
""",
        "system: checkout\nenvironments: {production: {deploy: ./deploy.sh, version: https://x/v, health: https://x/h}}",
    )  # fmt: skip
    ran = p.effect("ship/run").action
    assert isinstance(ran, RunCommands)
    wanted = {
        "version": "1.1.0", "previous": "1.0.0", "previous tag": "v1.0.0", "stage": "ship", "release": "shop-1.1.0",
        "environment": "production", "plan": "shop", "system": "checkout", "share": "nobody", "person": "maria",
        "step": "./it.sh {{version}}", "starts": "2026-03-02 08:00 UTC", "status": "running",
    }  # fmt: skip
    assert wanted.items() <= ran.variables.items()
    p.done("ship/run")
    request = p.effect("ship/http").action
    assert isinstance(request, SendRequest)
    assert request.url == "https://shop.example.org/production/1.1.0"
    assert request.headers == (("X-Release", "shop-1.1.0"),)
    assert request.body == "from v1.0.0 in ship"
    p.done("ship/http")
    deploy = p.effect("ship/deploy").action
    assert isinstance(deploy, DeployVersion)
    assert (deploy.version, deploy.command) == ("1.1.0", "./deploy.sh")
    assert (deploy.version_url, deploy.health_url) == ("https://x/v", "https://x/h")
    assert wanted["release"] == deploy.variables["release"]


def test_every_effect_of_a_release_has_an_id_of_its_own_that_names_release_and_step() -> None:
    p = play("- {run: ./it.sh, verify: ./check.sh}\n- {run: ./next.sh}")
    p.failed("run-it-sh")
    p.says("maria", f.Resume("again"))
    p.restarts()
    p.done("run-it-sh")
    p.failed("run-it-sh")
    p.says("maria", f.Resume("again"))
    p.all_done()
    ids = [x.id for _, x in p.asked_of_the_world]
    assert len(ids) == len(set(ids)) == 5
    assert all(re.fullmatch(r"shop-1\.1\.0/ship/run-(it|next)-sh/\d+(/verify)?", x) for x in ids)


def test_marks_name_the_moment_the_step_ends() -> None:
    p = play(
        "- {do: Freeze the code, by: lead, marks: code freeze}\n- {do: Tell all, by: lead, at: 1h after code freeze}"
    )
    p.pass_time(hours=3)
    assert not p.asked("Tell all")
    p.says("dan", f.Attest("Freeze the code"))
    p.pass_time(minutes=59)
    assert not p.asked("Tell all")
    p.pass_time(minutes=1)
    assert p.asked("Tell all")
