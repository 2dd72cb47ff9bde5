"""Keys about time: the time zone, calendars and windows."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    FILE,
    TEXT,
    TEXTS,
    URL,
    Either,
    Key,
    Named,
    Ref,
    Table,
    Word,
    one_or_more,
)

CALENDAR = Table(
    "a calendar",
    "Days that come from elsewhere.",
    {
        "file": Key(FILE, "An iCalendar file.", example="school.ics"),
        "url": Key(URL, "An iCalendar address."),
        "country": Key(Word("a country code", ("US", "NO")), "Public holidays of a country."),
        "events": Key(TEXTS, "The titles that matter."),
    },
    one_of_keys=("file", "url", "country"),
    one_of_message='a calendar comes from one place: "file", "url" or "country"',
)

SPAN = Word(
    "a span of time",
    ("Thursday 14:00 to 16:00", "Tuesday to Thursday 02:00 to 03:00", "events of school titled Testing week"),
)
SPANS = Either((*one_or_more(SPAN).forms, Ref("recurrence")))
DAYS = Word("a span of dates", ("2026-12-19 to 2027-01-04",))

WINDOW = Table(
    "a window",
    "When the guarded environment may change (only, prefer) or should not (avoid, freeze).",
    {
        "only": Key(SPANS, "Outside it nothing starts."),
        "prefer": Key(SPANS, "Outside it a start is warned of."),
        "avoid": Key(SPANS, "Inside it a start is warned of."),
        "freeze": Key(
            Either((*one_or_more(DAYS).forms, Ref("recurrence"))), "Inside it nothing starts but a rollback."
        ),
        "zone": Key(Word("an IANA time zone", ("UTC",)), "Whose clock it is.", "the plan's"),
        "except": Key(TEXTS, "Types the freeze does not bind.", example="hotfix"),
        "for": Key(TEXTS, "Only for these types, systems or environments.", "all"),
        "because": Key(TEXT, "Why, for readers and for why."),
    },
    one_of_keys=("only", "prefer", "avoid", "freeze"),
    one_of_message='a window says one of "only", "prefer", "avoid" and "freeze"',
)

KEYS = {
    "timezone": Key(
        Word("an IANA time zone, or ask", ("America/Los_Angeles",)), "Whose clock this file speaks of.", "UTC"
    ),
    "calendars": Key(Named("a calendar", Ref("calendar")), "Calendars that windows may name."),
    "windows": Key(
        Named("a window", Ref("window")),
        "When things may change.",
        "any time",
        "{thursday slot: {prefer: Thursday 14:00 to 16:00}}",
    ),
}

TABLES = {"calendar": CALENDAR, "window": WINDOW}
