"""kill -9 at every crash point: work resumes by itself, and every effect happens once or a person is asked (S5, L2)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotage.application.runtime.crashpoints import (
    AFTER_CLAIM,
    AFTER_COMMIT,
    AFTER_DECIDE,
    AFTER_OUTCOME,
    AFTER_OUTCOME_DECIDED,
    AFTER_PERFORM,
    AFTER_TICK,
    AFTER_TICK_CLAIM,
    AFTER_TICK_READ,
    DURING_PERFORM,
    POINTS,
    VARIABLE,
)
from pilotage.application.runtime.effects import LEASE
from tests.crash.conftest import Place

# Each effect of the plan, by the number in which it is carried out: 1 the probed command, 2 the blind command, 3 the
# message, 4 the exposure of the team. A life may die with the outcome of any of them unknown.
KILLS = [
    AFTER_DECIDE,
    AFTER_COMMIT,
    *(
        f"{point}:{nth}"
        for point in (AFTER_CLAIM, AFTER_PERFORM, AFTER_OUTCOME_DECIDED)
        for nth in (1, 2, 3, 4)
    ),
    DURING_PERFORM,
    f"{AFTER_OUTCOME}:2",
    AFTER_TICK_CLAIM,
    AFTER_TICK_READ,
    AFTER_TICK,
]


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Poll, at most that long."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def in_order(place: Place) -> None:
    """The world after the last life: nothing twice, nothing lost, the record whole, or a person asked about the blind one."""
    report = place.report
    assert report["broken"] == []
    assert len(place.effects) == len(set(place.effects))
    assert [line.split()[0] for line in place.effects].count("probed") == 1
    if report["asked"]:
        assert "count" in report["asked"][0]
        return
    assert report["status"] == "completed", report
    assert [line.split()[0] for line in place.effects] == ["probed", "blind"]
    assert report["moved"] == ["FlagExposureSet", "FlagExposureSet"]
    ids = [message["id"] for message in place.messages]
    assert len(ids) == len(set(ids))
    assert [m["message"] for m in place.messages].count("staging-preview") == 1


def test_every_crash_point_is_tested() -> None:
    assert {kill.partition(":")[0] for kill in KILLS} == set(POINTS)


@pytest.mark.parametrize("point", KILLS)
def test_work_resumes_after_a_kill(place: Place, point: str) -> None:
    assert place.live(crash_at=point) == -signal.SIGKILL
    assert place.live() == 0
    in_order(place)


def test_only_the_effect_that_nobody_can_probe_is_asked_about(place: Place) -> None:
    assert place.live(crash_at=f"{AFTER_PERFORM}:2") == -signal.SIGKILL
    assert place.live() == 0
    assert [line.split()[0] for line in place.effects] == ["probed", "blind"]
    assert len(place.report["asked"]) == 1


def test_a_kill_in_the_middle_of_a_command(place: Place) -> None:
    """The command itself kills the worker, having done half its work: a probe tells that it is not done."""
    (place.folder / "effect.sh").write_text(
        'if [ "$1" = probed ] && [ ! -e killed ]; then touch killed; kill -9 "$(cat worker.pid)"; exit 0; fi\n'
        'echo "$1 $PILOTAGE_EFFECT_ID" >> effects.log\n'
    )
    process = place.begin_life()
    (place.folder / "worker.pid").write_text(str(process.pid))
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert place.live() == 0
    in_order(place)
    assert place.report["asked"] == []


def test_killed_again_and_again(place: Place) -> None:
    for point in (AFTER_COMMIT, AFTER_CLAIM, AFTER_TICK, AFTER_OUTCOME, AFTER_OUTCOME):
        place.live(crash_at=point)
    assert place.live() == 0
    in_order(place)


def test_two_processes_on_one_database(place: Place) -> None:
    both = [place.begin_life(), place.begin_life()]
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    in_order(place)
    assert place.report["asked"] == []


def test_a_worker_takes_over_from_the_killed_one_beside_it_without_waiting_for_its_leases(
    place: Place,
) -> None:
    first = place.begin_life(crash_at=f"{AFTER_PERFORM}:1")
    wait_until((place.folder / "pilotage.db.worker").exists)
    second = place.begin_life()
    first.join(60)
    died = time.monotonic()
    second.join(60)
    assert (first.exitcode, second.exitcode) == (-signal.SIGKILL, 0)
    assert time.monotonic() - died < LEASE / 2
    in_order(place)
    assert place.report["asked"] == []


def test_the_variable_arms_a_point_in_a_process_started_from_the_shell(
    place: Place, repository: Path
) -> None:
    """As a user would see it: a program of its own, killed, started again without the variable."""
    program = [sys.executable, "-m", "tests.crash.carry_on", str(place.folder)]
    environment = {
        **os.environ,
        VARIABLE: f"{AFTER_CLAIM}:3",
        "PYTHONPATH": os.pathsep.join((str(repository), os.environ.get("PYTHONPATH", ""))),
    }
    killed = subprocess.run(program, cwd=repository, env=environment, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert place.live() == 0
    in_order(place)
