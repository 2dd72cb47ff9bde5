"""The demo as a stranger meets it: one real run, its server killed in the middle of a stage, and what is left of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pilotage.interfaces.cli.demo.record import events_of

LONGEST = 90.0
PATIENCE = 30.0

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(
        not Path("/proc/self/cwd").exists(), reason="looks into /proc for processes that are left"
    ),
]


@dataclass(frozen=True)
class Demo:
    """A demo that has run."""

    folder: Path
    answer: dict[str, Any]
    progress: str

    def events(self, version: str) -> list[dict[str, Any]]:
        """What became true about that version's release."""
        return events_of(self.folder / f"shop-{version}-audit.zip")

    def release(self, version: str) -> dict[str, Any]:
        """What was measured of it."""
        return next(found for found in self.answer["releases"] if found["version"] == version)


def surroundings(place: Path) -> Mapping[str, str]:
    """An environment in which temporary folders are in ``place``."""
    return {**os.environ, "TMPDIR": str(place), "NO_COLOR": "1"}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "pilotage.interfaces.cli.main", "demo", *words]


def run(place: Path, *words: str) -> tuple[int, str, str]:
    """Run a demo in ``place``: its exit status, standard output and standard error. One that takes too long is ended
    kindly, so that it leaves no process behind.
    """
    process = subprocess.Popen(
        command(*words),
        env=surroundings(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, err = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.terminate()
        out, err = process.communicate(timeout=PATIENCE)
        pytest.fail(f"the demo took longer than {LONGEST:g} s\n{out}\n{err}")
    return process.returncode, out, err


def left_in(place: Path) -> list[str]:
    """The processes that work in ``place`` or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve(strict=True).is_relative_to(place):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    place = tmp_path_factory.mktemp("demo")
    status, out, err = run(place, "--json", "--crash", "--seed", "7")
    assert status == 0, f"{out}\n{err}"
    (folder,) = place.glob("pilotage-demo-*/shop")
    return Demo(folder, json.loads(out), err)


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


@pytest.mark.timeout(LONGEST + 20)
def test_one_release_goes_to_everyone_and_one_comes_back(demo: Demo) -> None:
    assert set(demo.answer) == {"schema", "releases", "seconds"}
    assert demo.answer["schema"] == 1
    good, bad = demo.release("1.1.0"), demo.release("1.2.0")
    assert (good["outcome"], good["share_max"]) == ("completed", 100)
    assert (good["detected_after_s"], good["rolled_back_in_s"]) == (None, None)
    assert (bad["outcome"], bad["share_max"]) == ("rolled_back", 10)
    assert 0 < bad["detected_after_s"] < LONGEST
    assert 0 < bad["rolled_back_in_s"] < 30
    assert 30 <= bad["requests_exposed"] < good["requests_exposed"]
    assert [r["events"] for r in (good, bad)] == [len(demo.events(v)) for v in ("1.1.0", "1.2.0")]
    assert bad["rolled_back_in_s"] < demo.answer["seconds"] < LONGEST


def test_it_went_up_step_by_step_through_gates_a_check_and_an_approval(demo: Demo) -> None:
    events = demo.events("1.1.0")
    after = [event["after"] for event in events if event["event"] == "exposure_changed"]
    assert [exposure.get("share", 0) for exposure in after] == [0, 10, 50, 100]
    assert after[0]["segments"] == {"team": 100}
    assert names(events).count("gate_passed") == 4
    ticked = next(event for event in events if event["event"] == "check_passed")
    assert ticked["by"]["person"] == "maria"
    approved = next(event for event in events if event["event"] == "approval_given")
    assert (approved["person"], approved["role"]) == ("lee", "product")


def test_nobody_is_exposed_any_more_before_the_code_step_is_undone(demo: Demo) -> None:
    events = demo.events("1.2.0")
    order = [
        "trigger_fired", "rollback_started", "exposure_changed", "exposure_confirmed", "step_undone",
        "rollback_completed", "follow_up_opened",
    ]  # fmt: skip
    found = names(events)
    fired = found.index("trigger_fired")
    places = [found.index(name, fired) for name in order]
    assert places == sorted(places)
    fall = events[places[2]]
    assert fall["after"].get("share", 0) == 0
    assert not fall["after"].get("segments")
    assert found.count("follow_up_opened") == 3
    assert "approval_given" not in found, "nobody who looked at these numbers would have approved"


def test_the_code_before_is_live_again_and_people_were_told(demo: Demo) -> None:
    assert (demo.folder / "state" / "current").read_text().strip() == "1.1.0"
    lines = (demo.folder / "messages.jsonl").read_text().splitlines()
    told = [json.loads(line)["text"] for line in lines]
    assert told.count("Shop 1.1.0 is with everyone") == 1
    assert told.count("Shop 1.2.0 is rolled back, 1.1.0 is live") == 1


def test_a_server_killed_in_the_middle_of_a_stage_carries_on_where_it_was(demo: Demo) -> None:
    began, killed, again, left = (
        demo.progress.index(words)
        for words in (
            "Stage first users began",
            "(SIGKILL to process",
            "started again",
            "Stage first users is done",
        )
    )
    assert began < killed < again < left
    events = demo.events("1.1.0")
    assert names(events).count("release_started") == 1
    entered = [event["stage"] for event in events if event["event"] == "stage_entered"]
    assert entered == ["team", "first-users", "half", "everyone"]
    shares = [e["after"].get("share", 0) for e in events if e["event"] == "exposure_changed"]
    assert all(before < after for before, after in pairwise(shares))
    effects = [event["key"] for event in events if event["event"] == "message_sent"]
    assert len(effects) == len(set(effects))


def test_what_it_suggests_works(demo: Demo) -> None:
    lines = demo.progress.split("Try there:\n")[1].splitlines()
    suggested = [line.strip().split("  # ")[0].strip() for line in lines if line.strip()]
    assert suggested[0] == f"cd {demo.folder}"
    assert suggested.pop() == "pilotage demo --plan plan.yaml"  # shown by another test, with a quick plan
    ends = {}
    for line in suggested:
        words = line.replace("pilotage ", f"{sys.executable} -m pilotage.interfaces.cli.main ", 1)
        ran = subprocess.run(
            words, shell=True, cwd=demo.folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        ends[line] = (ran.returncode, ran.stdout + ran.stderr)
    fails = {"pilotage plan check plan.yaml": 1, "pilotage plan simulate plan.yaml --scenario error-spike": 3}
    assert {line: end for line, end in ends.items() if end[0] != fails.get(line, 0)} == {}
    assert "events in" in ends["pilotage audit verify"][1]
    assert 'did you mean "2d"?' in ends["pilotage plan check plan.yaml"][1]


def test_nothing_is_left_running(demo: Demo) -> None:
    assert left_in(demo.folder) == []


def test_interrupted_it_ends_what_it_started(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(), env=surroundings(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "Stage team began" in line:
                break
        assert len(left_in(tmp_path)) >= 3
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Every process it started has ended" in said
    assert "Traceback" not in said
    end = time.monotonic() + PATIENCE
    while left := left_in(tmp_path):
        assert time.monotonic() < end, left


QUICK = """\
plan: quick
roles: {primary: maria}
exposure: {flag: "checkout-{{version}}", segments: {team: email ends with @shop.example}}
stages:
  - stage: team
    steps: [{run: "./deploy.sh {{version}}", undo: "./deploy.sh {{previous}}"}]
    expose: team
    bake: 1s
    go: by itself
  - {stage: half, expose: 50%, bake: 1s, go: by itself}
"""


def test_kept_the_server_goes_on_and_another_plan_decides_otherwise(tmp_path: Path) -> None:
    (tmp_path / "quick.yaml").write_text(QUICK)
    status, out, err = run(tmp_path, "--json", "--keep", "--plan", str(tmp_path / "quick.yaml"))
    assert status == 0, f"{out}\n{err}"
    answer = json.loads(out)
    kept = answer["kept"]
    try:
        assert [(r["outcome"], r["share_max"]) for r in answer["releases"]] == [("completed", 50)] * 2
        assert kept["server"] in err
        asked = [*command()[:-1], "--server", kept["server"], "release", "list", "--json"]
        listed = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE, check=True)
        assert {line["id"] for line in json.loads(listed.stdout)["releases"]} == {
            "quick-1.1.0",
            "quick-1.2.0",
        }
    finally:
        for process in kept["processes"].values():
            os.kill(process, signal.SIGTERM)
    end = time.monotonic() + PATIENCE
    while left := left_in(tmp_path):
        assert time.monotonic() < end, left
