"""The key table: every file, section and key of the plan language, what it takes, its default, and what it is for.

The strict check, the JSON Schema, the reference page and the formatter are all made from it.
"""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys import (
    calendar,
    campaign,
    messages,
    metrics,
    people,
    rollback,
    stages,
    steps,
    systems,
)
from pilotage.adapters.plans_yaml.keys.shape import (
    FILE,
    NAME,
    RANGE,
    TEXT,
    TEXTS,
    Form,
    Key,
    ListOf,
    Ref,
    Table,
    Word,
    one_or_more,
)

LANGUAGE = "1"
"""The version of the language this Pilotage reads."""

DOCUMENT = Table(
    "document",
    "What the document says of itself, for readers.",
    {
        "version": Key(TEXT, "The document's own version."),
        "status": Key(TEXT, "Draft, approved …"),
        "date": Key(TEXT, "Its date."),
        "phase": Key(TEXT, "The project phase it belongs to."),
        "updated": Key(TEXT, "When it was last changed."),
        "review": Key(TEXT, "When it is looked at again."),
        "template": Key(TEXT, "The version of the template it follows."),
        "footer": Key(TEXT, "The last line."),
        "likelihood": Key(TEXT, "The document's word for likelihood.", "Likelihood"),
        "risk-columns": Key(TEXTS, "The order of the columns of its risk table.", "likelihood, impact"),
    },
)

_LANGUAGE_KEY = {
    "language": Key(
        Word("1", one_of=(LANGUAGE,), pattern=r"\d+", expected="1"),
        "The version of the language, first.",
        LANGUAGE,
    )
}

_ABOUT = {
    "title": Key(TEXT, "The name for readers."),
    "summary": Key(TEXT, "A sentence or two."),
    "document": Key(DOCUMENT, "What the document says of itself."),
    "include": Key(
        one_or_more(FILE),
        "Files of sections; the same name twice is an error.",
        example="[shared/metrics.yaml]",
    ),
}

# Sections of a plan and of a project alike, in the order in which a document is written.
_SECTIONS = {
    **people.KEYS,
    **systems.KEYS,
    **calendar.KEYS,
    **metrics.KEYS,
    **messages.KEYS,
    **stages.KEYS,
}

_VARIES = {
    "extends": Key(FILE, "Start from another plan: one level or two, no circles."),
    "replace": Key(TEXTS, "Sections taken whole instead of merged.", example="[stages]"),
    "drop": Key(
        TEXTS,
        "Messages, risks, monitoring lines of the other plan or the project, by id.",
        example="[pilot-announcement]",
    ),
}
_SYSTEM = {"system": Key(NAME, "What it releases.")}
_TRAVELS = {
    "type": Key(Word("a release type", ("hotfix",)), "The kind of release.", "standard"),
    **_SYSTEM,
    "takes": Key(RANGE, "How long the whole should last.", example="2h to 4h"),
}
_STAGES = {"stages": Key(ListOf(Ref("stage")), "The stages, in order.")}

PLAN = Table(
    "a plan",
    "One release, from its first stage to the last.",
    {
        **_LANGUAGE_KEY,
        "plan": Key(NAME, "Its id.", required=True),
        **_VARIES,
        **_ABOUT,
        **_TRAVELS,
        **_SECTIONS,
        **_STAGES,
        **rollback.KEYS,
    },
)
PROJECT = Table(
    "a project file",
    "What plans share (pilotage.yaml): a plan without stages. The plan wins, name by name.",
    {
        **_LANGUAGE_KEY,
        "project": Key(NAME, "Its id.", required=True),
        **_ABOUT,
        **_SYSTEM,
        **_SECTIONS,
        **rollback.KEYS,
    },
)
SECTIONS = Table(
    "an included file",
    "Sections that other files include.",
    {**_LANGUAGE_KEY, **_ABOUT, **_SECTIONS, **rollback.KEYS},
)
CAMPAIGN = Table(
    "a campaign",
    "Many systems, over weeks of breaking and fixing.",
    {
        **_LANGUAGE_KEY,
        **campaign.OWN_KEYS,
        "document": _ABOUT["document"],
        **{name: people.KEYS[name] for name in ("roles", "people", "hours", "escalation", "overrides")},
        "timezone": calendar.KEYS["timezone"],
        "calendars": calendar.KEYS["calendars"],
        "windows": calendar.KEYS["windows"],
        "metrics": metrics.KEYS["metrics"],
        "sources": metrics.KEYS["sources"],
        "severities": metrics.KEYS["severities"],
        "channels": messages.KEYS["channels"],
        "audiences": messages.KEYS["audiences"],
        "messages": messages.KEYS["messages"],
        "links": systems.KEYS["links"],
        "risks": rollback.KEYS["risks"],
    },
)

FILES = {"plan": PLAN, "project": PROJECT, "campaign": CAMPAIGN}
"""The kinds of file, by the key that says which."""

TABLES = {
    **people.TABLES,
    **systems.TABLES,
    **calendar.TABLES,
    **metrics.TABLES,
    **messages.TABLES,
    **stages.TABLES,
    **steps.TABLES,
    **rollback.TABLES,
    **campaign.TABLES,
}
"""Tables that are referred to by name."""


def resolve(form: Form) -> Form:
    """The form itself: a reference followed to its table."""
    return TABLES[form.table] if isinstance(form, Ref) else form
