"""Whatever is done to a plan, reading it gives a plan or problems, never an exception."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pilotage.adapters.plans_yaml.compile import compile_plan
from pilotage.adapters.plans_yaml.document import load_document
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Problems, Text

PLANS = Path(str(files("pilotage") / "plans"))
DRAFTS = ("compile-time-connection", "staged-rollout", "release-management/major", "release-strategy/hotfix")
WORDS = (
    "", "ask", "everyone", "10%", "5% to 10%", "7d", "every day", "pilot starts", "error rate > 5%", "none",
    "approved by matrix", "step smoke passed", "same as pilot", "{{each}}", "{{nobody}}", "back to pilot", "-1", "a, b",
)  # fmt: skip
"""Texts that mean something somewhere, and mostly nothing where they land."""

Way = tuple[int, ...]
PLACE = Place("changed.yaml", 1, 1)


def text(value: str) -> Text:
    return Text(PLACE, value)


@lru_cache
def draft(name: str) -> Entries:
    document = load_document(PLANS / f"{name}.yaml", Problems())
    assert document is not None
    return document.tree


@lru_cache
def nodes(name: str) -> tuple[Way, ...]:
    """The way to every node of a draft: positions of entries and items."""

    def walk(node: Node, way: Way) -> list[Way]:
        below = (
            [v for _, v in node]
            if isinstance(node, Entries)
            else node.items
            if isinstance(node, Items)
            else []
        )
        return [way, *(each for i, inner in enumerate(below) for each in walk(inner, (*way, i)))]

    return tuple(walk(draft(name), ())[1:])


def changed(node: Node, way: Way, new: Node | None) -> Node | None:
    """The tree with the node at ``way`` replaced, or deleted where ``new`` is None."""
    if not way:
        return new
    first, rest = way[0], way[1:]
    if isinstance(node, Entries):
        entries = [
            (k, after)
            for i, (k, v) in enumerate(node)
            if (after := changed(v, rest, new) if i == first else v) is not None
        ]
        return Entries(node.place, tuple(entries), node.flow)
    if isinstance(node, Text):  # the way led through what an earlier change took away
        return node
    items = [
        after
        for i, v in enumerate(node.items)
        if (after := changed(v, rest, new) if i == first else v) is not None
    ]
    return Items(node.place, tuple(items), node.flow)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_change_to_a_draft_makes_the_compiler_raise(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(DRAFTS))
    tree: Node = draft(name)
    for _ in range(data.draw(st.integers(1, 3))):
        ways = nodes(name)
        way = data.draw(st.sampled_from(ways))
        new = data.draw(
            st.one_of(
                st.none(),
                st.sampled_from(WORDS).map(text),
                st.text(max_size=20).map(text),
                st.just(Items(PLACE, ())),
                st.just(Entries(PLACE, ())),
                st.just(Items(PLACE, (text("x"), Entries(PLACE, ((text("do"), text("y")),))))),
            )
        )
        tree = changed(tree, way, new) or tree
    assert isinstance(tree, Entries)

    problems = Problems()
    compile_plan(tree, problems, digest="x", file=tree.place.file)

    assert all(problem.message and problem.line >= 1 for problem in problems.found)
