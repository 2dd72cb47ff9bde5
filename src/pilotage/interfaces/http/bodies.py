"""What callers send: every field with its type, and nothing beside. A field nobody knows is a mistake, not ignored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import AwareDatetime, BaseModel, ConfigDict, create_model, model_validator
from pydantic import Field as About

from pilotage.domain.tokens import Scope

_EXACT = (str, bool, int, float, str | None, float | None)
"""What JSON says exactly. Enums, moments and lists are read from texts and arrays."""


class Said(BaseModel):
    """The base of every body."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def can_be_kept(cls, data: Any) -> Any:
        """Every text can be stored: PostgreSQL keeps no NUL character, and half a character has no UTF-8 form."""
        if not all(_can_be_kept(text) for text in _texts(data)):
            raise ValueError("a text holds a NUL or half a character; leave it out")
        return data


def _texts(value: Any) -> Iterator[str]:
    """Every text in what was sent, names of fields too. Without recursion: anything can be sent."""
    ahead = [value]
    while ahead:
        match ahead.pop():
            case str() as text:
                yield text
            case dict() as fields:
                ahead += [*fields, *fields.values()]
            case list() as items:
                ahead += items


def _can_be_kept(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


class CreateRelease(Said):
    """A release to be created. ``document`` is the whole plan as one text (``pilotage plan show --whole``).

    Files of the server are never read. ``previous`` and ``type`` are found out where they are empty; names in
    ``roles``, ``traits``, ``inputs`` and ``segments`` may be spelt as people spell them. While a release of the same
    version by the same plan is on its way, the answer is 409, unless ``again`` is true.
    """

    document: str
    version: str
    previous: str = ""
    type: str = ""
    title: str = ""
    planned_at: Annotated[AwareDatetime | None, About(strict=False)] = None
    roles: dict[str, list[str]] = {}
    traits: dict[str, bool] = {}
    inputs: dict[str, str] = {}
    segments: dict[str, list[str]] = {}
    again: bool = False


class StartRelease(Said):
    """A start. A rehearsal decides and tells, and acts on nothing."""

    rehearsal: bool = False


class CheckPlan(Said):
    """A plan to be checked: its text, and what to call it in messages."""

    document: str
    name: Annotated[str, About(max_length=200)] = "plan"


class SimulatePlan(Said):
    """A plan to be played over its calendar. ``start`` empty: now. With ``seed`` people's answering times vary."""

    document: str
    name: Annotated[str, About(max_length=200)] = "plan"
    start: Annotated[AwareDatetime | None, About(strict=False)] = None
    scenario: str = "healthy"
    seed: int | None = None


class ReplayRelease(Said):
    """Other rules to judge a release's stored numbers by, and what to call them in messages.

    ``rules`` holds sections of a plan (guard, reactions, evidence, rollback) as YAML; empty: its own plan's.
    """

    rules: str = ""
    name: Annotated[str, About(max_length=200)] = "rules"


class Reason(Said):
    """Why: it stands in the record for everybody to read."""

    reason: str


class SwitchUser(Said):
    """One user, by targeting key: on, off, or (null) again as the exposure says."""

    user: str
    on: bool | None
    reason: str


class CreateToken(Said):
    """A token to be made. ``days`` null: until it is revoked."""

    holder: str
    scope: Annotated[Scope, About(strict=False)] = Scope.ACT
    machine: bool = False
    days: Annotated[float | None, About(gt=0, le=36_500)] = 90.0


@cache
def body_of(fact: type) -> type[Said]:
    """The body that carries a fact of ``pilotage.domain.facts``: its fields, their defaults, and its words."""
    hints = get_type_hints(fact)
    wanted: dict[str, Any] = {field.name: _field(field, hints[field.name]) for field in fields(fact)}
    model: type[Said] = create_model(fact.__name__, __base__=Said, __doc__=fact.__doc__, **wanted)
    return model


def _field(field: Field[Any], hint: Any) -> tuple[Any, Any]:
    exact = hint if hint in _EXACT else Annotated[hint, About(strict=False)]
    return exact, ... if field.default is MISSING else field.default


def said(body: Said) -> dict[str, Any]:
    """What was sent, as ``interfaces.wishes.wish`` takes it: texts, numbers and truth values."""
    return body.model_dump(mode="json", exclude_unset=True)
