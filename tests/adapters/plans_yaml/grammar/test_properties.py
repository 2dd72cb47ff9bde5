"""What holds for every text: what is written can be read back, and nothing but a GrammarError is ever raised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.adapters.plans_yaml.grammar import (
    asks,
    audiences,
    cadences,
    conditions,
    durations,
    guards,
    moments,
    numbers,
    replies,
    segments,
    templates,
    traits,
    values,
    windows,
)
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.domain.conditions import (
    ApprovedBy,
    Comparison,
    Condition,
    Every,
    OnTarget,
    Operator,
    Scope,
    StableFor,
    StepPassed,
    Term,
    WorseThanBaseline,
)
from pilotage.domain.exposure import Exposure
from pilotage.domain.moments import Anchor, AtAnchor, Moment, Repeated, WeekOfRelease
from pilotage.domain.people import Ask
from pilotage.domain.time import Bake, Duration, DurationRange
from tests.adapters.plans_yaml.grammar.scope import METRICS, NAMES, STAGES, with_text

RATE = METRICS["error rate"]
PARSERS: dict[str, Callable[[str], object]] = {
    "duration": durations.parse_duration,
    "range": durations.parse_duration_range,
    "bake": durations.parse_bake,
    "within": lambda text: durations.parse_within(text, NAMES),
    "value": lambda text: values.parse_value(text, METRICS["latency p95"]),
    "unit": values.parse_unit,
    "who": lambda text: asks.parse_who(text, NAMES),
    "each of": lambda text: asks.parse_each_of([text], NAMES),
    "go": lambda text: asks.parse_go(text, NAMES),
    "number ask": lambda text: asks.parse_number_ask(text, NAMES),
    "condition": lambda text: conditions.parse_condition(text, NAMES),
    "guard": lambda text: guards.parse_guard(text, RATE),
    "same as": lambda text: guards.parse_same_as(text, NAMES),
    "baseline": lambda text: guards.parse_baseline(text, RATE),
    "percent": numbers.parse_percent,
    "number": numbers.parse_number,
    "count": numbers.parse_count,
    "boolean": numbers.parse_boolean,
    "false alarms": numbers.parse_false_alarms,
    "minimum": numbers.parse_minimum,
    "choice": lambda text: numbers.parse_choice(text, ("hold", "roll back")),
    "moment": lambda text: moments.parse_moment(text, NAMES),
    "anchor": lambda text: moments.parse_anchor(text, NAMES),
    "audience": lambda text: audiences.parse_audience(text, NAMES),
    "segment": lambda text: segments.parse_segment(text, "some"),
    "when": lambda text: traits.parse_when(text, NAMES),
    "span": lambda text: windows.parse_span(text, NAMES),
    "hours": windows.parse_hours,
    "absence": windows.parse_absence,
    "cadence": cadences.parse_cadence,
    "rota": cadences.parse_rota,
    "otherwise": replies.parse_otherwise,
    "then": lambda text: replies.parse_then(text, NAMES),
    "deadline": lambda text: replies.parse_deadline(text, NAMES),
    "retry": replies.parse_retry,
    "placeholders": templates.placeholders,
    "check placeholders": lambda text: templates.check_placeholders(text, ["version"]),
    "fill": lambda text: templates.fill(text, {"version": "1.10"}),
}

# Words of every grammar, so that random texts come far into each before they go wrong.
WORDS = [
    *METRICS, *STAGES, *NAMES.roles, *NAMES.segments, *NAMES.traits, *NAMES.calendars, *moments.EVENTS,
    "and", "or", "not", "of", "for", "in any", "in every", "region", "approved by", "matrix", "within", "then",
    "at the end", "by itself", "any of", "2 of", "step", "passed", "stable for", "on target", "worse than baseline by",
    "<", "<=", ">", ">=", "=", "=>", "target", "alert", ",", "5%", "0%", "10%", "2x baseline", "5", "300ms", "3d", "1w",
    "1.5d", "99999999999999999999d", "1 per w", "5MB", "to", "up to", "or more", "ongoing", "every", "during", "until",
    "from", "after", "before", "next", "week 3", "the release", "Monday", "of release week", "09:00", "24:00", "99:99",
    "2026-12-19", "2026-02-31", "0000-01-01", "everyone", "everyone except", "nobody", "no more", "as", "of users",
    "events of", "titled", "is", "in", "ends with", "at least", "opted in", "type is", "hotfix", "is named", "automatic",
    "{{version}}", "{{release date}}", "{{", "}}", "roll back", "hold", "back to", "at once", "by", "times every", "3",
    "second", "quarter", "month", "on demand", "weekly", "\n", "-", "٣%", "²", "é",
]  # fmt: skip
texts = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join))


@pytest.mark.parametrize("parse", PARSERS.values(), ids=PARSERS)
@given(text=texts)
def test_any_text_is_read_or_refused_at_a_place_within_it(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except GrammarError as error:
        refused: GrammarError | None = error
    else:
        refused = None
    assert refused is None or (refused.message and 0 <= refused.offset <= len(text))


# ------------------------------------------------------------------------------------- written, and read again

durations_of_any_length = st.builds(
    Duration, st.integers(0, 30_000), st.integers(0, 10**8).map(lambda milliseconds: milliseconds / 1000)
)
whole_percents = st.integers(1, 1000).map(lambda tenths: tenths / 10)
operators = st.sampled_from(Operator)
scopes = st.one_of(st.none(), st.builds(Scope, st.sampled_from(Every), st.sampled_from(RATE.split)))
sustained = st.one_of(st.none(), durations_of_any_length)
role_lists = st.lists(st.sampled_from(list(NAMES.roles)), min_size=1, max_size=4, unique=True).map(tuple)
anchors = st.one_of(
    st.sampled_from(moments.EVENTS).map(lambda event: moments.parse_anchor(event, NAMES)),
    st.builds(
        Anchor,
        st.sampled_from(sorted(set(STAGES.values()))),
        st.sampled_from(["starts", "ends"]),
        st.just(True),
    ),
)


@st.composite
def asks_of_roles(draw: st.DrawFn) -> Ask:
    roles = draw(role_lists)
    needed = draw(st.one_of(st.none(), st.integers(1, len(roles))))
    then = draw(st.one_of(st.none(), st.sampled_from(list(NAMES.roles))))
    return Ask(roles, needed, draw(sustained), then, draw(st.booleans()))


def written_ask(ask: Ask) -> str:
    tails = [
        f" within {ask.within}" if ask.within is not None else "",
        f" then {ask.then}" if ask.then else "",
    ]
    return f"{ask}{''.join(tails)}{' at the end' if ask.at_the_end else ''}"


def written_scope(scope: Scope | None, lasting: Duration | None) -> str:
    return (f" in {scope.every} {scope.dimension}" if scope else "") + (
        f" for {lasting}" if lasting is not None else ""
    )


def written_term(term: Term) -> str:
    match term:
        case Comparison(metric, operator, limit, of_baseline, scope, lasting):
            return f"{metric} {operator} {limit:g}{'x baseline' if of_baseline else '%'}{written_scope(scope, lasting)}"
        case WorseThanBaseline(metric, percent, scope, lasting):
            return f"{metric} worse than baseline by {percent:g}%{written_scope(scope, lasting)}"
        case OnTarget(metric):
            return f"{metric} on target"
        case ApprovedBy(ask, matrix):
            return "approved by matrix" if matrix else f"approved by {written_ask(ask)}"
        case StepPassed(step):
            return f"step {step} passed"
        case StableFor(duration):
            return f"stable for {duration}"


terms = st.one_of(
    st.builds(Comparison, st.just("error rate"), operators, whole_percents, st.booleans(), scopes, sustained),
    st.builds(WorseThanBaseline, st.just("error rate"), whole_percents, scopes, sustained),
    st.builds(OnTarget, st.just("open P0 bugs")),
    st.builds(ApprovedBy, asks_of_roles().map(lambda ask: replace(ask, at_the_end=False))),
    st.just(ApprovedBy(Ask(()), matrix=True)),
    st.builds(StepPassed, st.sampled_from(["smoke", "go/no-go", "deploy to staging"])),
    st.builds(StableFor, durations_of_any_length),
)


@given(st.lists(terms, min_size=1, max_size=4))
def test_a_condition_is_read_as_it_was_written(unwritten: list[Term]) -> None:
    written = [written_term(term) for term in unwritten]
    text = " and ".join(written)
    wanted = Condition(
        tuple(with_text(term, words) for term, words in zip(unwritten, written, strict=True)), text
    )
    assert conditions.parse_condition(text, NAMES) == wanted


@given(asks_of_roles())
def test_a_go_is_read_as_it_was_written(ask: Ask) -> None:
    assert asks.parse_go(written_ask(ask), NAMES) == ask


@given(durations_of_any_length)
def test_a_duration_is_read_as_it_was_written(duration: Duration) -> None:
    assert durations.parse_duration(str(duration)) == duration


@given(durations_of_any_length, durations_of_any_length)
def test_a_range_is_read_as_it_was_written(one: Duration, other: Duration) -> None:
    least, most = sorted((one, other), key=lambda duration: duration.approximate_seconds)
    for wanted in (DurationRange(least, most), DurationRange(None, most), DurationRange(least, None)):
        assert durations.parse_duration_range(str(wanted)) == wanted
    for bake in (Bake(least), Bake(least, most), Bake(Duration(), ongoing=True)):
        assert durations.parse_bake(str(bake)) == bake


def written_moment(moment: Moment) -> str:
    match moment:
        case AtAnchor(anchor, None, before):
            return f"before {anchor.name}" if before else anchor.name
        case AtAnchor(anchor, offset, before):
            return f"{offset} {'before' if before else 'after'} {anchor.name}"
        case Repeated(every, starts, ends, lasts, months):
            rhythm = {0: f"{every}", 1: "month", 3: "quarter"}[months]
            if lasts is not None and starts is not None:
                return f"every {rhythm} for {lasts} after {starts.name}"
            span = (f" from {starts.name}" if starts else "") + (f" until {ends.name}" if ends else "")
            return f"every {rhythm}{span}"
        case WeekOfRelease(number):
            return f"week {number}"
        case _:
            raise AssertionError(moment)


@st.composite
def repeated_moments(draw: st.DrawFn) -> Repeated:
    every, months = draw(
        st.one_of(
            st.tuples(durations_of_any_length.filter(bool), st.just(0)),
            st.tuples(st.just(Duration()), st.sampled_from([1, 3])),
        )
    )
    if draw(st.booleans()):
        return Repeated(every, draw(anchors), None, draw(durations_of_any_length), months)
    ends = st.one_of(st.none(), anchors)
    return Repeated(every, draw(ends), draw(ends), None, months)


@given(
    st.one_of(
        st.builds(AtAnchor, anchors, st.none(), st.booleans()),
        st.builds(AtAnchor, anchors, durations_of_any_length, st.booleans()),
        repeated_moments(),
        st.builds(WeekOfRelease, st.integers(1, 99)),
    )
)
def test_a_moment_is_read_as_it_was_written(moment: AtAnchor | Repeated | WeekOfRelease) -> None:
    text = written_moment(moment)
    assert moments.parse_moment(text, NAMES) == with_text(moment, text)


@st.composite
def exposures(draw: st.DrawFn) -> Exposure:
    if draw(st.booleans()):
        left_out = st.lists(st.sampled_from(list(NAMES.segments)), max_size=2, unique=True)
        return Exposure(share=100, excluded=tuple(draw(left_out)))
    shares = whole_percents.filter(lambda percent: percent <= 99)
    segments = draw(
        st.dictionaries(st.sampled_from(list(NAMES.segments)), st.one_of(st.just(100.0), shares), max_size=3)
    )
    return Exposure(share=draw(st.one_of(st.just(0.0), shares)), segments=segments)


@given(exposures())
def test_an_audience_is_read_as_it_was_written(exposure: Exposure) -> None:
    audience = audiences.parse_audience(str(exposure), NAMES)
    assert (audience.least, audience.most) == (exposure, exposure)
