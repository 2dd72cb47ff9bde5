"""A flag's record as sentences: who changed it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pilotage.application.shapes import snake_case
from pilotage.domain import flag_events as e
from pilotage.domain.people import Actor


@dataclass(frozen=True, slots=True)
class FlagTold:
    """One event of a flag: when, by whom or by which rule, the event's name, a sentence, and the reason given."""

    at: datetime
    by: Actor
    event: str
    sentence: str
    because: str


def tell(happened: e.FlagHappened) -> FlagTold:
    """The event as a sentence, without a full stop."""
    name = snake_case(type(happened.event))
    return FlagTold(happened.at, happened.by, name, f"{happened.by} {_did(happened.event)}", happened.because)


def _did(event: e.FlagEvent) -> str:
    match event:
        case e.FlagExposureSet(exposure=exposure):
            return f"set who meets the change: {exposure}"
        case e.FlagKilled():
            return "pulled the kill switch: nobody meets the change"
        case e.FlagRevived():
            return "took the kill switch back"
        case e.FlagUserSwitched(user=user, on=None):
            return f"gave {user} back to the exposure"
        case e.FlagUserSwitched(user=user, on=on):
            return f"switched {user} {'on' if on else 'off'}"
        case e.FlagEnded(variant=variant):
            return f"retired the flag: everybody gets {variant} for good"
