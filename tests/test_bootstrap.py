"""Putting the program together: the right database, adapters that work end to end, and nothing loaded before its time."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from pilotage.application.services import Application
from pilotage.application.use_cases.creating import Wanted
from pilotage.bootstrap import DATABASE, Settings, open_application, open_plans
from pilotage.domain.effects import EffectAction
from pilotage.domain.errors import UsageError
from pilotage.domain.people import Actor

MARIA = Actor(person="maria")

PLAN = """\
plan: checkout
roles: {primary: {people: [maria], self-approval: true}}
exposure: {flag: new-checkout, segments: {team: email ends with @example.org}}
channels: {log: {type: file, address: messages.jsonl}, here: {type: terminal, address: here}}
messages:
  - {message: out, to: primary, via: [log, here], text: It is out}
stages:
  - stage: internal
    steps:
      - {run: cp source target, name: deploy, undo: rm target}
      - notify: out
    expose: team
    bake: 1s
  - {stage: everyone, expose: everyone, bake: ongoing}
"""


@pytest.mark.parametrize(
    ("database", "file"),
    [
        ("", ".pilotage/pilotage.db"),
        ("other.db", "other.db"),
        ("sqlite:///other%20one.db", "other one.db"),
        ("sqlite:////srv/pilotage.db", "/srv/pilotage.db"),
        ("postgresql://user:secret@host/name", None),
    ],
)
def test_where_the_database_is(database: str, file: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATABASE, raising=False)
    folder = Path("/project")
    assert Settings(folder, database).database_file == (folder / file if file else None)


def test_the_environment_names_the_database_where_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATABASE, "from-the-environment.db")
    assert Settings(Path("/project")).database_file == Path("/project/from-the-environment.db")
    assert Settings(Path("/project"), "named.db").database_file == Path("/project/named.db")


def test_a_database_of_an_unknown_kind_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"mysql.*\n.*postgresql://"):
        _ = Settings(database="mysql://host/name").database_file


async def test_a_plan_file_becomes_a_release_that_acts_on_the_world(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "source").write_text("the new code")
    shown: list[str] = []
    async with open_application(Settings(tmp_path, str(tmp_path / "pilotage.db"), shown.append)) as app:
        assert set(app.ports.performers) == set(get_args(EffectAction))
        created = await app.creating.create(tmp_path / "plan.yaml", Wanted("1.2.0", previous="1.1.0"), MARIA)
        await app.acting.start(created.release.id, MARIA)
        worker = app.worker()
        working = asyncio.create_task(worker.run())
        async with asyncio.timeout(20):
            while not (await app.flag_reader.flags()).by_name.get("new-checkout") or not await everyone(app):  # noqa: ASYNC110 - it is the store that changes
                await asyncio.sleep(0.02)
        await worker.stop()
        await working
        assert (tmp_path / "target").read_text() == "the new code"
        assert "It is out" in (tmp_path / "messages.jsonl").read_text()
        assert any("It is out" in line for line in shown)
        flag = (await app.flag_reader.flags()).by_name["new-checkout"]
        assert flag("u1", {}).value is True
        assert (await app.audit.verify()).holds


async def everyone(app: Application) -> bool:
    """Whether everybody meets the change, and nothing is left to be carried out."""
    release = (await app.looking.show("checkout-1.2.0")).release
    return release.exposure.everyone and not await app.ports.storage.open_effects(release.id)


def imported(code: str, *modules: str) -> list[str]:
    """Which of ``modules`` a fresh interpreter has imported after running ``code``."""
    ask = f"{code}\nimport sys\nprint(*[m for m in {modules!r} if m in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, env=os.environ
    )
    return answer.stdout.split()


def test_reading_plans_loads_no_database_and_no_network() -> None:
    code = "from pilotage.bootstrap import open_plans; open_plans()"
    assert imported(code, "sqlalchemy", "alembic", "httpx", "fastapi", "prometheus_client") == []


def test_opening_the_embedded_application_loads_no_web_server(tmp_path: Path) -> None:
    code = f"""
import asyncio
from pathlib import Path
from pilotage.bootstrap import Settings, open_application
async def main():
    async with open_application(Settings(Path({str(tmp_path)!r}))): pass
asyncio.run(main())
"""
    assert imported(code, "fastapi", "uvicorn", "psycopg") == []
    assert (tmp_path / ".pilotage" / "pilotage.db").exists()


def test_plans_can_be_read_and_restored() -> None:
    plans = open_plans()
    with pytest.raises(UsageError):
        plans.read(Path("nowhere.yaml"))
