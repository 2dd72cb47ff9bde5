"""The shapes a value can have, and the kinds of text: the vocabulary in which the key tables are written.

The tables say which keys there are, what each takes and why. They know nothing of grammars: whether ``5% to 10%`` is
an audience is asked where audiences are read. From them come the strict check, the JSON Schema and the reference page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Word:
    """One text. ``what`` names it (``a duration``), ``like`` gives examples.

    With ``one_of`` only these are right, or what matches ``pattern`` (a whole match). ``also`` maps words of other
    tools to ours, for suggestions. ``expected`` replaces the list of choices in a message where a sentence is clearer.
    ``names`` are the sections whose names may stand in it, for ``plan fmt``, which keeps one spelling of each.
    """

    what: str
    like: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    also: Mapping[str, str] = field(default_factory=dict)
    expected: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items all have one form."""

    item: Form


@dataclass(frozen=True, slots=True)
class Named:
    """A mapping whose keys are the plan's own names, each with a value of one form. ``what`` says what is named.

    Names that differ only in case, space, ``-`` and ``_`` are one name, unless they are ``exact`` (variables, headers).
    ``names`` are the sections that declare them, where they are names of something declared elsewhere.
    """

    what: str
    value: Form
    exact: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """One of several forms, told apart by the kind of node: a text, a list, a mapping."""

    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """A table by its name, so that tables can contain themselves (steps in steps)."""

    table: str


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: what it takes, what it says in one line, its default in words (empty: nothing).

    ``only_for`` lists the actions it belongs to, in a step. ``if_list`` is the message when a list stands where one
    text is meant; ``{items}`` and ``{joined}`` in it are the items, with commas and with "and".
    """

    value: Form
    says: str
    default: str = ""
    example: str = ""
    required: bool = False
    only_for: tuple[str, ...] = ()
    if_list: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with fixed keys. ``title`` is how messages call it (``a stage``); ``says`` is one line for readers.

    Of ``one_of_keys`` exactly one must stand; ``one_of_message`` says so when none or several do.
    """

    title: str
    says: str
    keys: Mapping[str, Key]
    one_of_keys: tuple[str, ...] = ()
    one_of_message: str = ""


Form = Word | ListOf | Named | Either | Ref | Table


def one_or_more(item: Form) -> Either:
    """One, or a list of them."""
    return Either((item, ListOf(item)))


REQUIRED = Word("required", one_of=("required",), expected="required")


def choice(*words: str, also: Mapping[str, str] | None = None) -> Word:
    """One of a few fixed words."""
    return Word("one of " + ", ".join(words), one_of=words, also=also or {})


TEXT = Word("a text")
NAME = Word("a name of yours", ("checkout-redesign", "error rate"))
BOOLEAN = Word("true or false", one_of=("true", "false"), expected="true or false")
NUMBER = Word("a number", ("3",))
DURATION = Word("a duration", ("15m", "1h 30m", "7d"))
RANGE = Word("a duration or a range", ("30m", "1d to 2d", "up to 5m", "1w or more"))
DATES = Word("a date or a span of dates", ("2026-12-20", "2026-12-20 to 2027-01-02"))
HOURS = Word("a weekly span", ("Monday to Friday 09:00 to 17:00", "every day 01:00 to 05:00"))
MOMENT = Word(
    "a moment",
    ("1d before pilot starts", "Monday of release week 09:00", "every 2h for 48h after ga starts"),
    names=("stages",),
)
CONDITION = Word(
    "a condition",
    ("error rate < 1% for 3d", "approved by primary and on-call", "step smoke passed"),
    names=("metrics", "roles"),
)
GUARD = Word("a guard", ("target < 1%, alert > 2%",))
AUDIENCE = Word(
    "who can meet the change", ("team", "10%", "5% to 10%", "everyone except europe"), names=("segments",)
)
WHEN = Word("traits", ("schema changes", "type is major and user-facing"), names=("traits",))
ROLE = Word("a role or a person", ("primary",), names=("roles", "people"))
WHO = Either((Word("who", ("primary", "any of primary, on-call"), names=("roles", "people")), ListOf(ROLE)))
ROLES = one_or_more(ROLE)
TEXTS = one_or_more(TEXT)
COMMAND = Word("a command", ("./deploy.sh {{version}}",))
COMMANDS = one_or_more(COMMAND)
FILE = Word("a file, relative to this one", ("standard.yaml",))
URL = Word("an address", ("https://example.com/health",))
SECRET = Word(
    "a value or a reference to a secret",
    ("env:SMTP_PASSWORD", "file:/run/secrets/token", "command:pass show x"),
)
WINDOWS = one_or_more(Word("a window", ("thursday slot",), names=("windows",)))
STEPS = ListOf(Ref("step"))
CHECKS = one_or_more(Either((CONDITION, Ref("check"))))
