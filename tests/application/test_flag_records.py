"""A flag's events as JSON: readable, the same every time, and clear about what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilotage.application.flag_records import flag_event_from_json, flag_event_to_json
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.exposure import Exposure, Segment
from pilotage.domain.flag_events import (
    FlagEnded,
    FlagEvent,
    FlagExposureSet,
    FlagHappened,
    FlagKilled,
    FlagRevived,
    FlagUserSwitched,
)
from pilotage.domain.people import PLAN, Actor

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "event",
    [
        FlagExposureSet(
            Exposure(share=100.0, excluded=("europe",), kept=(Exposure(share=10.0),)),
            {"europe": Segment("europe", users=("a", "b"))},
            "seed",
            "e-1",
        ),
        FlagKilled(),
        FlagRevived(),
        FlagUserSwitched("user-1", True),
        FlagUserSwitched("user-1", None),
        FlagEnded("on", "e-2"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_written_is_read_again(event: FlagEvent) -> None:
    happened = FlagHappened(AT, PLAN, event, "because")
    assert flag_event_from_json(flag_event_to_json(happened)) == happened


def test_the_log_reads_well() -> None:
    happened = FlagHappened(AT, Actor(person="maria"), FlagUserSwitched("user-1", False), "asked to")
    assert flag_event_to_json(happened) == (
        '{"at": "2026-03-02T09:00:00Z", "by": {"person": "maria"}, "because": "asked to", '
        '"event": "flag_user_switched", "user": "user-1", "on": false}'
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"at": "2026-03-02T09:00:00Z", "by": {"person": "m"}, "event": "flag_cloned"}']
)
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(StoreUnusable, match="a flag's event that cannot be read"):
        flag_event_from_json(text)
