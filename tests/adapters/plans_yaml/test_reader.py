"""The reader: YAML to a tree with places; what plans leave out of YAML is refused with words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.adapters.plans_yaml.reader import MOST_BYTES, decode, read_tree
from pilotage.adapters.plans_yaml.tree import Entries, Items, Place, Problems, Text
from tests.adapters.plans_yaml.plan_files import SHIPPED, mistakes, plain, read

NO_ANCHORS = "anchors and aliases are not used in plans; name the thing and refer to its name"


def found(text: str) -> list[str]:
    """What the reader says, without the file's name."""
    problems = Problems()
    read_tree(text, "f", problems)
    return [str(problem).removeprefix("f:") for problem in problems.errors]


# ---------------------------------------------------------------------------------------------- what it reads


def test_every_scalar_is_text() -> None:
    text = "a: 1.10\nb: 14:00\nc: 2024-01-06\nd: NO\ne: 010\nf: ~\ng: null\nh: true\ni: 1e3\n"
    assert plain(read(text)) == dict(
        zip(
            "abcdefghi", ["1.10", "14:00", "2024-01-06", "NO", "010", "~", "null", "true", "1e3"], strict=True
        )
    )


def test_every_node_knows_its_place() -> None:
    tree = read("plan: x\nstages:\n  - stage: a\n    gate: [one, {check: two}]\n")
    assert tree.place == Place("plan.yaml", 1, 1)
    stages = tree.get("stages")
    assert isinstance(stages, Items)
    stage = stages.items[0]
    assert isinstance(stage, Entries)
    assert stage.place == Place("plan.yaml", 3, 5)
    gate = stage.get("gate")
    assert isinstance(gate, Items)
    assert gate.flow
    assert gate.place == Place("plan.yaml", 4, 11)
    assert [item.place.column for item in gate.items] == [12, 17]
    check = gate.items[1]
    assert isinstance(check, Entries)
    assert check.get("check") == Text(Place("plan.yaml", 4, 25), "two")


def test_columns_count_characters_and_a_byte_order_mark_is_none() -> None:
    tree = read("\ufeffä: {ö: ü}\n")
    inner = tree.get("ä")
    assert isinstance(inner, Entries)
    assert inner.get("ö") == Text(Place("plan.yaml", 1, 8), "ü")


@pytest.mark.parametrize(
    ("yaml", "text"),
    [
        ("a: |\n  one\n  two\n", "one\ntwo\n"),
        ("a: >-\n  one\n  two\n", "one two"),
        ("a: one\n  two\n", "one two"),
        ('a: "one\\ttwo"\n', "one\ttwo"),
        ("a: 'it''s'\n", "it's"),
        ('a: ""\n', ""),
        ("a: a, b [c] {d} # not this\n", "a, b [c] {d}"),
        ("a: ends in ?\n", "ends in ?"),
        ("a: x <<: y\n", "x <<: y"),
    ],
)
def test_texts(yaml: str, text: str) -> None:
    if "<<" in yaml:
        assert found(yaml) == ['1:4  a text with ": " in it needs quotes: "x <<: y"']
        return
    assert plain(read(yaml)) == {"a": text}


def test_windows_line_ends_are_line_ends() -> None:
    assert plain(read("a: b\r\nc:\r\n  - d\r\n")) == {"a": "b", "c": ["d"]}


# ---------------------------------------------------------------------------------------------- the sample of the reference


SAMPLE = """\
plan: x
stages:
  - stage: a
    bake: 1d
    bakee: 2d
    gate:
      - > 5%
    steps: [{do: Look at, by: x, covers: {{name}}}]
    guard: &s
      error rate: target < 1%
    bake: 2d
    prepare: [{do: Health, logs}]
    judge: [{check: Is it something users see?}]
"""


