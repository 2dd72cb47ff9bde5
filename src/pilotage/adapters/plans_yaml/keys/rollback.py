"""Keys about going back and about trouble: rollback, procedures, monitoring, incident, risks."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    CONDITION,
    DURATION,
    NAME,
    RANGE,
    STEPS,
    TEXT,
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

TRIGGER = Table(
    "a trigger",
    "What no metric sees: a person or an alert reports it.",
    {
        "report": Key(TEXT, "What is reported.", required=True),
        "id": Key(NAME, "Its id.", "from its text"),
        "by": Key(WHO, "Who may make it act alone.", "two different people"),
        "from": Key(choice("alert"), "An alert makes it act alone."),
        "severity": Key(one_or_more(Word("a severity", ("P0",))), "Of these severities."),
        "procedure": Key(
            Word("a rollback procedure", ("database",)),
            "The procedure it takes.",
            "the first whose when holds",
        ),
    },
)

TRIGGERS = one_or_more(Either((CONDITION, Ref("trigger"))))
_OTHERWISE = Key(choice("roll back", "hold"), "What silence does.", required=True)

CONFIRM = Table(
    "confirm",
    "Triggers on which one person says yes or no; the release is held meanwhile.",
    {
        "by": Key(WHO, "Who decides; one of them is enough.", "the first level of escalation"),
        "within": Key(DURATION, "For how long they are waited for.", "5m"),
        "otherwise": _OTHERWISE,
        "when": Key(TRIGGERS, "The triggers.", required=True),
    },
)

DISCUSS = Table(
    "discuss",
    "Triggers people talk about before anything happens; the release is held meanwhile.",
    {
        "who": Key(WHO, "Who talks.", "the first level of escalation"),
        "within": Key(DURATION, "For how long.", "15m"),
        "otherwise": _OTHERWISE,
        "when": Key(TRIGGERS, "The triggers.", required=True),
    },
)

PROCEDURE = Table(
    "a rollback procedure",
    "A written way back.",
    {
        "title": Key(TEXT, "Its name for readers."),
        "when": Key(WHEN, "It is taken where these traits hold."),
        "takes": Key(RANGE, "How long it should last.", example="30m to 60m"),
        "downtime": Key(choice("none", "full"), "What users feel."),
        "prefer": Key(TEXT, "What would be better, shown to whoever decides."),
        "steps": Key(STEPS, "What is done, in order.", required=True),
    },
)

ROLLBACK = Table(
    "rollback",
    "What triggers it, who decides, what is done, what follows.",
    {
        "automatic": Key(TRIGGERS, "Act by themselves, always.", example="error rate > 5% for 5m"),
        "confirm": Key(CONFIRM, "One person says yes or no."),
        "discuss": Key(DISCUSS, "People talk first."),
        "watch": Key(TRIGGERS, "Recorded, never rolls back."),
        "then": Key(
            Word("what comes after", ("hold", "back to pilot", "abort"), names=("stages",)),
            "After the rollback.",
            "hold",
        ),
        "target": Key(DURATION, "The time a rollback should need.", example="30m"),
        "procedures": Key(
            Named("a rollback procedure", Ref("procedure")),
            "Written ways back; the first whose when holds.",
            "expose nobody, then undo the steps in reverse",
        ),
        "follow-up": Key(
            Named(
                "a follow-up", Word("a deadline", ("24h", "at once by on-call", "48h by engineering lead"))
            ),
            "What must be done afterwards, and by when.",
            example="{Post-mortem: 1w}",
        ),
    },
)

RISK = Table(
    "a risk",
    "One row of the risk register.",
    {
        "risk": Key(TEXT, "What may happen.", required=True),
        "id": Key(NAME, "Its id.", "from its text"),
        "likelihood": Key(TEXT, "How likely it is.", example="low"),
        "impact": Key(TEXT, "How bad it would be.", example="high"),
        "mitigation": Key(TEXT, "What is done about it."),
    },
)

KEYS = {
    "rollback": Key(
        ROLLBACK, "What triggers going back, who decides, how it is done.", "an alert holds and pages"
    ),
    "procedures": Key(Named("a procedure", STEPS), "Named lists of steps, for use."),
    "monitoring": Key(STEPS, "People's watch after a release; overdue lines show, and block closing."),
    "incident": Key(STEPS, "Steps started when an incident opens."),
    "risks": Key(ListOf(Ref("risk")), "The risk register."),
    "trade-off": Key(TEXT, "A sentence shown to approvers."),
}

TABLES = {"trigger": TRIGGER, "procedure": PROCEDURE, "risk": RISK}
