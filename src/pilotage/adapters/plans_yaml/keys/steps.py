"""Keys of steps: one action each, with the fields any step may carry."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    AUDIENCE,
    BOOLEAN,
    COMMAND,
    COMMANDS,
    CONDITION,
    DURATION,
    MOMENT,
    NAME,
    RANGE,
    REQUIRED,
    ROLES,
    STEPS,
    TEXT,
    TEXTS,
    WHEN,
    WHO,
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

ACTIONS = {
    "run": Key(
        COMMANDS, "A command or a list of them; the first failure stops.", example="./deploy.sh {{version}}"
    ),
    "http": Key(
        Word("a method and an address", ("GET https://example.com/health",)), "A request; 2xx passes."
    ),
    "deploy": Key(
        Word("an environment", ("production",), names=("environments",)),
        "This version, through the environment's deploy command.",
    ),
    "migrate": Key(COMMANDS, "A database migration; undo must be said.", example="./migrate.sh up"),
    "backup": Key(COMMANDS, "A backup; its last line of output is {{backup}}.", example="./backup.sh"),
    "restore": Key(COMMANDS, "A restore; undo must be said.", example="./restore.sh {{backup}}"),
    "expose": Key(
        AUDIENCE, "Raise or lower who can meet the change, within the stage.", example="internal users"
    ),
    "retire": Key(
        Word("a flag", ("new-checkout",)), "End the flag: the change is for everyone, the switch is gone."
    ),
    "smoke": Key(COMMANDS, "Automated tests.", example="./smoke.sh production"),
    "notify": Key(Word("a message", ("staging preview",), names=("messages",)), "Send a named message."),
    "notes": Key(
        Word("what notes", ("publish", "changelog from commits", "draft release notes")),
        "Changelog and release notes.",
    ),
    "git": Key(
        Word("a git operation", ("branch a from b", "tag v1", "merge a into b", "push a")), "A git operation."
    ),
    "wait": Key(DURATION, "Time passes, under the guards.", example="48h"),
    "do": Key(TEXT, "A person's work, ticked by by.", example="Train the support team"),
    "to do": Key(ListOf(Either((TEXT, Ref("step")))), "A group of people's work, ticked in any order."),
    "meeting": Key(TEXT, "A meeting; with votes it passes when every voter says go.", example="Go/no-go"),
    "choose": Key(TEXT, "A question, answered by taking one of options."),
    "together": Key(STEPS, "Steps at the same time."),
    "use": Key(
        Word("a procedure", ("deploy to staging",), names=("procedures",)),
        "A named procedure, its steps in order.",
    ),
}
"""What a step can do. ``undo`` stands alone too: undo that step now."""

COMMANDED = ("run", "migrate", "backup", "restore", "smoke")

ONLY_FOR_SOME = {
    "env": Key(
        Named("a variable", TEXT, exact=True), "Environment variables of its commands.", only_for=COMMANDED
    ),
    "in": Key(
        Word("a folder", ("services/shop",)),
        "Where its commands run.",
        "the plan's folder",
        only_for=COMMANDED,
    ),
    "shell": Key(BOOLEAN, "Run its commands through a shell.", "false", only_for=COMMANDED),
    "headers": Key(Named("a header", TEXT, exact=True), "Headers of the request.", only_for=("http",)),
    "body": Key(TEXT, "What is sent.", only_for=("http",)),
    "expect": Key(TEXT, "A text that must stand in the answer.", only_for=("http",)),
    "version": Key(
        Word("a version, or previous", ("previous", "1.4.2")),
        "Which version.",
        "{{version}}",
        only_for=("deploy",),
    ),
    "additive": Key(BOOLEAN, "Older code still works with the new schema.", "false", only_for=("migrate",)),
    "transaction": Key(BOOLEAN, "All of it or nothing.", "false", only_for=("migrate",)),
    "who": Key(ROLES, "Who comes.", only_for=("meeting",)),
    "agenda": Key(TEXTS, "What is talked about.", only_for=("meeting",)),
    "outputs": Key(TEXTS, "What it brings; each becomes a tracked item.", only_for=("meeting",)),
    "votes": Key(ROLES, "Whose Go it needs; a No-go holds.", only_for=("meeting",)),
    "options": Key(
        Named("an option", STEPS), "The ways it can go, each with its steps.", only_for=("choose",)
    ),
    "default": Key(
        Word("options", ("flag, then hosting platform",)), "What nobody's answer takes.", only_for=("choose",)
    ),
}

ANY_STEP = {
    "id": Key(NAME, "Its id.", "from its name, its text or its kind"),
    "name": Key(NAME, "Its name for readers."),
    "by": Key(WHO, "Who does it.", "the stage's owner"),
    "when": Key(WHEN, "Else it is passed over."),
    "at": Key(MOMENT, "Its own time: nothing below waits for it, only the gate does."),
    "due": Key(MOMENT, "By when; a missed one is shown, reminds, and blocks the gate."),
    "within": Key(
        Word("a duration, then perhaps a role", ("1d", "1d then manager")),
        "How long its people may take.",
        "1d",
    ),
    "takes": Key(RANGE, "How long it should last."),
    "timeout": Key(DURATION, "When to give up.", "30m; http 30s; people are reminded after takes"),
    "retry": Key(Word("how often", ("3 times every 30s",)), "More tries after a failure.", "GET only"),
    "on-fail": Key(
        choice(
            "hold",
            "stop",
            "ask",
            "continue",
            "roll back",
            also={"rollback": "roll back", "abort": "stop", "ignore": "continue"},
        ),
        "What a failure does.",
        "hold",
    ),
    "after-crash": Key(
        choice("repeat", "ask"), "When nobody knows whether it happened.", "repeat where harmless, else ask"
    ),
    "probe": Key(COMMAND, "Tells after a crash whether it happened: 0 done, 1 not done."),
    "undo": Key(
        Either(
            (
                Word("a command, impossible, or nothing to undo", ("./undo.sh", "impossible")),
                ListOf(Either((COMMAND, Ref("step")))),
            )
        ),
        "How it is undone; impossible makes it a one-way door. Alone: undo that step now.",
        "as the kind of step says",
    ),
    "loses": Key(
        TEXT, "What undoing it costs; a person confirms.", example="what was written since the backup"
    ),
    "verify": Key(COMMANDS, "Commands that must succeed after it; a failure holds."),
    "capture": Key(
        Named("a captured value", Word("a regular expression with one group", ("([0-9]+) rows",))),
        "Values read from its output.",
    ),
    "proof": Key(REQUIRED, "A link or file must come with the tick."),
    "measure": Key(one_or_more(CONDITION), "Conditions that tick it, all of them."),
    "look-at": Key(
        one_or_more(Word("a metric", ("error rate",), names=("metrics",))), "What to look at while doing it."
    ),
    "ticks": Key(NAME, "The field of the release's checklist it sets."),
    "marks": Key(
        Word("an event", ("code freeze", "deployment")), "What this step is, where it cannot be seen."
    ),
    "covers": Key(TEXTS, "What it includes, in words."),
    "by-hand": Key(TEXTS, "The recipe where nothing is connected."),
    "required": Key(BOOLEAN, "Can neither be skipped nor overridden.", "false"),
}

STEP = Table(
    "a step",
    "One action, automated or a person's. Steps run strictly in order, and each must pass.",
    {**ACTIONS, **ONLY_FOR_SOME, **ANY_STEP},
)

TABLES = {"step": STEP}
