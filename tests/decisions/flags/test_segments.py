"""Segment tests over attributes of every type a client may send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.decisions.flags.segments import compile_segment
from pilotage.domain.errors import UsageError
from pilotage.domain.exposure import Segment, SegmentTest

OPERATORS = ["is", "in", "ends with", "starts with", "contains", "at least", "at most", "opted in"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def belongs(operator: str, *values: str, attribute: object) -> bool:
    segment = Segment("s", tests=(SegmentTest("thing", operator, values),))
    return compile_segment(segment)("user-1", {"thing": attribute})


@pytest.mark.requirement(215)
@pytest.mark.parametrize(
    ("operator", "values", "attribute", "expected"),
    [
        ("is", ["beta"], "Beta", True),
        ("is", ["beta"], "beta2", False),
        ("is", ["beta"], ["alpha", "beta"], True),
        ("is", ["beta"], [], False),
        ("is", ["5"], 5, True),
        ("is", ["5"], 5.0, True),
        ("is", ["5"], "5", True),
        ("is", ["2.5"], 2.5, True),
        ("is", ["true"], True, True),
        ("is", ["1"], True, False),
        ("is", ["beta"], {"beta": 1}, False),
        ("in", ["DE", "AT"], "at", True),
        ("in", ["DE", "AT"], "FR", False),
        ("ends with", ["@x.org"], "a@X.org", True),
        ("ends with", ["@x.org"], "a@x.org.evil", False),
        ("starts with", ["qa-"], "QA-7", True),
        ("contains", ["admin"], "site admins", True),
        ("contains", ["admin"], ["user", "admin"], True),
        ("at least", ["18"], 18, True),
        ("at least", ["18"], 17.99, False),
        ("at least", ["18"], "21", True),
        ("at least", ["1.10"], "1.9", False),
        ("at least", ["18"], True, False),
        ("at least", ["18"], float("nan"), False),
        ("at least", ["18"], 10**400, False),
        ("at most", ["3"], -1, True),
        ("at most", ["3"], "", False),
        ("opted in", [], True, True),
        ("opted in", [], "true", True),
        ("opted in", [], "no", False),
        ("opted in", [], 1, False),
    ],
)
def test_what_matches(operator: str, values: list[str], attribute: object, expected: bool) -> None:
    assert belongs(operator, *values, attribute=attribute) is expected


@given(st.sampled_from(OPERATORS), json_values)
def test_no_attribute_value_breaks_a_test(operator: str, attribute: object) -> None:
    assert belongs(operator, "18", attribute=attribute) in (True, False)


@pytest.mark.parametrize("spelled", ["app version", "app_version", "app-version", "appVersion"])
def test_an_attribute_with_spaces_is_met_in_the_usual_spellings(spelled: str) -> None:
    segment = compile_segment(Segment("s", tests=(SegmentTest("app version", "is", ("2",)),)))
    assert segment(None, {spelled: 2})


def test_a_segment_without_users_or_tests_is_empty() -> None:
    assert not compile_segment(Segment("later", ask=True))("user-1", {"anything": "at all"})


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (SegmentTest("age", "beats", ("1",)), 'the test "beats", which is not known here'),
        (SegmentTest("age", "at least", ("old",)), '"at least" needs one number, found "old"'),
        (SegmentTest("age", "at least", ()), '"at least" needs one number'),
    ],
)
def test_a_test_that_cannot_be_read_says_so(test: SegmentTest, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compile_segment(Segment("grown-ups", tests=(test,)))
