"""The stored looks of a release, each with the release as it was then: what is drawn, and judged again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilotage.application.codec import look_from_json
from pilotage.application.ports.storage import ReleaseStore
from pilotage.decisions.evolve import evolve
from pilotage.domain.events import Happened
from pilotage.domain.facts import Tick
from pilotage.domain.release import Release

MOST_LOOKS = 1_000_000
"""More than any store keeps of one release."""


@dataclass(frozen=True, slots=True)
class PastLook:
    """What the sources said at one look, as it was told to the release ``at`` that moment."""

    at: datetime
    tick: Tick = Tick()


async def past_looks(store: ReleaseStore, release_id: str) -> list[PastLook]:
    """Every look the store still has, oldest first. Rows of one moment are one look. Raises StoreUnusable."""
    found: dict[datetime, Tick] = {}
    for row in await store.samples(release_id, MOST_LOOKS):
        tick, before = look_from_json(row.body), found.get(row.at, Tick())
        found[row.at] = Tick(
            (*before.samples, *tick.samples),
            (*before.tallies, *tick.tallies),
            (*before.history, *tick.history),
        )
    return [PastLook(at, found[at]) for at in sorted(found)]


def with_the_release(
    release: Release, history: Sequence[Happened], looks: Sequence[PastLook]
) -> Iterator[tuple[PastLook, Release]]:
    """Each look with the release as it was before anything followed from it."""
    state, ahead = Release(release.id, release.plan), iter(history)
    coming = next(ahead, None)
    for look in looks:
        while coming is not None and coming.at < look.at:
            state = evolve(state, coming)
            coming = next(ahead, None)
        yield look, state


def forgotten(release: Release, history: Sequence[Happened], looks: Sequence[PastLook]) -> str:
    """In words, where the first looks of a release are no longer stored; else empty.

    ``history`` tells when users first met the change; one or two looks fit between that and the first numbers.
    """
    raised = next((h.at for h in history if getattr(h.event, "raised", False)), None)
    if raised is None:
        return ""
    if not looks:
        return "No look at its numbers is stored: none was taken, or they are too old."
    late = looks[0].at - raised
    usual = release.plan.evidence.every.approximate_seconds + release.plan.evidence.gap.approximate_seconds
    if late <= timedelta(seconds=usual):
        return ""
    return (
        f"Looks before {looks[0].at:%Y-%m-%d %H:%M} UTC are no longer stored; users met the change from "
        f"{raised:%Y-%m-%d %H:%M} UTC on. What follows begins with the first look there still is."
    )
