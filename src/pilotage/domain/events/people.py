"""People: what they are asked, what they answer, approve, tick and may not do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class QuestionKind(StrEnum):
    """What a person is asked for."""

    GO = "go"
    APPROVAL = "approval"
    CHECK = "check"
    WORK = "work"
    VOTE = "vote"
    CHOICE = "choice"
    AUDIENCE = "audience"
    CONFIRM = "confirm"
    DISCUSS = "discuss"
    FAILED_STEP = "failed step"
    UNKNOWN_OUTCOME = "unknown outcome"
    ONE_WAY_DOOR = "one-way door"
    LONG_BAKE = "long bake"
    EVIDENCE = "evidence"
    NUMBER = "number"
    TRAIT = "trait"


@dataclass(frozen=True, slots=True)
class Asked:
    """People are asked. ``question`` is the id; ``until`` is when ``then`` is asked as well.

    ``roles``: who can answer. ``needed``: how many distinct persons (0: every role). ``about``: step or check key, stage,
    trigger or metric. ``options``: the answers, where it is a choice.
    """

    question: str
    kind: QuestionKind
    text: str
    roles: tuple[str, ...]
    about: str
    needed: int = 1
    until: datetime | None = None
    then: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalated:
    """Nobody answered in time; ``to`` is asked as well, until ``until``."""

    question: str
    to: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A question was answered (finally); ``answer`` is ``yes``, ``no``, ``done``, ``not done`` or the option taken."""

    question: str
    answer: str
    comment: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class QuestionWithdrawn:
    """A question no longer needs an answer."""

    question: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """One person's yes towards ``about`` (a check key, ``STAGE/go/RUNG``, or a vote), for this plan and this content (S6)."""

    about: str
    person: str
    role: str
    plan_digest: str
    version: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRejected:
    """One person's no."""

    about: str
    person: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalWithdrawn:
    """A yes was taken back before it was used."""

    about: str
    person: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CheckPassed:
    """A line of a gate holds; ``evidence`` says on what."""

    check: str
    evidence: str
    proof: str = ""


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """A line of a gate was answered with no, or its measure is broken."""

    check: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CheckOverridden:
    """A line of a gate was overridden by someone allowed to."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActionRefused:
    """Somebody asked for something the rules do not allow."""

    action: str
    reason: str
