"""What the numbers of a release say, from its first look to its last. Changes nothing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime

from pilotage.application.ports.storage import ReleaseStore
from pilotage.application.runtime.loading import Loader
from pilotage.application.use_cases.evidence_folding import fold_looks
from pilotage.application.use_cases.evidence_view import EvidenceView
from pilotage.application.use_cases.past_looks import past_looks
from pilotage.domain.errors import NotFound
from pilotage.domain.ids import same_name

KEPT = 16
"""How many views are kept: whoever looks at a release looks again, and seldom alone."""

_Stand = tuple[int, datetime | None]
"""How far a release is: its number of events, and its last look."""


class ShowingEvidence:
    """Tells what stands behind the decisions of a release."""

    def __init__(self, store: ReleaseStore, loader: Loader) -> None:
        self._store = store
        self._loader = loader
        self._views: OrderedDict[str, tuple[_Stand, EvidenceView]] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def view(self, release_id: str, metric: str = "") -> EvidenceView:
        """The evidence of a release, of one metric alone where it is named. Raises NotFound, StoreUnusable."""
        async with self._one_at_a_time:
            view = await self._view(release_id)
        return _only(view, metric) if metric else view

    async def _view(self, release_id: str) -> EvidenceView:
        loaded = await self._loader.load(release_id)
        newest = await self._store.samples(release_id, 1)
        stand = loaded.release.number, newest[-1].at if newest else None
        kept = self._views.get(release_id)
        if kept is not None and kept[0] == stand:
            self._views.move_to_end(release_id)
            return kept[1]
        history = await self._loader.history(release_id)
        looks = await past_looks(self._store, release_id)
        # Days of looks take seconds to fold: other requests, and the worker, go on meanwhile.
        view = await asyncio.to_thread(fold_looks, loaded.release, history, looks)
        self._views[release_id] = stand, view
        while len(self._views) > KEPT:
            self._views.popitem(last=False)
        return view


def _only(view: EvidenceView, metric: str) -> EvidenceView:
    found = tuple(each for each in view.metrics if same_name(each.metric) == same_name(metric))
    if not found:
        names = ", ".join(each.metric for each in view.metrics)
        raise NotFound(
            f'No metric called "{metric}" is under test in {view.release}.',
            f"Under test: {names}." if names else " ".join(view.notes) or "Its plan tests none.",
        )
    return replace(view, metrics=found)
