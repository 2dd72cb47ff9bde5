"""Who belongs to a segment.

    rule = test , { " and " , test } ;
    test = "opted in" | attribute , ( " is " | " ends with " | " starts with " | " contains " ) , value
         | attribute , " in " , value , { ", " , value } | attribute , ( " at least " | " at most " ) , number ;

Attributes are whatever the asking service sends; they are not declared. A value may be a ``{{name}}``, filled later.
"""

from __future__ import annotations

import re

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.domain.exposure import Segment, SegmentTest

OPTED_IN = SegmentTest("opted in", "opted in")

_OPERATORS = ("ends with", "starts with", "contains", "at least", "at most", "is", "in")
_TEST = re.compile(
    rf"(?P<attribute>\S.*?)\s+(?P<operator>{'|'.join(o.replace(' ', '[ ]+') for o in _OPERATORS)})\s+(?P<value>\S.*)",
    re.DOTALL,
)
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?|\{\{[^{}]+\}\}")
_AND = re.compile(r"\s+and\s+")
_OR = re.compile(r"\sor\s")
_SHAPES = (
    '"email ends with @example.com", "group is beta", "country in DE, AT", "age at least 18" or "opted in"'
)


def parse_segment(text: str, name: str) -> Segment:
    """The segment ``name`` with the tests of ``group is beta and country in DE, AT``. Raises GrammarError."""
    tests: list[SegmentTest] = []
    start = len(text) - len(text.lstrip())
    for part in _AND.split(text.strip()):
        at = text.index(part, start)
        tests.append(_test(part, at))
        start = at + len(part)
    return Segment(name, tuple(tests), text=text.strip())


def _test(part: str, offset: int) -> SegmentTest:
    if " ".join(part.split()) == "opted in":
        return OPTED_IN
    if not (found := _TEST.fullmatch(part)):
        raise GrammarError(f'expected a rule such as {_SHAPES}; found "{part}"', offset)
    operator = " ".join(found["operator"].split())
    value, value_at = found["value"], offset + found.start("value")
    if _OR.search(value):
        raise GrammarError(
            '"or" is not used in segments; list the values, such as "country in DE, AT"', value_at
        )
    if operator == "is" and re.match(r"not\s", value):
        raise GrammarError(
            'a segment says who is in; keep people out with "expose: everyone except SEGMENT"', value_at
        )
    if operator in ("at least", "at most") and not _NUMBER.fullmatch(value):
        raise GrammarError(f'expected a number after "{operator}"; found "{value}"', value_at)
    return SegmentTest(found["attribute"], operator, _values(operator, value, value_at))


def _values(operator: str, value: str, offset: int) -> tuple[str, ...]:
    if operator != "in":
        return (value,)
    values = tuple(each.strip() for each in value.split(","))
    if not all(values):
        raise GrammarError(f'a value is missing in "{value}"', offset)
    return values
