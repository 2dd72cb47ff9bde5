"""References are looked up at use; what is missing is named, and no error tells a value."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from pilotage.adapters.secrets import SecretReferences
from pilotage.domain.errors import OutsideError


@pytest.fixture
def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "TOKEN": "from-the-environment", "EMPTY": ""}


@pytest.fixture
def secrets(tmp_path: Path, environment: dict[str, str]) -> SecretReferences:
    (tmp_path / "token.txt").write_text("from a file\n")
    (tmp_path / "odd").write_bytes(b"\xff\xfe")
    (tmp_path / "huge").write_bytes(b"x" * 100_000)
    (tmp_path / "blank").write_text("\n")
    return SecretReferences(tmp_path, environment, seconds=20)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("env:TOKEN", "from-the-environment"),
        ("file:token.txt", "from a file"),
        ("file: token.txt", "from a file"),
        ("command:printf '%s\\n' 'from a command'", "from a command"),
        ("command:cat token.txt", "from a file"),
        ("https://example.org/env:TOKEN", "https://example.org/env:TOKEN"),
        ("file:///srv/data.db", "file:///srv/data.db"),
        ("", ""),
    ],
)
async def test_a_reference_becomes_its_value_and_other_text_stays(
    secrets: SecretReferences, text: str, value: str
) -> None:
    assert await secrets.resolve(text) == value


async def test_a_value_is_looked_up_anew_every_time(
    secrets: SecretReferences, environment: dict[str, str]
) -> None:
    await secrets.resolve("env:TOKEN")
    environment["TOKEN"] = "rotated"
    assert await secrets.resolve("env:TOKEN") == "rotated"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("env:GONE", "is not set\nSet GONE in the environment"),
        ("env:EMPTY", "is empty"),
        ("env:", "names nothing"),
        ("file:gone.txt", "there is no file"),
        ("file:.", "there is no file"),
        ("file:odd", "is not UTF-8 text"),
        ("file:huge", "is longer than 64 KiB"),
        ("file:blank", "is empty"),
        ("command:no-such-program", "could not be started"),
        ("command:sh 'open", "could not be started"),
        ("command:''", "could not be started"),
        ("command:sh -c 'echo from-the-vault; echo locked >&2; exit 2'", "ended with exit status 2: locked"),
        ("command:sleep 60", "had not ended after 0.5 s\nRun it by hand"),
        ("command:sh -c 'sleep 60 & echo from-the-vault'", "had not ended after 0.5 s"),
        ("command:yes from-the-vault", "had not ended after 0.5 s"),
        ("command:head -c 70000 /dev/zero", "is longer than 64 KiB"),
    ],
)
async def test_what_cannot_be_looked_up_is_named_without_its_value(
    secrets: SecretReferences, tmp_path: Path, environment: dict[str, str], text: str, says: str
) -> None:
    if "had not ended" in says:
        secrets = SecretReferences(tmp_path, environment, seconds=0.5)
    started = time.monotonic()
    with pytest.raises(OutsideError) as caught:
        await secrets.resolve(text)
    assert says in str(caught.value)
    assert f'"{text}"' in caught.value.message
    assert "from-the-vault" not in str(caught.value).replace(text, "").replace(
        text.removeprefix("command:"), ""
    )
    assert time.monotonic() - started < 10


async def test_a_file_that_may_not_be_read_is_told(
    secrets: SecretReferences, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so the refusal is staged
    with pytest.raises(OutsideError, match="cannot be read: Permission denied"):
        await secrets.resolve("file:token.txt")


async def test_a_command_can_be_cancelled(tmp_path: Path) -> None:
    task = asyncio.create_task(SecretReferences(tmp_path).resolve("command:sleep 300"))
    await asyncio.wait({task}, timeout=0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
