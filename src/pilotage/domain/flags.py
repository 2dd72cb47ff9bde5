"""Built-in feature flags: a definition that says exactly who is in, and survives restarts unchanged."""

from __future__ import annotations

from dataclasses import dataclass, field

from pilotage.domain.exposure import NOBODY, Exposure, Segment

BUCKETING = "murmur3-v1"
BUCKETS = 100_000


@dataclass(frozen=True, slots=True)
class Flag:
    """One boolean flag with two variants.

    ``revision`` grows with every change. ``killed`` puts everybody on ``off`` at once, whatever the exposure says.
    ``retired`` ends the flag: everybody gets ``retired_variant`` for good. ``bucketing`` and ``seed`` are written into
    the flag so that whoever is in stays in.
    """

    name: str
    exposure: Exposure = NOBODY
    segments: dict[str, Segment] = field(default_factory=dict)
    seed: str = ""
    bucketing: str = BUCKETING
    on: str = "on"
    off: str = "off"
    killed: bool = False
    killed_because: str = ""
    retired: bool = False
    retired_variant: str = "on"
    forced: dict[str, bool] = field(default_factory=dict)
    """Single users switched on or off by hand, by targeting key."""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one user gets: the value, the variant's name, and the reason in OpenFeature's words."""

    value: bool
    variant: str
    reason: str
