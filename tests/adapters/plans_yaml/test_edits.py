"""Edits of a running release, sorted by the table "Ids and edits" of the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotage.adapters.plans_yaml.edits import Progress, sort_edit
from pilotage.adapters.plans_yaml.edits.strictness import Change, compare, compare_guards, rises
from tests.adapters.plans_yaml.plan_files import read, shipped_plans

PLAN = """\
plan: checkout
system: shop
title: Checkout
metrics: {error rate: {unit: percent, guard: "target < 1%, alert > 5%"}}
exposure: {flag: new, segments: {team: opted in}}
stages:
  - stage: internal
    expose: team
    steps:
      - {migrate: ./up.sh, undo: impossible}
      - do: Look around
    gate: [check: All tested]
  - stage: pilot
    expose: 5% to 10%
    bake: 7d
    guard: {error rate: "target < 1%, alert > 2%"}
    steps:
      - {do: Watch the numbers, id: watch}
      - run: ./a.sh
      - {restore: ./back.sh, undo: impossible}
    gate:
      - error rate < 1% for 3d
      - {check: Users are happy, id: happy}
      - check: Support is ready
    go: primary
  - stage: everyone
    ramp: [25%, everyone]
    bake: 7d to 14d
    window: nights
  - stage: after
rollback:
  automatic: [error rate > 5% for 5m, latency > 2s]
  then: hold
