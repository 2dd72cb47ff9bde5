"""Stages worked out: environments, guards, exposure, gates, go, people who are not there."""

from __future__ import annotations

from pathlib import Path

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.domain.conditions import ApprovedBy
from pilotage.domain.moments import Anchor, AtAnchor, Repeated
from pilotage.domain.people import Ask, Who
from pilotage.domain.plan import Approvals
from pilotage.domain.rollback import Otherwise, TriggerClass
from pilotage.domain.stages import Otherwise as GateUnmet
from pilotage.domain.steps import Expose
from pilotage.domain.time import Bake, Duration

from .conftest import Compile

METRICS = """
sources: {prometheus: {type: prometheus, url: "http://localhost:9090"}}
metrics:
  error rate: {source: prometheus, unit: percent, query: errors, guard: "target < 3%, alert > 9%"}
  latency p95: {source: prometheus, unit: time, query: latency}
"""


def test_a_stage_is_where_its_deploy_step_goes_else_where_the_stage_before_was(compiled: Compile) -> None:
    plan = compiled("""
        plan: environments
        procedures: {ship: [deploy: production]}
        stages:
          - {stage: build, steps: [{run: make, undo: nothing to undo}]}
          - {stage: test, steps: [deploy: Staging]}
          - {stage: check, steps: [do: Look]}
          - {stage: live, steps: [use: ship]}
          - {stage: elsewhere, environment: uat}
    """)
    assert [stage.environment for stage in plan.stages] == ["", "staging", "staging", "production", "uat"]


def test_the_nearest_guard_wins_target_and_alert_each_for_itself(compiled: Compile) -> None:
    plan = compiled(
        """
        plan: guards
        exposure: {segments: {team: opted in}}
        guard: {error rate: alert > 5%}
        stages:
          - stage: before anybody
            guard: {latency p95: target < 1s}
          - stage: team
            expose: team
          - stage: pilot
            guard: {error rate: target < 1%, latency p95: "target < 2s, alert > 3s"}
          - stage: more
            guard: same as pilot
          - stage: rest
        """,
        "project: shared\n" + METRICS,
    )
    guards = {
        stage.id: {g.metric: (g.target and g.target.limit, g.alert and g.alert.limit) for g in stage.guards}
        for stage in plan.stages
    }
    assert guards == {
        "before-anybody": {"latency p95": (1, None)},
        "team": {"error rate": (3, 5)},
        "pilot": {"error rate": (1, 5), "latency p95": (2, 3)},
        "more": {"error rate": (1, 5), "latency p95": (2, 3)},
        "rest": {"error rate": (3, 5)},
    }
    assert plan.metrics["error rate"].connected
    assert plan.not_yet == ()


def test_guards_count_in_production_even_before_users_meet_the_change(compiled: Compile) -> None:
    plan = compiled(
        "plan: production\nguard: {latency p95: alert > 1s}"
        + METRICS
        + "stages: [{stage: live, environment: production}]\n"
    )
    assert {g.metric for g in plan.stages[0].guards} == {"error rate", "latency p95"}


def test_everything_a_stage_says(compiled: Compile) -> None:
    plan = compiled("""
        plan: stage
        roles: {primary: maria, on-call: sam, manager: lee}
        windows: {night: {only: every day 01:00 to 05:00}}
        exposure: {segments: {team: email ends with @example.com}}
        stages:
          - stage: general availability
            id: ga
            title: Everybody
            goal: The end
            audience: All
            owner: primary
            at: release starts
            window: night
            start-in: [night]
            before: [check: Ready]
            prepare: [meeting: Briefing]
            steps: [deploy: production, expose: team, do: Look]
            ramp: [team, 10% , 50%]
            bake: 7d to 14d
            gate: ["approved by 2 of primary, on-call"]
            go: primary within 2d then manager
            otherwise: roll back after 2h
            marks: deployment
            ticks: phase1
    """)
    [stage] = plan.stages
    assert (stage.id, stage.name, stage.title) == ("ga", "general availability", "Everybody")
    assert (stage.goal, stage.audience, stage.owner) == ("The end", "All", "primary")
    assert isinstance(stage.at, AtAnchor)
    assert (stage.windows, stage.start_in) == (("night",), ("night",))
    assert [check.key for check in stage.before] == ["ga/before/ready"]
    assert [step.key for step in stage.walk()] == ["ga/briefing", "ga/deploy", "ga/team", "ga/look"]
    assert isinstance(stage.steps[1].action, Expose)
    assert [audience.text for audience in stage.rungs] == ["team", "10%", "50%"]
    assert stage.bake == Bake(Duration(days=7), Duration(days=14))
    [approval] = stage.gate[0].approvals
    assert approval.ask == Ask(("primary", "on-call"), needed=2)
    assert stage.go == Ask(("primary",), within=Duration(days=2), then="manager")
    assert stage.otherwise == GateUnmet("roll back", Duration(seconds=7200))
    assert (stage.marks, stage.ticks) == ("deployment", "phase1")


