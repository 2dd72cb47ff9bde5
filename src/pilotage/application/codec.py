"""The JSON of the domain: what stands in the log, in a snapshot, beside an effect. Read by people as well as by us.

An event is one flat object, as in ``{"at": "2026-01-01T09:00:00Z", "by": {"person": "maria"}, "event":
"stage_entered", "stage": "pilot"}``: its circumstances first, then ``event`` (the class name in snake case), then its
own fields. A field of an event that is called like a circumstance (``by``, ``because``) is written ``event_by``.
Fields that hold their default are left out, so a body written before a field existed reads as if it held the default;
hence a default must never change. A field or name we do not know was written by something newer, and is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar, get_args

from pilotage.application.shapes import (
    Record,
    UnknownField,
    WrongShape,
    outline,
    read_moment,
    record_of,
    snake_case,
    write_moment,
)
from pilotage.domain.effects import Effect
from pilotage.domain.errors import StoreUnusable
from pilotage.domain.events import Event, Happened
from pilotage.domain.facts import Outcome, Tick
from pilotage.domain.flags import Flag
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Sample
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release

SNAPSHOT_SCHEMA = 2
"""Raise it when ``evolve`` folds the same events into another state: every snapshot is then folded anew. A change of
the fields themselves is noticed without that (``snapshot_schema``)."""

_PLAN = ("plan",)
_CIRCUMSTANCES = ("at", "by", "because", "event")
_T = TypeVar("_T")


# --- events -------------------------------------------------------------------------------------------------------


def event_to_json(happened: Happened) -> str:
    """One event of a log, as readable JSON that is the same every time."""
    names, _ = _events()
    name, record = names[type(happened.event)]
    data: dict[str, Any] = {"at": write_moment(happened.at), "by": record_of(Actor).encode(happened.by)}
    if happened.because:
        data["because"] = happened.because
    data["event"] = name
    data.update(record.encode(happened.event))
    return _dump(data)


def event_from_json(text: str) -> Happened:
    """The event of a log's line. Raises StoreUnusable when it cannot be read or something newer wrote it."""
    return _read("event", text, _happened)


def _happened(data: dict[str, Any]) -> Happened:
    at, by, because = read_moment(data.pop("at")), data.pop("by"), data.pop("because", "")
    name = data.pop("event")
    _, records = _events()
    if name not in records:
        raise UnknownField(f"it is called {name!r}")
    return Happened(at, record_of(Actor).decode(by), records[name].decode(data), because)


@cache
def _events() -> tuple[dict[type, tuple[str, Record]], dict[str, Record]]:
    """Every event's name and shape by its class, and its shape by its name."""
    shapes = {cls: (snake_case(cls), Record(cls, _CIRCUMSTANCES, "event_")) for cls in get_args(Event)}
    return shapes, dict(shapes.values())


# --- a release's state ----------------------------------------------------------------------------------------------


def release_to_json(release: Release) -> str:
    """A snapshot of a release's state, without its plan (that is pinned by its digest)."""
    return _dump({"schema": snapshot_schema(), **_release().encode(release)}, compact=True)


def release_from_json(text: str, plan: Plan) -> Release | None:
    """The release of a snapshot, with its plan put back. None when it cannot be used: fold the events instead."""
    try:
        data = json.loads(text)
        if data.pop("schema") != snapshot_schema():
            return None
        return Release(plan=plan, **_release().arguments(data))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


@cache
def snapshot_schema() -> str:
    """What a snapshot must say to be used: ``SNAPSHOT_SCHEMA``, and a short digest of every field and default in it."""
    return f"{SNAPSHOT_SCHEMA}-{sha256(outline(Release, without=_PLAN).encode()).hexdigest()[:12]}"


@cache
def _release() -> Record:
    return Record(Release, without=_PLAN)


# --- the rest -------------------------------------------------------------------------------------------------------


def effect_to_json(effect: Effect) -> str:
    """An effect asked of the world; ``type`` inside ``action`` tells its kind."""
    return _dump(record_of(Effect).encode(effect))


def effect_from_json(text: str) -> Effect:
    """The effect of its JSON. Raises StoreUnusable."""
    return _one(Effect, text)


def outcome_to_json(outcome: Outcome) -> str:
    """How an effect ended."""
    return _dump(record_of(Outcome).encode(outcome))


def outcome_from_json(text: str) -> Outcome:
    """The outcome of its JSON. Raises StoreUnusable."""
    return _one(Outcome, text)


def look_to_json(look: Tick) -> str:
    """Everything the sources said at one look: ``samples``, ``tallies`` and ``history``, those that are not empty."""
    return _dump(record_of(Tick).encode(look), compact=True)


def look_from_json(text: str) -> Tick:
    """The look of its JSON; a single sample, as rows were once written, is a look by itself. Raises StoreUnusable."""
    return _read("look", text, _look)


def _look(data: dict[str, Any]) -> Tick:
    if "metric" in data:
        return Tick((record_of(Sample).decode(data),))
    look: Tick = record_of(Tick).decode(data)
    return look


def judging_to_json(judging: Judging) -> str:
    """The judging row of a release."""
    return _dump(record_of(Judging).encode(judging), compact=True)


def judging_from_json(text: str) -> Judging:
    """The judging row of its JSON. Raises StoreUnusable."""
    return _one(Judging, text)


def flag_to_json(flag: Flag) -> str:
    """A flag with its whole definition."""
    return _dump(record_of(Flag).encode(flag))


def flag_from_json(text: str) -> Flag:
    """The flag of its JSON. Raises StoreUnusable."""
    return _one(Flag, text)


def _one(cls: type[_T], text: str) -> _T:
    kind: type = cls
    value: _T = _read(snake_case(kind), text, record_of(kind).decode)
    return value


def _read(what: str, text: str, decode: Callable[[dict[str, Any]], _T]) -> _T:
    try:
        return decode(json.loads(text))
    except UnknownField as error:
        raise StoreUnusable(
            f"The database holds {_a(what)} this version of Pilotage does not know: {error}.",
            "A newer Pilotage wrote it. Upgrade this one, or work with the newer one.",
        ) from error
    except (AttributeError, KeyError, TypeError, WrongShape, ValueError) as error:
        raise StoreUnusable(
            f"The database holds {_a(what)} that cannot be read ({type(error).__name__}: {error}): {text[:200]}",
            "Run `pilotage audit verify`: it names the first record that was changed. Then restore a backup.",
        ) from error


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


_READABLE = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False)
_COMPACT = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))


def _dump(data: dict[str, Any], *, compact: bool = False) -> str:
    text = (_COMPACT if compact else _READABLE).encode(data)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a character (output of a command that is no UTF-8) has no UTF-8 form; JSON can still escape it.
        text = json.dumps(data, allow_nan=False)
    return text