risks: [{risk: Data, likelihood: low}]
"""
IN_PILOT = Progress(passed={"internal"}, current="pilot", ran={"pilot/restore"})


def edits(*changes: tuple[str, str], progress: Progress = IN_PILOT) -> list[tuple[str, str]]:
    """(kind, sentence) of the edits after replacing texts in the plan."""
    new = PLAN
    for old_text, new_text in changes:
        assert new.count(old_text) == 1, old_text
        new = new.replace(old_text, new_text)
    return [(edit.kind.value, edit.sentence) for edit in sort_edit(read(PLAN), read(new), progress)]


def kinds(*changes: tuple[str, str], progress: Progress = IN_PILOT) -> set[str]:
    return {kind for kind, _ in edits(*changes, progress=progress)}


FREE, AGAIN, REFUSED = "free", "needs the approvals again", "refused"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Checkout", "title: The checkout"),
        ("likelihood: low", "likelihood: high"),
        ("Watch the numbers, id", "Watch them, id"),
        ("Users are happy, id", "Users like it, id"),
        ("stage: pilot\n", "stage: pilot\n    owner: sam\n    goal: Learn\n"),
        ("bake: 7d\n", "bake: 9d\n"),
        ("bake: 7d to 14d", "bake: 8d to 3w"),
        ("target < 1%, alert > 2%", "target < 0.5%, alert > 2%"),
        ("target < 1%, alert > 2%", "target < 1%, alert > 1.5%"),
        ("target < 1%, alert > 5%", "target < 1%, alert > 4%"),
        ("error rate < 1% for 3d", "error rate < 0.5% for 4d"),
        ("error rate > 5% for 5m", "error rate > 4% for 1m"),
        (
            "title: Checkout",
            "title: Checkout\nlinks: {a: b}\nmessages: [{at: a, to: b}]\nmonitoring: [do: Look]",
        ),
    ],
)
def test_free(old: str, new: str) -> None:
    assert kinds((old, new)) == {FREE}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  - stage: after\n", "  - stage: after\n  - stage: new\n"),
        ("  - stage: after\n", ""),
        ("- run: ./a.sh", "- run: ./b.sh"),
        ("- run: ./a.sh", "- {run: ./a.sh, retry: 3 times every 30s}"),
        ("      - run: ./a.sh\n", "      - run: ./a.sh\n      - do: More\n"),
        ("      - check: Support is ready\n", ""),
        ("Support is ready", "Support was trained"),
        ("error rate < 1% for 3d", "error rate < 2% for 3d"),
        ("error rate < 1% for 3d", "error rate < 1% for 2d"),
        ("error rate < 1% for 3d", "latency < 1s"),
        ("target < 1%, alert > 2%", "target < 1%, alert > 3%"),
        ("target < 1%, alert > 2%", "target < 1%"),
        ("error rate > 5% for 5m", "error rate > 5% for 10m"),
        (", latency > 2s]", "]"),
        ("bake: 7d\n", "bake: 5d\n"),
        ("bake: 7d to 14d", "bake: 7d to 10d"),
        ("ramp: [25%, everyone]", "ramp: [50%, everyone]"),
        ("window: nights", "window: days"),
        ("go: primary", "go: manager"),
        ("go: primary", "go: primary\n    otherwise: roll back after 2h"),
        ("then: hold", "then: abort"),
        ("segments: {team: opted in}", "segments: {team: group is beta}"),
        ("expose: 5% to 10%", "expose: 5%"),
    ],
)
def test_needs_the_approvals_again(old: str, new: str) -> None:
    assert kinds((old, new)) == {AGAIN}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("plan: checkout", "plan: other"),
        ("system: shop", "system: mall"),
        ("flag: new", "flag: newer"),
        ("segments: {team", "seed: x, segments: {team"),
        ("check: All tested", "check: Some tested"),
        ("stage: internal", "stage: inside"),
        ("expose: team", "expose: 1%"),
        ("do: Look around", "do: Look closely"),
        ("  - stage: internal\n", "  - stage: earlier\n  - stage: internal\n"),
        ("expose: 5% to 10%", "expose: 5% to 20%"),
        ("expose: 5% to 10%", "expose: team"),
        ("{migrate: ./up.sh, undo: impossible}", "{migrate: ./up.sh, undo: ./down.sh}"),
        ("{restore: ./back.sh, undo: impossible}", "{restore: ./back.sh, undo: nothing to undo}"),
    ],
)
def test_refused(old: str, new: str) -> None:
    assert REFUSED in kinds((old, new))


def test_a_door_that_was_not_gone_through_may_change() -> None:
    change = ("{restore: ./back.sh, undo: impossible}", "{restore: ./back.sh, undo: nothing to undo}")
    assert kinds(change, progress=Progress(passed={"internal"}, current="pilot")) == {AGAIN}


def test_before_the_start_nothing_is_history() -> None:
    assert kinds(("check: All tested", "check: Some tested"), progress=Progress()) == {AGAIN}
    assert kinds(("expose: 5% to 10%", "expose: 5% to 20%"), progress=Progress()) == {AGAIN}


def test_sentences_say_what_changes_and_where() -> None:
    new = read(PLAN.replace("alert > 2%", "alert > 3%"))
    [edit] = sort_edit(read(PLAN), new, IN_PILOT)
    assert edit.sentence == 'the guard of "error rate" becomes looser'
    assert (edit.place.line, edit.place.column) == (16, 13)
    [(_, sentence)] = edits(("Support is ready", "Support is ready now"))[:1]
    assert sentence.startswith('"gate" of the stage "pilot": "Support is ready')


@pytest.mark.parametrize("path", shipped_plans(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_edit_no_difference(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert sort_edit(read(text), read("\n\n" + text), IN_PILOT) == []


@pytest.mark.parametrize(
    ("old", "new", "alarm", "change"),
    [
        ("a < 1%", "a  <  1%", False, Change.SAME),
        ("a < 1%", "a < 0.5%", False, Change.TIGHTER),
        ("a < 1%", "a < 0.5%", True, Change.LOOSER),
        ("a >= 99%", "a >= 99.5%", False, Change.TIGHTER),
        ("a > 500ms", "a > 1s", True, Change.LOOSER),
        ("a > 2x baseline", "a > 3x baseline", True, Change.LOOSER),
        ("a worse than baseline by 50%", "a worse than baseline by 20%", True, Change.TIGHTER),
        ("a > 1 per d", "a > 1 per w", False, Change.LOOSER),
        ("a < 1% for 3d", "a < 0.5% for 1d", False, Change.LOOSER),
        ("a = 0", "a = 1", False, Change.OTHER),
        ("a < 1%", "a <= 1%", False, Change.OTHER),
        ("a < 1%", "a < 1s", False, Change.OTHER),
        ("a < 1%", "b < 1%", False, Change.OTHER),
        ("stable for 3d", "stable for 5d", False, Change.TIGHTER),
        ("approved by a", "approved by b", False, Change.OTHER),
    ],
)
def test_tighter_and_looser(old: str, new: str, alarm: bool, change: Change) -> None:
    assert compare(old, new, alarm=alarm) is change


def test_guards_and_rungs() -> None:
    assert compare_guards("target < 1%", "target < 1%, alert > 5%") is Change.TIGHTER
    assert compare_guards("target < 1%, alert > 5%", "alert > 4%") is Change.LOOSER
    assert rises(["10%", "everyone"], ["5%", "10%", "everyone"]) is False
    assert rises(["10%", "25%", "everyone"], ["10%", "everyone"]) is True
    assert rises(["5% to 10%"], ["5% to 20%"]) is True
    assert rises(["team"], ["5%"]) is None
