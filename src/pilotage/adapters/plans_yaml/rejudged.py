"""A pinned plan with other rules of judging: what ``release replay`` judges a past release by."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile import compile_plan
from pilotage.adapters.plans_yaml.document import read_resolved
from pilotage.adapters.plans_yaml.keys import PLAN
from pilotage.adapters.plans_yaml.keys.shape import Table
from pilotage.adapters.plans_yaml.reader import decode, read_tree
from pilotage.adapters.plans_yaml.render import digest, render
from pilotage.adapters.plans_yaml.strict import check_file
from pilotage.adapters.plans_yaml.tree import Entries, Node, Problems, Text
from pilotage.application.ports.plans import ReadPlan
from pilotage.domain.errors import PlanProblem

JUDGING = ("guard", "reactions", "evidence", "rollback")
"""The sections that say how numbers are judged. Each takes the whole place of the plan's own."""

RULES = Table(
    "a file of other rules",
    "How numbers are judged: sections of a plan, to judge a past release by.",
    {name: PLAN.keys[name] for name in JUDGING},
)


def rejudged(document: str, changes: bytes, name: str) -> ReadPlan:
    """The plan of a pinned ``document``, judging as ``changes`` (sections of a plan, in YAML, called ``name``) say.

    Mistakes have their place in the changes. Other sections than ``JUDGING`` are mistakes: what the release did has
    happened, and only how its numbers are judged can be otherwise.
    """
    problems = Problems()
    text = decode(changes, name, problems)
    tree = None if text is None else read_tree(text, name, problems)
    pinned = read_resolved(document, Problems())
    if tree is None or pinned is None:
        return ReadPlan(None, "", _sorted(problems))
    others = [key for key, _ in tree if key.value in PLAN.keys and key.value not in JUDGING]
    for key in others:
        problems.error(
            key.place,
            f'"{key.value}" cannot be otherwise: it has happened; a release is judged again by other '
            f"{', '.join(JUDGING[:-1])} or {JUDGING[-1]}",
        )
    check_file(_without(tree, others), RULES, problems)
    whole = _laid_upon(pinned, _without(tree, others))
    written = render(whole)
    plan = compile_plan(whole, problems, digest=digest(written), shared=pinned.place.file)
    return ReadPlan(None if problems.errors else plan, written, _sorted(problems))


def _without(tree: Entries, keys: list[Text]) -> Entries:
    return Entries(tree.place, tuple((key, value) for key, value in tree if key not in keys), tree.flow)


def _laid_upon(pinned: Entries, changes: Entries) -> Entries:
    """The pinned plan with the sections of ``changes`` in the place of its own; new ones come last."""
    kept: list[tuple[Text, Node]] = []
    for key, value in pinned:
        kept.append((changes.key(key.value) or key, changes.get(key.value) or value))
    kept += [(key, value) for key, value in changes if key.value not in pinned]
    return Entries(pinned.place, tuple(kept), pinned.flow)


def _sorted(problems: Problems) -> tuple[PlanProblem, ...]:
    return tuple(sorted(set(problems.found), key=lambda problem: (problem.warning, problem)))
