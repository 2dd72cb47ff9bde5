"""People: who holds a role, who may do what, and whether the right people have said yes (S6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from pilotage.domain.facts import Surroundings
from pilotage.domain.ids import same_name
from pilotage.domain.people import Actor, Ask, Permission
from pilotage.domain.plan import Plan
from pilotage.domain.release import Approval, Release

OWNER = "owner"
"""Stands for whoever is asked when nobody is named: the stage's owner, else whoever started the release."""


STEER = (Permission.DEPLOY, Permission.ROLL_BACK)
"""What a role must be able to do, one of the two, for its people to hold, resume and stop a release."""


def holders(release: Release, role: str, surroundings: Surroundings | None = None) -> tuple[str, ...]:
    """The people who hold ``role`` in this release: named for it, by the plan, on call, or the person of that very name."""
    if role == OWNER:
        return owner(release)
    if surroundings and role in surroundings.on_call:
        return surroundings.on_call[role]
    if role in release.roles:
        return release.roles[role]
    if role in release.plan.roles:
        return release.plan.roles[role].people
    return (role,) if role in release.plan.people or role in known_people(release) else ()


def owner(release: Release) -> tuple[str, ...]:
    """Who is asked when nobody is named."""
    stage = next((s for s in release.plan.stages if s.id == release.stage), None)
    if stage and stage.owner:
        named = holders(release, stage.owner) if stage.owner != OWNER else ()
        if named:
            return named
    starter = release.started_by or release.created_by
    return (starter,) if starter else ()


def name_role(release: Release, surroundings: Surroundings, role: str, at: datetime | None = None) -> str:
    """A role as people read it: ``qa lead (kim)``; the names alone for the owner. ``at`` a moment, whoever is away then
    is named with their stand-in: ``qa lead (sam for kim)``.
    """
    people = holders(release, role, surroundings)
    stand_ins = {person: acting(release.plan, person, at) for person in people if at is not None}
    names = ", ".join(f"{stand_ins[p]} for {p}" if stand_ins.get(p, p) != p else p for p in people)
    if role == OWNER:
        return names or "the owner"
    return f"{role} ({names})" if names and names != role else role


def known_people(release: Release) -> frozenset[str]:
    """Everybody the plan or the release names."""
    named = {p for role in release.plan.roles.values() for p in role.people}
    named |= {p for people in release.roles.values() for p in people}
    return frozenset(named | set(release.plan.people))


def is_known(release: Release, person: str) -> bool:
    """Whether this person may act at all: named by plan or release, or nobody is named anywhere, or they made the release."""
    known = known_people(release)
    return not known or person in known or person in (release.created_by, release.started_by)


def stands_in_for(plan: Plan, person: str, at: datetime) -> tuple[str, ...]:
    """The people ``person`` stands in for on that day, because they are away."""
    return tuple(
        p.id for p in plan.people.values() if p.stand_in == person and acting(plan, p.id, at) != p.id
    )


def acting(plan: Plan, person: str, at: datetime) -> str:
    """Who is asked for ``person`` on that day: their stand-in while they are away, else they themselves."""
    day = at.astimezone(ZoneInfo(plan.timezone)).date()
    known = plan.people.get(person)
    if known is None or not known.stand_in or not any(a.first <= day <= a.last for a in known.away):
        return person
    return known.stand_in


def role_for(
    release: Release, person: str, roles: Iterable[str], at: datetime, world: Surroundings
) -> Actor | None:
    """``person`` as one of ``roles`` (perhaps for somebody away), or None when they hold none of them."""
    absent = stands_in_for(release.plan, person, at)
    for role in roles:
        people = holders(release, role, world)
        if person in people:
            return Actor(person=person, role="" if role == OWNER else role)
        for other in absent:
            if other in people:
                return Actor(person=person, role="" if role == OWNER else role, on_behalf_of=other)
    return None


def permitted(
    release: Release, person: str, permissions: Iterable[Permission], at: datetime, world: Surroundings
) -> bool:
    """Whether one of the person's roles ``can`` one of these."""
    wanted = frozenset(permissions)
    roles = [name for name, role in release.plan.roles.items() if role.can & wanted]
    return role_for(release, person, roles, at, world) is not None


def may_lift(
    release: Release, person: str, permissions: Iterable[Permission], at: datetime, world: Surroundings
) -> bool:
    """Whether this person may let a held release go on: its owner, who started it, and who ``can`` (rule 9)."""
    own = person in (release.started_by, release.created_by)
    owns = own or role_for(release, person, (OWNER, *owner(release)), at, world) is not None
    return owns or permitted(release, person, permissions, at, world)


