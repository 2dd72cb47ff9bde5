"""Who gets what, and for which reason: the cases as data, and what must hold for every exposure."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.application.codec import flag_from_json
from pilotage.decisions.flags.compiled import TargetingKeyMissing, compile_flag
from pilotage.domain.errors import UsageError
from pilotage.domain.exposure import Exposure, Segment, SegmentTest
from pilotage.domain.flags import Flag
from tests.decisions.flags.people import User, crowds, exposures, flag_with, percents, users, who_is_in

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "cases" / "flags" / "evaluation.json").read_text(encoding="utf-8")
)


@pytest.mark.requirement(211, 213, 215)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_cases(case: dict[str, Any]) -> None:
    flag = flag_from_json(json.dumps(case["flag"]))
    evaluate = compile_flag(flag)
    for user in case["users"]:
        attributes = user.get("attributes", {})
        if "error" in user:
            with pytest.raises(TargetingKeyMissing, match=flag.name):
                evaluate(user["key"], attributes)
            continue
        found = evaluate(user["key"], attributes)
        assert (found.value, found.reason) == (user["value"], user["reason"]), user
        assert found.variant == user.get("variant", "on" if user["value"] else "off"), user


@pytest.mark.requirement(217)
@given(percents, percents, crowds)
def test_who_is_in_stays_in_while_the_share_grows(one: float, other: float, crowd: list[User]) -> None:
    low, high = sorted((one, other))
    for smaller, larger in (
        (Exposure(share=low), Exposure(share=high)),
        (Exposure(segments={"grown-ups": low}), Exposure(segments={"grown-ups": high})),
        (Exposure(capped={"beta testers": low}), Exposure(capped={"beta testers": high})),
    ):
        assert who_is_in(smaller, crowd) <= who_is_in(larger, crowd)


@given(exposures, users)
def test_a_killed_flag_is_off_for_everybody(exposure: Exposure, user: User) -> None:
    flag = replace(flag_with(exposure), killed=True, forced={user.key: True})
    assert compile_flag(flag)(user.key, user.attributes).value is False


@given(exposures, users)
def test_without_a_key_the_answer_is_the_one_every_key_gets_or_an_error(
    exposure: Exposure, user: User
) -> None:
    """Anonymous users never get what depends on who they are (a named user of a segment is somebody)."""
    evaluate = compile_flag(flag_with(exposure))
    try:
        anonymous = evaluate(None, user.attributes).value
    except TargetingKeyMissing:
        return
    others = {evaluate(f"nobody-{n}", user.attributes).value for n in range(50)}
    assert others == {anonymous}


@given(st.sampled_from([5.0, 10.0, 20.0]))
def test_a_capped_segment_never_makes_up_more_than_the_cap(cap: float) -> None:
    """20 % of these users opted in, and 20 % is what the segment declares."""
    crowd = [User(f"user-{n}", {"opted in": n % 5 == 0}) for n in range(20_000)]
    admitted = len(who_is_in(Exposure(capped={"beta testers": cap}), crowd)) / len(crowd)
    assert cap / 100 - 0.01 < admitted < cap / 100 + 0.01


@pytest.mark.requirement(217)
def test_another_process_lets_the_same_users_in() -> None:
    program = (
        "from pilotage.decisions.flags.compiled import compile_flag\n"
        "from pilotage.domain.flags import Flag\n"
        "from pilotage.domain.exposure import Exposure\n"
        "evaluate = compile_flag(Flag('checkout', Exposure(share=25.0), seed='checkout'))\n"
        "print([n for n in range(200) if evaluate(f'user-{n}', {}).value])\n"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert json.loads(said) == sorted(
        who_is_in(Exposure(share=25.0), [User(f"user-{n}") for n in range(200)])
    )


def test_a_bucketing_of_a_newer_version_is_refused() -> None:
    with pytest.raises(UsageError, match='made with the bucketing "murmur9-v2"'):
        compile_flag(Flag("f", Exposure(share=10), bucketing="murmur9-v2"))


@pytest.mark.parametrize(
    "exposure",
    [
        Exposure(segments={"team": 100.0}),
        Exposure(capped={"team": 5.0}),
        Exposure(share=100.0, excluded=("team",)),
    ],
)
def test_a_segment_nobody_defined_is_refused_rather_than_guessed(exposure: Exposure) -> None:
    with pytest.raises(UsageError, match='names the segment "team", which it does not define'):
        compile_flag(Flag("f", exposure))


def test_a_broken_segment_is_refused_when_the_flag_is_compiled() -> None:
    segment = Segment("team", tests=(SegmentTest("age", "at least", ("x",)),))
    with pytest.raises(UsageError):
        compile_flag(Flag("f", Exposure(segments={"team": 100.0}), {"team": segment}))
