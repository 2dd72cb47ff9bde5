"""Frozen dataclasses to plain JSON values and back, compiled once per type from its annotations.

Knows text, numbers, flags, enums, moments (aware; written in UTC with ``Z``), optional values, ``tuple[X, ...]``,
``dict[str, X]``, dataclasses, and unions of dataclasses (told apart by ``type``, the class name in snake case). Fields
that hold their default are left out. What it does not know it refuses when the type is compiled, not when data arrives.

Numbers and texts are not checked again on the way in: the hash chain vouches for what the store gives back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter
from threading import RLock
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

Turn = Callable[[Any], Any]

TAG = "type"
"""The key that tells which class of a union a value is of."""

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_ALWAYS = object()
"""Stands for the default of a field that has none: equal to no value, so the field is always written."""


class WrongShape(ValueError):
    """Data that is no value of the type asked for; the message says what was found."""


class UnknownField(WrongShape):
    """Data with a field or a name this version does not have: something newer wrote it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How values of one type turn into JSON values and back (None: they are the same)."""

    encode: Turn | None
    decode: Turn | None


def snake_case(cls: type) -> str:
    """``StageEntered`` as ``stage_entered``: the name of an event or effect in the log."""
    return _CAPITAL.sub("_", cls.__name__).lower()


class Record:
    """The compiled shape of one dataclass.

    A field whose name is in ``taken`` (by the envelope its values are written into) is written with ``prefix`` before
    it. ``without`` names fields that are not written at all; ``arguments`` leaves them to the caller.
    """

    def __init__(
        self, cls: type, taken: Collection[str] = (), prefix: str = "", without: Collection[str] = ()
    ) -> None:
        """Compile ``cls``. Raises TypeError for an annotation it does not know."""
        self.cls = cls
        with _compiling:
            if not (taken or without):
                _drafts[cls] = self  # a class that holds itself finds itself here
            hints = get_type_hints(cls)
            kept = [f for f in fields(cls) if f.name not in without]
            shapes = [shape_of(hints[f.name]) for f in kept]
        keys = [f"{prefix}{f.name}" if f.name in taken else f.name for f in kept]
        self._values = _values_of([f.name for f in kept])
        self._steps = tuple((k, _default_of(f), s.encode) for k, f, s in zip(keys, kept, shapes, strict=True))
        self._fields = {k: (f.name, s.decode) for k, f, s in zip(keys, kept, shapes, strict=True)}

    def encode(self, value: Any) -> dict[str, Any]:
        """The fields of ``value`` that differ from their defaults, in the order they are declared."""
        data: dict[str, Any] = {}
        for (key, default, encode), found in zip(self._steps, self._values(value), strict=True):
            if found is not default and found != default:
                data[key] = found if encode is None else encode(found)
        return data

    def arguments(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What to call the class with. Raises UnknownField."""
        known = self._fields
        found = {}
        for key, value in data.items():
            if key not in known:
                raise UnknownField(f"{snake_case(self.cls)} has the field {key!r}")
            name, decode = known[key]
            found[name] = value if decode is None or value is None else decode(value)
        return found

    def decode(self, data: Mapping[str, Any]) -> Any:
        """The value of ``data``. Raises WrongShape, also as UnknownField."""
        try:
            return self.cls(**self.arguments(data))
        except WrongShape:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise WrongShape(f"{snake_case(self.cls)}: {error}") from error


_compiling = RLock()
_drafts: dict[type, Record] = {}


@cache
def record_of(cls: type) -> Record:
    """The compiled shape of a dataclass, made once."""
    with _compiling:
        return _drafts[cls] if cls in _drafts else Record(cls)