def who_can(
    release: Release, permissions: Iterable[Permission], at: datetime, world: Surroundings
) -> tuple[str, ...]:
    """Those of ``may_lift`` as people read them: the roles that ``can``, the owner, and who started the release."""
    wanted = frozenset(permissions)
    roles = [name for name, role in release.plan.roles.items() if role.can & wanted]
    named = [name_role(release, world, role, at) for role in (*roles, OWNER)]
    starter = release.started_by or release.created_by
    return tuple(dict.fromkeys((*named, *((starter,) if starter else ()))))


def who_may_resume(release: Release, at: datetime, world: Surroundings) -> tuple[str, ...]:
    """Those a held release waits for."""
    return who_can(release, STEER, at, world)


def may_steer(
    release: Release, person: str, permissions: Iterable[Permission], at: datetime, world: Surroundings
) -> bool:
    """Whether this person may hold, resume, advance, abort or roll back: the owner, who started it, who ``can``, and
    whoever the plan names for deciding about rollbacks or for escalation.
    """
    if may_lift(release, person, permissions, at, world):
        return True
    named = [level.to for level in release.plan.escalation]
    for deciding in (release.plan.rollback.confirm, release.plan.rollback.discuss):
        named += deciding.who.roles if deciding else ()
    named += [name for name in release.plan.roles if same_name(name) in ("on call", "primary")]
    return role_for(release, person, named, at, world) is not None


def valid(approvals: Iterable[Approval], about: str, release: Release) -> tuple[Approval, ...]:
    """The approvals that count for ``about``: for this plan and this content."""
    return tuple(
        a for a in approvals
        if a.about == about and a.plan_digest == release.plan.digest and a.version == release.version
    )  # fmt: skip


def missing(release: Release, about: str, ask: Ask, at: datetime, world: Surroundings) -> tuple[str, ...]:
    """The roles still missing before ``ask`` is satisfied, by maximum matching of people to roles; empty when it is.

    With ``needed`` the count must be reached by distinct persons, each in one of the roles; with ``double-roles: allow``
    one person may count for every role they hold.
    """
    given = valid(release.approvals, about, release)
    roles = tuple(r for r in ask.roles if not left_out(release, r, world))
    deputies = _deputies(release, about, world)
    able = {
        role: [a.person for a in given if _counts(release, a, role, at, world) or a.person in deputies]
        for role in roles
    }
    if release.plan.settings.get("double-roles") == "allow":
        open_roles = tuple(r for r in roles if not able[r])
        distinct = len(roles) - len(open_roles)
    else:
        matched = match(able)
        open_roles = tuple(r for r in roles if r not in matched)
        distinct = len(matched)
    if ask.needed is None:
        return open_roles
    return open_roles if distinct < min(ask.needed, max(len(roles), 1)) else ()


def _deputies(release: Release, about: str, world: Surroundings) -> tuple[str, ...]:
    """The people of the plan's ``then`` role, once silence has put the question to them: their word counts as well."""
    question = release.questions.get(about)
    if question is None or question.then not in question.asked_also:
        return ()
    return holders(release, question.then, world)


def _counts(release: Release, given: Approval, role: str, at: datetime, world: Surroundings) -> bool:
    """A yes counts for the role it was given in (whoever stood in then), and for any other the person holds now."""
    if given.role != role and role_for(release, given.person, (role,), at, world) is None:
        return False
    return may_approve(release, given.person, role)


def may_approve(release: Release, person: str, role: str) -> bool:
    """Whether this person's yes counts in ``role``: nobody approves their own release unless the role allows it."""
    declared = release.plan.roles.get(role)
    own = person in (release.started_by, release.created_by)
    return not own or (declared is not None and declared.self_approval)


def nobody_may(release: Release, roles: Iterable[str], world: Surroundings) -> str:
    """In words, why a yes can come from nobody: a role without people, or held by none but who made this release."""
    for role in roles:
        people = holders(release, role, world)
        if left_out(release, role, world) or any(may_approve(release, person, role) for person in people):
            continue
        if not people:
            return f"nobody holds {role}: name somebody in the plan, or when the release is created"
        return (
            f"{', '.join(people)} made this release and may not approve it: name somebody else for {role}, "
            'or allow it with "self-approval: true" on the role'
        )
    return ""


def left_out(release: Release, role: str, world: Surroundings) -> bool:
    """Whether lines that name this role are left out: it is optional, and nobody holds it."""
    declared = release.plan.roles.get(role)
    return declared is not None and declared.optional and not holders(release, role, world)


def match(able: dict[str, list[str]]) -> dict[str, str]:
    """A maximum matching of roles to distinct people (augmenting paths, Kuhn 1955).

    >>> sorted(match({"qa": ["kim"], "lead": ["kim", "ana"]}).items())
    [('lead', 'ana'), ('qa', 'kim')]
    """
    taken: dict[str, str] = {}

    def place(role: str, tried: set[str]) -> bool:
        for person in able[role]:
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or place(taken[person], tried):
                taken[person] = role
                return True
        return False

    for role in able:
        place(role, set())
    return {role: person for person, role in taken.items()}
