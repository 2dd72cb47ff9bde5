"""Exposure: who can meet the change. What a plan asks for (an audience) and what is in force (an exposure)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who can meet the change right now.

    ``share`` is the percentage (0 to 100) of all targeting keys that are in, by bucket. ``segments`` maps a segment to
    the percentage of its members that are in (100 for all). ``capped`` maps an opt-in segment to the percentage of
    all users its admitted members may at most make up. ``excluded`` segments are out of all these. ``kept`` are flat
    exposures of earlier stages whose people stay in all the same: after 10 %, ``everyone except europe`` lets no
    further European in and takes none out. ``pilotage.decisions.exposure`` reckons with them.
    """

    share: float = 0.0
    segments: dict[str, float] = field(default_factory=dict)
    capped: dict[str, float] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    kept: tuple[Exposure, ...] = ()

    @property
    def nobody(self) -> bool:
        """Whether nobody can meet the change."""
        own = self.share > 0 or any(self.segments.values()) or any(self.capped.values())
        return not own and all(kept.nobody for kept in self.kept)

    @property
    def everyone(self) -> bool:
        """Whether everybody can meet the change."""
        return (self.share >= 100 and not self.excluded) or any(kept.everyone for kept in self.kept)

    def __str__(self) -> str:
        own = self._own_words()
        kept = [str(kept) for kept in self.kept if not kept.nobody]
        return f"{own}, and still {', '.join(kept)}" if kept else own

    def _own_words(self) -> str:
        if not (self.share > 0 or any(self.segments.values()) or any(self.capped.values())):
            return "nobody"
        parts = [
            name if part >= 100 else f"{part:g}% of {name}"
            for name, part in sorted(self.segments.items())
            if part
        ]
        parts += [f"{name} as up to {cap:g}% of users" for name, cap in sorted(self.capped.items()) if cap]
        if self.share > 0:
            parts.append("everyone" if self.share >= 100 else f"{self.share:g}%")
        text = "everyone" if self.share >= 100 else " and ".join(parts)
        return f"{text} except {' and '.join(self.excluded)}" if self.excluded else text


NOBODY = Exposure()


@dataclass(frozen=True, slots=True)
class Audience:
    """What ``expose`` or a rung asks for: from ``least`` (taken at once) up to ``most`` (may be raised without a new gate).

    ``no_more`` stops adding. ``options`` (with everything else empty) is a ``choose``: the owner picks before the stage.
    ``warned_below`` maps a capped segment to the percentage of all users below which it is warned: 5 in
    ``beta testers as 5% to 10% of users``.
    """

    least: Exposure
    most: Exposure
    text: str
    no_more: bool = False
    options: tuple[Audience, ...] = ()
    warned_below: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SegmentTest:
    """One test of a segment rule: ``email ends with @x.org``, ``age at least 18``, ``opted in``.

    ``operator`` is ``is``, ``in``, ``ends with``, ``starts with``, ``contains``, ``at least``, ``at most`` or ``opted in``.
    """

    attribute: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A named group of users: all ``tests`` hold, or the targeting key is one of ``users``. ``ask``: named per release."""

    name: str
    tests: tuple[SegmentTest, ...] = ()
    users: tuple[str, ...] = ()
    ask: bool = False
    share: float | None = None
    """Percentage of all users it makes up, where the plan says so; needed to cap an opt-in segment."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class ExposurePlan:
    """The ``exposure`` section: which flag moves, by what means, and the segments it may name."""

    flag: str
    via: str = "flag"
    per_user: bool = False
    dashboard: str = ""
    select: tuple[str, ...] = ()
    segments: dict[str, Segment] = field(default_factory=dict)
    starts: Exposure = NOBODY
    seed: str = ""
    """Salt of the bucketing; default: the flag's name. Never changes for a running release."""
