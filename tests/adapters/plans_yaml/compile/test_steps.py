"""What a step means where the plan says nothing, and how steps are found by the names people use."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.domain.conditions import StepPassed
from pilotage.domain.people import Who
from pilotage.domain.steps import (
    AfterCrash,
    Choose,
    Deploy,
    Http,
    Migrate,
    OnFail,
    Retry,
    Run,
    ToDo,
    Undo,
    UndoKind,
    UndoStep,
    Use,
)
from pilotage.domain.time import Duration, DurationRange

from .conftest import Compile

EVERY_KIND = """
    plan: kinds
    roles: {primary: maria, qa: sam}
    exposure: {segments: {team: email ends with @example.com}}
    messages: [{message: live, to: primary, via: email, text: Live}]
    procedures: {tidy up: [run: ./tidy.sh]}
    stages:
      - stage: all
        expose: team
        steps:
          - run: ./change.sh
          - http: GET https://example.com/health
          - http: POST https://example.com/warm
          - deploy: staging
          - {migrate: ./up.sh, undo: ./down.sh}
          - backup: ./backup.sh
          - {restore: ./restore.sh, undo: impossible}
          - expose: team
          - retire: kinds
          - smoke: ./smoke.sh
          - notify: live
          - git: tag v1
          - notes: publish
          - wait: 1h
          - do: Look
          - to do: [One, do: Two]
          - meeting: Go/no-go
          - {choose: Which, options: {one: [do: A], two: [do: B]}}
          - together: [run: ./a.sh, run: ./b.sh]
          - use: tidy up
