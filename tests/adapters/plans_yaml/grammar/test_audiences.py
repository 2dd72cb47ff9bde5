"""Audiences, segments, and whether a line applies."""

from __future__ import annotations

import pytest

from pilotage.adapters.plans_yaml.grammar.audiences import parse_audience
from pilotage.adapters.plans_yaml.grammar.segments import parse_segment
from pilotage.adapters.plans_yaml.grammar.traits import parse_when
from pilotage.domain.exposure import NOBODY, Audience, Exposure, Segment, SegmentTest
from pilotage.domain.traits import TraitTerm, When
from tests.adapters.plans_yaml.grammar.scope import NAMES, refusal

EVERYONE = Exposure(share=100)


@pytest.mark.parametrize(
    ("text", "exposure"),
    [
        ("nobody", NOBODY),
        ("team", Exposure(segments={"team": 100})),
        ("Beta-Testers", Exposure(segments={"beta testers": 100})),
        ("10%", Exposure(share=10)),
        ("0.5% of users", Exposure(share=0.5)),
        ("20% of beta testers", Exposure(segments={"beta testers": 20})),
        ("beta testers as 10% of users", Exposure(capped={"beta testers": 10})),
        ("everyone", EVERYONE),
        ("us west and us east", Exposure(segments={"us west": 100, "us east": 100})),
        ("friends and family and 5%", Exposure(share=5, segments={"friends and family": 100})),
        ("everyone except europe", Exposure(share=100, excluded=("europe",))),
        ("everyone except us west and europe", Exposure(share=100, excluded=("us west", "europe"))),
        ("everyone except {{each}}", Exposure(share=100, excluded=("{{each}}",))),
        ("{{each}}", Exposure(segments={"{{each}}": 100})),
    ],
)
def test_an_audience_of_one_size(text: str, exposure: Exposure) -> None:
    assert parse_audience(text, NAMES) == Audience(exposure, exposure, text)


def test_an_audience_that_may_grow() -> None:
    assert parse_audience("5% to 10%", NAMES) == Audience(Exposure(share=5), Exposure(share=10), "5% to 10%")
    assert parse_audience("team and 5% to 10% of europe", NAMES) == Audience(
        Exposure(segments={"team": 100, "europe": 5}),
        Exposure(segments={"team": 100, "europe": 10}),
        "team and 5% to 10% of europe",
    )


def test_a_cap_is_no_start() -> None:
    text = "beta testers as 5% to 10% of users"
    capped = Exposure(capped={"beta testers": 10})
    assert parse_audience(text, NAMES) == Audience(capped, capped, text, warned_below={"beta testers": 5})


def test_stop_adding() -> None:
    assert parse_audience("no more", NAMES) == Audience(NOBODY, NOBODY, "no more", no_more=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'expected an audience such as "10%", "everyone" or a segment; found nothing'),
        ("0%", '0% is "nobody"; write that'),
        ("110%", 'a share lies between 0% and 100%; found "110%"'),
        ("10% to 5%", '"10% to 5%" runs backwards; did you mean "5% to 10%"?'),
        ("10% to most", 'expected a percentage after "to"; found "most"'),
        ("5% and 10%", "two shares of all users; write one of them"),
        ("team and team", '"team" is named twice; keep one'),
        ("team and everyone", '"everyone" stands alone; nothing is joined to it with "and"'),
        ("everyone and team", 'cannot read "and team" after "everyone"; what may follow is "except SEGMENT"'),
        ("nobody and team", '"nobody" stands alone; nothing is joined to it with "and"'),
        (
            "10% except team",
            'cannot read "except team" after "10%"; what may follow is "and" and another segment',
        ),
        ("team as users", 'expected "team as 5% to 10% of users"; found "team as users"'),
        ("10", '"10" has no unit; did you mean "10%"?'),
        (
            "pupils",
            'unknown segment "pupils"; declare it: "exposure: {segments: {pupils: email ends with …}}"',
        ),
        ("20% of beta testres", 'unknown segment "beta testres"; did you mean "beta testers"?'),
    ],
)
def test_a_wrong_audience(text: str, message: str) -> None:
    assert refusal(parse_audience, text, NAMES).message == message


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("email ends with @x.org", [SegmentTest("email", "ends with", ("@x.org",))]),
        ("group is beta", [SegmentTest("group", "is", ("beta",))]),
        ("department is {{department}}", [SegmentTest("department", "is", ("{{department}}",))]),
        ("country in DE, AT", [SegmentTest("country", "in", ("DE", "AT"))]),
        ("country in NO", [SegmentTest("country", "in", ("NO",))]),
        ("age at least 18", [SegmentTest("age", "at least", ("18",))]),
        ("opted in", [SegmentTest("opted in", "opted in")]),
        (
            "user group is early birds and opted in",
            [SegmentTest("user group", "is", ("early birds",)), SegmentTest("opted in", "opted in")],
        ),
    ],
)
def test_a_segment(text: str, tests: list[SegmentTest]) -> None:
    assert parse_segment(text, "some") == Segment("some", tuple(tests), text=text)


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("group is beta and optd in",
         ('expected a rule such as "email ends with @example.com", "group is beta", "country in DE, AT", '
         '"age at least 18" or "opted in"; found "optd in"'), "optd"),
        ("group is beta or alpha", '"or" is not used in segments; list the values, such as "country in DE, AT"', "beta"),
        ("group is not beta", 'a segment says who is in; keep people out with "expose: everyone except SEGMENT"', "not"),
        ("age at least eighteen", 'expected a number after "at least"; found "eighteen"', "eighteen"),
        ("country in DE,,AT", 'a value is missing in "DE,,AT"', "DE"),
    ],
)  # fmt: skip
def test_a_wrong_segment(text: str, message: str, at: str) -> None:
    error = refusal(parse_segment, text, "some")
    assert error.message == message
    assert text[error.offset :].startswith(at)


CHANGES = TraitTerm("trait", "schema changes")


@pytest.mark.parametrize(
    ("text", "terms", "all_of"),
    [
        ("schema changes", [CHANGES], True),
        ("not Schema-Changes", [TraitTerm("trait", "schema changes", negated=True)], True),
        ("not yet announced", [TraitTerm("trait", "not yet announced")], True),
        ("not automatic", [TraitTerm("automatic", "automatic", negated=True)], True),
        (
            "type is major and user-facing",
            [TraitTerm("type", "major"), TraitTerm("trait", "user-facing")],
            True,
        ),
        ("schema changes or not type is patch", [CHANGES, TraitTerm("type", "patch", negated=True)], False),
        ("client is named", [TraitTerm("named", "client")], True),
    ],
)
def test_when(text: str, terms: list[TraitTerm], all_of: bool) -> None:
    assert parse_when(text, NAMES) == When(tuple(terms), all_of, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'expected a trait such as "schema changes"; found nothing'),
        ("type is majr", 'unknown release type "majr"; did you mean "major"?'),
        ("type is not major", 'write "not type is major"'),
        ("clent is named", 'unknown role "clent"; did you mean "client"?'),
        ("client", '"client" is a role; write "client is named"'),
        ("schema changes and user-facing or automatic",
         '"and" and "or" are not mixed in one "when"; declare a trait for one of the two'),
        ("1d before canary starts",
         '"1d before canary starts" is a moment, and "when" asks for a condition; write "at: 1d before canary starts"'),
        ("automatic now", 'cannot read "now" after "automatic"; what may follow is "and" or "or"'),
    ],
)  # fmt: skip
def test_a_wrong_when(text: str, message: str) -> None:
    assert refusal(parse_when, text, NAMES).message == message
