"""The server as a process: HTTP and, beside it in the same event loop, the worker; both end in good order."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import uvicorn

from pilotage import __version__
from pilotage.application.runtime.loop import Worker
from pilotage.application.services import Application
from pilotage.domain.errors import Bug, PilotageError, UsageError
from pilotage.interfaces.http.app import LOOPBACK_NAMES, create_app
from pilotage.interfaces.http.callers import Served, is_loopback

_log = logging.getLogger(__name__)

PATIENCE = 10
"""Seconds requests have to end once the server stops; effects have the worker's own patience."""

_MOST_CONNECTIONS = 1000
_LARGEST_PORT = 65_535


class _Server(uvicorn.Server):
    """uvicorn without hands on the signals of the process: who starts it decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


@dataclass(frozen=True, slots=True)
class Where:
    """Where to listen: ``port`` 0 takes a free one. ``allowed_hosts`` are further names the server answers to."""

    host: str = "127.0.0.1"
    port: int = 8080
    allowed_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs. ``ended`` is set when it should not have ended, and did."""

    url: str
    port: int
    ended: asyncio.Event


async def serve(
    application: Application,
    where: Where,
    *,
    person: str,
    worker: bool = True,
    announce: Callable[[str], None] = lambda _: None,
    database: str = "",
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until ``stop`` is set.

    ``person`` acts for callers of this machine while there is no token. ``announce`` gets lines for people;
    ``database`` is named in them. Raises UsageError when it cannot listen there, or when others could reach it and no
    token counts.
    """
    stop = stop or asyncio.Event()
    with _signals(stop):
        async with running(application, where, person=person, worker=worker) as server:
            for line in await _about(application, server.url, person, worker, database):
                announce(line)
            await _first(stop, server.ended)
            if not stop.is_set():
                raise Bug(
                    "The server ended by itself.",
                    "Its log says why; start it again. Releases are carried on then.",
                )
            announce("Stopping: what is under way is brought to an end first.")


@asynccontextmanager
async def running(
    application: Application, where: Where, *, person: str, worker: bool = True
) -> AsyncIterator[Running]:
    """A server for the time of the block, listening when it begins. Raises UsageError as ``serve`` does."""
    await _check_reach(application, where.host)
    listening = _listen(where.host, where.port)
    try:
        works = application.worker() if worker else None
    except BaseException:
        listening.close()
        raise
    working = asyncio.create_task(works.run(), name="worker") if works is not None else None
    app = create_app(
        application,
        person=person,
        works=None if working is None else lambda: not working.done(),
        hosts=_names(where),
    )
    served: Served = app.state.served
    server = _Server(_configuration(app))
    serving = asyncio.create_task(server.serve([listening]), name="http")
    ended = asyncio.Event()
    tasks = [task for task in (serving, working) if task is not None]
    for task in tasks:
        task.add_done_callback(lambda _: ended.set())
    try:
        await _started(server, serving)
        number = listening.getsockname()[1]
        yield Running(f"http://{_in_address(where.host)}:{number}", number, ended)
    finally:
        served.stopping.set()
        server.should_exit = True
        await _end(tasks, works)
        listening.close()


def _configuration(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI app
        lifespan="off",
        log_config=None,
        # Addresses may hold names of releases and flags; whoever wants an access log has a proxy for it.
        access_log=False,
        # Whom a proxy speaks for is never believed: see callers.
        proxy_headers=False,
        server_header=False,
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=PATIENCE,
    )


async def _started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn tells nobody when it has started
        await asyncio.sleep(0.005)
    if serving.done():
        await serving  # tells why
        raise Bug("The server ended before it listened.", "Please report it, with the log.")


async def _end(tasks: list[asyncio.Task[None]], works: Worker | None) -> None:
    """End the tasks in good order, and log what failed in them."""
    if works is not None:
        await works.stop()
    for task, found in zip(tasks, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
        if isinstance(found, Exception):
            _log.error("%s failed", task.get_name(), exc_info=found)


async def _first(*events: asyncio.Event) -> None:
    """Wait for the first of the events."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set ``stop`` where this loop may hear them; a second one ends the process as ever."""
    loop = asyncio.get_running_loop()
    heard: list[signal.Signals] = []

    def hear() -> None:
        stop.set()
        while heard:
            loop.remove_signal_handler(heard.pop())

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            loop.add_signal_handler(number, hear)
            heard.append(number)
    try:
        yield
    finally:
        while heard:
            loop.remove_signal_handler(heard.pop())


async def _check_reach(application: Application, host: str) -> None:
    """Nobody elsewhere may call without a token; without one that counts, nobody elsewhere could call at all."""
    if is_loopback(host):
        return
    now = application.clock.now()
    if not any(token.counts_at(now) for token in await application.tokens.list()):
        raise UsageError(
            f"A server on {host} can be reached by others, and there is no token to tell callers apart.",
            "Make one first (`pilotage token create PERSON`), or listen on 127.0.0.1.",
        )


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError with what to do."""
    if not 0 <= port <= _LARGEST_PORT:
        raise UsageError(f"{port} is no port.", f"Take one from 1 to {_LARGEST_PORT}, or 0 for a free one.")
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server((str(address[0]), port), family=family, backlog=2048)
        # asyncio sets this only on sockets made with the protocol's number; connections inherit it from here.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, error) from error


def _cannot_listen(host: str, port: int, error: Exception) -> PilotageError:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return UsageError(
                f"Port {port} of {host} is in use by another program, perhaps another Pilotage server.",
                "Stop it, take another port (--port 8081), or let one be found (--port 0).",
            )
        case errno.EACCES:
            return UsageError(
                f"This user may not listen on port {port}.", "Take one above 1023, such as --port 8080."
            )
        case errno.EADDRNOTAVAIL:
            return UsageError(
                f"{host} is no address of this machine.",
                "Listen on 127.0.0.1, or on 0.0.0.0 for every address.",
            )
        case _:
            return UsageError(
                f"Nothing can listen on {host}, port {port}: {getattr(error, 'strerror', None) or error}.",
                "Check --host and --port.",
            )


def _names(where: Where) -> tuple[str, ...] | None:
    """The Host headers that are answered. Elsewhere than on loopback a token is always needed, which no page has."""
    if not is_loopback(where.host) and not where.allowed_hosts:
        return None
    return (*LOOPBACK_NAMES, where.host, *where.allowed_hosts)


def _in_address(host: str) -> str:
    """The host as an address names it."""
    return f"[{host}]" if ":" in host else host


async def _about(application: Application, url: str, person: str, worker: bool, database: str) -> list[str]:
    """What a person should know of the server that has just begun."""
    lines = [f"Pilotage {__version__} listens on {url}"]
    if await application.tokens.needed():
        lines.append("Every call needs a token: `pilotage token create PERSON` makes one.")
    else:
        lines.append(
            f"Whoever calls from this machine acts as {person}; no token is needed until the first is made "
            "(`pilotage token create PERSON`)."
        )
    if database:
        lines.append(f"Database: {database}")
    if worker:
        lines.append("A worker carries releases on.")
    else:
        lines.append("No worker runs in this process: `pilotage worker` starts one.")
    return [*lines, "Ctrl-C stops it."]
