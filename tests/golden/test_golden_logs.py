"""Yesterday's log under today's code (S7): every golden log loads, folds to what it meant, and tells its story.

When a sentence changes on purpose, ``python -m tools.golden`` writes the stories again. A log itself is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from pilotage.application.codec import event_from_json, event_to_json
from pilotage.domain.events import HoldCause
from pilotage.domain.release import Status
from tools import golden


@dataclass(frozen=True)
class Facts:
    """What a log must mean for ever."""

    status: Status
    events: int
    exposure: str
    ended: datetime | None = None
    stage: str = "pilot"
    hold: HoldCause | None = None
    doors: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    follow_ups: int = 0
    rollback_automatic: bool | None = None


def at(clock: str) -> datetime:
    """That time on the day of the golden logs."""
    return datetime.fromisoformat(f"2026-01-05T{clock}").replace(tzinfo=UTC)


MIGRATION = "move/move-the-ledger-to-the-new-format"
FACTS = {
    "smooth-release": Facts(Status.COMPLETED, 41, "everyone", at("12:11:15"), "everyone"),
    "automatic-rollback": Facts(
        Status.ROLLED_BACK, 40, "nobody", hold=HoldCause.ROLLED_BACK, undone=("team/deploy",), follow_ups=1,
        rollback_automatic=True,
    ),
    "proven-worse": Facts(
        Status.ROLLED_BACK, 40, "nobody", hold=HoldCause.ROLLED_BACK, undone=("team/deploy",), follow_ups=2,
        rollback_automatic=False,
    ),
    "rejected": Facts(Status.ABORTED, 29, "nobody", at("09:11:42")),
    "no-data-and-resume": Facts(Status.COMPLETED, 47, "everyone", at("12:29:12"), "everyone"),
    "one-way-door": Facts(
        Status.ROLLED_BACK, 22, "nobody", hold=HoldCause.ONE_WAY_DOOR, doors=(MIGRATION,), follow_ups=1,
        rollback_automatic=True,
    ),
    "crash-unknown-outcome": Facts(Status.COMPLETED, 27, "everyone", at("11:01:12"), "everyone", doors=(MIGRATION,)),
}  # fmt: skip


def test_every_log_has_its_facts() -> None:
    assert golden.names() == sorted(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_a_log_folds_to_what_it_meant(name: str) -> None:
    release = golden.load(name).release
    assert FACTS[name] == Facts(
        status=release.status,
        events=release.number,
        exposure=str(release.exposure),
        ended=release.ended,
        stage=release.stage,
        hold=release.hold.cause if release.hold else None,
        doors=release.doors,
        undone=tuple(key for key, state in release.steps.items() if state.status == "undone"),
        follow_ups=sum(1 for each in release.follow_ups.values() if each.done is None),
        rollback_automatic=release.rollback.automatic if release.rollback else None,
    )


@pytest.mark.parametrize("name", FACTS)
def test_a_log_tells_its_story(name: str) -> None:
    assert golden.load(name).told() == (golden.FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FACTS)
def test_a_log_is_written_as_it_was_read(name: str) -> None:
    for line in (golden.FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        assert event_to_json(event_from_json(line)) == line
