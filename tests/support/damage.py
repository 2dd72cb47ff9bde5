"""Records that something newer wrote, or that were damaged."""

from __future__ import annotations

from dataclasses import replace

from pilotage.testing.world import World


def make_unreadable(world: World, release: str) -> None:
    """Let neither the snapshot nor the first event of a release be read any more; what its row says stays."""
    storage = world.storage
    row, events = storage._releases[release], storage._events[release]
    storage._releases[release] = replace(row, state=row.state.replace('"schema"', '"other"'))
    events[0] = replace(events[0], body=events[0].body.replace("release_created", "from_the_future"))
