"""One life of a worker, as a process of its own: takes up the release in a folder where the life before left it.

    python -m tests.crash.carry_on FOLDER

Creates and starts the release if that was not done, carries it on, answers for maria whatever she is asked, and writes
``report.json`` when the release is over or when she is asked what only looking at the world can tell.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

from pilotage.application.runtime import crashpoints
from pilotage.application.services import Application
from pilotage.application.use_cases.creating import Wanted
from pilotage.application.use_cases.views import Shown
from pilotage.bootstrap import Settings, open_application
from pilotage.domain import facts
from pilotage.domain.errors import Conflict, Refused
from pilotage.domain.events import QuestionKind
from pilotage.domain.people import Actor
from pilotage.domain.release import Status

RELEASE = "checkout-1.2.0"
MARIA = Actor(person="maria")
LONGEST = 40.0
"""Seconds a life may last; the releases of these tests take about one."""


def live(folder: str, crash_at: str = "") -> None:
    """Live one life, and die at the crash point if one is given (here, or in the environment)."""
    if crash_at:
        crashpoints.arm(crash_at)
    asyncio.run(_live(Path(folder)))


async def _live(folder: Path) -> None:
    async with open_application(Settings(folder=folder, database=str(folder / "pilotage.db"))) as app:
        await _begin(app, folder)
        worker = app.worker()
        working = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(LONGEST):
                shown = await _answer_until_over(app)
        finally:
            await worker.stop()
            await working
        verified = await app.audit.verify()
        moved = await app.flags.history("new-checkout") if await app.flags.list() else ()
    report = {
        "status": shown.line.status,
        "asked": [q.text for q in shown.questions if q.kind is QuestionKind.UNKNOWN_OUTCOME],
        "held": shown.line.held,
        "moved": [type(change.event).__name__ for change in moved],
        "broken": [str(s.broken) for s in verified.streams if s.broken],
    }
    (folder / "report.json").write_text(json.dumps(report))


async def _begin(app: Application, folder: Path) -> None:
    if not await app.looking.list():
        with suppress(Conflict):  # a process beside this one was faster
            await app.creating.create(folder / "plan.yaml", Wanted("1.2.0", previous="1.1.0"), MARIA)
    if (await app.looking.show(RELEASE)).line.status == Status.PLANNED:
        with suppress(Conflict, Refused):  # a process beside this one was faster
            await app.acting.start(RELEASE, MARIA)


async def _answer_until_over(app: Application) -> Shown:
    while True:
        shown = await app.looking.show(RELEASE)
        if shown.release.over or any(q.kind is QuestionKind.UNKNOWN_OUTCOME for q in shown.questions):
            return shown
        for question in shown.questions:
            ticked = question.kind is QuestionKind.CHECK
            wish: facts.Body = facts.Attest(question.id) if ticked else facts.Approve(question.id)
            with suppress(Conflict, Refused):  # answered by the process beside this one
                await app.acting.act(RELEASE, wish, MARIA)
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    live(sys.argv[1])