def outline(cls: type, without: Collection[str] = ()) -> str:
    """Every field, default and enum value JSON of ``cls`` can hold, one a line: versions that write alike agree."""
    lines: set[str] = set()
    seen: set[Any] = set()
    ahead: list[Any] = [cls]
    while ahead:
        hint = ahead.pop()
        if hint in seen:
            continue
        seen.add(hint)
        ahead += get_args(hint)
        if isinstance(hint, type) and issubclass(hint, Enum):
            lines.add(f"{hint.__name__} is {', '.join(str(member.value) for member in hint)}")
        elif isinstance(hint, type) and is_dataclass(hint):
            hints = get_type_hints(hint)
            for field in (f for f in fields(hint) if hint is not cls or f.name not in without):
                default = _default_of(field)
                end = "" if default is _ALWAYS else f" = {default!r}"
                lines.add(f"{hint.__name__}.{field.name}: {hints[field.name]}{end}")
                ahead.append(hints[field.name])
    return "\n".join(sorted(lines))


@cache
def shape_of(hint: Any) -> Shape:
    """The shape of an annotation. Raises TypeError for one it does not know."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin is tuple and len(arguments) > 0:
        return _sequence(arguments)
    if origin is dict and arguments[0] is str:
        return _mapping(shape_of(arguments[1]))
    if isinstance(hint, type):
        if hint in (str, bool, int):
            return Shape(None, None)
        if hint is float:
            return Shape(_write_number, float)
        if hint is datetime:
            return Shape(write_moment, read_moment)
        if issubclass(hint, Enum):
            return Shape(attrgetter("value"), {member.value: member for member in hint}.__getitem__)
        if is_dataclass(hint):
            record = record_of(hint)
            return Shape(record.encode, record.decode)
    raise TypeError(f"no JSON form for {hint!r}")


@lru_cache(maxsize=10_000)
def write_moment(moment: datetime) -> str:
    """``2026-01-01T09:00:00Z``, with microseconds where there are any. Raises ValueError for a naive moment.

    Remembered, because a state is full of the same moments at every write and the formatting is what costs most.
    """
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone")
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat()[:-6]}Z"


def read_moment(text: str) -> datetime:
    """The moment of an ISO 8601 text with its offset, in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment.astimezone(UTC)


def _write_number(number: float) -> float | str:
    """JSON has no NaN and no infinity; they are written as the words ``float`` reads."""
    number = float(number)
    return number if math.isfinite(number) else str(number)


def _union(arguments: tuple[Any, ...]) -> Shape:
    kinds = [a for a in arguments if a is not NoneType]
    if len(kinds) == 1:
        shape = shape_of(kinds[0])
        return Shape(_or_none(shape.encode), _or_none(shape.decode))
    names = {snake_case(kind): record_of(kind) for kind in kinds}
    records = {record.cls: (name, record) for name, record in names.items()}

    def encode(value: Any) -> dict[str, Any]:
        name, record = records[type(value)]
        return {TAG: name, **record.encode(value)}

    def decode(data: Mapping[str, Any]) -> Any:
        rest = dict(data)
        name = rest.pop(TAG)
        if name not in names:
            raise UnknownField(f"{TAG} is {name!r}")
        return names[name].decode(rest)

    return Shape(encode, decode)


def _or_none(turn: Turn | None) -> Turn | None:
    if turn is None:
        return None
    return lambda value: None if value is None else turn(value)


def _sequence(arguments: tuple[Any, ...]) -> Shape:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = shape_of(arguments[0])
        return Shape(_each_in_list(item.encode), _each_in_tuple(item.decode))
    items = [shape_of(argument) for argument in arguments]
    if any(item.encode or item.decode for item in items):
        raise TypeError("a tuple of fixed length may hold only texts, flags and whole numbers")
    return Shape(None, tuple)


def _each_in_list(encode: Turn | None) -> Turn | None:
    return None if encode is None else lambda values: [encode(v) for v in values]


def _each_in_tuple(decode: Turn | None) -> Turn:
    return tuple if decode is None else lambda values: tuple([decode(v) for v in values])


def _mapping(item: Shape) -> Shape:
    encode, decode = item.encode, item.decode
    return Shape(
        None if encode is None else lambda found: {k: encode(v) for k, v in found.items()},
        None if decode is None else lambda found: {k: decode(v) for k, v in found.items()},
    )


def _default_of(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    return _ALWAYS if field.default_factory is MISSING else field.default_factory()


def _values_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """All the named attributes at once (``attrgetter`` gives no tuple for fewer than two)."""
    if not names:
        return lambda _: ()
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda value: (read(value),)
