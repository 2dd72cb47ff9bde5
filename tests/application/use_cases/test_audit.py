"""The record can be proved: any change to it is found, here and with the pack alone."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from pilotage.application.codec import event_from_json, event_to_json
from pilotage.application.records import BEGINNING, chain
from pilotage.domain.errors import NotFound, UsageError
from pilotage.domain.facts import Hold
from pilotage.testing.builders import above, automatic, hours, metric, plan_of, run, share, stage
from pilotage.testing.world import World


async def lived() -> tuple[World, str]:
    world = World()
    world.metrics.readings["error rate"] = 0.4
    plan = plan_of(
        stage("internal", steps=[run("deploy")]),
        stage("pilot", expose=share(10), bake=hours(1)),
        roles={"primary": ["maria"]},
        metrics=[metric("error rate")],
        rollback=[automatic(above("error rate", 5))],
    )
    release = await world.started(plan)
    await world.pass_time(hours(2))
    return world, release


async def test_a_record_that_nobody_touched_holds() -> None:
    world, release = await lived()
    verified = await world.app.audit.verify()
    assert verified.holds
    assert verified.events == len(await world.history(release))
    assert (await world.app.audit.verify(release)).holds


async def broken(world: World, release: str) -> str:
    verified = await world.app.audit.verify(release)
    assert not verified.holds
    return str(verified.streams[0].broken)


async def test_a_changed_event_is_found_by_its_number() -> None:
    world, release = await lived()
    events = world.storage._events[release]
    events[3] = replace(events[3], body=events[3].body.replace("deploy", "destroy"))
    assert f"{release}, event 4: changed" in await broken(world, release)


async def test_an_event_that_was_taken_out_is_found() -> None:
    world, release = await lived()
    del world.storage._events[release][3]
    assert f"{release}, event 4: missing" in await broken(world, release)


async def test_a_cut_off_end_is_found() -> None:
    world, release = await lived()
    world.storage._events[release].pop()
    assert "cut off" in await broken(world, release)


async def test_a_state_that_the_events_do_not_add_up_to_is_found() -> None:
    world, release = await lived()
    row = world.storage._releases[release]
    world.storage._releases[release] = replace(
        row, state=row.state.replace('"version":"1.2.0"', '"version":"6.6.6"')
    )
    assert "the stored state is not what its events add up to" in await broken(world, release)


async def test_a_whole_chain_made_anew_is_found_by_the_release_s_head() -> None:
    world, release = await lived()
    events = world.storage._events[release]
    happened = [event_from_json(row.body) for row in events]
    happened[0] = replace(happened[0], because="rewritten")
    world.storage._events[release] = list(
        chain(release, 1, BEGINNING, [(h.at, event_to_json(h)) for h in happened])
    )
    assert "event" in await broken(world, release)


async def test_a_stream_nobody_wrote() -> None:
    world, _ = await lived()
    with pytest.raises(NotFound):
        await world.app.audit.verify("nope")


def unpacked(pack: Path, to: Path) -> Path:
    with ZipFile(pack) as archive:
        archive.extractall(to)
    return next(to.iterdir())


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, text=True, check=False
    )


async def test_the_pack_can_be_checked_without_pilotage(tmp_path: Path) -> None:
    world, release = await lived()
    pack = await world.app.audit.export(release, tmp_path)
    assert pack == tmp_path / f"{release}-audit.zip"
    folder = unpacked(pack, tmp_path / "out")
    outcome = check(folder)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert f"{len(await world.history(release))} events hold" in outcome.stdout
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert (folder / "samples.jsonl").read_text().count("\n") > 100
    story = (folder / "story.txt").read_text().splitlines()
    assert len(story) == len(await world.history(release))
    assert release in (folder / "README.txt").read_text()


async def test_a_pack_holds_whatever_people_typed(tmp_path: Path) -> None:
    """Some characters end a line to Python and to nobody else."""
    world = World()
    release = await world.started(plan_of(stage("only", gate=["Tested"]), roles={"primary": ["maria"]}))
    await world.act(release, Hold("slow\u2028very\u0085slow\x1c\x0b"))
    outcome = check(unpacked(await world.app.audit.export(release, tmp_path), tmp_path / "out"))
    assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize("harm", ["change", "take out", "cut off", "add"])
async def test_a_pack_that_was_tampered_with_does_not_pass_its_own_check(tmp_path: Path, harm: str) -> None:
    world, release = await lived()
    folder = unpacked(await world.app.audit.export(release, tmp_path), tmp_path / "out")
    events = folder / "events.jsonl"
    lines = events.read_text().splitlines()
    match harm:
        case "change":
            lines[2] = (
                lines[2].replace("maria", "nobody") if "maria" in lines[2] else lines[2].replace("Z", "Y", 1)
            )
        case "take out":
            del lines[2]
        case "cut off":
            lines.pop()
        case "add":
            lines.append(lines[-1])
    events.write_text("\n".join(lines) + "\n")
    assert check(folder).returncode != 0


async def test_the_same_record_makes_the_same_pack(tmp_path: Path) -> None:
    world, release = await lived()
    first = await world.app.audit.export(release, tmp_path / "a.zip")
    second = await world.app.audit.export(release, tmp_path / "b.zip")
    assert first.read_bytes() == second.read_bytes()


async def test_a_pack_that_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    world, release = await lived()
    with pytest.raises(UsageError, match="cannot be written"):
        await world.app.audit.export(release, tmp_path / "missing" / "pack.zip")
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - pathlib is not for coroutines
