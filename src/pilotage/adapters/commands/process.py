"""One program run as a process group of its own, watched from its first byte to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_CHUNK = 64 * 1024
_DRAIN = 1.0  # seconds granted to output still under way when the program itself has ended
_LOOK = 0.05  # seconds between looks whether a process group is gone


async def run_process(
    argv: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    output: Callable[[bytes], None],
    grace: float,
) -> int | None:
    """Run a program to its end and return its exit status (negative: the signal that ended it); None after ``seconds``.

    Standard output and error arrive together at ``output``; there is no standard input and no terminal to ask on. At
    the time limit, or when this task is cancelled, the whole process group is asked to end and after ``grace`` seconds
    made to. A process the program left behind on purpose (a service it started) is let be. Raises OSError or
    ValueError when the program cannot be started.
    """
    reading, writing = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=DEVNULL,
            stdout=writing,
            stderr=writing,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    # The pipe is ours, not the subprocess transport's: so the program's end is seen although a child holds it open.
    reader = asyncio.StreamReader(limit=_CHUNK)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", buffering=0)
    )
    pump = asyncio.create_task(_pump(reader, output))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0)):
                return await process.wait()
        return None
    finally:
        try:
            if process.returncode is None:
                await _end_group(process, grace)
            await asyncio.wait({pump}, timeout=_DRAIN)
        finally:
            pump.cancel()
            transport.close()
            await asyncio.gather(pump, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, output: Callable[[bytes], None]) -> None:
    while chunk := await reader.read(_CHUNK):
        output(chunk)


async def _end_group(process: Process, grace: float) -> None:
    """Ask every process of the group to end, wait for all of them, and end those that stay."""
    try:
        if _signal_group(process.pid, signal.SIGTERM):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await process.wait()
                    while _signal_group(process.pid, 0):  # noqa: ASYNC110 - nobody tells when a group is empty
                        await asyncio.sleep(_LOOK)
    finally:
        _signal_group(process.pid, signal.SIGKILL)
    await process.wait()


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to the group; whether there was anybody to get it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # gone, or (on some systems) only its dead are left
        return False
    return True
