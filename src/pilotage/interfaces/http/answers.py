"""What comes back, for the OpenAPI page: the use cases' own dataclasses, an object around every list.

Answers are made by ``use_cases.views.plain`` and not by these; a test holds the two together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as About

from pilotage.application.use_cases.audit import StreamVerified
from pilotage.application.use_cases.doctor import Finding
from pilotage.application.use_cases.flag_story import FlagTold
from pilotage.application.use_cases.looking import Told
from pilotage.application.use_cases.views import Line, StageLine
from pilotage.application.use_cases.ways_to_answer import WayToAnswer
from pilotage.domain.decision import Wait
from pilotage.domain.errors import PlanProblem
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor
from pilotage.domain.plan import NotYet
from pilotage.domain.release import Question
from pilotage.domain.tokens import Token

State = Annotated[
    dict[str, Any], About(description="The whole state of the release, without its plan; grows with versions")
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """A problem document (RFC 9457) with ``fault`` (plan, you, rule, login, outside or ours), ``hint`` (what to do next)
    and ``exit`` (the exit status of the command line).
    """

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    message: str
    hint: str
    fault: str
    exit: int


class Releases(_Answer):
    """Releases, latest change first."""

    releases: list[Line]


class CreatedRelease(_Answer):
    """A release that was created. ``not_yet`` lists what keeps it from being started, by line of the plan.

    ``notes`` say what else there is to know, such as earlier releases of the same version.
    """

    release: Line
    not_yet: list[NotYet]
    notes: list[str]


class ShownRelease(_Answer):
    """Everything about one release."""

    line: Line
    stages: list[StageLine]
    questions: list[Question]
    waits: list[Wait]
    moving: bool
    guards: dict[str, str]
    follow_ups: list[str]
    incidents: list[str]
    looked_at_next: datetime | None
    release: State
    answers: list[WayToAnswer]


class WhyItWaits(_Answer):
    """Why a release does not move. ``moving``: the next look finds something to do."""

    release: State
    waits: list[Wait]
    next_look: datetime | None
    moving: bool
    answers: list[WayToAnswer]


class Acted(_Answer):
    """What came of a wish: what became true in sentences, what it waits for now, and notes."""

    release: State
    said: list[str]
    waits: list[Wait]
    notes: list[str]


class Log(_Answer):
    """What happened, in sentences, oldest first."""

    told: list[Told]


class Event(_Answer):
    """One event. ``hash`` covers the event as it is stored; the audit pack holds it byte by byte."""

    number: int
    at: datetime
    hash: str
    event: dict[str, Any]


class Events(_Answer):
    """A page of events, oldest first; ``more``: ask again after the last number."""

    events: list[Event]
    more: bool


class Document(_Answer):
    """The plan a release is held to, as one text."""

    document: str


class CheckedPlan(_Answer):
    """What a plan says: ``ok`` when it can be used. ``not_yet``: understood, and not yet carried out."""

    ok: bool
    plan: str | None
    digest: str | None
    errors: list[PlanProblem]
    warnings: list[PlanProblem]
    not_yet: list[NotYet]


class Flags(_Answer):
    """Every flag, by name."""

    flags: list[Flag]


class FlagHistory(_Answer):
    """Who changed a flag, when and why, oldest first."""

    history: list[FlagTold]


class Verified(_Answer):
    """What an audit found: ``holds`` when every chain and every state does."""

    streams: list[StreamVerified]
    holds: bool
    events: int


class Findings(_Answer):
    """What was looked at; ``ok`` null: neither good nor bad, but worth knowing."""

    findings: list[Finding]


class Works(_Answer):
    """Whether a worker carries releases on; null where it cannot be told."""

    works: bool | None


class Tokens(_Answer):
    """Every token there ever was, oldest first. The secrets are kept nowhere."""

    tokens: list[Token]


class MadeToken(_Answer):
    """A token and its secret, which is told this once."""

    token: Token
    secret: str


class RevokedToken(_Answer):
    """A token as it is now."""

    token: Token


class Identity(_Answer):
    """Who the caller is to this server."""

    actor: Actor
    scope: str
    machine: bool


class Version(_Answer):
    """The version of Pilotage, and of this API."""

    version: str
    api: str


class Health(_Answer):
    """Whether the server lives, or (``/ready``) can do its work."""

    status: str