"""

UNDONE_BY_DEFAULT = {
    "http-get-https-example-com-health": UndoKind.HARMLESS,
    "http-post-https-example-com-warm": UndoKind.UNKNOWN,
    "deploy": UndoKind.PREVIOUS_VERSION,
    "migrate": UndoKind.COMMANDS,
    "backup": UndoKind.HARMLESS,
    "restore": UndoKind.IMPOSSIBLE,
    "team": UndoKind.PREVIOUS_EXPOSURE,
    "kinds": UndoKind.IMPOSSIBLE,
    "smoke": UndoKind.HARMLESS,
    "live": UndoKind.HARMLESS,
    "tag-v1": UndoKind.UNKNOWN,
    "publish": UndoKind.HARMLESS,
    "1h": UndoKind.HARMLESS,
    "look": UndoKind.HARMLESS,
    "to-do": UndoKind.HARMLESS,
    "go-no-go": UndoKind.HARMLESS,
    "which": UndoKind.PARTS,
    "together": UndoKind.PARTS,
    "tidy-up": UndoKind.PARTS,
}
REPEATED_AFTER_A_CRASH = {"http-get-https-example-com-health", "deploy", "team", "smoke", "live", "1h"}


def test_every_kind_is_undone_as_the_language_says(compiled: Compile) -> None:
    steps = {step.id: step for step in compiled(EVERY_KIND).stages[0].steps}
    run = next(step for step in steps.values() if step.id.startswith("run"))
    assert run.undo == Undo(UndoKind.UNKNOWN)
    assert {name: steps[name].undo.kind for name in UNDONE_BY_DEFAULT} == UNDONE_BY_DEFAULT


def test_only_what_is_harmless_is_repeated_after_a_crash(compiled: Compile) -> None:
    steps = compiled(EVERY_KIND).stages[0].steps
    assert {step.id for step in steps if step.after_crash is AfterCrash.REPEAT} == REPEATED_AFTER_A_CRASH


def test_times_and_tries_where_nothing_is_said(compiled: Compile) -> None:
    steps = {step.id: step for step in compiled(EVERY_KIND).stages[0].steps}
    assert steps["smoke"].timeout == Duration(seconds=1800)
    assert steps["http-post-https-example-com-warm"].timeout == Duration(seconds=30)
    assert steps["look"].timeout is None, "people are reminded, never cut off"
    assert steps["http-get-https-example-com-health"].retry == Retry(3, Duration(seconds=30))
    assert steps["http-post-https-example-com-warm"].retry is None
    assert {step.on_fail for step in steps.values()} == {OnFail.HOLD}


def test_git_and_notes_are_understood_and_not_yet_carried_out(compiled: Compile) -> None:
    forms = [form.form for form in compiled(EVERY_KIND).not_yet]
    assert forms == ['the step "git: tag v1"', 'the step "notes: publish"']


def test_every_field_a_step_may_carry(compiled: Compile) -> None:
    plan = compiled("""
        plan: fields
        roles: {qa: sam, manager: lee}
        traits: {schema changes: {ask: "Does it change the schema?"}}
        metrics: {error rate: {unit: percent}}
        stages:
          - stage: work
            steps:
              - run: [./one.sh, "./two.sh {{version}}"]
                env: {MODE: fast}
                in: services/shop
                name: The change
                by: qa
                when: schema changes
                within: 2h then manager
                takes: 5m to 10m
                timeout: 15m
                retry: 2 times every 10s
                on-fail: roll back
                after-crash: repeat
                probe: ./is-live.sh
                undo: [./back.sh]
                loses: what was written since
                verify: [./verify.sh]
                capture: {rows: "([0-9]+) rows"}
                look-at: [error rate]
                ticks: change_done
                marks: deployment
                covers: [Everything]
                by-hand: [Open the console]
                required: true
    """)
    [step] = plan.stages[0].steps
    assert step.key == "work/the-change"
    assert step.action == Run(
        ("./one.sh", "./two.sh {{version}}"), (("MODE", "fast"),), "services/shop", shell=False
    )
    assert (step.by, step.within, step.then) == (Who(("qa",)), Duration(seconds=7200), "manager")
    assert step.when is not None
    assert step.when.text == "schema changes"
    assert step.takes == DurationRange(Duration(seconds=300), Duration(seconds=600))
    assert (step.timeout, step.retry) == (Duration(seconds=900), Retry(2, Duration(seconds=10)))
    assert (step.on_fail, step.after_crash, step.probe) == (
        OnFail.ROLL_BACK,
        AfterCrash.REPEAT,
        "./is-live.sh",
    )
    assert (step.undo, step.loses) == (Undo(UndoKind.COMMANDS, ("./back.sh",)), "what was written since")
    assert (step.verify, step.capture) == (("./verify.sh",), (("rows", "([0-9]+) rows"),))
    assert (step.look_at, step.ticks, step.marks) == (("error rate",), "change_done", "deployment")
    assert (step.covers, step.by_hand, step.required) == (("Everything",), ("Open the console",), True)


def test_steps_are_called_by_their_kind_where_it_is_the_only_one_in_the_stage(compiled: Compile) -> None:
    plan = compiled("""
        plan: kinds
        stages:
          - stage: staging
            steps:
              - smoke: ./smoke.sh staging
              - {run: ./one.sh, undo: nothing to undo}
              - {run: ./two.sh, undo: nothing to undo}
              - do: Look closely
              - do: Look closely
          - stage: production
            steps: [do: Watch]
            gate: [step smoke passed, step look-closely-2 passed, step Run one.sh passed]
    """)
    staging, production = plan.stages
    assert [step.id for step in staging.steps] == [
        "smoke",
        "run-one-sh",
        "run-two-sh",
        "look-closely",
        "look-closely-2",
    ]
    passed = [
        term.step
        for check in production.gate
        for c in check.conditions
        for term in c.terms
        if isinstance(term, StepPassed)
    ]
    assert passed == ["staging/smoke", "staging/look-closely-2", "staging/run-one-sh"], (
        "backwards, spelling-tolerant"
    )


def test_a_reference_looks_in_its_own_stage_first(compiled: Compile) -> None:
    plan = compiled("""
        plan: twice
        stages:
          - {stage: staging, steps: [smoke: ./a.sh]}
          - {stage: production, steps: [smoke: ./b.sh], gate: [step smoke passed]}
    """)
    [term] = plan.stages[1].gate[0].conditions[0].terms
    assert isinstance(term, StepPassed)
    assert term.step == "production/smoke"


def test_procedures_are_copied_in_where_they_are_used(compiled: Compile) -> None:
    plan = compiled("""
        plan: procedures
        procedures:
          build: [{run: make, undo: nothing to undo}]
          ship: [use: build, {migrate: ./up.sh, undo: ./down.sh}]
        stages:
          - {stage: staging, steps: [use: ship]}
          - {stage: production, steps: [use: ship], gate: [step migrate passed]}
        rollback:
          procedures: {standard: {steps: [undo: migrate]}}
    """)
    production = plan.stages[1]
    assert [step.key for step in production.walk()] == [
        "production/ship",
        "production/ship/build",
        "production/ship/build/run",
        "production/ship/migrate",
    ]
    assert isinstance(production.steps[0].action, Use)
    assert isinstance(production.steps[0].parts[1].action, Migrate)
    [back] = plan.rollback.procedures[0].steps
    assert back.action == UndoStep("production/ship/migrate"), "the last one that ran"
    assert list(plan.procedures) == ["build", "ship"]


def test_groups_hand_down_who_does_the_work(compiled: Compile) -> None:
    plan = compiled("""
        plan: groups
        roles: {qa: sam, support: ask}
        stages:
          - stage: work
            steps:
              - to do: [Look, {do: Train, by: support}]
                by: qa
              - choose: How?
                default: by flag, then by hand
                options:
                  by hand: [do: Turn it off]
                  by flag: [{run: ./off.sh, undo: nothing to undo}]
    """)
    work, choice = plan.stages[0].steps
    assert isinstance(work.action, ToDo)
    assert [part.by for part in work.parts] == [Who(("qa",)), Who(("support",))]
    assert [part.key for part in work.parts] == ["work/to-do/look", "work/to-do/train"]
    assert isinstance(choice.action, Choose)
    assert choice.action.default == ("by flag", "by hand")
    assert [(o.name, [s.key for s in o.steps]) for o in choice.action.options] == [
        ("by hand", ["work/how/by-hand/turn-it-off"]),
        ("by flag", ["work/how/by-flag/run"]),
    ]


def test_undo_may_be_steps(compiled: Compile) -> None:
    plan = compiled("""
        plan: undo
        stages:
          - stage: work
            steps:
              - run: ./up.sh
                undo: [./down.sh, {deploy: staging, version: "1.0"}]
    """)
    undo = plan.stages[0].steps[0].undo
    assert undo.kind is UndoKind.STEPS
    assert [step.action for step in undo.steps] == [Run(("./down.sh",)), Deploy("staging", "1.0")]
    assert [step.key for step in undo.steps] == ["work/run/undo/run", "work/run/undo/deploy"]


def test_requests_carry_headers_and_a_body(compiled: Compile) -> None:
    plan = compiled("""
        plan: requests
        stages:
          - stage: work
            steps:
              - http: POST https://example.com/{{version}}
                headers: {Accept: text/plain}
                body: hello
                expect: ok
    """)
    request = Http("POST", "https://example.com/{{version}}", (("Accept", "text/plain"),), "hello", "ok")
    assert plan.stages[0].steps[0].action == request


@pytest.mark.parametrize(
    ("said", "deployed"),
    [("", "{{version}}"), ("version: previous", "{{previous}}"), ("version: 1.10", "1.10")],
)
def test_which_version_is_deployed(compiled: Compile, said: str, deployed: str) -> None:
    plan = compiled(f"""
        plan: versions
        stages:
          - stage: work
            steps:
              - deploy: production
                {said or "takes: 5m"}
    """)
    assert plan.stages[0].steps[0].action == Deploy("production", deployed)


def test_at_most_twenty_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    lines = "\n".join(f"      - no condition {n}" for n in range(30))
    file.write_text(f"plan: many\nstages:\n  - stage: one\n    gate:\n{lines}\n", encoding="utf-8")
    checked, read = YamlPlans().check(file), YamlPlans().read(file)
    assert len(checked.errors) == 20
    assert [error.line for error in checked.errors] == list(range(5, 25)), "in order of place"
    assert len(read.errors) == 30
