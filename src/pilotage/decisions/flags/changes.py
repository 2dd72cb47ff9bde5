"""A flag is the fold of its events: the one place where an event changes a flag."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import assert_never

from pilotage.domain.flag_events import (
    FlagEnded,
    FlagExposureSet,
    FlagHappened,
    FlagKilled,
    FlagRevived,
    FlagUserSwitched,
)
from pilotage.domain.flags import Flag


def fold_flag(name: str, events: Iterable[FlagHappened]) -> Flag:
    """The flag after all its events, in order; its revision counts them."""
    return reduce(changed, events, Flag(name=name))


def changed(flag: Flag, happened: FlagHappened) -> Flag:
    """The flag after one more event."""
    flag = replace(flag, revision=flag.revision + 1)
    event = happened.event
    match event:
        case FlagExposureSet():
            return replace(flag, exposure=event.exposure, segments=dict(event.segments), seed=event.seed)
        case FlagKilled():
            return replace(flag, killed=True, killed_because=happened.because)
        case FlagRevived():
            return replace(flag, killed=False, killed_because="")
        case FlagUserSwitched():
            others = {user: on for user, on in flag.forced.items() if user != event.user}
            return replace(flag, forced=others if event.on is None else {**others, event.user: event.on})
        case FlagEnded():
            return replace(flag, retired=True, retired_variant=event.variant)
        case _:
            assert_never(event)
