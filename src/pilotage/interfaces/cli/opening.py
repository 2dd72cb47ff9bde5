"""Which gateway answers this call: the server that is named, else the embedded database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pilotage.interfaces.cli.gateway import Gateway
from pilotage.interfaces.cli.settings import Settings, current


@asynccontextmanager
async def open_gateway(settings: Settings | None = None) -> AsyncIterator[Gateway]:
    """The gateway of this call: a server where one is named, else the embedded database."""
    chosen = settings or current.get()
    if chosen.server:
        from pilotage.interfaces.cli.remote import open_remote

        async with open_remote(chosen) as remote:
            yield remote
    else:
        from pilotage.interfaces.cli.embedded import open_embedded

        async with open_embedded(chosen) as embedded:
            yield embedded
