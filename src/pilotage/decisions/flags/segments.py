"""Segments compiled to tests: does this user belong to the group?

Text is compared without regard to case. A list attribute meets a test when one of its items does. ``at least`` and
``at most`` compare numbers (``21``, or text of digits only: ``"21"``); what cannot be compared does not match, so a
user is never let in by a mistake in the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pilotage.domain.errors import UsageError
from pilotage.domain.exposure import Segment, SegmentTest
from pilotage.domain.ids import same_name

Attributes = Mapping[str, object]
Matcher = Callable[[str | None, Attributes], bool]
"""Whether the user with this targeting key (None: unknown) and these attributes belongs."""

_ValueTest = Callable[[object], bool]

OPTED_IN = "opted in"
_LARGEST = 1e15
_LONGEST = 15


def compile_segment(segment: Segment) -> Matcher:
    """The test for one segment: the key is one of its users, or every test holds. Without either, nobody belongs.

    Raises UsageError for an operator or a number that cannot be read.
    """
    users = frozenset(segment.users)
    tests = tuple(_compile_test(segment.name, test) for test in segment.tests)
    if not tests:
        return lambda key, _: key in users
    if not users and len(tests) == 1:
        only = tests[0]
        return lambda _, attributes: only(attributes)
    return lambda key, attributes: key in users or all(test(attributes) for test in tests)


def _compile_test(segment: str, test: SegmentTest) -> Callable[[Attributes], bool]:
    make = _OPERATORS.get(test.operator)
    if make is None:
        raise UsageError(
            f'segment "{segment}" uses the test "{test.operator}", which is not known here',
            f"Known are: {', '.join(_OPERATORS)}.",
        )
    try:
        holds = make(test.values)
    except ValueError as error:
        raise UsageError(
            f'segment "{segment}": "{test.operator}" needs one number, found "{", ".join(test.values)}"',
            "Write it as in: age at least 18.",
        ) from error
    spellings = _spellings(test.attribute or OPTED_IN)

    def check(attributes: Attributes) -> bool:
        for name in spellings:
            if (value := attributes.get(name)) is not None:
                return any(map(holds, value)) if isinstance(value, list | tuple) else holds(value)
        return False

    return check


def _spellings(attribute: str) -> tuple[str, ...]:
    """How services spell an attribute whose name the plan may write with spaces: as written, then the usual ways."""
    words = same_name(attribute).split()
    camel = words[0] + "".join(word.capitalize() for word in words[1:]) if words else attribute
    return tuple(dict.fromkeys((attribute, " ".join(words), "_".join(words), "-".join(words), camel)))


def _text(value: object) -> str | None:
    """A value as the plan would write it; None for what has no such form."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, bool):
        return "true" if value else "false"
    number = _number(value)
    # The plan says 5 where a float says 5.0. 15 digits hold every number a plan would name.
    return f"{number:.15g}" if number is not None else None


def _number(value: object) -> float | None:
    """A value as a number; None for what is none, or too large to be meant."""
    if isinstance(value, str):
        # Digits only: "1.9" may be a version, and 1.9 would be more than version 1.10.
        return float(value) if value.isascii() and value.isdigit() and len(value) <= _LONGEST else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_LARGEST < value < _LARGEST else None


def _is_one_of(values: tuple[str, ...]) -> _ValueTest:
    allowed = frozenset(value.casefold() for value in values)
    return lambda value: _text(value) in allowed


def _ends_with(values: tuple[str, ...]) -> _ValueTest:
    ends = tuple(value.casefold() for value in values)
    return lambda value: isinstance(value, str) and value.casefold().endswith(ends)


def _starts_with(values: tuple[str, ...]) -> _ValueTest:
    starts = tuple(value.casefold() for value in values)
    return lambda value: isinstance(value, str) and value.casefold().startswith(starts)


def _contains(values: tuple[str, ...]) -> _ValueTest:
    wanted = tuple(value.casefold() for value in values)
    return lambda value: (text := _text(value)) is not None and any(part in text for part in wanted)


def _at_least(values: tuple[str, ...]) -> _ValueTest:
    least = _limit(values)
    return lambda value: (number := _number(value)) is not None and number >= least


def _at_most(values: tuple[str, ...]) -> _ValueTest:
    most = _limit(values)
    return lambda value: (number := _number(value)) is not None and number <= most


def _limit(values: tuple[str, ...]) -> float:
    (value,) = values
    return float(value)


def _opted_in(_: tuple[str, ...]) -> _ValueTest:
    return lambda value: _text(value) == "true"


_OPERATORS: dict[str, Callable[[tuple[str, ...]], _ValueTest]] = {
    "is": _is_one_of,
    "in": _is_one_of,
    "ends with": _ends_with,
    "starts with": _starts_with,
    "contains": _contains,
    "at least": _at_least,
    "at most": _at_most,
    OPTED_IN: _opted_in,
}
