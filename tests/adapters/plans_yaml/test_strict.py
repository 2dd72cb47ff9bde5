"""The strict check: unknown keys, wrong kinds of values, wrong words, each with what was meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.adapters.plans_yaml.plan_files import mistakes, shipped_plans


def few(message: str) -> str:
    """A message whose tests do not change with every new key."""
    return re.sub(r"and \d+ more", "and N more", message)


def stage(lines: str) -> list[str]:
    """The mistakes of one stage, without file and line: `column  message`."""
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return [few(m.split(":", 2)[2]) for m in mistakes(f"plan: x\nstages:\n  - stage: a\n{body}")]


def top(lines: str) -> list[str]:
    """The mistakes of sections of a plan: `line:column  message`, counted from the first section."""
    found = mistakes(f"plan: x\n{lines}\n")
    return [f"{int(m.split(':')[1]) - 1}:{few(m.split(':', 2)[2])}" for m in found]


@pytest.mark.parametrize("path", shipped_plans(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_plan_passes(path: Path) -> None:
    assert mistakes(path.read_text(encoding="utf-8")) == []


def test_the_useful_plan_of_the_reference_passes() -> None:
    assert (
        mistakes("""\
plan: checkout-redesign
roles: {primary: maria, on-call: [sam, lee]}
metrics: {error rate: {unit: percent, source: sentry}}
exposure: {flag: new-checkout, segments: {team: email ends with @example.com}}
stages:
  - stage: internal
    steps: [{run: ./deploy.sh new, undo: ./deploy.sh previous}]
    expose: team
    gate: [check: All critical paths tested]
    go: primary
  - {stage: pilot, expose: 10%, bake: 7d, gate: [error rate < 1% for 3d], go: primary}
  - {stage: everyone, expose: everyone, bake: 48h}
rollback:
  automatic: error rate > 5% for 5m
  then: back to internal
