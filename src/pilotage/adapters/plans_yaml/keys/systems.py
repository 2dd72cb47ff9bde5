"""Keys about where things run, kinds of release, versions, traits and inputs."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    BOOLEAN,
    COMMAND,
    FILE,
    MOMENT,
    NAME,
    NUMBER,
    RANGE,
    ROLES,
    TEXT,
    TEXTS,
    URL,
    WHEN,
    WINDOWS,
    Either,
    Key,
    ListOf,
    Named,
    Ref,
    Table,
    Word,
    choice,
    one_or_more,
)

ENVIRONMENT = Table(
    "an environment",
    "Somewhere a version can run.",
    {
        "host": Key(TEXT, "What it runs on, such as Vercel."),
        "url": Key(URL, "Where people find it."),
        "health": Key(URL, "Asked after every deploy and rollback; must answer 2xx."),
        "version": Key(URL, "Answers which version runs; a deploy is done when it says the new one."),
        "dashboard": Key(URL, "Where people look."),
        "deploy": Key(
            COMMAND,
            "Puts a version there; without it a deploy step is a person's.",
            example="./deploy.sh {{version}}",
        ),
        "checks": Key(TEXT, "What is tested there, for readers."),
    },
)

SERVICE = Table(
    "a service",
    "Something outside that the system needs.",
    {
        "does": Key(TEXTS, "What it is used for."),
        "must-stay-up": Key(BOOLEAN, "A release must not interrupt it.", "false"),
        "manual": Key(TEXT, "What people do when it fails."),
        "describe": Key(TEXT, "A sentence for readers."),
    },
)

SCOPE = Table(
    "scope",
    "What the document covers, and what it does not.",
    {"included": Key(TEXTS, "Covered."), "excluded": Key(TEXTS, "Not covered.")},
)

LEAD_TIME = Table(
    "a lead time",
    "How long before production a release of this type must reach a point.",
    {
        "from": Key(
            Word("an event", ("code freeze", "approval")), "Where it is counted from.", required=True
        ),
        "time": Key(RANGE, "How long.", required=True, example="3d to 5d"),
        "otherwise": Key(choice("block", "warn"), "What a shorter one does.", "block"),
    },
)

REPORTED = Table(
    "a reason for a release",
    "What makes a release of this type necessary.",
    {
        "report": Key(TEXT, "What somebody reports.", required=True),
        "severity": Key(one_or_more(Word("a severity", ("P0",))), "Of these severities."),
        "within": Key(
            Word("a duration, or at once", ("24h", "at once")), "How soon the release must be out."
        ),
    },
)

APPROVALS = Table(
    "the approvals of a type",
    "The approval matrix: required and minimum must both hold; also comes on top.",
    {
        "required": Key(ROLES, "Each of these roles."),
        "optional": Key(ROLES, "These may, and count for minimum."),
        "minimum": Key(NUMBER, "How many different people at least.", example="2"),
        "also": Key(ROLES, "These as well, on top."),
    },
)

RECURRENCE = Table(
    "a recurrence",
    "A rule of RFC 5545.",
    {
        "rrule": Key(Word("an RRULE", ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",)), "The rule.", required=True),
        "starts": Key(Word("a date and time", ("2026-01-08 14:00",)), "The first time."),
        "lasts": Key(Word("a duration", ("2h",)), "How long each time is."),
    },
)

CADENCE = Word(
    "a cadence",
    ("on demand", "every second Thursday from 2026-01-08", "every quarter", "every Tuesday if needed"),
)

TYPE = Table(
    "a release type",
    "A kind of release: its plan, its window, who approves it.",
    {
        "plan": Key(FILE, "The plan that carries it out."),
        "cadence": Key(Either((CADENCE, RECURRENCE)), "How often one goes out.", "on demand"),
        "lead-time": Key(Either((RANGE, LEAD_TIME)), "The shortest time before production.", "none"),
        "window": Key(
            WINDOWS, "When it may go out; any time is exempt from windows and freezes.", "any window"
        ),
        "contents": Key(TEXTS, "What belongs into it, for readers."),
        "describe": Key(TEXT, "A sentence for readers."),
        "criteria": Key(TEXTS, "When this type is right, for readers."),
        "examples": Key(TEXTS, "For readers."),
        "requires": Key(TEXTS, "What it needs, for readers; gates prove it."),
        "triggers": Key(ListOf(REPORTED), "What calls for one."),
        "bump": Key(choice("major", "minor", "patch"), "Which part of the version rises."),
        "approvals": Key(APPROVALS, "Who approves it (approved by matrix).", "the plan's gates"),
    },
)

VERSIONING = Table(
    "versioning",
    "How versions, tags and branches are called.",
    {
        "scheme": Key(choice("semver"), "How versions are counted.", "semver"),
        "bump": Key(Named("a part of the version", TEXTS), "What raises which part, for readers."),
        "tag": Key(TEXT, "The tag of a version.", "v{{version}}"),
        "candidate": Key(TEXT, "The word of a release candidate; 1.2.3-rc.1.", example="rc"),
        "branch": Key(TEXT, "The release branch.", example="release/v{{version}} from main"),
        "hotfix-branch": Key(TEXT, "The branch of a hotfix."),
        "after-freeze": Key(TEXTS, "What may still change after the code freeze."),
        "changelog": Key(TEXT, "Where the changelog comes from.", example="from commits"),
        "notes-for": Key(TEXTS, "Who gets release notes of their own."),
    },
)

TRAIT = Table(
    "a trait",
    "A property of a release, answered when it is created, or from changed paths and labels.",
    {
        "ask": Key(TEXT, "The question, without a not.", required=True),
        "paths": Key(TEXTS, "Changed files that answer it with yes."),
        "labels": Key(TEXTS, "Labels of changes that answer it with yes."),
        "at": Key(MOMENT, "When it is asked.", "when the release is created"),
    },
)

INPUT = Table(
    "an input",
    "A text a person gives; {{name}} stands for it.",
    {
        "ask": Key(TEXT, "The question.", required=True),
        "when": Key(WHEN, "Only for releases with these traits."),
        "at": Key(MOMENT, "When it is asked.", "when the release is created"),
    },
)

PLANNED = Table(
    "a planned release",
    "One line of the schedule.",
    {
        "at": Key(MOMENT, "When.", required=True),
        "type": Key(NAME, "Its type."),
        "title": Key(TEXT, "What it brings."),
    },
)

KEYS = {
    "environments": Key(
        Named("an environment", Ref("environment")),
        "Where versions run; production is the one windows and approvals guard.",
        "development, qa, staging, uat and production, without addresses",
    ),
    "services": Key(Named("a service", Ref("service")), "What the system needs outside itself."),
    "links": Key(Named("a link", TEXT), "Further reading.", example="{Test Strategy: test-strategy.md}"),
    "scope": Key(SCOPE, "What the document covers, and what it does not."),
    "aims": Key(TEXTS, "What the process is for."),
    "types": Key(Named("a release type", Ref("type")), "Kinds of release.", "one type, standard"),
    "versioning": Key(VERSIONING, "How versions, tags and branches are called.", "semver, tag v{{version}}"),
    "traits": Key(Named("a trait", Ref("trait")), "Properties of a release that lines can depend on."),
    "inputs": Key(Named("an input", Ref("input")), "Texts asked for, used as {{name}}."),
    "schedule": Key(ListOf(PLANNED), "Releases planned by date."),
}

TABLES = {
    "environment": ENVIRONMENT,
    "service": SERVICE,
    "type": TYPE,
    "trait": TRAIT,
    "input": INPUT,
    "recurrence": RECURRENCE,
}
