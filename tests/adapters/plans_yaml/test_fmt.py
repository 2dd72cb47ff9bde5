"""`plan fmt`: the same plan, one layout; comments survive; twice is once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotage.adapters.plans_yaml.fmt import find_comments, format_text
from pilotage.adapters.plans_yaml.reader import Comments, read_tree
from pilotage.adapters.plans_yaml.tree import Problems
from pilotage.domain.errors import PlanError
from tests.adapters.plans_yaml.plan_files import SHIPPED, plain, read, shipped_plans


def comments(text: str) -> list[str]:
    """The comments of a text, in order."""
    spans = Comments()
    read_tree(text, "f", Problems(), spans)
    return [comment.text for comment in find_comments(text, spans.scalars)]


@pytest.mark.parametrize("path", shipped_plans(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_shipped_plan_says_the_same_afterwards_with_every_comment(path: Path) -> None:
    before = path.read_text(encoding="utf-8")
    after = format_text(before)
    assert plain(read(after)) == plain(read(before))
    assert comments(after) == comments(before)
    assert before.count("#") == after.count("#")
    assert format_text(after) == after


def test_one_layout() -> None:
    text = """\
plan:   x     # the id
# above stages


stages:
    -   stage: a
        gate: [ one,two ]   # two lines
        # end of a
    - {stage: b,
       bake: 2d}
    -
      stage: c
      steps:
      - run: "./x.sh a b"
      - {do: "Look, then act", by: me}   # a comma in the text
      - {notify: "{{name}}"}
"""
    assert (
        format_text(text)
        == """\
plan: x       # the id
# above stages

stages:
  - stage: a
    gate: [one, two]        # two lines
        # end of a
  - {stage: b, bake: 2d}
  - stage: c
    steps:
      - run: ./x.sh a b
      - do: Look, then act               # a comma in the text
        by: me
      - {notify: "{{name}}"}
"""
    )


def test_comments_inside_brackets_open_them() -> None:
    text = "plan: x\nroles: {a: b,  # first\n  c: d,\n  # then\n  e: f}  # last\n"
    assert format_text(text) == "plan: x\nroles:         # first\n  a: b\n  c: d\n  # then\n  e: f   # last\n"


def test_blocks_of_text_keep_their_lines_and_their_comment() -> None:
    text = "plan: x\nsummary: |  # how it reads\n  # no comment\n  two\ntitle: 'it''s'\n"
    assert format_text(text) == "plan: x\nsummary: |  # how it reads\n  # no comment\n  two\ntitle: it's\n"
    assert comments(text) == ["# how it reads"]


def test_long_quoted_texts_are_folded_and_guarded_types_keep_their_quotes() -> None:
    long = " ".join(["word"] * 40)
    after = format_text(f'plan: x\nsummary: "{long}"\ndocument: {{version: "1.0"}}\nlinks: {{a: "yes"}}\n')
    assert "summary: >-\n  word" in after
    assert max(map(len, after.splitlines())) <= 110
    assert 'document: {version: "1.0"}\nlinks: {a: "yes"}\n' in after
    assert format_text(after) == after
    assert plain(read(after))["summary"] == long


def test_one_spelling_of_names() -> None:
    text = """\
plan: x
roles: {on-call: [sam], QA lead: kim}
metrics: {error rate: {unit: percent}}
exposure: {segments: {beta testers: opted in}}
traits: {schema changes: {ask: Does it}}
stages:
  - stage: Pilot
    expose: Beta_Testers
    guard: {error_rate: target < 1%}
    gate: [Error-Rate < 1% for 3d and approved by on call, {check: Error_Rate looks right, by: qa_lead}]
    go: ON_CALL within 1d then qa lead
    steps: [{do: The error_rate, at: 1d after pilot starts, when: not Schema_Changes, look-at: [error_rate]}]
"""
    after = format_text(text)
    tree = plain(read(after))
    stage = tree["stages"][0]
    assert stage["expose"] == "beta testers"
    assert stage["guard"] == {"error rate": "target < 1%"}
    assert stage["gate"][0] == "error rate < 1% for 3d and approved by on-call"
    assert stage["gate"][1] == {"check": "Error_Rate looks right", "by": "QA lead"}, (
        "people's words stay as they are"
    )
    assert stage["go"] == "on-call within 1d then QA lead"
    assert stage["steps"] == [
        {
            "do": "The error_rate",
            "at": "1d after Pilot starts",
            "when": "not schema changes",
            "look-at": ["error rate"],
        }
    ]
    assert format_text(after) == after


def test_a_file_that_cannot_be_read_is_not_formatted() -> None:
    with pytest.raises(PlanError, match=re.escape('plan.yaml:1:7  a value cannot begin with ">"')):
        format_text("plan: > 5%\n", "plan.yaml")


@settings(max_examples=25)
@given(st.data())
def test_comments_put_anywhere_survive(data: st.DataObject) -> None:
    lines = (SHIPPED / "release-strategy" / "major.yaml").read_text(encoding="utf-8").splitlines()[:60]
    for number in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        if data.draw(st.booleans()):
            lines.insert(at, " " * data.draw(st.integers(0, 8)) + f"# alone {number}")
        elif lines[at].strip() and "#" not in lines[at]:
            lines[at] += f" # behind {number}"
        else:
            lines.insert(at, "")
    text = "\n".join(lines) + "\n"
    after = format_text(text)
    assert comments(after) == comments(text)
    assert plain(read(after)) == plain(read(text))
    assert format_text(after) == after
