"""Proving the record: every stream's chain, every state against its events, and a pack to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pilotage.application.ports.plans import Plans
from pilotage.application.ports.storage import EventRow, ReleaseRow, Storage
from pilotage.application.records import Broken, verify
from pilotage.application.runtime.loading import PAGE, Loader
from pilotage.application.use_cases.audit_pack import Pack, write_pack
from pilotage.application.use_cases.looking import Looking, Told
from pilotage.decisions.evolve import evolve
from pilotage.domain.errors import NotFound, PilotageError
from pilotage.domain.release import Release


@dataclass(frozen=True, slots=True)
class StreamVerified:
    """One stream: how many events it has, and the first place that does not hold (None: all of it holds)."""

    stream: str
    events: int
    broken: Broken | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What an audit found."""

    streams: tuple[StreamVerified, ...]

    @property
    def holds(self) -> bool:
        """Whether every stream holds."""
        return not any(stream.broken for stream in self.streams)

    @property
    def events(self) -> int:
        """How many events were checked."""
        return sum(stream.events for stream in self.streams)


class Audit:
    """Checks and exports the record."""

    def __init__(self, storage: Storage, plans: Plans, loader: Loader, looking: Looking) -> None:
        self._storage = storage
        self._plans = plans
        self._loader = loader
        self._looking = looking

    async def verify(self, stream: str = "") -> Verified:
        """Check one stream, or all. Raises NotFound, StoreUnusable."""
        names = [stream] if stream else sorted(await self._storage.streams())
        return Verified(tuple([await self._stream(name) for name in names]))

    async def _stream(self, name: str) -> StreamVerified:
        rows, row = await self._rows(name), await self._storage.release(name)
        if not rows and row is None:
            raise NotFound(
                f"There is no record called {name!r}.", "`pilotage release list` shows the releases."
            )
        broken = verify(rows, row.head if row else None)
        if broken is None and row is not None:
            broken = await self._state_holds(row)
        return StreamVerified(name, len(rows), broken)

    async def _state_holds(self, row: ReleaseRow) -> Broken | None:
        """Whether the stored state is what the events fold to (S7), and the pinned plan is the one they speak of."""
        try:
            stored = await self._loader.of_row(row)
            plan = self._plans.restore(await self._storage.plan_document(row.plan_digest) or "")
            folded = Release(id=row.id, plan=plan)
            for happened in await self._loader.history(row.id):
                folded = evolve(folded, happened)
        except PilotageError as error:
            return Broken(row.id, row.version, error.message)
        if plan.digest != row.plan_digest:
            return Broken(
                row.id, 1, f"the pinned plan has the digest {plan.digest[:12]}, not {row.plan_digest[:12]}"
            )
        if folded != stored.release:
            return Broken(row.id, row.version, "the stored state is not what its events add up to")
        return None

    async def _rows(self, stream: str) -> list[EventRow]:
        rows: list[EventRow] = []
        while page := await self._storage.events(stream, len(rows), PAGE):
            rows += page
        return rows

    async def export(self, release_id: str, target: Path) -> Path:
        """Write a release's whole record as one ZIP file that can be checked without Pilotage; returns where it is.

        ``target``: a file, or a folder to put ``RELEASE-audit.zip`` into. Raises NotFound, StoreUnusable, UsageError.
        """
        loaded = await self._loader.load(release_id)
        samples = await self._storage.samples(release_id)
        pack = Pack(
            release=release_id,
            plan_document=await self._storage.plan_document(loaded.row.plan_digest) or "",
            events=await self._rows(release_id),
            samples=[sample.body for sample in samples],
            story=_story(await self._looking.log(release_id)),
        )
        return write_pack(pack, target)


def _story(told: Sequence[Told]) -> str:
    return "".join(f"{t.at:%Y-%m-%d %H:%M:%S} UTC  {t.sentence}\n" for t in told)
