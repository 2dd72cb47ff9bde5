"""A real ``pilotage serve`` with its worker, on a free port, for the time of a block."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_COMMAND = [sys.executable, "-m", "pilotage.interfaces.cli.main", "serve", "--port", "0"]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server whose database, commands and printed words are in ``folder``."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PILOTAGE_")}
    with (folder / "out").open("wb") as out:
        program = subprocess.Popen(
            _COMMAND, cwd=folder, stdout=out, stderr=out, env={**clean, "PYTHONUNBUFFERED": "1"}
        )
    try:
        yield _address(program, folder / "out")
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(timeout=30)


def _address(program: subprocess.Popen[bytes], printed: Path) -> str:
    """What the server says it listens on."""
    end = time.monotonic() + 30
    while not (found := re.search(r"http://127\.0\.0\.1:\d+", printed.read_text())):
        assert program.poll() is None, f"the server ended:\n{printed.read_text()}"
        assert time.monotonic() < end, f"no address in 30 s:\n{printed.read_text()}"
        time.sleep(0.05)
    return found[0]
