"""The file channel: one JSON line a message, appended once and on the disk before it counts as sent."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from pathlib import Path
from typing import BinaryIO

from pilotage.application.ports.clock import Clock
from pilotage.domain.effects import SendMessage
from pilotage.domain.errors import OutsideError, PilotageError
from pilotage.domain.facts import Outcome

from .channel import done


class FileChannel:
    """Appends to the file that is the channel's ``address``. Processes may share it: it is locked while written."""

    takes_idempotency_key = True

    def __init__(self, folder: Path, clock: Clock) -> None:
        """``folder``: where relative addresses begin. ``clock`` dates the lines."""
        self._folder = folder
        self._clock = clock

    async def send(self, message_id: str, message: SendMessage) -> Outcome:
        """Append the message, unless a line with its id is there."""
        path = self._path(message)
        line = json.dumps(
            {
                "id": message_id,
                "at": self._clock.now().isoformat(),
                "message": message.row,
                "kind": message.kind,
                "channel": message.channel,
                "to": message.to,
                "recipients": message.recipients,
                "subject": message.subject,
                "text": message.text,
            },
            ensure_ascii=False,
        )
        written = await asyncio.to_thread(_append_once, path, message_id, line.encode(errors="replace"))
        return done(f"{'appended to' if written else 'was already in'} {path}")

    async def sent(self, message_id: str, message: SendMessage) -> bool | None:
        """Look for the message's id in the file."""
        try:
            return await asyncio.to_thread(_has, self._path(message), message_id)
        except PilotageError:
            return None

    def _path(self, message: SendMessage) -> Path:
        if not message.address:
            raise PilotageError(
                f'The channel "{message.channel}" names no file',
                'Add one under "channels" in the plan or the project file, such as address: messages.jsonl',
            )
        return self._folder / message.address


def _append_once(path: Path, message_id: str, line: bytes) -> bool:
    """Append a line and wait for the disk; False when a line with this id was there. Raises OutsideError."""
    _must_be_plain(path)
    try:
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _find(file, message_id):
                return False
            end = file.seek(0, os.SEEK_END)
            try:
                # A line that a crash tore off must not swallow this one.
                _write(file.fileno(), (b"" if _ends_whole(file, end) else b"\n") + line + b"\n")
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), end)
                raise
        return True
    except OSError as error:
        raise _unusable(path, error) from None


def _write(descriptor: int, data: bytes) -> None:
    """Write all of it past Python's buffer, which after an error would try again behind our back."""
    while data:
        data = data[os.write(descriptor, data) :]


def _has(path: Path, message_id: str) -> bool:
    _must_be_plain(path)
    try:
        with path.open("rb") as file:
            return _find(file, message_id)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unusable(path, error) from None


def _find(file: BinaryIO, message_id: str) -> bool:
    file.seek(0)
    # Ids are compared as JSON, so one id that ends like another is not mistaken for it.
    needle = json.dumps(message_id, ensure_ascii=False).encode(errors="replace")
    return any(needle in line and _id_of(line) == message_id for line in file)


def _id_of(line: bytes) -> str | None:
    try:
        parsed = json.loads(line)
    except ValueError:  # a torn line
        return None
    return str(parsed.get("id")) if isinstance(parsed, dict) else None


def _ends_whole(file: BinaryIO, end: int) -> bool:
    if not end:
        return True
    file.seek(end - 1)
    return file.read(1) == b"\n"


def _must_be_plain(path: Path) -> None:
    """Refuse what is no plain file: opening a named pipe would wait for a reader, perhaps for ever."""
    if path.exists() and not path.is_file():
        raise OutsideError(f'"{path}" is not a file', "Name a plain file as the channel's address.")


def _unusable(path: Path, error: OSError) -> OutsideError:
    return OutsideError(
        f'The message could not be written to "{path}": {error.strerror or error}',
        "Make room or let the user Pilotage runs as write there (its folder must exist), then send it again.",
    )