def test_a_measured_check_falls_back_to_a_person_only_where_data_can_be_missing(compiled: Compile) -> None:
    plan = compiled("""
        plan: checks
        roles: {qa: sam}
        metrics: {error rate: {unit: percent}}
        stages:
          - stage: work
            steps: [smoke: ./smoke.sh]
            gate:
              - error rate < 1%
              - {check: Errors are few, measure: [error rate < 1%, step smoke passed]}
              - {check: Smoke is gone, measure: step smoke passed}
              - {check: Looks good, by: qa, within: 1d, proof: required, valid: 7d}
    """)
    measured, both, step, person = plan.stages[0].gate
    assert [check.attested for check in (measured, both, step, person)] == [False, True, False, True]
    assert len(both.conditions) == 2
    assert (person.by, person.within, person.valid) == (Who(("qa",)), Duration(days=1), Duration(days=7))
    assert person.proof


def test_each_writes_the_stages_out_and_remembers_for_whom(compiled: Compile) -> None:
    plan = compiled("""
        plan: regions
        exposure: {segments: {us west: region is us-west, europe: region is eu}}
        metrics: {error rate: {unit: percent, split: [region], ask: every 1h of maria}}
        people: {maria: {}}
        stages:
          - stage: region {{each}}
            each: [us west, europe]
            expose: "{{each}}"
            go: maria
        rollback:
          automatic: error rate > 5% in any region
          procedures: {one region: {steps: [expose: "everyone except {{each}}"]}}
    """)
    assert [(s.id, s.each, s.rungs[0].text) for s in plan.stages] == [
        ("region-us-west", "us west", "us west"),
        ("region-europe", "europe", "europe"),
    ]
    [back] = plan.rollback.procedures[0].steps
    assert isinstance(back.action, Expose)
    assert back.action.audience.least.excluded == ("{{each}}",)


def test_optional_roles_nobody_holds_drop_out_of_the_lines_that_name_others_too(compiled: Compile) -> None:
    plan = compiled("""
        plan: optional
        roles: {primary: maria, client: {optional: true}}
        stages:
          - stage: work
            steps: [{do: Show it, by: [primary, client]}, {do: Ask them, by: client}]
            gate: ["approved by any of primary, client", approved by client]
    """)
    [step] = plan.stages[0].steps
    assert step.by == Who(("primary",))
    [check] = plan.stages[0].gate
    [term] = check.conditions[0].terms
    assert isinstance(term, ApprovedBy)
    assert term.ask == Ask(("primary",), needed=1)


def test_the_matrix_of_the_release_type(compiled: Compile) -> None:
    plan = compiled(
        """
        plan: hotfix
        type: hotfix
        stages: [{stage: live, before: [approved by matrix]}]
        """,
        """
        project: shared
        roles: {lead: maria, qa: sam, product: lee}
        types:
          hotfix:
            window: any time
            approvals: {required: [lead, qa], optional: product, minimum: 2, also: product}
          standard: {cadence: every second Thursday}
        """,
    )
    own = plan.types[plan.type]
    assert own.approvals == Approvals(("lead", "qa"), ("product",), 2, ("product",))
    assert own.any_time
    assert plan.not_yet == (), "the cadence of another type does not bind this release"


def test_who_decides_a_rollback_where_the_plan_does_not_say(compiled: Compile) -> None:
    plan = compiled("""
        plan: deciding
        roles: {primary: maria, on-call: sam}
        metrics: {error rate: {unit: percent, ask: every 1h of primary}}
        stages: [{stage: work, steps: [do: Look]}]
        rollback:
          confirm: {otherwise: hold, when: [error rate > 5%]}
          discuss: {otherwise: roll back, when: [report: Complaints]}
          watch: [error rate > 1%]
    """)
    confirm, discuss = plan.rollback.confirm, plan.rollback.discuss
    assert confirm is not None
    assert discuss is not None
    assert confirm.who == discuss.who == Who(("on-call",), any_of=True)
    assert (confirm.within, discuss.within) == (Duration(seconds=300), Duration(seconds=900))
    assert (confirm.otherwise, discuss.otherwise) == (Otherwise.HOLD, Otherwise.ROLL_BACK)
    assert [t.kind for t in plan.rollback.triggers] == [
        TriggerClass.CONFIRM,
        TriggerClass.DISCUSS,
        TriggerClass.WATCH,
    ]


