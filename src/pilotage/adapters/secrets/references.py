"""``env:NAME``, ``file:PATH`` and ``command:WORDS``, looked up anew at every use."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path

from pilotage.application.outputs import clean, last_line, shortened
from pilotage.application.ports.secrets import is_reference
from pilotage.domain.errors import OutsideError

_LONGEST = 64 * 1024  # bytes; a secret is a key or a password, not a document


class SecretReferences:
    """Looks secrets up in the environment, in files, and with the command line of a password manager."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str] | None = None, seconds: float = 30.0
    ) -> None:
        """``folder``: where relative paths begin. ``environment``: default ours. ``seconds``: for a command."""
        self._folder = folder
        self._environment = environment
        self._seconds = seconds

    async def resolve(self, text: str) -> str:
        """The value behind a reference, or ``text`` where it is none. The OutsideError raised never tells the value."""
        if not is_reference(text):
            return text
        kind, _, name = text.partition(":")
        name = name.strip()
        if not name:
            raise OutsideError(f'The secret "{text}" names nothing', f"Write what to look up after {kind}:")
        match kind:
            case "env":
                value = self._from_environment(text, name)
            case "file":
                value = await asyncio.to_thread(self._from_file, text, self._folder / name)
            case _:
                value = await self._from_command(text, name)
        if not value:
            raise OutsideError(f'The secret "{text}" is empty', "Put the secret there, then repeat the step.")
        return value

    def _from_environment(self, reference: str, name: str) -> str:
        try:
            return (os.environ if self._environment is None else self._environment)[name]
        except KeyError:
            raise OutsideError(
                f'The secret "{reference}" is not set',
                f"Set {name} in the environment Pilotage runs in and start it again.",
            ) from None

    @staticmethod
    def _from_file(reference: str, path: Path) -> str:
        try:
            if not path.is_file():
                raise OutsideError(
                    f'The secret "{reference}" cannot be read: there is no file "{path}"',
                    "Create it, or mend the path.",
                )
            with path.open("rb") as file:
                raw = file.read(_LONGEST + 1)
        except OSError as error:
            raise OutsideError(
                f'The secret "{reference}" cannot be read: {error.strerror}',
                "Let the user Pilotage runs as read that file.",
            ) from None
        return _as_text(reference, raw)

    async def _from_command(self, reference: str, command: str) -> str:
        hint = f"Run it by hand where Pilotage runs: {command}"
        try:
            process = await asyncio.create_subprocess_exec(
                *shlex.split(command),
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,
            )
        except (OSError, ValueError, IndexError, TypeError) as error:
            raise OutsideError(
                f'The command of the secret "{reference}" could not be started: {error}', hint
            ) from None
        try:
            async with asyncio.timeout(self._seconds):
                printed, complaint = await asyncio.gather(
                    _bounded(process, "stdout"), _bounded(process, "stderr")
                )
                if len(printed) <= _LONGEST and len(complaint) <= _LONGEST:
                    await process.wait()
        except TimeoutError:
            raise OutsideError(
                f'The command of the secret "{reference}" had not ended after {self._seconds:g} s', hint
            ) from None
        finally:
            await _end(process)
        value = _as_text(reference, printed)
        if process.returncode:
            said = last_line(clean(complaint.decode("utf-8", errors="replace")))
            why = f": {shortened(said)}" if said else ""
            raise OutsideError(
                f'The command of the secret "{reference}" ended with exit status {process.returncode}{why}',
                hint,
            )
        return value


async def _bounded(process: Process, stream: str) -> bytes:
    """What a stream says, up to one byte more than the longest secret."""
    reader: asyncio.StreamReader = getattr(process, stream)
    said = b""
    while len(said) <= _LONGEST and (chunk := await reader.read(_LONGEST + 1 - len(said))):
        said += chunk
    return said


async def _end(process: Process) -> None:
    """End whatever the command left: nobody waits for its answer any more."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        # Reads what is left, so that the pipes close. Bounded: a child outside the group may hold them open.
        await asyncio.wait_for(process.communicate(), 1.0)


def _as_text(reference: str, raw: bytes) -> str:
    if len(raw) > _LONGEST:
        raise OutsideError(
            f'The secret "{reference}" is longer than {_LONGEST // 1024} KiB', "Name the secret alone."
        )
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise OutsideError(
            f'The secret "{reference}" is not UTF-8 text', "Store it as text, such as base64."
        ) from None
