"""Every value of the domain that is stored comes back as it was, and what cannot come back is refused in words."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotage.application import codec
from pilotage.application.shapes import outline, shape_of, snake_case
from pilotage.domain.effects import Effect, EffectAction
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.events import Event, FollowUpOpened, GuardChanged, Happened, StageEntered
from pilotage.domain.facts import Outcome, OutcomeKind, Tick
from pilotage.domain.flags import Flag
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Sample
from pilotage.domain.people import PLAN, Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release
from pilotage.domain.tallies import Tally

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)
PLAN_OF_TESTS = Plan(id="checkout", digest="d" * 64)


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type of the domain, with moments that are aware."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return st.one_of([values(a) for a in arguments])
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*[values(a) for a in arguments])
    if origin is dict:
        return st.dictionaries(st.text(max_size=5), values(arguments[1]), max_size=2)
    if hint is NoneType:
        return st.none()
    if hint is datetime:
        return st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]))
    if hint is float:
        return st.floats(allow_nan=False)
    if hint in (str, int, bool):
        return {str: st.text(max_size=8), int: st.integers(0, 2**62), bool: st.booleans()}[hint]
    assert isinstance(hint, type)
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    assert is_dataclass(hint)
    return instances(hint)


def instances(cls: type, **given_already: Any) -> st.SearchStrategy[Any]:
    """Any value of a dataclass; fields with a default often keep it, as in life."""

    def build() -> st.SearchStrategy[Any]:
        hints = get_type_hints(cls)
        must = {
            f.name: values(hints[f.name]) for f in fields(cls) if f.name not in given_already and _bare(f)
        }
        may = {
            f.name: values(hints[f.name]) for f in fields(cls) if f.name not in given_already and not _bare(f)
        }
        return st.fixed_dictionaries(must, optional=may).map(lambda found: cls(**found, **given_already))

    return st.deferred(build)


def _bare(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


@pytest.mark.parametrize("cls", get_args(Event), ids=snake_case)
@settings(max_examples=20)
@given(data=st.data())
def test_every_event_comes_back_and_writes_itself_the_same_again(cls: type, data: st.DataObject) -> None:
    happened = data.draw(
        st.builds(Happened, values(datetime), values(Actor), values(cls), st.text(max_size=9))
    )
    text = codec.event_to_json(happened)
    assert codec.event_from_json(text) == happened
    assert codec.event_to_json(codec.event_from_json(text)) == text


@pytest.mark.parametrize("cls", get_args(EffectAction), ids=snake_case)
@settings(max_examples=20)
@given(data=st.data())
def test_every_effect_comes_back(cls: type, data: st.DataObject) -> None:
    effect = data.draw(
        st.builds(Effect, st.text(), st.text(), st.text(), values(cls), st.booleans(), st.text())
    )
    assert codec.effect_from_json(codec.effect_to_json(effect)) == effect


@settings(max_examples=50)
@given(release=instances(Release, plan=PLAN_OF_TESTS))
def test_a_releases_state_comes_back_with_its_plan(release: Release) -> None:
    assert codec.release_from_json(codec.release_to_json(release), PLAN_OF_TESTS) == release


@settings(max_examples=30)
@given(st.data())
def test_the_rest_comes_back(data: st.DataObject) -> None:
    outcome, look = data.draw(values(Outcome)), data.draw(values(Tick))
    judging, flag = data.draw(values(Judging)), data.draw(values(Flag))
    assert codec.outcome_from_json(codec.outcome_to_json(outcome)) == outcome
    assert codec.look_from_json(codec.look_to_json(look)) == look
    assert codec.judging_from_json(codec.judging_to_json(judging)) == judging
    assert codec.flag_from_json(codec.flag_to_json(flag)) == flag


def test_an_event_reads_like_a_line_of_a_log() -> None:
    happened = Happened(
        NINE, Actor(person="maria", role="primary"), StageEntered("pilot"), "the gate was passed"
    )
    assert codec.event_to_json(happened) == (
        '{"at": "2026-01-01T09:00:00Z", "by": {"person": "maria", "role": "primary"}, '
        '"because": "the gate was passed", "event": "stage_entered", "stage": "pilot"}'
    )


def test_a_field_called_like_a_circumstance_keeps_both() -> None:
    opened = FollowUpOpened("post-mortem", "Write it", NINE, by=("maria",))
    judged = GuardChanged("error rate", "alert", because="8 of 100")
    for event, key in ((opened, "event_by"), (judged, "event_because")):
        happened = Happened(NINE, PLAN, event, "of the rollback")
        text = codec.event_to_json(happened)
        assert key in json.loads(text)
        assert codec.event_from_json(text) == happened


def test_a_body_without_newer_fields_reads_as_their_defaults() -> None:
    text = '{"at": "2026-01-01T09:00:00+00:00", "by": {"rule": "the plan"}, "event": "bake_started", "stage": "pilot"}'
    assert codec.event_from_json(text).event.rung == 0  # type: ignore[union-attr]  # the event is a BakeStarted


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shape": "round"}, "stage_entered has the field 'shape'"),
        ({"event": "stage_teleported"}, "it is called 'stage_teleported'"),
        ({"by": {"rule": "the plan", "robot": True}}, "actor has the field 'robot'"),
    ],
)
def test_what_something_newer_wrote_is_said_to_be_newer(change: dict[str, Any], said: str) -> None:
    body = json.loads(codec.event_to_json(Happened(NINE, PLAN, StageEntered("pilot"))))
    with pytest.raises(StoreUnusable, match="newer Pilotage wrote it") as caught:
        codec.event_from_json(json.dumps(body | change))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", "null", "{}", '{"at": "2026-01-01T09:00:00", "by": {}}']
)
def test_what_cannot_be_read_points_to_the_audit(text: str) -> None:
    with pytest.raises(StoreUnusable, match="pilotage audit verify"):
        codec.event_from_json(text)


def test_a_missing_field_points_to_the_audit() -> None:
    with pytest.raises(StoreUnusable, match=r"an outcome that cannot be read.*'kind'"):
        codec.outcome_from_json("{}")


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"schema": "0-0"}'])
def test_a_snapshot_of_another_schema_is_left_to_the_fold(text: str) -> None:
    assert codec.release_from_json(text, PLAN_OF_TESTS) is None


def test_a_snapshot_with_a_strange_field_is_left_to_the_fold() -> None:
    data = json.loads(codec.release_to_json(Release("checkout-2", PLAN_OF_TESTS)))
    assert codec.release_from_json(json.dumps(data), PLAN_OF_TESTS) is not None
    assert codec.release_from_json(json.dumps(data | {"halo": 1}), PLAN_OF_TESTS) is None


def test_the_snapshot_schema_follows_every_field_that_a_snapshot_holds() -> None:
    lines = outline(Release, without=("plan",)).splitlines()
    assert "Exposure.share: <class 'float'> = 0.0" in lines
    assert any(line.startswith("Status is planned, ") for line in lines)
    assert not any(line.startswith("Plan.") for line in lines)
    assert any(line.startswith("Plan.") for line in outline(Release).splitlines())


def test_half_a_character_from_a_commands_output_survives() -> None:
    outcome = Outcome(OutcomeKind.FAILED, output="caf\udce9 \0 ü")
    text = codec.outcome_to_json(outcome)
    assert text.encode()
    assert codec.outcome_from_json(text) == outcome


def test_numbers_json_does_not_know_stay_what_they_are() -> None:
    text = codec.look_to_json(Tick((Sample("error rate", NINE, float("-inf"), count=float("nan")),)))
    json.loads(text, parse_constant=pytest.fail)
    [sample] = codec.look_from_json(text).samples
    assert sample.value == float("-inf")
    assert sample.count != sample.count  # NaN


def test_a_row_of_a_single_sample_as_it_was_once_written_is_a_look() -> None:
    text = '{"metric":"error rate","observed_at":"2026-01-01T09:00:00Z","value":0.5}'
    [sample] = codec.look_from_json(text).samples
    assert (sample.metric, sample.value) == ("error rate", 0.5)


def test_a_look_holds_only_what_there_is() -> None:
    tally = Tally("error rate", NINE - timedelta(seconds=15), NINE, 100, 1)
    assert json.loads(codec.look_to_json(Tick(tallies=(tally,)))) == {
        "tallies": [
            {
                "metric": "error rate",
                "begun": "2026-01-01T08:59:45Z",
                "ended": "2026-01-01T09:00:00Z",
                "requests": 100,
                "errors": 1,
            }
        ]
    }


def test_a_moment_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        codec.event_to_json(Happened(datetime(2026, 1, 1), PLAN, StageEntered("pilot")))  # noqa: DTZ001 - the point


@pytest.mark.parametrize("hint", [bytes, set[str], tuple[str, datetime], dict[int, str], complex])
def test_a_type_without_a_json_form_is_refused_when_it_is_compiled(hint: Any) -> None:
    with pytest.raises(TypeError):
        shape_of(hint)