""")
        == []
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("bakee: 2d", '5  unknown key "bakee" in a stage; did you mean "bake"?'),
        ("Bake: 2d", '5  unknown key "Bake" in a stage; did you mean "bake"?'),
        ("duration: 2d", '5  unknown key "duration" in a stage; did you mean "bake"?'),
        ("activities: [do: x]", '5  unknown key "activities" in a stage; did you mean "steps"?'),
        ("prerequisites: [check: x]", '5  unknown key "prerequisites" in a stage; did you mean "before"?'),
        ("exit_criteria: [check: x]", '5  unknown key "exit_criteria" in a stage; did you mean "gate"?'),
        ("votes: [a]", '5  unknown key "votes" in a stage; it belongs to a step'),
        (
            "zzz: 1",
            '5  unknown key "zzz" in a stage; expected one of stage, id, title, goal, audience, … and N more',
        ),
        ("bake: [1d]", '11  "bake" takes a bake time such as "1d"; found a list'),
        (
            "expose: [us west, us east]",
            ('13  "expose" names one audience; for rungs climbed one after the other write "ramp: [us west, us east]", '
            'for all of them at once "expose: us west and us east"'),
        ),
        (
            "ramp: 10%",
            ('11  "ramp" takes a list, each item who can meet the change such as "team", '
            "as in ramp: [10%, 25%, 50%, everyone]; found a text"),
        ),
        ("steps: [doo: Verify]", '13  unknown step "doo"; did you mean "do"?'),
        ("steps: [command: ./x.sh]", '13  unknown step "command"; did you mean "run"?'),
        ("steps: [name: x]", "13  a step says what it does; begin it with one of run, http, deploy, migrate, backup, … and N more"),
        ("steps: [{smoke: a, run: b}]", '24  a step does one thing; "smoke" and "run" are two steps'),
        ("steps: [{do: a, shell: true}]", '21  "shell" belongs to run, migrate, backup, restore or smoke, not to do'),
        ("steps: [Verify it]", '13  "Verify it" is not a step; for a person\'s work write "do: Verify it"'),
        ("steps: [{run: a, on-fail: abort}]", '31  expected one of hold, stop, ask, continue, roll back; found "abort"; did you mean "stop"?'),
        ("steps: [{run: a, rollback: b}]", '22  unknown key "rollback" in a step; did you mean "undo"?'),
        ("gate: [{check: x, proof: yes}]", '30  expected required; found "yes"'),
        ("gate: [{check: x, assignee: y}]", '23  unknown key "assignee" in a check; did you mean "by"?'),
    ],
)  # fmt: skip
def test_mistakes_in_a_stage(lines: str, message: str) -> None:
    assert stage(lines) == [message]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("risks: [{risk: a, probability: low}]", '1:19  unknown key "probability" in a risk; did you mean "likelihood"?'),
        ("messages: [{at: a, to: b, channel: c}]", '1:27  unknown key "channel" in a message; did you mean "via"?'),
        (
            "messages: [{at: a, message: b, to: c}]",
            '1:12  a message has "at" (sent by the calendar) or "message" (a name, sent by a notify step), one of the two',
        ),
        (
            "messages: [{to: c}]",
            '1:12  a message has "at" (sent by the calendar) or "message" (a name, sent by a notify step), one of the two',
        ),
        ("messages: [{at: a}]", '1:12  a message needs "to": who hears it'),
        ("settings: {canary: off}", '1:20  expected never or "10% of servers"; found "off"'),
        ("settings: {canary: 5% of servers, major-maintenance: 4h}", ""),
        ("settings: {blue-green: sometimes}", '1:24  expected one of never, for majors, always; found "sometimes"'),
        (
            "roles: {lead: {can: [aprove staging]}}",
            ("1:22  expected one of create release branches, approve candidates, deploy to production, roll back, "
            'override gates, … and N more; found "aprove staging"; did you mean "approve staging"?'),
        ),
        ("roles: {lead: {optional: yes}}", '1:26  expected true or false; found "yes"'),
        (
            "metrics: {error rate: {unit: seconds}}",
            '1:30  expected one of percent, time, count, score, bytes, … and N more; found "seconds"; did you mean "time"?',
        ),
        ("metrics: {error rate: {source: sentry}}", '1:23  a metric needs "unit": what it is counted in'),
        (
            "metrics: {error rate: {unit: percent}, Error_Rate: {unit: count}}",
            '1:40  "Error_Rate" is the same name as "error rate" (line 2): case, space, - and _ are alike; keep one',
        ),
        ("windows: {w: {prefer: a, only: b}}", '1:14  a window says one of "only", "prefer", "avoid" and "freeze"'),
        ("environments: {production: x}", '1:28  "production" takes lines with the keys host, url, health, version, dashboard, deploy, checks; found a text'),
        ("bake: 3d", '1:1  unknown key "bake" in a plan; it belongs to a stage'),
        ("project: y", '1:1  unknown key "project" in a plan; expected one of language, plan, extends, replace, drop, … and N more'),
        ("language: 1", '1:1  put "language" first in the file'),
        ("procedures: {p: [{run: a, env: {PATH: a, path: b}}]}", ""),
    ],
)  # fmt: skip
def test_mistakes_in_a_section(lines: str, message: str) -> None:
    assert top(lines) == ([message] if message else [])


def test_a_file_says_first_what_it_is_and_in_which_language() -> None:
    assert mistakes("title: a\nplan: x\n") == [
        'checkout.yaml:2:1  put "plan" first in the file; it says which kind of file this is'
    ]
    assert mistakes("language: 1\nplan: x\n") == []
    assert mistakes("language: 2\nplan: x\n") == [
        "checkout.yaml:1:11  this Pilotage reads language 1; the file is written in language 2; use a newer Pilotage for it"
    ]
    assert mistakes("metrics: {a: {unit: count}}\n") == [], "a file of sections needs no such key"


def test_a_project_is_a_plan_without_stages() -> None:
    assert mistakes("project: x\nstages: []\n") == [
        'checkout.yaml:2:1  unknown key "stages" in a project file; it belongs to a plan'
    ]


def test_a_campaign_knows_its_rules_by_their_sentences() -> None:
    text = (
        "campaign: c\nstarts: 2024-01-06\nsystems: {A: {}}\nphases: []\nrules: {no prod at weekends: block}\n"
    )
    assert mistakes(text) == [
        'checkout.yaml:5:9  unknown key "no prod at weekends" in rules; did you mean "no production at weekends"?'
    ]
