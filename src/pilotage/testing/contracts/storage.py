"""The contract of the storage port: what every store must do, shown through the port alone."""

from __future__ import annotations

from pilotage.testing.contracts.queues import QueueContract
from pilotage.testing.contracts.releases import ReleaseStoreContract


class StorageContract(ReleaseStoreContract, QueueContract):
    """Subclass it and give the fixtures ``store`` (ready and empty) and ``other`` (a second handle on the same)."""
