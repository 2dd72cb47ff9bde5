"""Conditions and checks: the lines of ``gate``, ``before``, ``judge``, ``sign-offs`` and ``measure``, names resolved."""

from __future__ import annotations

from dataclasses import replace

from pilotage.adapters.plans_yaml.compile.outline import Ids
from pilotage.adapters.plans_yaml.compile.people import read_who, read_within
from pilotage.adapters.plans_yaml.compile.reading import LeftOut, Reading
from pilotage.adapters.plans_yaml.compile.traits import read_when
from pilotage.adapters.plans_yaml.grammar.conditions import parse_condition
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.tree import Entries, Node, Text
from pilotage.domain.conditions import (
    ApprovedBy,
    Comparison,
    Condition,
    OnTarget,
    StepPassed,
    Term,
    WorseThanBaseline,
)
from pilotage.domain.gates import Check
from pilotage.domain.ids import same_name

REQUIRED = "required"


def read_checks(reading: Reading, node: Node | None, prefix: str, home: str) -> tuple[Check, ...]:
    """The lines of one list. ``prefix`` starts their keys (``pilot/gate``), ``home`` is where their steps are looked for."""
    ids = Ids()
    return reading.lines(node, lambda item: _check(reading, item, prefix, home, ids))


def _check(reading: Reading, node: Node, prefix: str, home: str, ids: Ids) -> Check | None:
    if isinstance(node, Entries):
        return _attested(reading, node, prefix, home, ids)
    condition = read_condition(reading, node, home)
    if condition is None:
        return None
    check = ids.give(condition.text)
    return Check(f"{prefix}/{check}", check, condition.text, (condition,), line=node.place.line)


def _attested(reading: Reading, node: Entries, prefix: str, home: str, ids: Ids) -> Check | None:
    text = reading.text(node.get("check"))
    check = ids.give(reading.text(node.get("id")) or text)  # also where it is left out: ids of its twins stay
    by = read_who(reading, node.get("by"))
    if not text:
        return None
    within, then = read_within(reading, node.get("within"))
    conditions = read_conditions(reading, node.get("measure"), home)
    return Check(
        key=f"{prefix}/{check}",
        id=check,
        text=text,
        conditions=conditions,
        attested=not conditions or _may_lack_data(conditions),
        by=by,
        within=within,
        then=then,
        proof=read_required(reading, node.get("proof")),
        valid=reading.parse(node.get("valid"), parse_duration),
        when=read_when(reading, node.get("when")),
        required=read_required(reading, node.get("required")),
        line=node.place.line,
    )


def _may_lack_data(conditions: tuple[Condition, ...]) -> bool:
    """Whether a person may stand in for missing data. Approvals and passed steps are never missing: they are not there yet."""
    return any(isinstance(t, Comparison | WorseThanBaseline | OnTarget) for c in conditions for t in c.terms)


def read_required(reading: Reading, node: Node | None) -> bool:
    """``required`` or ``true``."""
    return isinstance(node, Text) and (node.value == REQUIRED or reading.flag(node))


def read_conditions(reading: Reading, node: Node | None, home: str) -> tuple[Condition, ...]:
    """A condition or a list of them."""
    found = (read_condition(reading, item, home) for item in reading.items(node))
    return tuple(condition for condition in found if condition is not None)


def read_condition(reading: Reading, node: Node, home: str) -> Condition | None:
    """One condition with its steps resolved to keys, and without optional roles nobody holds (LeftOut if none remains)."""
    condition = reading.parse(node, parse_condition, reading.names)
    if condition is None or not isinstance(node, Text):
        return None
    terms = tuple(t for term in condition.terms if (t := _resolved(reading, node, term, home)) is not None)
    resolved = replace(condition, terms=terms)
    reading.conditions.append((node.place, resolved, home))
    return resolved


def _resolved(reading: Reading, node: Text, term: Term, home: str) -> Term | None:
    if isinstance(term, ApprovedBy):
        if term.matrix and not reading.has_matrix:
            reading.problems.error(
                node.place,
                "this plan's release type lists no approvals; "
                'add "approvals" to it under "types", or name the roles: "approved by ROLE"',
            )
        roles = reading.occupied(term.ask.roles)
        needed = min(term.ask.needed, len(roles)) if term.ask.needed else None
        return replace(term, ask=replace(term.ask, roles=roles, needed=needed))
    if isinstance(term, StepPassed):
        key = step_key(reading, node, term.step, home)
        return replace(term, step=key) if key else None
    return term


def step_key(reading: Reading, node: Text, reference: str, home: str) -> str:
    """The key of the step a reference means, or empty: then it is told what could have been meant.

    Raises LeftOut for a line of the project file whose step this plan does not have.
    """
    outline = reading.outline
    found = outline.find(reference, home)
    if found:
        return found.key
    alike = outline.same_kind(same_name(reference), home)
    if len(alike) > 1:
        places = " and ".join(f'"{step.id}"' for step in alike)
        message = f'"{reference}" could be {places}; give the one you mean a name, or use its id'
        reading.error(node, GrammarError(message, max(0, node.value.find(reference))))
        return ""
    later = outline.find(reference, outline.stages[-1].id) if outline.stages else None
    if later:
        stage = later.key.partition("/")[0]
        message = f'step "{reference}" comes later, in stage "{stage}"; a reference looks in its own stage, then backwards'
        reading.error(node, GrammarError(message, max(0, node.value.find(reference))))
        return ""
    if reading.in_project(node):
        raise LeftOut(f'this plan has no step "{reference}"')
    known = [
        step.id
        for steps in outline.searched(home)
        for whole in steps
        for step in whole.walk()
        if step.kind != "undo"
    ]
    reading.error(node, UnknownName("step", reference, known, max(0, node.value.find(reference))))
    return ""