def test_nobody_to_everyone_is_allowed_where_somebody_may_override(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    text = "plan: bold\nexposure: {}\nstages: [{stage: all, expose: everyone}]\n"
    file.write_text(text, encoding="utf-8")
    assert ['"everyone" follows "nobody"' in e.message for e in YamlPlans().read(file).errors] == [True]
    file.write_text(text + "roles: {lead: maria}\noverrides: {by: lead}\n", encoding="utf-8")
    read = YamlPlans().read(file)
    assert read.plan is not None
    assert any('"everyone" follows "nobody"' in warning.message for warning in read.warnings)


def test_messages_take_the_channels_of_their_audience(compiled: Compile) -> None:
    plan = compiled("""
        plan: messages
        roles: {support: sam}
        channels:
          team log: {type: file, path: messages.jsonl}
          ops: {url: "https://chat.example.com/hook"}
          email: {host: mail.example.com}
          slack: {address: "#alerts"}
        audiences: {internal: {via: [team log, ops]}}
        stages: [{stage: pilot, steps: [notify: done]}]
        messages:
          - {at: pilot starts, to: internal, text: Pilot starts}
          - {message: done, to: [internal, support], via: email, text: Done, subject: All done}
    """)
    starts, done = plan.messages
    assert (starts.id, starts.via) == ("pilot-starts", ("team log", "ops"))
    assert (done.id, done.via, done.at, done.to) == ("done", ("email",), None, ("internal", "support"))
    connected = {channel.name: channel.type for channel in plan.channels.values() if channel.connected}
    assert connected == {"team log": "file", "ops": "webhook", "email": "email"}
    assert plan.channels["team log"].address == "messages.jsonl"
    assert plan.stages[0].steps[0].action.message == "done"  # type: ignore[union-attr]  # a Notify


def test_what_is_understood_and_not_yet_carried_out_is_named_with_its_line(compiled: Compile) -> None:
    plan = compiled("""
        plan: later
        timezone: ask
        roles: {lead: {people: maria, rota: weekly from Monday 09:00, must: [{do: Sign, at: pilot ends}]}}
        sources: {prometheus: {type: prometheus, url: "http://localhost:9090"}}
        metrics:
          error rate: {unit: percent, source: prometheus, query: errors, baseline: last 7d, over: stage}
          test coverage: {unit: percent, source: prometheus, query: coverage, guard: ask}
        exposure: {via: google play, segments: {team: opted in}}
        windows:
          holidays: {avoid: events of days}
          third weeks: {only: {rrule: "FREQ=WEEKLY;INTERVAL=3"}}
        calendars: {days: {country: US}}
        settings: {canary: 10% of servers, double-roles: allow, announce: user-facing changes}
        versioning: {tag: "release-{{version}}", changelog: from commits}
        stages:
          - stage: pilot
            steps: [git: tag v1, retire: later]
            gate: [error rate worse than baseline by 20%]
        messages:
          - {at: every week, to: lead, via: email, text: News}
          - {at: every week until pilot ends, to: lead, via: email, text: Progress}
          - {at: pilot ends, to: lead, via: email, template: not-there.md}
        kpis: {error rate: target < 1%}
    """)
    # The window "third weeks" only counts where it is named, and is not.
    assert [(form.line, form.form) for form in plan.not_yet] == [
        (3, 'asking for the time zone ("timezone: ask")'),
        (4, "duties of lead (must)"),
        (4, "rota of lead"),
        (7, "error rate over the whole stage"),
        (8, 'asking for the guard of test coverage ("guard: ask")'),
        (9, "exposure via google play"),
        (11, 'the window "holidays" (events of days)'),
        (13, "calendars"),
        (14, "settings: canary: 10% of servers"),
        (15, "versioning: changelog"),
        (18, "retiring a flag moved via google play"),
        (18, 'the step "git: tag v1"'),
        (19, "comparing error rate with the last 1w"),
        (21, 'a message outside of any release ("every week")'),
        (23, 'the template "not-there.md", which is not there'),
        (24, "kpis"),
    ]
    assert plan.tag == "release-{{version}}"
    assert plan.settings["double-roles"] == "allow"


def test_repeated_work_lasts_as_long_as_its_stage(compiled: Compile) -> None:
    plan = compiled("""
        plan: repeated
        stages: [{stage: pilot, steps: [{do: Look, at: every day}]}]
    """)
    at = plan.stages[0].steps[0].at
    assert isinstance(at, Repeated)
    assert at.starts == Anchor("pilot", "starts", is_stage=True)
    assert at.ends == Anchor("pilot", "ends", is_stage=True)
    assert plan.not_yet == ()


def test_a_plan_silent_about_its_flag_moves_the_flag_named_like_it(compiled: Compile) -> None:
    staged = compiled("""
        plan: Checkout redesign
        stages:
          - {stage: pilot, expose: 10%, go: by itself}
          - {stage: all, expose: everyone}
    """)
    assert staged.exposure is not None
    assert staged.exposure.flag == "checkout-redesign"

    without = compiled("""
        plan: nightly build
        stages: [{stage: build, expose: nobody, steps: [do: Look]}]
    """)
    assert without.exposure is None
