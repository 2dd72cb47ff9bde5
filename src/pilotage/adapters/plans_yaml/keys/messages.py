"""Keys about telling people: channels, audiences, messages, and the settings a document leaves open."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.keys.shape import (
    BOOLEAN,
    DURATION,
    FILE,
    MOMENT,
    NAME,
    NUMBER,
    SECRET,
    TEXT,
    WHEN,
    Key,
    ListOf,
    Named,
    Ref,
    Table,
    Word,
    choice,
    one_or_more,
)

_VIA = one_or_more(Word("a channel", ("email", "slack"), names=("channels",)))

_OTHER_WORDS = {
    **dict.fromkeys(("smtp", "mail"), "email"),
    **dict.fromkeys(("slack", "teams", "http"), "webhook"),
    **dict.fromkeys(("stdout", "console"), "terminal"),
    "log": "file",
    "manual": "by hand",
}

CHANNEL = Table(
    "a channel",
    "How messages travel. One that nothing is connected to becomes a task for a person.",
    {
        "type": Key(
            choice("email", "webhook", "file", "terminal", "by hand", also=_OTHER_WORDS),
            "What it is.",
            "what its name or address says",
        ),
        "address": Key(SECRET, "Where it leads: a room, a mailbox.", example='"#alerts"'),
        "describe": Key(TEXT, "A sentence for readers."),
        "reads": Key(BOOLEAN, "People read there, and nothing is sent.", "false"),
        "host": Key(SECRET, "email: the SMTP server."),
        "port": Key(NUMBER, "email: its port.", "587"),
        "from": Key(SECRET, "email: the sender."),
        "user": Key(SECRET, "email: the account."),
        "password": Key(SECRET, "email: its password, by reference.", example="env:SMTP_PASSWORD"),
        "tls": Key(choice("starttls", "tls", "none"), "email: how the connection is secured.", "starttls"),
        "url": Key(SECRET, "webhook: where it is posted."),
        "secret": Key(SECRET, "webhook: signs what is posted, by reference.", example="env:WEBHOOK_SECRET"),
        "path": Key(TEXT, "file: what each message is appended to, a line of JSON each."),
    },
)

AUDIENCE_TABLE = Table(
    "an audience",
    "A group that is told things.",
    {
        "via": Key(_VIA, "Its usual channels."),
        "addresses": Key(one_or_more(SECRET), "Where they reach it.", example="[team@example.com]"),
        "describe": Key(TEXT, "Who they are, for readers."),
    },
)

MESSAGE = Table(
    "a message",
    "One line of the communication plan: sent by the calendar (at) or by a notify step (message).",
    {
        "at": Key(MOMENT, "When it is sent."),
        "message": Key(NAME, "Its name; sent by notify."),
        "id": Key(NAME, "Its id.", "from its text"),
        "to": Key(
            one_or_more(
                Word("an audience", ("internal", "all users"), names=("audiences", "roles", "segments"))
            ),
            "Who hears it.",
            required=True,
        ),
        "via": Key(_VIA, "By which channels.", "the audience's"),
        "text": Key(TEXT, "What it says; {{name}} is filled in."),
        "template": Key(FILE, "The file with what it says."),
        "subject": Key(TEXT, "The subject line.", "the title"),
        "kind": Key(
            choice("maintenance", "in progress", "announcement", "resolved", "incident"),
            "What it does to a status page.",
        ),
        "when": Key(WHEN, "Only for releases with these traits."),
    },
    one_of_keys=("at", "message"),
    one_of_message=(
        'a message has "at" (sent by the calendar) or "message" (a name, sent by a notify step), one of the two'
    ),
)


def _either(word: str, pattern: str, expected: str) -> Word:
    """A fixed word, or a text of one pattern."""
    return Word(expected, one_of=(word,), pattern=pattern, expected=expected)


_SERVICE = Word("pilotage, or another service by name", ("pilotage", "launchdarkly"))

SETTINGS = Table(
    "settings",
    "Questions the documents leave open, each with its answer; the first choice is the default unless said otherwise.",
    {
        "canary": Key(
            _either("never", r"\d+(\.\d+)?% of servers", 'never or "10% of servers"'),
            "A share of the servers first.",
            "never",
        ),
        "blue-green": Key(choice("never", "for majors", "always"), "Two copies of production.", "never"),
        "announce": Key(
            choice("every release", "user-facing changes"), "What users are told of.", "user-facing changes"
        ),
        "beta-program": Key(choice("none", "informal", "formal"), "How beta testers are kept.", "none"),
        "major-maintenance": Key(
            _either("same window", r"\d.*", 'same window or a duration such as "4h"'),
            "The window of a major release.",
            "same window",
        ),
        "flag-service": Key(_SERVICE, "What keeps the flags.", "pilotage"),
        "dashboard": Key(_SERVICE, "Where people look.", "pilotage"),
        "changelog": Key(
            choice("from commits", "by hand"), "Where the changelog comes from.", "from commits"
        ),
        "school-calendar": Key(choice("ignore", "warn", "block"), "What a school's calendar does.", "warn"),
        "training-notice": Key(DURATION, "How early training is announced.", "2w"),
        "score-integrity": Key(choice("none", "extra checks"), "Extra checks of scores.", "none"),
        "double-roles": Key(
            choice("refuse", "allow"), "Whether one person may count for two roles.", "refuse"
        ),
    },
)

KEYS = {
    "channels": Key(
        Named("a channel", Ref("channel")), "How messages travel.", example='{slack: {address: "#alerts"}}'
    ),
    "audiences": Key(
        Named("an audience", Ref("audience")),
        "Who is told things.",
        "internal, all users, affected users, roles, segments",
    ),
    "messages": Key(ListOf(Ref("message")), "Who hears what, when."),
    "settings": Key(SETTINGS, "Answers to questions a document leaves open."),
}

TABLES = {"channel": CHANNEL, "audience": AUDIENCE_TABLE, "message": MESSAGE}
