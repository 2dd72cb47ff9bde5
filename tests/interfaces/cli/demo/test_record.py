"""The numbers of the demo are reckoned from what the record says, each as its description says."""

from __future__ import annotations

from typing import Any

from pilotage.interfaces.cli.demo.record import measured

Event = dict[str, Any]


def at(seconds: float, event: str, **fields: object) -> Event:
    return {"at": f"2026-01-05T09:00:{seconds:06.3f}Z", "event": event, **fields}


def change(seconds: float, effect: str, raised: bool, **after: object) -> list[Event]:
    """An exposure decided, and confirmed half a second later."""
    return [
        at(seconds, "exposure_changed", effect=effect, after=after, **({"raised": True} if raised else {})),
        at(seconds + 0.5, "exposure_confirmed", effect=effect),
    ]


def test_found_from_when_the_first_users_beyond_the_team_could_meet_it() -> None:
    events = [
        *change(1, "a", True, segments={"team": 100}),
        *change(4, "b", True, share=10),
        at(9.75, "trigger_fired"),
        *change(9.75, "c", False),
        at(12, "rollback_completed"),
        at(12, "release_aborted"),
    ]
    found = measured("1.2.0", events, 61)
    assert (found.outcome, found.share_max, found.requests_exposed, found.events) == (
        "rolled_back",
        10,
        61,
        9,
    )
    assert found.detected_after_s == 5.25
    assert found.rolled_back_in_s == 2.25


def test_where_only_the_team_met_it_found_from_then_on() -> None:
    events = [
        *change(1, "a", True, segments={"team": 100}),
        at(3, "trigger_fired"),
        at(4, "rollback_completed"),
    ]
    found = measured("1.2.0", events, 12)
    assert (found.share_max, found.detected_after_s, found.rolled_back_in_s) == (0, 1.5, 1)


def test_what_does_not_apply_is_left_open() -> None:
    events = [*change(1, "a", True, share=50), *change(2, "b", True, share=100), at(3, "release_completed")]
    found = measured("1.1.0", events, 9)
    assert (found.outcome, found.share_max) == ("completed", 100)
    assert (found.detected_after_s, found.rolled_back_in_s) == (None, None)
    assert measured("1.1.0", [], 0).outcome is None


def test_only_a_rise_the_flag_confirmed_counts() -> None:
    never = at(2, "exposure_changed", effect="b", raised=True, after={"share": 50})
    assert measured("1", [*change(1, "a", True, share=10), never], 0).share_max == 10


def test_users_of_earlier_stages_who_stay_in_count() -> None:
    assert measured("1", change(1, "a", True, kept=[{"share": 25}]), 0).share_max == 25
