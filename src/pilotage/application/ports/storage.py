"""The storage port: rows and streams, versions and leases. Texts go in and come out unchanged; it knows no meaning.

Everything belonging to one decision is one ``Change`` and is written whole or not at all (S5, S7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pilotage.application.ports.given_answers import GivenAnswers
from pilotage.application.ports.tokens import TokenStore


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as stored: ``version`` counts its events, ``head`` is the last one's hash, ``state`` a snapshot of it.

    ``judging`` is the fenced row outside the chain; ``due`` the next look (None: none is planned); ``fence`` grows with
    every write to either and every claim.
    """

    id: str
    version: int
    head: str
    state: str
    judging: str
    plan_digest: str
    status: str
    system: str
    title: str
    created: datetime
    updated: datetime
    due: datetime | None = None
    fence: int = 0


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a stream (a release's id, ``flag:NAME``, ``organisation``).

    ``body`` is canonical JSON; ``hash`` covers all the rest and the hash before (``pilotage.application.records``).
    """

    stream: str
    number: int
    at: datetime
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class EffectRow:
    """An effect asked of the world. ``body`` is its JSON; ``attempt`` counts its claims.

    ``claimed`` tells that the lease of some earlier claim ran out without an outcome, so it may already have happened.
    """

    id: str
    release: str
    body: str
    due: datetime
    attempt: int = 0
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class SampleRow:
    """What the sources said at one look (JSON, ``codec.look_to_json``), bounded per release by the store's keeper."""

    release: str
    at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one decision writes about one release.

    ``expected`` is the version the decision was made on; ``row`` the release after it, and ``events`` the ones in
    between. ``fence`` is the fence of the tick claim it was made under: the change is refused when somebody wrote or
    claimed meanwhile. ``None``: a person's word or an effect's end, which needs only the version. ``ended`` maps
    effects that came back to their outcome (JSON). ``create``: the release is new, with its plan document.
    ``snapshot``: ``row.state`` was folded anew and is to be kept, though no event follows.
    """

    row: ReleaseRow
    expected: int
    events: tuple[EventRow, ...] = ()
    effects: tuple[EffectRow, ...] = ()
    ended: tuple[tuple[str, str], ...] = ()
    samples: tuple[SampleRow, ...] = ()
    fence: int | None = None
    create: str | None = None
    snapshot: bool = False


class ReleaseStore(Protocol):
    """Releases, their events and their pinned plans."""

    async def commit(self, changes: Sequence[Change]) -> frozenset[str]:
        """Write the changes, each whole or not at all; returns the ids of the releases whose change was written.

        A change is refused (not an error) when its version or fence is no longer the stored one, or when one of its
        ``ended`` effects has already ended. ``due`` and ``judging`` of the row are always written with it; the rest of
        the row with events (or a snapshot) only. The stored fence grows by one. Raises Bug when the events do not lead
        from ``expected`` to ``row.version``, and StoreUnusable.
        """
        ...

    async def release(self, release_id: str) -> ReleaseRow | None:
        """One release, or None."""
        ...

    async def releases(self, statuses: Sequence[str] = (), limit: int = 100) -> Sequence[ReleaseRow]:
        """Releases, latest change first; with one of ``statuses`` if any are given."""
        ...

    async def events(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[EventRow]:
        """Events of a stream with a number above ``after``, in order."""
        ...

    async def streams(self) -> Sequence[str]:
        """The names of all streams."""
        ...

    async def plan_document(self, digest: str) -> str | None:
        """The pinned plan document of that digest."""
        ...

    async def samples(self, release_id: str, limit: int = 20_000) -> Sequence[SampleRow]:
        """The newest looks at a release, oldest first."""
        ...


class TickQueue(Protocol):
    """Due looks, claimed by lease. ``due`` in the store is the queue."""

    async def claim_due(
        self, now: datetime, limit: int, lease_seconds: float, owner: str = ""
    ) -> Sequence[ReleaseRow]:
        """Claim releases whose ``due`` has come, oldest first: moves ``due`` to now + lease and raises the fence.

        No other claim returns them until the lease has run out or they were committed. The rows carry the new fence,
        and in ``due`` the time that came.
        """
        ...

    async def next_due(self) -> datetime | None:
        """The earliest due look or effect, or None."""
        ...


class EffectQueue(Protocol):
    """Effects asked of the world and not yet ended."""

    async def claim_effects(
        self, now: datetime, limit: int, lease_seconds: float, owner: str
    ) -> Sequence[EffectRow]:
        """Claim effects that are due and not leased to anybody; those whose lease ran out come with ``claimed``."""
        ...

    async def renew(self, effect_ids: Sequence[str], now: datetime, lease_seconds: float, owner: str) -> None:
        """Keep the leases of effects still being carried out."""
        ...

    async def give_back(self, effect_id: str, due: datetime, owner: str) -> None:
        """Give a claimed effect back untouched, to be claimed again at ``due`` (a busy channel, a stopping worker)."""
        ...

    async def clear_leases(self, owner: str) -> None:
        """An embedded start: leases of this owner's earlier life end at once.

        Its releases are due again when they were; its effects come back with ``claimed``.
        """
        ...

    async def open_effects(self, release_id: str) -> Sequence[EffectRow]:
        """Effects of a release that have not ended."""
        ...


class Storage(ReleaseStore, TickQueue, EffectQueue, TokenStore, GivenAnswers, Protocol):
    """All of it, as one database gives it."""

    async def ready(self) -> None:
        """Make the database usable (create or check the schema). Raises StoreUnusable with what to do next."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...
