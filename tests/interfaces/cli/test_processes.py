"""``pilotage`` as a program of its own: start-up, a reader who leaves, Ctrl-C, a worker that stops gently."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.calling import Caller

PROGRAM = [sys.executable, "-m", "pilotage.interfaces.cli.main"]


def test_help_costs_little() -> None:
    """Processor time, which other work on the machine hardly changes; on an idle one it is the time waited, too."""
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*PROGRAM, "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(costs) < 0.3


def test_a_reader_who_leaves_is_no_error(folder: Path) -> None:
    program = subprocess.Popen([*PROGRAM, "plan", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.read(10)
    program.stdout.close()
    assert program.stderr.read() == b""
    program.wait(timeout=20)
    program.stderr.close()


def wait_for(condition: object, what: str, seconds: float = 20.0) -> None:
    """Poll until ``condition()`` holds."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.05)


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_while_watching_is_quiet_and_loses_nothing(
    folder: Path, pilotage: Caller, created: str
) -> None:
    pilotage.done("release", "start", by="ana")
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        # A runner in the background ignores SIGINT, and whatever it starts would too.
        program = subprocess.Popen(
            [*PROGRAM, "release", "watch", created],
            stdout=out,
            stderr=err,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509  # this test process starts no threads before it
        )
    wait_for(lambda: "All critical paths" in (folder / "out").read_text(), "the release waits for a person")
    program.send_signal(signal.SIGINT)
    assert program.wait(timeout=30) == 130
    assert "Traceback" not in (folder / "err").read_text()
    assert pilotage.done("audit", "verify", "--json").json["holds"] is True


def test_a_worker_carries_on_and_stops_gently(folder: Path, pilotage: Caller, created: str) -> None:
    with (folder / "out").open("wb") as out:
        program = subprocess.Popen(
            [*PROGRAM, "worker"], stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    try:
        wait_for(lambda: "Working" in (folder / "out").read_text(), "the worker says it works")
        said = pilotage.done("release", "start", by="ana")
        assert "A worker carries it on" in said.err
        wait_for((folder / "deployed").exists, "the step was carried out")
        assert pilotage("release", "watch", created, "--until-blocked", "--timeout", "20s").status == 5
    finally:
        program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=30) == 0
    assert "Traceback" not in (folder / "out").read_text()