def test_the_messages_of_the_reference_word_for_word_and_all_at_once() -> None:
    assert mistakes(SAMPLE) == [
        'checkout.yaml:5:5  unknown key "bakee" in a stage; did you mean "bake"?',
        (
            'checkout.yaml:7:9  a value cannot begin with ">" in YAML; begin with the metric, such as "error rate > 5%", '
            'or with "target" or "alert"'
        ),
        (
            "checkout.yaml:8:42  inside { } or [ ] a {{name}} needs quotes; or write this value on a line of its own, "
            "where it needs none"
        ),
        'checkout.yaml:9:12  "&s": anchors and aliases are not used in plans; name the thing and refer to its name',
        'checkout.yaml:11:5  "bake" stands twice (first on line 4); keep one',
        (
            'checkout.yaml:12:28  "logs" stands here as a key without a value: inside { } a comma ends the value; '
            "quote the whole text or give it a line of its own"
        ),
        'checkout.yaml:13:21  inside { } or [ ] a text that ends in "?" needs quotes: "… users see?"',
    ]


# ---------------------------------------------------------------------------------------------- refused, and not YAML


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x b\n", f'1:4  "&x": {NO_ANCHORS}'),
        ("a: *x\n", f'1:4  "*x": {NO_ANCHORS}'),
        ("a: &x\n  b: c\n", f'1:4  "&x": {NO_ANCHORS}'),
        (
            "a: !!str b\n",
            '1:4  "!!str": tags are not used in plans; remove it, the key says what its value is',
        ),
        (
            "a: !x {b: c}\n",
            '1:4  "!x": tags are not used in plans; remove it, the key says what its value is',
        ),
        (
            "<<: a\n",
            '1:1  "<<": merge keys are not used in plans; write the lines out, or use extends or include',
        ),
        (
            "a: b\n---\nc: d\n",
            "2:1  a plan file holds one document; move what follows this --- into a file of its own",
        ),
        (
            "%YAML 1.1\n---\na: b\n",
            "1:1  a plan is YAML 1.2 without directives; remove the lines that begin with %",
        ),
        ("a: b\nc: d\na: e\n", '3:1  "a" stands twice (first on line 1); keep one'),
        ("a:\nb: c\n", '1:1  "a" has no value; write one after the ":", or remove the line'),
        ("a: {b: }\n", '1:5  "b" has no value; write one after the ":", or remove the line'),
        ("a:\n  - b\n  -\n", '3:4  an empty line of a list; write something after "-", or remove it'),
        ("a: {b:c}\n", '1:5  "b:c" needs a space after the ":": "b: c"'),
        (
            "? [a]\n: b\n",
            "1:3  a key is a word or a few words; found something else in its place (quotes may help)",
        ),
        ("a: x\x07\n", "1:5  the character U+0007 cannot stand in a plan; remove it"),
        (
            "- b\n",
            '1:1  found a list; a plan file begins with "plan: NAME", "project: NAME" or "campaign: NAME"',
        ),
        (
            "b\n",
            '1:1  found a text; a plan file begins with "plan: NAME", "project: NAME" or "campaign: NAME"',
        ),
        (
            "# x\n",
            '1:1  the file is empty; a plan file begins with "plan: NAME", "project: NAME" or "campaign: NAME"',
        ),
        ("a: % x\n", '1:4  a value cannot begin with "%" in YAML; put it in quotes: "% x"'),
        ("a: * 5\n", '1:4  a value cannot begin with "*" in YAML; put it in quotes: "* 5"'),
        ("a: @home\n", '1:4  a value cannot begin with "@" in YAML; put it in quotes: "@home"'),
        ("a: `x`\n", '1:4  a value cannot begin with "`" in YAML; put it in quotes: "`x`"'),
        ("a: | b\n", '1:4  a value cannot begin with "|" in YAML; put it in quotes: "| b"'),
        ("a: {{x}}\n", '1:4  a value that begins with {{ needs quotes: "{{x}}"'),
        ("a: {{x}} and y\n", '1:4  a value that begins with {{ needs quotes: "{{x}} and y"'),
        ("a: b: c\n", '1:4  a text with ": " in it needs quotes: "b: c"'),
        ("a:\n  - b: c: d\n", '2:8  a text with ": " in it needs quotes: "c: d"'),
        ('a: "b" c\n', "1:4  something follows the closing quote; put the whole value in quotes: '\"b\" c'"),
        (
            "a: - b\n",
            (
                '1:4  a list does not begin on the line of its key; write each "- …" on a line of its own below it, '
                "or use [ ]"
            ),
        ),
        ("a: {b: c, d: e: f}\n", '1:14  inside { } or [ ] a text with ": " in it needs quotes: "e: f"'),
        ("a:\n\tb: c\n", "2:1  a tab cannot stand here in YAML; indent with spaces, two for each level"),
        ("a: 'x\n", "1:4  this quote is never closed; put the same quote at the end of the text"),
        ("a: [b, c\nd: e\n", '1:4  this "[" is never closed; put a "]" where it ends'),
        ("a: {b: c\n", '1:4  this "{" is never closed; put a "}" where it ends'),
        (
            'a: "\\d"\n',
            r'1:4  inside "…" a backslash begins an escape such as \n; write \\ for a backslash, or use single quotes',
        ),
        (
            "a:\n  - b\n c: d\n",
            "3:2  this line does not fit the lines above it; lines that belong together begin in the same column",
        ),
    ],
)
def test_what_plans_leave_out_and_what_is_no_yaml(text: str, message: str) -> None:
    assert found(text) == [message]


