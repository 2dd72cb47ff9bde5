"""What a decision sees besides its release: the incidents open on the same system, whichever release they came with."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pilotage.application.ports.storage import ReleaseRow, ReleaseStore
from pilotage.application.runtime.loading import Loader
from pilotage.domain.errors import PilotageError
from pilotage.domain.facts import Surroundings
from pilotage.domain.release import Status

_log = logging.getLogger(__name__)

_ALIVE = tuple(str(s) for s in Status if s not in (Status.PLANNED, Status.ABORTED))
_MOST = 200
"""Releases looked through, those that changed last first."""

NOTHING = Surroundings()


class Neighbourhood:
    """Looks at the other releases of a system."""

    def __init__(self, store: ReleaseStore, loader: Loader) -> None:
        self._store = store
        self._loader = loader

    async def of(self, rows: Sequence[ReleaseRow]) -> dict[str, Surroundings]:
        """The surroundings of each release, by its id; those whose plan names no system have none."""
        systems = {row.system for row in rows if row.system}
        if not systems:
            return {}
        open_by: dict[str, dict[str, tuple[str, ...]]] = {}
        for row in await self._store.releases(_ALIVE, _MOST):
            if (
                row.system in systems and '"incidents"' in row.state
            ):  # left out of a snapshot where there are none
                open_by.setdefault(row.system, {})[row.id] = await self._incidents(row)
        return {row.id: _others(row, open_by.get(row.system, {})) for row in rows if row.system in open_by}

    async def _incidents(self, row: ReleaseRow) -> tuple[str, ...]:
        """A release that cannot be read must stop no other, and its incidents must not be taken for closed."""
        try:
            return (await self._loader.of_row(row)).release.incidents
        except PilotageError as error:
            _log.warning("%s cannot be read, so its incidents count as open: %s", row.id, error.message)
            return (f"those of {row.id}, which cannot be read",)


def _others(row: ReleaseRow, incidents: dict[str, tuple[str, ...]]) -> Surroundings:
    titles = [title for release, found in incidents.items() if release != row.id for title in found]
    return Surroundings(open_incidents=tuple(dict.fromkeys(titles))) if titles else NOTHING
