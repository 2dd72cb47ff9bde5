"""What a plan asks about a release when it is created: people of roles, traits, inputs, members of segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

from pilotage.decisions.traits import applies
from pilotage.domain.errors import UsageError
from pilotage.domain.ids import same_name
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answers:
    """What is told when a release is created; names may be spelt as people spell them (rule 6 of the language)."""

    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    traits: Mapping[str, bool] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing the plan asks for and nobody has told: its kind, its name, the question, and how to answer on the
    command line (the API takes the same name under the same kind).
    """

    kind: str
    name: str
    question: str
    how: str


class AnswersMissing(UsageError):
    """A release cannot be created yet: the plan asks for more. ``missing`` lists it all."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        """Keep what is missing; the message lists it, each with how to give it."""
        self.missing = missing
        lines = [f"  {m.question}  ({m.how})" for m in missing]
        super().__init__(
            "\n".join(["The plan asks for more before the release can be created:", *lines]),
            "Give the answers and create the release again.",
        )


def resolved(plan: Plan, given: Answers) -> Answers:
    """The answers under the names the plan uses. Raises UsageError for a name the plan does not have."""
    segments = plan.exposure.segments if plan.exposure else {}
    return Answers(
        roles=_named(given.roles, plan.roles, "role"),
        traits=_named(given.traits, plan.traits, "trait"),
        inputs=_named(given.inputs, plan.inputs, "input"),
        segments=_named(given.segments, [s.name for s in segments.values() if s.ask], "segment to be named"),
    )


def _named(given: Mapping[str, _T], known: Iterable[str], what: str) -> dict[str, _T]:
    spelt = {same_name(name): name for name in known}
    found: dict[str, _T] = {}
    for name, value in given.items():
        if same_name(name) not in spelt:
            raise unknown_name(name, list(spelt.values()), what)
        found[spelt[same_name(name)]] = value
    return found


def unknown_name(name: str, known: list[str], what: str) -> UsageError:
    """The error for a name the plan does not have, with the nearest one it has."""
    near = get_close_matches(name, known, n=1)
    if near:
        hint = f'Did you mean "{near[0]}"?'
    elif known:
        hint = f"It has: {', '.join(known)}."
    else:
        hint = "It has none."
    return UsageError(f'The plan has no {what} "{name}".', hint)


def missing(release: Release) -> tuple[Missing, ...]:
    """What the plan of ``release`` asks for at its creation and nobody has told."""
    plan = release.plan
    found = [
        Missing("role", role.name, f"Who is {role.name}?", f"--role '{role.name}=NAME'")
        for role in plan.roles.values()
        if role.ask and not role.optional and not release.roles.get(role.name)
    ]
    found += [
        Missing("trait", trait.name, trait.ask or f"{trait.name}?", f"--trait '{trait.name}=yes' or '=no'")
        for trait in plan.traits.values()
        if trait.at is None and trait.name not in release.traits
    ]
    found += [
        Missing("input", wanted.name, wanted.ask or f"{wanted.name}?", f"--input '{wanted.name}=TEXT'")
        for wanted in plan.inputs.values()
        if wanted.at is None and wanted.name not in release.inputs and applies(wanted.when, release).answer
    ]
    segments = plan.exposure.segments.values() if plan.exposure else ()
    found += [
        Missing("segment", s.name, f"Which users are {s.name}?", f"--segment '{s.name}=USER,USER'")
        for s in segments
        if s.ask and not release.named_segments.get(s.name)
    ]
    return tuple(found)
