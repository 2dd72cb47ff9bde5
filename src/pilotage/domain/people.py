"""People and roles: who may do what, who is asked, and for how long silence is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pilotage.domain.time import Duration


class Permission(StrEnum):
    """The 16 phrases of ``can``."""

    CREATE_BRANCHES = "create release branches"
    APPROVE_CANDIDATES = "approve candidates"
    DEPLOY = "deploy to production"
    ROLL_BACK = "roll back"
    OVERRIDE = "override gates"
    APPROVE_STAGING = "approve staging"
    BLOCK = "block releases"
    TEST = "test by hand"
    PRIORITISE = "prioritise features"
    APPROVE_FEATURES = "approve features"
    DELAY = "ask for delay"
    DEPLOY_HOTFIX = "deploy hotfixes"
    HOTFIX_BRANCH = "create hotfix branches"
    READ_LOGS = "read deployment logs"
    WATCH = "watch health"
    MESSAGE = "message users"


@dataclass(frozen=True, slots=True)
class Who:
    """``by``: each of ``roles`` must act, or one of them when ``any_of``. Roles by name; a person's name is a role of one."""

    roles: tuple[str, ...]
    any_of: bool = False

    def __str__(self) -> str:
        names = ", ".join(self.roles)
        return f"any of {names}" if self.any_of and len(self.roles) > 1 else names


@dataclass(frozen=True, slots=True)
class Ask:
    """Who is asked for an approval or a go: ``needed`` distinct persons out of ``roles`` (each role when None).

    ``within`` is the time a person has (None: 1d); then role ``then`` is asked as well (None: the escalation).
    """

    roles: tuple[str, ...]
    needed: int | None = None
    within: Duration | None = None
    then: str | None = None
    at_the_end: bool = False
    """On a ramp: asked once, at the last rung, instead of at every rung."""

    def __str__(self) -> str:
        names = ", ".join(self.roles)
        if self.needed is None:
            return " and ".join(self.roles)
        return f"any of {names}" if self.needed == 1 else f"{self.needed} of {names}"


@dataclass(frozen=True, slots=True)
class Role:
    """A role, the people who hold it (ids), and what it may do. ``ask``: people are named when a release is created."""

    name: str
    people: tuple[str, ...] = ()
    ask: bool = False
    can: frozenset[Permission] = frozenset()
    optional: bool = False
    self_approval: bool = False
    title: str = ""
    rota: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which a person is away, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be asked. ``id`` is the name the plan uses."""

    id: str
    name: str = ""
    email: str = ""
    timezone: str = ""
    away: tuple[Absence, ...] = ()
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """One level of ``escalation``: ``to`` a role, ``during`` named hours (empty: always), ``wait`` until the next level."""

    to: str
    during: str = ""
    wait: Duration = Duration(seconds=900)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Who may override a gate, always with a reason. No roles: nobody."""

    by: Who | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something: a ``person`` (perhaps in a ``role``, perhaps ``for`` somebody away), or a ``rule`` of the plan.

    Exactly one of ``person`` and ``rule`` is set. ``rule`` quotes the plan's line, or names the machine's own rule.
    """

    person: str = ""
    role: str = ""
    on_behalf_of: str = ""
    rule: str = ""

    def __str__(self) -> str:
        if self.rule:
            return f'the rule "{self.rule}"'
        name = f"{self.person} for {self.on_behalf_of}" if self.on_behalf_of else self.person
        return f"{name} ({self.role})" if self.role else name


PLAN = Actor(rule="the plan")
"""The machine, doing what the plan says next."""
