"""What the shop itself counted: an account of the demo that does not come from Pilotage."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

ON, OFF = "on", "off"

SPAN = 6.0
"""Seconds that "lately" means; the same as in the shop's plan."""

_REQUESTS = "shop_requests_total"


@dataclass(frozen=True, slots=True)
class Counted:
    """Requests, and how many of them failed."""

    requests: int = 0
    failed: int = 0

    @property
    def share(self) -> float | None:
        """Percent that failed; None where nobody asked."""
        return 100 * self.failed / self.requests if self.requests else None

    def since(self, before: Counted) -> Counted:
        """What came after ``before``."""
        return Counted(self.requests - before.requests, self.failed - before.failed)

    def __str__(self) -> str:
        if self.share is None:
            return "no requests"
        return f"{self.share:4.1f} % of payments fail ({self.failed} of {self.requests} in {SPAN:g} s)"


Arm = tuple[str, str]
"""A version and a variant, ``on`` for those who meet what the version brings."""


class ShopNumbers:
    """Reads the shop's own ``/metrics`` again and again, and remembers the last seconds."""

    def __init__(self, client: httpx.AsyncClient, shop: str) -> None:
        """``shop`` is its address."""
        self._client = client
        self._shop = shop
        self._seen: deque[tuple[float, Mapping[Arm, Counted]]] = deque()

    async def read(self, now: float) -> None:
        """Look once; ``now`` in seconds of any clock that never goes back. A shop too busy to answer is asked later."""
        try:
            page = (await self._client.get(f"{self._shop}/metrics")).text
        except httpx.HTTPError:
            return
        self._seen.append((now, counted(page)))
        while len(self._seen) > 2 and self._seen[1][0] <= now - SPAN:
            self._seen.popleft()

    def total(self, version: str, variant: str) -> Counted:
        """All there was since the shop started."""
        return self._seen[-1][1].get((version, variant), Counted()) if self._seen else Counted()

    def lately(self, version: str, variant: str) -> Counted:
        """What there was in the last seconds (``SPAN``)."""
        if not self._seen:
            return Counted()
        before = self._seen[0][1].get((version, variant), Counted())
        return self.total(version, variant).since(before)


def counted(page: str) -> dict[Arm, Counted]:
    """The checkouts on a page in Prometheus' text format, by version and variant."""
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[Arm, Counted] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name != _REQUESTS:
                continue
            arm = sample.labels["version"], sample.labels["variant"]
            before, number = found.get(arm, Counted()), int(sample.value)
            failed = number if sample.labels["status"].startswith("5") else 0
            found[arm] = Counted(before.requests + number, before.failed + failed)
    return found
