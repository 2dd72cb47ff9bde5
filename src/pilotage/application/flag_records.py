"""Changing a flag and writing it down: the flag and the event that made it so are stored together or not at all.

The JSON has the form of every event: circumstances first, then the name, then its fields.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args

from pilotage.application.ports.flags import FlagStore
from pilotage.application.shapes import Record, WrongShape, read_moment, record_of, snake_case, write_moment
from pilotage.decisions.flags.changes import changed
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.flag_events import FlagEvent, FlagHappened
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor

_CIRCUMSTANCES = ("at", "by", "because", "event")


def flag_stream(name: str) -> str:
    """The name of a flag's stream of events."""
    return f"flag:{name}"


async def store_change(store: FlagStore, flag: Flag, happened: FlagHappened) -> Flag | None:
    """Add one event to ``flag``; the flag after it, or None when somebody else changed it first: read again."""
    after = changed(flag, happened)
    stored = await store.put_flag(
        after, flag.revision, flag_event_to_json(happened), write_moment(happened.at)
    )
    return after if stored else None


def flag_event_to_json(happened: FlagHappened) -> str:
    """One event of a flag's stream."""
    data: dict[str, Any] = {"at": write_moment(happened.at), "by": record_of(Actor).encode(happened.by)}
    if happened.because:
        data["because"] = happened.because
    name = snake_case(type(happened.event))
    data["event"] = name
    data.update(_events()[name].encode(happened.event))
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def flag_event_from_json(text: str) -> FlagHappened:
    """The event of a stream's line. Raises StoreUnusable when it cannot be read."""
    try:
        data = json.loads(text)
        at, by, because = read_moment(data.pop("at")), data.pop("by"), data.pop("because", "")
        event = _events()[data.pop("event")].decode(data)
        return FlagHappened(at, record_of(Actor).decode(by), event, because)
    except (AttributeError, KeyError, TypeError, WrongShape, ValueError) as error:
        raise StoreUnusable(
            f"The database holds a flag's event that cannot be read ({type(error).__name__}: {error}): {text[:200]}",
            "If a newer Pilotage wrote it, upgrade this one; else run `pilotage audit verify` to find what was changed.",
        ) from error


@cache
def _events() -> dict[str, Record]:
    return {snake_case(cls): Record(cls, _CIRCUMSTANCES, "event_") for cls in get_args(FlagEvent)}
