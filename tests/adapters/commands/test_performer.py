"""Commands as real processes, on good days and on bad ones."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pilotage.adapters.commands import CommandsPerformer
from pilotage.application.masking import MASK
from pilotage.domain.effects import DeployVersion, RunCommands, SendRequest
from pilotage.domain.facts import OutcomeKind
from tests.support.effects import KnownSecrets, effect

Script = Callable[[str, str], Path]


@pytest.fixture
def commands(tmp_path: Path) -> CommandsPerformer:
    return CommandsPerformer(KnownSecrets(DEPLOY_TOKEN="s3cret-value"), tmp_path, grace=1)


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Writes an executable shell script."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


def runs(pid: int) -> bool:
    """Whether a process runs; one that has ended and only waits to be buried does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except FileNotFoundError:  # a system without /proc buries the dead at once
        return not Path("/proc/self").exists()


async def until_gone(pid: int) -> bool:
    """Whether a process has ended within five seconds."""
    for _ in range(100):
        if not runs(pid):
            return True
        await asyncio.sleep(0.05)
    return False


def most_memory() -> int:
    """The most bytes this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


async def until_written(path: Path) -> str:
    """The text of a file, as soon as it has some."""
    for _ in range(200):
        if text := await asyncio.to_thread(lambda: path.read_text().strip() if path.exists() else ""):
            return text
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} was not written")


async def test_words_environment_folder_and_last_line_arrive(
    commands: CommandsPerformer, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTAGE_VERSION", "stale")
    monkeypatch.setenv("PILOTAGE_HOME", "ours")
    (tmp_path / "shop").mkdir()
    script(
        "shop/deploy.sh",
        'echo "got $1 in $(basename "$PWD")"; echo "$PILOTAGE_VERSION/$PILOTAGE_PREVIOUS_TAG/$PILOTAGE_EFFECT_ID/$LEVEL"; '
        'echo "${PILOTAGE_HOME-unset}" >&2; echo; echo " backup-7.sql "; echo',
    )
    action = RunCommands(
        ("./deploy.sh '{{title}}'",),
        folder="shop",
        environment=(("LEVEL", "v{{version}}"),),
        variables={"version": "1.2.0", "previous tag": "v1.1.0", "title": "New; checkout $HOME"},
    )
    outcome = await commands.perform(effect(action))
    assert outcome.kind is OutcomeKind.DONE
    assert outcome.output.splitlines()[:3] == [
        "got New; checkout $HOME in shop",
        "1.2.0/v1.1.0/checkout-1/deploy#1/v1.2.0",
        "unset",
    ]
    assert outcome.last_line == "backup-7.sql"
    assert (outcome.exit_status, outcome.detail) == (0, "\"./deploy.sh 'New; checkout $HOME'\" passed")
    assert outcome.seconds > 0


async def test_without_a_shell_nothing_is_a_shells_word(commands: CommandsPerformer) -> None:
    outcome = await commands.perform(effect(RunCommands(("echo $HOME * ; {{x}}",), variables={"x": "`id`"})))
    assert outcome.output == "$HOME * ; `id`\n"


async def test_with_a_shell_its_words_work_and_values_stay_values(
    commands: CommandsPerformer, tmp_path: Path
) -> None:
    action = RunCommands(
        ('cd / && echo {{reason}} | tr a-z A-Z > "$OUT"',),
        shell=True,
        environment=(("OUT", str(tmp_path / "out")),),
        variables={"reason": "it's; rm"},
    )
    assert (await commands.perform(effect(action))).done
    assert (tmp_path / "out").read_text() == "IT'S; RM\n"


@pytest.mark.requirement(301)
async def test_the_first_failure_stops_and_is_named(
    commands: CommandsPerformer, script: Script, tmp_path: Path
) -> None:
    script("broken.sh", "echo cannot connect >&2; exit 3")
    action = RunCommands(("echo one", "./broken.sh", "touch never"))
    outcome = await commands.perform(effect(action))
    assert (outcome.kind, outcome.exit_status) == (OutcomeKind.FAILED, 3)
    assert outcome.detail == (
        '"./broken.sh" (command 2 of 3) ended with exit status 3; it last said: cannot connect. '
        "Read its output, mend what it names, then repeat the step."
    )
    assert outcome.output == "one\ncannot connect\n"
    assert not (tmp_path / "never").exists()


async def test_patterns_capture_what_they_find(commands: CommandsPerformer) -> None:
    action = RunCommands(
        ("printf 'rows\\n42 rows\\n7 rows\\n'",),
        capture=(
            ("rows", r"^([0-9]+) rows"),
            ("whole", "rows$"),
            ("absent", "(users)"),
            ("maybe", "(x)?rows"),
        ),
    )
    assert (await commands.perform(effect(action))).captured == {"rows": "42", "whole": "rows"}


async def test_a_mistake_in_a_later_command_stops_the_step_before_the_first(
    commands: CommandsPerformer, tmp_path: Path
) -> None:
    for action, says in (
        (RunCommands(("touch ran", "echo {{unknown}}")), "there is no value for it"),
        (RunCommands(("touch ran",), capture=(("x", "("),)), "is not a regular expression"),
        (
            RunCommands(("touch ran",), environment=(("TOKEN", "env:MISSING"),)),
            'The secret "env:MISSING" is not set. Set it.',
        ),
    ):
        outcome = await commands.perform(effect(action))
        assert (outcome.kind, outcome.exit_status) == (OutcomeKind.FAILED, None)
        assert says in outcome.detail
    assert not (tmp_path / "ran").exists()


async def test_secrets_reach_the_command_and_nobody_else(
    commands: CommandsPerformer, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "inherited-password")
    script("leak.sh", 'test "$TOKEN" = s3cret-value || exit 9; env; echo "token=$TOKEN key=$API_KEY"; exit 1')
    action = RunCommands(
        ("./leak.sh",),
        environment=(("TOKEN", "env:DEPLOY_TOKEN"), ("API_KEY", "typed-in-plain")),
        capture=(("token", "token=([^ ]+)"),),
    )
    outcome = await commands.perform(effect(action))
    assert outcome.exit_status == 1
    told = repr(outcome)
    assert not [
        secret for secret in ("s3cret-value", "typed-in-plain", "inherited-password") if secret in told
    ]
    assert outcome.last_line == f"token={MASK} key={MASK}"
    assert f"it last said: token={MASK}" in outcome.detail
    assert outcome.captured == {"token": MASK}


async def test_a_missing_program_is_named(commands: CommandsPerformer) -> None:
    outcome = await commands.perform(effect(RunCommands(("no-such-program --now",))))
    assert outcome.kind is OutcomeKind.FAILED
    assert (
        'there is no program "no-such-program" on the PATH. Install it where Pilotage runs' in outcome.detail
    )


async def test_what_cannot_be_executed_is_told_with_the_cure(
    commands: CommandsPerformer, script: Script, tmp_path: Path
) -> None:
    async def detail(command: str, folder: str = "") -> str:
        outcome = await commands.perform(effect(RunCommands((command,), folder=folder)))
        assert outcome.kind is OutcomeKind.FAILED
        return outcome.detail

    script("plain.sh", "true").chmod(0o644)
    script("odd.sh", "true").write_text("#!/no/such/interpreter\n")
    script("noise.sh", "true").write_bytes(b"\x01\x02\x03")
    script("file", "")
    assert f"chmod +x {tmp_path / 'plain.sh'}" in await detail("./plain.sh")
    assert "names an interpreter that is not on this machine" in await detail("./odd.sh")
    assert "neither a program nor a script" in await detail("./noise.sh")
    assert f'there is no file "{tmp_path / "gone.sh"}"' in await detail("./gone.sh")
    assert f'The folder "{tmp_path / "gone"}" does not exist' in await detail("true", "gone")
    assert f'The folder "{tmp_path / "file"}" is not a folder' in await detail("true", "file")
    assert "The step has no command" in (await commands.perform(effect(RunCommands(())))).detail


async def test_a_value_no_program_can_take_is_told(commands: CommandsPerformer) -> None:
    outcome = await commands.perform(effect(RunCommands(("echo {{x}}",), variables={"x": "a\0b"})))
    assert "a value in it cannot be passed to a program" in outcome.detail
    outcome = await commands.perform(effect(RunCommands(("echo {{x}}",), variables={"x": "a" * 3_000_000})))
    assert "too long for this system" in outcome.detail


async def test_a_hanging_command_is_stopped_with_everything_it_started(
    commands: CommandsPerformer, script: Script, tmp_path: Path
) -> None:
    script(
        "hang.sh",
        "trap 'echo ignoring' TERM; sleep 300 & echo $! > child; echo waiting; wait; wait; sleep 300",
    )
    outcome = await commands.perform(effect(RunCommands(("./hang.sh", "touch never"), timeout=1.5)))
    assert outcome.kind is OutcomeKind.TIMED_OUT
    assert outcome.exit_status is None
    assert '"./hang.sh" (command 1 of 2) had not ended after 1.5 s' in outcome.detail
    assert "It last said: ignoring" in outcome.detail
    assert 'give the step a longer "timeout"' in outcome.detail
    assert outcome.seconds < 10
    assert await until_gone(int((tmp_path / "child").read_text()))
    assert not (tmp_path / "never").exists()


async def test_a_command_may_clean_up_before_it_is_ended(commands: CommandsPerformer, script: Script) -> None:
    script("polite.sh", "trap 'echo unlocked; exit 0' TERM; sleep 300 & wait")
    outcome = await commands.perform(effect(RunCommands(("./polite.sh",), timeout=1)))
    assert outcome.kind is OutcomeKind.TIMED_OUT
    assert outcome.last_line == "unlocked"


async def test_time_used_up_by_one_command_is_missing_to_the_next(commands: CommandsPerformer) -> None:
    started = time.monotonic()
    outcome = await commands.perform(effect(RunCommands(("sleep 0.3", "sleep 60"), timeout=0.6)))
    assert outcome.kind is OutcomeKind.TIMED_OUT
    assert time.monotonic() - started < 5


async def test_a_command_cannot_wait_for_an_answer_nobody_gives(commands: CommandsPerformer) -> None:
    outcome = await commands.perform(effect(RunCommands(("read answer",), shell=True, timeout=20)))
    assert outcome.kind is OutcomeKind.FAILED
    outcome = await commands.perform(
        effect(RunCommands(("echo password? > /dev/tty",), shell=True, timeout=20))
    )
    assert outcome.kind is OutcomeKind.FAILED


async def test_a_flood_is_kept_within_bounds(commands: CommandsPerformer) -> None:
    before = most_memory()
    action = RunCommands(
        ("echo begin; head -c 300000000 /dev/zero | tr '\\0' x; echo; echo end",), shell=True, timeout=60
    )
    outcome = await commands.perform(effect(action))
    assert outcome.done, outcome.detail
    assert outcome.output.startswith("begin\nxxx")
    assert outcome.last_line == "end"
    assert "bytes of output dropped here" in outcome.output
    assert len(outcome.output) < 70_000
    assert most_memory() - before < 50_000_000


async def test_a_service_left_running_neither_blocks_the_step_nor_dies_with_it(
    commands: CommandsPerformer, script: Script, tmp_path: Path
) -> None:
    script("start.sh", "sleep 60 & echo $! > service; echo started")
    outcome = await commands.perform(effect(RunCommands(("./start.sh",), timeout=30)))
    service = int(await until_written(tmp_path / "service"))
    try:
        assert outcome.done, outcome.detail
        assert outcome.last_line == "started"
        assert outcome.seconds < 10
        assert runs(service)
    finally:
        os.kill(service, signal.SIGKILL)


async def test_cancelling_ends_what_was_started(
    commands: CommandsPerformer, script: Script, tmp_path: Path
) -> None:
    script("long.sh", "sleep 300 & echo $! > child; wait")
    task = asyncio.create_task(commands.perform(effect(RunCommands(("./long.sh",)))))
    child = int(await until_written(tmp_path / "child"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await until_gone(child)


async def test_an_end_by_a_signal_is_named(commands: CommandsPerformer, script: Script) -> None:
    script("dies.sh", "kill -SEGV $$")
    script("killed.sh", "kill -KILL $$")
    assert "ended by signal SIGSEGV" in (await commands.perform(effect(RunCommands(("./dies.sh",))))).detail
    assert "when memory ran out" in (await commands.perform(effect(RunCommands(("./killed.sh",))))).detail


async def test_what_a_shell_does_not_find_is_explained(commands: CommandsPerformer) -> None:
    outcome = await commands.perform(effect(RunCommands(("no-such-program && true",), shell=True)))
    assert outcome.exit_status == 127
    assert "the shell found no such program" in outcome.detail


@pytest.mark.parametrize(
    ("probe", "answer"),
    [("test {{version}} = 1.2", True), ("test {{version}} = 1.1", False), ("sh -c 'exit 2'", None),
     ("no-such-program", None), ("sleep 60", None), ("echo {{unknown}}", None), ("", None)],
)  # fmt: skip
async def test_a_probe_answers_done_not_done_or_cannot_tell(
    tmp_path: Path, probe: str, answer: bool | None
) -> None:
    commands = CommandsPerformer(
        KnownSecrets(), tmp_path, dict(os.environ), grace=0.1, probe_seconds=0.5 if "sleep" in probe else 20
    )
    for action in (
        RunCommands(("touch {{version}}",), variables={"version": "1.2"}),
        DeployVersion("production", "1.2", "./deploy.sh", variables={"version": "9"}),
        SendRequest("POST", "http://127.0.0.1:1", variables={"version": "1.2"}),
    ):
        assert await commands.happened(effect(action, probe=probe)) is answer
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a coroutine


async def test_a_probe_runs_where_and_how_its_step_runs(commands: CommandsPerformer, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "live").write_text("1.2")
    action = RunCommands(("true",), folder="shop", shell=True, environment=(("WANTED", "1.2"),))
    asked = effect(action, probe='test "$(cat live)" = "$WANTED"')
    assert await commands.happened(asked) is True
    assert await commands.happened(replace(asked, action=replace(action, folder="gone"))) is None
