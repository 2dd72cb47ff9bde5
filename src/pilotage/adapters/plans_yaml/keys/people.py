"""Keys about people: roles, persons, hours, escalation, overrides."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    BOOLEAN,
    DATES,
    DURATION,
    HOURS,
    MOMENT,
    REQUIRED,
    ROLE,
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
from pilotage.domain.people import Permission

PERSON = Word("a person, or ask", ("maria", "ask"))

DUTY = Table(
    "a duty",
    "Something a role must do: it has a due time, stays visible, and blocks closing the release.",
    {
        "do": Key(TEXT, "What is to be done.", required=True),
        "at": Key(MOMENT, "When it is asked for."),
        "due": Key(MOMENT, "By when it must be done."),
        "when": Key(WHEN, "Only for releases with these traits."),
    },
)

ROLE_TABLE = Table(
    "a role",
    "People who act under one name, and what they may do.",
    {
        "people": Key(one_or_more(PERSON), "Who holds it; ask: named when a release is created.", "nobody"),
        "title": Key(TEXT, "The role's name for readers."),
        "describe": Key(TEXT, "A sentence for readers."),
        "rota": Key(Word("a rota", ("weekly from Monday 09:00",)), "People take turns."),
        "can": Key(
            one_or_more(choice(*(str(p) for p in Permission))),
            "What the role is allowed to do.",
            "read, and do what a step names it for",
            "[deploy to production, roll back]",
        ),
        "must": Key(
            ListOf(DUTY), "Duties in every release.", example="[{do: Sign off, at: before production starts}]"
        ),
        "optional": Key(BOOLEAN, "Lines that name it are left out while nobody holds it.", "false"),
        "self-approval": Key(BOOLEAN, "Whoever started a release may approve it in this role.", "false"),
    },
)

PERSON_TABLE = Table(
    "a person",
    "Somebody who can be asked.",
    {
        "name": Key(TEXT, "The full name."),
        "email": Key(Word("an address", ("maria@example.com",)), "Where mail reaches them."),
        "timezone": Key(Word("an IANA time zone", ("Europe/Madrid",)), "Where their day is.", "the plan's"),
        "away": Key(
            one_or_more(DATES), "Days away, the last one included.", example="2026-12-20 to 2027-01-02"
        ),
        "stand-in": Key(Word("a person", ("sam",)), "Who is asked meanwhile; recorded as sam for maria."),
    },
)

LEVEL = Table(
    "a level of escalation",
    "Who is asked when nobody below has answered.",
    {
        "to": Key(ROLE, "The role that is asked.", required=True),
        "during": Key(Word("named hours, or after hours", ("business hours",)), "Only then.", "always"),
        "wait": Key(DURATION, "How long until the next level is asked as well.", "15m"),
    },
)

OVERRIDES = Table(
    "overrides",
    "Who may override a gate.",
    {
        "by": Key(WHO, "The roles that may.", "nobody"),
        "reason": Key(REQUIRED, "A reason is always asked for.", "required"),
    },
)

KEYS = {
    "roles": Key(
        Named("a role", Either((PERSON, ListOf(PERSON), Ref("role")))),
        "Who takes part, by role; a role is a person, several, or ask.",
        example="{primary: maria, on-call: [sam, lee]}",
    ),
    "people": Key(
        Named("a person", Ref("person")),
        "The people themselves.",
        example="{maria: {email: m@example.com, stand-in: sam}}",
    ),
    "hours": Key(
        Named("named hours", one_or_more(HOURS)),
        "Spans of the week with a name; after hours is the rest of business hours.",
        "business hours: Monday to Friday 09:00 to 17:00",
    ),
    "escalation": Key(ListOf(Ref("level")), "Who is asked next when nobody answers.", "the owner, daily"),
    "overrides": Key(OVERRIDES, "Who may override a gate, always with a reason.", "nobody"),
}

TABLES = {"role": ROLE_TABLE, "person": PERSON_TABLE, "level": LEVEL, "duty": DUTY}
