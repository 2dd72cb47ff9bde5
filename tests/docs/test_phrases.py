"""Every phrase the reference shows reads, and every mistake it shows is told in the words it shows."""

from __future__ import annotations

import re

import pytest

from pilotage.adapters.plans_yaml.grammar.audiences import parse_audience
from pilotage.adapters.plans_yaml.grammar.conditions import parse_condition
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration, parse_duration_range
from pilotage.adapters.plans_yaml.grammar.moments import parse_moment
from pilotage.adapters.plans_yaml.grammar.traits import parse_when
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/reference/phrases.md").read_text(encoding="utf-8")
GRAMMARS = {
    "Condition": parse_condition,
    "Moment": parse_moment,
    "Audience": parse_audience,
    "Trait": parse_when,
}


def rows(head: str) -> list[tuple[str, str]]:
    """The rows of the table whose first column is called ``head``: the phrase, and what stands beside it."""
    table = re.search(rf"^\| {head} \|.*\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table, head
    return re.findall(r"^\| `([^`]+)` \| ?(.*?) ?\|$", table[1], re.MULTILINE)


@pytest.mark.parametrize(
    ("head", "phrase"), [(head, phrase) for head in GRAMMARS for phrase, _ in rows(head)]
)
def test_a_phrase_reads(head: str, phrase: str) -> None:
    GRAMMARS[head](phrase, NAMES)


@pytest.mark.parametrize(("text", "message"), rows("Not a condition"))
def test_a_mistake_is_told_in_these_words(text: str, message: str) -> None:
    assert refusal(parse_condition, text, NAMES).message == message


def test_durations_read() -> None:
    section = PAGE.partition("## Durations")[2]
    single, ranges = (re.findall(r"`(\d[^`]*|up to [^`]+)`", part) for part in section.split("Ranges:"))
    assert len(single) > 5
    assert len(ranges) == 3
    for text in single:
        parse_duration(text)
    for text in ranges:
        parse_duration_range(text)
