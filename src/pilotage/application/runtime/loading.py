"""From a stored row to the release it stands for: the snapshot with its pinned plan, or else the events folded anew."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from pilotage.application.codec import event_from_json, judging_from_json, release_from_json
from pilotage.application.ports.plans import Plans
from pilotage.application.ports.storage import ReleaseRow, ReleaseStore
from pilotage.decisions.evolve import evolve
from pilotage.domain.errors import NotFound, StoreUnusable
from pilotage.domain.events import Happened
from pilotage.domain.judging import Judging
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release

PAGE = 1000
"""Events read from the store at once."""

_PLANS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Loaded:
    """A release as it was read: the row it came from is what a write is guarded by. ``refolded``: its snapshot could
    not be used, so the next write brings a new one.
    """

    row: ReleaseRow
    release: Release
    judging: Judging
    refolded: bool = False


class Loader:
    """Reads releases; keeps the plans it restored, because many releases share one and none ever changes."""

    def __init__(self, store: ReleaseStore, plans: Plans) -> None:
        self._store = store
        self._plans = plans
        self._restored: OrderedDict[str, Plan] = OrderedDict()

    async def load(self, release_id: str) -> Loaded:
        """The release of that id. Raises NotFound, StoreUnusable."""
        row = await self._store.release(release_id)
        if row is None:
            raise NotFound(
                f"There is no release {release_id!r}.",
                "`pilotage release list` shows the releases there are.",
            )
        return await self.of_row(row)

    async def of_row(self, row: ReleaseRow) -> Loaded:
        """The release of a row. Raises StoreUnusable."""
        plan = await self.plan(row.plan_digest)
        judging = judging_from_json(row.judging)
        release = release_from_json(row.state, plan)
        if release is None or release.number != row.version:
            return Loaded(row, await self._fold(row, plan), judging, refolded=True)
        return Loaded(row, release, judging)

    async def plan(self, digest: str) -> Plan:
        """The pinned plan of that digest. Raises StoreUnusable when the store does not have it."""
        if digest in self._restored:
            self._restored.move_to_end(digest)
            return self._restored[digest]
        document = await self._store.plan_document(digest)
        if document is None:
            raise StoreUnusable(
                f"The plan with the digest {digest[:12]} is missing in the database.",
                "Run `pilotage audit verify`, then restore a backup.",
            )
        plan = self._plans.restore(document)
        self._restored[digest] = plan
        if len(self._restored) > _PLANS_KEPT:
            self._restored.popitem(last=False)
        return plan

    async def history(self, release_id: str, after: int = 0, limit: int | None = None) -> list[Happened]:
        """The events of a release with a number above ``after``, oldest first (all of them without ``limit``)."""
        found: list[Happened] = []
        while limit is None or len(found) < limit:
            page = PAGE if limit is None else min(PAGE, limit - len(found))
            rows = await self._store.events(release_id, after + len(found), page)
            found += [event_from_json(row.body) for row in rows]
            if len(rows) < page:
                break
        return found

    async def _fold(self, row: ReleaseRow, plan: Plan) -> Release:
        """The state from its events: the snapshot was written by another version of Pilotage."""
        release = Release(id=row.id, plan=plan)
        for happened in await self.history(row.id, limit=row.version):
            release = evolve(release, happened)
        if release.number != row.version:
            raise StoreUnusable(
                f"{row.id} should have {row.version} events; {release.number} were found.",
                "Run `pilotage audit verify`: it names the first record that is missing. Then restore a backup.",
            )
        return release
