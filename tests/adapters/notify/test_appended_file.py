"""The file channel: one whole line a message, once, on the disk."""

from __future__ import annotations

import asyncio
import errno
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from pilotage.adapters.notify import FileChannel, MessagePerformer
from pilotage.domain.facts import OutcomeKind
from tests.support.clocks import HurriedClock
from tests.support.messages import message, sending


@pytest.fixture
def messages(tmp_path: Path) -> MessagePerformer:
    return performer(tmp_path)


def performer(folder: Path) -> MessagePerformer:
    return MessagePerformer({"file": FileChannel(folder, HurriedClock())})


async def test_a_message_is_one_line(messages: MessagePerformer, tmp_path: Path) -> None:
    sent = message("file", "sent.jsonl", text="Größe\nlive", subject="Pilot", recipients=("maria", "sam"))
    outcome = await messages.perform(sending(sent))
    assert outcome.detail == f"appended to {tmp_path / 'sent.jsonl'}"
    (line,) = (tmp_path / "sent.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "id": "checkout-1/pilot-live#1",
        "at": "2026-03-02T09:00:00+00:00",
        "message": "pilot-live",
        "kind": "",
        "channel": "main",
        "to": "internal",
        "recipients": ["maria", "sam"],
        "subject": "Pilot",
        "text": "Größe\nlive",
    }


async def test_an_id_is_written_once_even_if_a_text_quotes_it(
    messages: MessagePerformer, tmp_path: Path
) -> None:
    path = tmp_path / "sent.jsonl"
    for id_, text in (("a", 'about "b"'), ("b", "x"), ("a", "again"), ("ab", "y"), ("b", "again")):
        assert (await messages.perform(sending(message("file", "sent.jsonl", text=text), id=id_))).done
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["a", "b", "ab"]
    assert await messages.happened(sending(message("file", "sent.jsonl"), id="b")) is True
    assert await messages.happened(sending(message("file", "sent.jsonl"), id="c")) is False
    assert await messages.happened(sending(message("file", "none.jsonl"), id="a")) is False
    assert not (tmp_path / "none.jsonl").exists()


async def test_a_line_torn_by_a_crash_is_left_behind_and_the_message_written_whole(
    messages: MessagePerformer, tmp_path: Path
) -> None:
    path = tmp_path / "sent.jsonl"
    path.write_text('{"id": "checkout-1/pilot-live#1", "at": "20')
    assert await messages.happened(sending(message("file", "sent.jsonl"))) is False
    assert (await messages.perform(sending(message("file", "sent.jsonl")))).done
    _, whole = path.read_text().splitlines()
    assert json.loads(whole)["id"] == "checkout-1/pilot-live#1"


def _send_all(folder: Path) -> None:
    async def send() -> None:
        messages = performer(folder)
        for number in range(30):
            await messages.perform(sending(message("file", "sent.jsonl"), id=f"m{number}"))

    asyncio.run(send())


def test_many_processes_write_each_message_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_send_all, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    _send_all(tmp_path)
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    ids = [json.loads(line)["id"] for line in (tmp_path / "sent.jsonl").read_text().splitlines()]
    assert sorted(ids) == sorted(f"m{number}" for number in range(30))


async def test_a_full_disk_leaves_no_half_line(
    messages: MessagePerformer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await messages.perform(sending(message("file", "sent.jsonl"), id="a"))).done
    before = (tmp_path / "sent.jsonl").read_bytes()
    real = os.write
    with monkeypatch.context() as staged:
        calls = iter([True, False])

        def full(descriptor: int, data: bytes) -> int:
            if next(calls):
                return real(descriptor, data[:5])
            raise OSError(errno.ENOSPC, "No space left on device")

        staged.setattr(os, "write", full)
        outcome = await messages.perform(sending(message("file", "sent.jsonl"), id="b"))
    assert outcome.kind is OutcomeKind.FAILED
    assert "No space left on device. Make room" in outcome.detail
    assert (tmp_path / "sent.jsonl").read_bytes() == before


async def test_what_is_no_file_is_refused_at_once(messages: MessagePerformer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for address, says in (
        ("pipe", "is not a file"),
        (".", "is not a file"),
        ("gone/x", "its folder must exist"),
        ("", "names no file"),
    ):
        outcome = await messages.perform(sending(message("file", address)))
        assert outcome.kind is OutcomeKind.FAILED
        assert says in outcome.detail
        assert await messages.happened(sending(message("file", address))) is not True
