"""Foreign text made fit to be kept, and quickly, whatever it is made of."""

from __future__ import annotations

import time

import pytest

from pilotage.application.outputs import captured, clean, last_line, one_line, patterns, shortened
from pilotage.domain.errors import PilotageError


@pytest.mark.parametrize(
    "piece", ["y", "\r", "\x1b", "\x1b[", "\x1b]", "\x1b[1;", "9", "\n", " ", "\x1b]\x1b"]
)
def test_a_megabyte_of_anything_is_cleaned_at_once(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    last_line(clean("\x1b[" + text))
    assert time.process_time() - started < 2, "the time must grow with the length, not with its square"


def test_the_last_line_is_the_last_that_says_something() -> None:
    assert last_line("one\n two \n\n \n") == "two"
    assert last_line("\n \n") == ""


def test_a_quoted_line_is_one_line_and_short() -> None:
    assert shortened("a\n b", 10) == "a b"
    assert shortened("x" * 400, 10) == "x" * 9 + "…"


def test_a_pattern_that_is_none_names_its_capture() -> None:
    with pytest.raises(
        PilotageError, match='The pattern "\\(" of capture "rows" is not a regular expression'
    ):
        patterns([("rows", "(")])


def test_a_pattern_without_a_group_captures_what_it_matches() -> None:
    assert captured(patterns([("id", r"^id-\d+$")]), "x\nid-7\n") == {"id": "id-7"}


def test_an_error_told_in_one_line_ends_with_what_to_do() -> None:
    assert one_line(PilotageError("It broke", "Mend\nit.")) == "It broke. Mend it."
    assert one_line(PilotageError("It broke.", "Mend it.")) == "It broke. Mend it."
    assert one_line(PilotageError("It broke")) == "It broke"