def test_a_line_that_is_no_yaml_is_told_once_and_the_rest_is_read() -> None:
    problems = Problems()
    tree = read_tree("a: > 5\nb: %\nc: {d: x: y}\ne: f\n", "f", problems)
    assert [p.line for p in problems.errors] == [1, 2, 3]
    assert tree is not None
    assert plain(tree.get("e")) == "f"
    problems.error(Place("f", 1, 9), "what a grammar would say of the same line")
    assert [p.line for p in problems.errors] == [1, 2, 3]


def test_a_hash_that_was_perhaps_meant_as_text_is_a_doubt() -> None:
    problems = Problems()
    read_tree("a: Issue #5 closed\nb: c  # a comment\n", "f", problems)
    assert [(p.line, p.warning) for p in problems.found] == [(1, True)]


def test_limits_of_size_and_depth() -> None:
    too_long = "the file is longer than the 1,000,000 bytes a plan file may have; split it with include"
    assert found("a: " + "x" * MOST_BYTES) == [f"1:1  {too_long}"]
    assert found("a: " + "[" * 64) == ["1:67  more than 64 levels inside each other; a plan needs far fewer"]
    assert found("a: " + "[" * 62 + "b" + "]" * 62 + "\n") == []
    problems = Problems()
    assert decode(b"x" * (MOST_BYTES + 1), "f", problems) is None
    assert problems.errors[0].message == too_long


def test_a_file_that_is_not_utf_8_is_refused_at_its_place() -> None:
    problems = Problems()
    assert decode("a: b\nc: größer".encode("latin-1"), "f", problems) is None
    assert str(problems.errors[0]) == 'f:2:6  the byte 0xf6 is not UTF-8; save the file as "UTF-8"'
    assert decode("größer".encode(), "f", problems) == "größer"


# ---------------------------------------------------------------------------------------------- any text at all


@given(st.text(alphabet=st.sampled_from("ab:- \n\t'\"{}[],#&*!|>%@`?\\~\x07é"), max_size=60))
def test_no_text_whatsoever_raises(text: str) -> None:
    problems = Problems()
    tree = read_tree(text, "f", problems)
    assert tree is not None or problems.errors


@given(st.data())
def test_no_damage_to_a_plan_raises(data: st.DataObject) -> None:
    text = (SHIPPED / "release-strategy" / "major.yaml").read_text(encoding="utf-8")[:1500]
    at = data.draw(st.integers(0, len(text)))
    damaged = (
        text[:at]
        + data.draw(
            st.sampled_from(
                ["{", "}", "[", "'", '"', "\t", ": ", "- ", "&", "*", "#", "\n", "?", "|", "{{", "%"]
            )
        )
        + text[at:]
    )
    problems = Problems()
    assert read_tree(damaged, "f", problems) is not None or problems.errors


def test_a_plan_of_four_hundred_lines_is_read_in_a_moment() -> None:
    text = (SHIPPED / "release-management" / "pilotage.yaml").read_text(encoding="utf-8")
    spent = []
    for _ in range(3):
        before = time.process_time()
        read(text)
        spent.append(time.process_time() - before)
    assert min(spent) < 0.25, "reading became several times slower (it takes 0.06 s on a small machine)"
