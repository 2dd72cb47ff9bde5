"""Names of workers: one living process at most inherits, and a killed one leaves no lock behind."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from pathlib import Path

from pilotage.adapters.workers.beside_database import EMBEDDED, NamesBesideDatabase
from pilotage.adapters.workers.by_chance import NamesByChance
from pilotage.application.ports.workers import WorkerName

HOLD = """
import sys
from pathlib import Path
from pilotage.adapters.workers.beside_database import NamesBesideDatabase
names = NamesBesideDatabase(Path(sys.argv[1]), lambda: "chance")
print(names.take().inherited, flush=True)
sys.stdin.read()
"""


def names(database: Path) -> NamesBesideDatabase:
    counter = itertools.count(1)
    return NamesBesideDatabase(database, lambda: f"by chance {next(counter)}")


def test_the_first_inherits_and_a_second_beside_it_does_not(tmp_path: Path) -> None:
    first, second = names(tmp_path / "db"), names(tmp_path / "db")
    assert first.somebody_works() is False
    assert first.take() == WorkerName(EMBEDDED, inherited=True)
    assert second.somebody_works() is True
    assert first.somebody_works() is True
    assert second.take() == WorkerName("by chance 1")
    first.give_back()
    assert second.somebody_works() is False
    assert second.take() == WorkerName(EMBEDDED, inherited=True)
    second.give_back()


def test_a_killed_process_leaves_the_name_to_the_next(tmp_path: Path) -> None:
    here = names(tmp_path / "db")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert here.somebody_works() is True
        assert not here.take().inherited
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    assert here.take().inherited
    here.give_back()


def test_where_no_lock_can_be_made_every_worker_has_a_name_of_its_own(tmp_path: Path) -> None:
    nowhere = names(tmp_path / "missing" / "db")
    assert not nowhere.take().inherited
    nowhere.give_back()


def test_on_many_machines_every_worker_has_a_name_of_its_own() -> None:
    counter = itertools.count(1)
    many = NamesByChance(lambda: f"w{next(counter)}")
    assert (many.take(), many.take()) == (WorkerName("w1"), WorkerName("w2"))
    assert many.somebody_works() is None
    many.give_back()
