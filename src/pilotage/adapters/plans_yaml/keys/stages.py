"""Keys of stages and checks, of what stands before the stages, and of exposure."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.metrics import STAGE_GUARD
from pilotage.adapters.plans_yaml.keys.shape import (
    AUDIENCE,
    BOOLEAN,
    CHECKS,
    CONDITION,
    DURATION,
    MOMENT,
    NAME,
    RANGE,
    REQUIRED,
    ROLE,
    STEPS,
    TEXT,
    TEXTS,
    URL,
    WHEN,
    WHO,
    WINDOWS,
    Either,
    Key,
    ListOf,
    Named,
    Ref,
    Table,
    Word,
    one_or_more,
)

CHECK = Table(
    "a check",
    "A line a person ticks; with measure it ticks itself where data exists.",
    {
        "check": Key(TEXT, "What must be so.", required=True),
        "id": Key(NAME, "Its id.", "from its text"),
        "by": Key(WHO, "Who ticks it.", "the stage's owner"),
        "within": Key(
            Word("a duration, then perhaps a role", ("1d", "1d then manager")),
            "How long they may take.",
            "1d",
        ),
        "proof": Key(REQUIRED, "A link or file must come with the tick."),
        "valid": Key(DURATION, "How long the tick holds.", "for good"),
        "when": Key(WHEN, "Only for releases with these traits."),
        "measure": Key(one_or_more(CONDITION), "Conditions that tick it, all of them."),
        "required": Key(BOOLEAN, "Can neither be skipped nor overridden.", "false"),
        "ticks": Key(NAME, "The field of the release's checklist it sets."),
    },
)

CHOICE_OF_AUDIENCE = Table(
    "a choice of audience",
    "The owner picks one before the stage; the pick is recorded.",
    {"choose": Key(ListOf(AUDIENCE), "What there is to choose from.", required=True)},
)

ADDED = Table(
    "added lines",
    "What a variation appends to a stage of the plan it extends.",
    {
        "before": Key(CHECKS, "More to enter."),
        "prepare": Key(STEPS, "More preparation."),
        "steps": Key(STEPS, "More steps, at the end."),
        "judge": Key(CHECKS, "More that is judged."),
        "gate": Key(CHECKS, "More to leave."),
        "guard": Key(STAGE_GUARD, "More guards."),
    },
)

STAGE = Table(
    "a stage",
    "A span of the release with one environment or exposure, its steps, and the gate that ends it.",
    {
        "stage": Key(NAME, "Its name.", required=True),
        "id": Key(NAME, "Its id.", "from its name"),
        "title": Key(TEXT, "Its name for readers."),
        "goal": Key(TEXT, "What it is for, for readers."),
        "audience": Key(TEXT, "Whom it reaches, for readers."),
        "owner": Key(ROLE, "Who is asked.", "whoever started the release"),
        "at": Key(MOMENT, "Its earliest start.", "when the stage before is left", "week 3"),
        "when": Key(WHEN, "Else the stage is passed over.", example="type is major"),
        "each": Key(
            TEXTS,
            "One stage for each of these; {{each}} stands in its name. One value alone: what a copy stands for.",
            example="[us west, europe]",
        ),
        "after": Key(
            Word("a stage, or start", ("pilot", "start")), "In a variation: where the new stage goes."
        ),
        "skip": Key(TEXT, "In a variation: why the stage is left out."),
        "add": Key(ADDED, "In a variation: lines to append.", example="{gate: [check: Training held]}"),
        "environment": Key(
            Word("an environment", ("production",), names=("environments",)),
            "Where it happens.",
            "that of its deploy step, else the stage before",
        ),
        "window": Key(
            WINDOWS, "When its automatic steps and rises may happen, besides the type's.", "any time"
        ),
        "start-in": Key(WINDOWS, "When it may start; what follows is free.", "any time"),
        "takes": Key(RANGE, "How long it should last.", example="30m to 45m"),
        "before": Key(CHECKS, "What must hold to enter it."),
        "prepare": Key(STEPS, "Steps done ahead of entering."),
        "expose": Key(
            Either((AUDIENCE, CHOICE_OF_AUDIENCE)),
            "Who can meet the change from here on.",
            "unchanged; nobody at first",
            if_list='"expose" names one audience; for rungs climbed one after the other write "ramp: [{items}]", '
            'for all of them at once "expose: {joined}"',
        ),
        "ramp": Key(
            ListOf(AUDIENCE),
            "Rungs climbed in order; each bakes and passes the gate and the go.",
            example="[10%, 25%, 50%, everyone]",
        ),
        "bake": Key(
            Word("a bake time", ("1d", "7d to 14d", "ongoing")),
            "How long it is watched: at least, and when a person is asked.",
            "1d where users are exposed, else none",
        ),
        "steps": Key(STEPS, "What is done, in order."),
        "guard": Key(
            STAGE_GUARD,
            "Limits that hold and page while it lasts.",
            "the plan's",
            "{error rate: 'target < 1%'}",
        ),
        "judge": Key(CHECKS, "Judged and recorded at the end; never blocks."),
        "gate": Key(CHECKS, "What must hold to leave it.", "steps passed, baked, guards on target"),
        "go": Key(
            Word(
                "who says go",
                ("primary within 2d then manager", "2 of primary, on-call", "by itself"),
                names=("roles", "people"),
            ),
            "The recorded Go, asked once all else in the gate holds.",
            "by itself",
        ),
        "otherwise": Key(
            Word("what a gate that stays unmet does", ("hold", "roll back after 2h")),
            "Steps done, baked, and the gate still not met.",
            "hold",
        ),
        "marks": Key(
            Word("an event", ("deployment", "code freeze")), "What this stage is, where it cannot be seen."
        ),
        "ticks": Key(NAME, "The field of the release's checklist it sets."),
    },
)

SIGN_OFFS = Table(
    "sign-offs",
    "Approvals and checks the whole plan needs before one of its stages.",
    {
        "before": Key(
            Word("a stage", ("beta",), names=("stages",)), "The stage that waits for them.", required=True
        ),
        "checks": Key(CHECKS, "What is signed off.", required=True),
    },
)

_USERS = one_or_more(Word("a targeting key, or ask", ("ask", "u17")))
SEGMENT = Table(
    "a segment",
    "A named group of users.",
    {
        "users": Key(_USERS, "Named users; ask: named when a release is created."),
        "rule": Key(Word("a segment rule", ("opted in",)), "Who belongs to it."),
        "share": Key(Word("a percentage", ("20%",)), "How much of all users it makes up; needed to cap it."),
    },
)

EXPOSURE = Table(
    "exposure",
    "What moves the share of users who can meet the change, and the segments it may name.",
    {
        "flag": Key(TEXT, "The flag that is moved.", "the plan's name"),
        "via": Key(
            Word("flag, traffic, by hand, or an adapter", ("flag", "google play")),
            "What moves the share.",
            "flag",
        ),
        "starts": Key(AUDIENCE, "Who can meet it at first.", "nobody"),
        "per-user": Key(BOOLEAN, "It can be switched for one user.", "false"),
        "dashboard": Key(URL, "Where people look."),
        "select": Key(TEXTS, "Who fits the pilot, in words."),
        "segments": Key(
            Named(
                "a segment",
                Either((Word("a segment rule", ("email ends with @example.com",)), Ref("segment"))),
            ),
            "Named groups of users.",
            example="{team: email ends with @example.com}",
        ),
        "seed": Key(TEXT, "Salt of the bucketing; never changes while a release runs.", "the flag's name"),
    },
)

KEYS = {
    "before": Key(CHECKS, "Prerequisites: no stage starts while one is unmet."),
    "sign-offs": Key(SIGN_OFFS, "Approvals the whole plan needs before one of its stages."),
    "exposure": Key(EXPOSURE, "What moves the share of users, and the segments."),
}

TABLES = {"check": CHECK, "segment": SEGMENT, "stage": STAGE}
