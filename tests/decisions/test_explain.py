"""Sentences from events: one for every event, in plain words, with who, what and why."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.decisions.evolve import evolve, fold
from pilotage.decisions.explain import TELLERS, Importance, headline, importance, sentence, story
from pilotage.decisions.explain.words import span
from pilotage.domain import events as e
from pilotage.domain.events.judging import Evidence
from pilotage.domain.exposure import NOBODY, Exposure
from pilotage.domain.people import PLAN, Actor
from pilotage.domain.release import Release
from tools import golden

AT = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
MARIA, SAM = Actor(person="maria", role="primary"), Actor(person="sam", role="on-call")
TENTH = Exposure(share=10)
EVENTS = get_args(e.Event)


# --- releases to tell of --------------------------------------------------------------------------------------------


@cache
def empty() -> Release:
    """A release before its first event, on the plan of the golden logs."""
    return Release(id="checkout-1.1.0", plan=golden.plan("checkout"))


@cache
def piloted() -> Release:
    """A release met by a tenth of all users, with its questions to product open."""
    log = golden.load("smooth-release")
    upto = next(n for n, h in enumerate(log.history) if isinstance(h.event, e.ApprovalGiven))
    return fold(log.name, log.plan, log.history[:upto])


def told(event: e.Event, before: Release | None = None, by: Actor = PLAN, because: str = "") -> str:
    """The sentence of an event at ten."""
    return sentence(e.Happened(AT, by, event, because), before or piloted())


# --- every event ----------------------------------------------------------------------------------------------------


def test_every_event_has_its_own_sentence() -> None:
    assert set(TELLERS) == set(EVENTS)
    assert len(set(TELLERS.values())) == len(EVENTS)


words = st.text("abcdefgh ", min_size=1, max_size=12)
names = st.sampled_from(
    ["pilot", "team/deploy", "pilot/go/0", "error rate", "pilot/gate/approved-by-product", "unheard-of"]
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001
numbers = st.floats(0, 1e6)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: words | names,
    bool: st.booleans(),
    int: st.integers(0, 30),
    float: numbers,
    float | None: st.none() | numbers,
    datetime: moments,
    datetime | None: st.none() | moments,
    tuple[str, ...]: st.lists(words | names, max_size=3).map(tuple),
    dict[str, str]: st.dictionaries(words, words, max_size=2),
    dict[str, bool]: st.dictionaries(words, st.booleans(), max_size=2),
    dict[str, tuple[str, ...]]: st.just({}),
    Evidence | None: st.none() | st.builds(Evidence, numbers, numbers, st.none() | numbers),
    Exposure: st.builds(Exposure, share=st.floats(0, 100), segments=st.just({"team": 100.0})),
}
actors = st.builds(Actor, person=st.sampled_from(["maria", "lee"]), role=words) | st.builds(Actor, rule=words)


@st.composite
def happenings(draw: st.DrawFn) -> e.Happened:
    """Any event at all, also one no decision would ever make."""
    kind = draw(st.sampled_from(EVENTS))
    hints = get_type_hints(kind)
    values = {
        name: draw(
            st.sampled_from(list(hint))
            if isinstance(hint, type) and issubclass(hint, Enum)
            else BY_TYPE[hint]
        )
        for name, hint in hints.items()
    }
    return e.Happened(draw(moments), draw(actors), kind(**values), draw(words | st.just("")))


REPR = re.compile(r"[<(]\w+\.\w+|datetime|\b[A-Z]\w+\(|\bNone\b|frozenset|\{\}|\('|', '|\[\]|\[\]")


@given(happenings(), st.sampled_from([empty, piloted]))
def test_any_event_is_one_plain_line(happened: e.Happened, before: Any) -> None:
    text = sentence(happened, before())
    assert text == " ".join(text.split())
    assert text.isprintable()
    assert not REPR.search(text), text


@given(st.sampled_from(golden.names()), st.data())
def test_the_headline_is_plain_at_every_moment(name: str, data: st.DataObject) -> None:
    log = golden.load(name)
    upto = data.draw(st.integers(0, len(log.history)))
    text = headline(fold(log.name, log.plan, log.history[:upto]))
    assert text.isprintable()
    assert text.endswith((".", "?"))
    assert not REPR.search(text), text


def test_output_of_the_world_cannot_steer_a_terminal() -> None:
    text = told(e.StepFailed("team/deploy", "\x1b[31mred\nand\tmore\x07"))
    assert text == '"deploy" failed: [31mred and more'


# --- who, what and why ----------------------------------------------------------------------------------------------

PILOT = {"stage": "pilot", "rung": 0}
SAID = [
    (e.ApprovalGiven("pilot/go/0", "maria", "primary", "d", "1.1.0", "looks good"), MARIA, "",
     "maria (primary) approved the go of pilot: looks good"),
    (e.ApprovalRejected("pilot/gate/approved-by-product", "lee", "product", "not yet"), Actor("lee", "product"), "",
     "lee (product) said no to the gate of pilot: not yet"),
    (e.Held(e.HoldCause.PERSON, "odd numbers"), SAM, "odd numbers", "sam (on-call) held the release: odd numbers"),
    (e.Held(e.HoldCause.GUARD, "error rate is 9 %", "error rate", page=True),
     Actor(rule="guard error rate: alert error rate > 3%"), "",
     "The release is held, and people are paged: error rate is 9 % (guard error rate: alert error rate > 3%)"),
    (e.RollbackStarted("undo in reverse", "1.2.0", "1.1.0", "error rate is 8.1 %, above 5 % for 2s", automatic=True), PLAN, "",
     "Rolling back from 1.2.0 to 1.1.0: error rate is 8.1 %, above 5 % for 2s (automatic)"),
    (e.RollbackStarted("undo in reverse", "1.2.0", "1.1.0", "carts are lost"), SAM, "",
     "sam (on-call) is rolling back from 1.2.0 to 1.1.0: carts are lost"),
    (e.GuardChanged("error rate", "watch", "error rate is 3 % of 900 requests", 3.0), PLAN, "",
     "Error rate is 3 % of 900 requests: it is off target (error rate < 2%)"),
    (e.StepFailed("team/deploy", "exit status 1", 4.2, again_at=AT + timedelta(seconds=30)), PLAN, "",
     '"deploy" failed after 4s: exit status 1; it is tried again in 30s'),
    (e.StepStarted("team/deploy", 3), PLAN, "", '"deploy" began for the 3rd time'),
    (e.StepSkipped("team/deploy", "it runs already"), SAM, "", 'sam (on-call) went on without "deploy": it runs already'),
    (e.CheckOverridden("team/gate/the-team-has-paid-with-the-new-checkout", "paid by hand"), MARIA, "",
     'maria (primary) overrode "The team has paid with the new checkout": paid by hand'),
    (e.ActionRefused("tell trait", "lee is not asked"), Actor("lee"), "",
     "lee wanted to answer for a trait and was refused: lee is not asked"),
    (e.MetricReported("error rate", 2.5, 400), SAM, "", "sam (on-call) reported that error rate is 2.5 % of 400"),
    (e.ExposureFailed("x", "connection refused", AT + timedelta(seconds=5)), PLAN, "",
     "Exposure could not be changed to team and 10%: connection refused; it is asked for again in 5s"),
    (e.Escalated("pilot/gate/approved-by-product", "on-call"), PLAN, "",
     "Nobody answered in time, so on-call (sam) is asked as well: approved by product"),
    (e.FollowUpOpened("f", "Root cause", AT + timedelta(days=1), ("primary",)), PLAN, "",
     'primary (maria) has to follow up by 2026-01-06 10:00: "Root cause"'),
    (e.MessageFailed("k", "timed out", unknown=True), PLAN, "",
     "It is not known whether the message k was delivered: timed out"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "by", "because", "text"), SAID, ids=lambda value: type(value).__name__)
def test_a_sentence_says_who_what_and_why(event: e.Event, by: Actor, because: str, text: str) -> None:
    assert told(event, by=by, because=because) == text


def test_exposure_rises_because_a_gate_passed() -> None:
    wider = replace(TENTH, segments={"team": 100.0})
    before = replace(piloted(), stages={k: s for k, s in piloted().stages.items() if k == "team"})
    rise = e.ExposureChanged(Exposure(segments={"team": 100.0}), wider, True, "pilot", 0)
    assert told(rise, before) == "Exposure rises from team to team and 10%, because the gate of team passed"


def test_a_person_who_raises_exposure_is_named_with_the_reason() -> None:
    rise = e.ExposureChanged(TENTH, Exposure(share=20), True, "pilot", 0)
    assert (
        told(rise, by=MARIA, because="all calm")
        == "maria (primary) raised exposure from 10% to 20%: all calm"
    )


def test_the_fall_of_a_rollback_says_that_it_comes_first() -> None:
    start = e.Happened(AT, PLAN, e.RollbackStarted("undo in reverse", "1.1.0", "1.0.0", "errors"), "errors")
    fall = e.ExposureChanged(TENTH, NOBODY, False, "pilot", -1)
    text = told(fall, evolve(piloted(), start), because="errors")
    assert text == "Exposure falls from 10% to nobody, before anything else is undone"


def test_a_message_keeps_no_variable_that_may_have_changed() -> None:
    """``{{reason}}`` means something else later, so the message is told without its text."""
    plan = golden.plan("checkout")
    row = replace(plan.messages[0], text="Held: {{reason}}")
    before = replace(piloted(), plan=replace(plan, messages=(row,)))
    key = next(k for k, m in before.messages.items() if m.row == row.id)
    assert told(e.MessageSent(key), before) == "The message to internal by team log was delivered"


# --- stories, headlines and importance --------------------------------------------------------------------------------


def test_a_story_has_a_sentence_an_event_in_order() -> None:
    log = golden.load("automatic-rollback")
    lines = story(log.name, log.plan, log.history)
    assert [at for at, _ in lines] == [h.at for h in log.history]
    assert lines[0][1] == "sam created release 1.2.0 of shop, to replace 1.1.0, by the plan checkout"


def test_headlines() -> None:
    before = piloted()
    assert headline(empty()) == "checkout-1.1.0 is planned and waits to be started."
    assert headline(before) == (
        "1.1.0 is in pilot: team and 10% can meet it, healthy so far. Waiting for product (lee): approved by product."
    )
    held = evolve(before, e.Happened(AT, SAM, e.Held(e.HoldCause.PERSON, "odd numbers", page=True)))
    assert headline(held) == (
        "1.1.0 is held in pilot: team and 10% can meet it, and people are paged. Odd numbers."
    )
    back = e.RollbackStarted("undo in reverse", "1.1.0", "1.0.0", "carts are lost")
    assert (
        headline(evolve(before, e.Happened(AT, SAM, back)))
        == "1.1.0 is being rolled back to 1.0.0: carts are lost."
    )
    doubtful = replace(before, guards={"error rate": "watch"}, questions={}, rehearsal=True)
    assert headline(doubtful) == (
        "Rehearsal: 1.1.0 is in pilot: team and 10% can meet it, error rate is off target (error rate < 2%)."
    )


def test_what_is_left_when_quiet_lines_are_left_out() -> None:
    log = golden.load("automatic-rollback")
    turns = [type(h.event) for h in log.history if importance(h.event) is Importance.TURN]
    assert turns[-6:] == [
        e.ExposureChanged, e.TriggerFired, e.RollbackStarted, e.ExposureChanged, e.RollbackCompleted, e.Held,
    ]  # fmt: skip
    quiet = [h.event for h in log.history if importance(h.event) is Importance.QUIET]
    assert any(
        isinstance(event, e.MessageSent) for event in quiet
    )  # a notice of a question that is told itself


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "less than 1s"), (59.6, "1m"), (60, "1m"), (3599, "59m 59s"), (86_400, "1d")]
)
def test_lengths_are_rounded_for_people(seconds: float, text: str) -> None:
    assert span(seconds) == text
