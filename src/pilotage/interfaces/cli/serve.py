"""``pilotage serve`` and ``pilotage worker``: what runs for good, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from pilotage.domain.errors import UsageError
from pilotage.interfaces.cli.output import DOUBT, GOOD, note, say
from pilotage.interfaces.cli.settings import current, whoever_calls

if TYPE_CHECKING:
    from pilotage.application.services import Application

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog="Example: pilotage serve --port 8080")
def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on. Others than this machine's need tokens.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one and says which.")
    ] = 8080,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A further name the server answers to, such as the one a proxy calls it by."
        ),
    ] = None,
) -> None:
    """Run the server: the API, the flags (OFREP) and the worker that carries releases on. Ctrl-C stops it gently."""
    _local_only("serve")

    async def run(application: Application) -> None:
        from pilotage.bootstrap import Settings
        from pilotage.interfaces.http.serve import Where
        from pilotage.interfaces.http.serve import serve as listen

        file = Settings(database=current.get().database).database_file
        await listen(
            application,
            Where(host, port, tuple(allow_host or ())),
            person=whoever_calls(),
            announce=say,
            database="PostgreSQL" if file is None else str(file),
        )

    _on_this_database(run)


@app.command(epilog="Example: pilotage --database postgresql://pilotage@db/pilotage worker")
def worker() -> None:
    """Run a worker only: it carries releases on beside servers and other workers. Ctrl-C stops it gently."""
    _local_only("worker")

    async def run(application: Application) -> None:
        if application.ports.workers.somebody_works():
            note("Another worker is at work on this database; this one shares its work.", DOUBT)
        working = application.worker()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        task = asyncio.create_task(working.run(), name="worker")
        say("✓ Working. Ctrl-C stops.", GOOD)
        await stop.wait()
        say("Stopping: what runs is given time to end.")
        await working.stop()
        await task

    _on_this_database(run)


def _on_this_database(run: Callable[[Application], Awaitable[None]]) -> None:
    from pilotage import bootstrap

    async def opened() -> None:
        async with bootstrap.open_application(
            bootstrap.Settings(database=current.get().database)
        ) as application:
            await run(application)

    asyncio.run(opened())


def _local_only(word: str) -> None:
    if current.get().server:
        raise UsageError(
            f"`pilotage {word}` runs on a database, not through a server.",
            "Leave --server (or PILOTAGE_SERVER) out; --database says which database.",
        )
