"""The worker names port: under which name a worker holds its leases, and whether somebody is at work already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WorkerName:
    """A worker's name in its leases.

    ``inherited``: the name is only ever held by one living process, so whatever is leased under it belongs to a life
    that is over, and may be taken back at once.
    """

    name: str
    inherited: bool = False


class WorkerNames(Protocol):
    """Names for workers."""

    def take(self) -> WorkerName:
        """A name for a worker that starts now in this process."""
        ...

    def give_back(self) -> None:
        """The worker of this process has ended."""
        ...

    def somebody_works(self) -> bool | None:
        """Whether some worker is at work on this store; None where it cannot be told."""
        ...
