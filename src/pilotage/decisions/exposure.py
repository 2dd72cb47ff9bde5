"""The arithmetic of exposure: who is in after a rise, after a fall, and whether one exposure lies within another.

An exposure is a union of *parts* (itself without ``kept``, and each of ``kept``); a part lets in a share by bucket,
some segments and some capped segments, all without its excluded segments. A rise is the union of the parts and exact;
a fall is their intersection, taken too small rather than too large where it cannot be written down. The flag's own
evaluation (``pilotage.decisions.flags``) is what "in" means, and the property tests compare against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from pilotage.domain.exposure import NOBODY, Audience, Exposure

ALL = 100.0
"""Everybody, in percent."""


def start(audience: Audience) -> Exposure:
    """What an audience takes at once (``5 %`` of ``5% to 10%``)."""
    return NOBODY if audience.no_more else audience.least


def top(audience: Audience) -> Exposure:
    """The most an audience may be raised to without a new gate (``10 %`` of ``5% to 10%``)."""
    return NOBODY if audience.no_more else audience.most


def join(current: Exposure, wanted: Exposure) -> Exposure:
    """Exactly those who are in ``current`` or in ``wanted``: nobody who was in is ever taken out (S3)."""
    return _tidy((*_parts(current), *_parts(wanted)))


def lower_to(current: Exposure, wanted: Exposure) -> Exposure:
    """Take away until at most ``wanted`` is left: whoever is in afterwards was in before, and is in ``wanted``.

    Somebody in both may be taken out where the overlap cannot be written down (the team within ``50%``): a fall never
    lets anybody in, so it errs on the side of fewer.
    """
    return _tidy(_overlap(one, other) for one, other in product(_parts(current), _parts(wanted)))


def is_rise(before: Exposure, after: Exposure) -> bool:
    """Whether ``after`` lets in anybody who is not in ``before``; in doubt, yes."""
    return not within(after, before)


def within(exposure: Exposure, ceiling: Exposure) -> bool:
    """Whether everybody in ``exposure`` is in ``ceiling`` too; in doubt, no.

    Since exposure only adds, a stage's ceiling is ``join(exposure on entering the stage, top(audience))``.
    """
    wide = _parts(ceiling)
    return all(_left_over(part, wide).nobody for part in _parts(exposure))


def randomised(exposure: Exposure) -> bool:
    """Whether chance alone decides who is in and who is not: a share of everybody, and not all of them.

    Only then can those who are in be compared with those who are not. A segment that is let in as well (the team, of an
    earlier stage) is taken to be small.
    """
    return 0 < exposure.share < ALL and not exposure.capped and not exposure.excluded and not exposure.kept


def size_order(exposure: Exposure) -> tuple[float, float, float]:
    """A sorting key, smallest first: by share of everybody, then by capped percent, then by segments."""
    parts = _parts(exposure)
    return (
        max((part.share for part in parts), default=0.0),
        sum(sum(part.capped.values()) for part in parts),
        sum(sum(part.segments.values()) for part in parts),
    )


def _parts(exposure: Exposure) -> tuple[Exposure, ...]:
    """The flat parts that let somebody in, without what says nothing (0 %, a segment that is excluded itself)."""
    if exposure.kept:
        return tuple(part for each in (replace(exposure, kept=()), *exposure.kept) for part in _parts(each))
    out = frozenset(exposure.excluded)
    part = Exposure(
        share=min(max(exposure.share, 0.0), ALL),
        segments={name: min(p, ALL) for name, p in exposure.segments.items() if p > 0 and name not in out},
        capped={name: min(p, ALL) for name, p in exposure.capped.items() if p > 0 and name not in out},
        excluded=tuple(sorted(out)),
    )
    return () if part.nobody else (part,)


def _tidy(parts: Iterable[Exposure]) -> Exposure:
    """The union of flat parts in its one normal form, so that equal exposures are written alike."""
    by_excluded: dict[tuple[str, ...], Exposure] = {}
    for part in (flat for each in parts for flat in _parts(each)):
        same = by_excluded.get(part.excluded, Exposure(excluded=part.excluded))
        by_excluded[part.excluded] = Exposure(
            share=max(same.share, part.share),
            segments=_most(same.segments, part.segments),
            capped=_most(same.capped, part.capped),
            excluded=part.excluded,
        )
    merged = sorted(by_excluded.values(), key=lambda part: (len(part.excluded), part.excluded))
    kept: list[Exposure] = []
    for part in merged:
        # What a part with fewer exclusions lets in already is not said twice; equal exclusions were merged above.
        rest = _left_over(_within_itself(part), kept)
        if not rest.nobody:
            kept.append(rest)
    if not kept:
        return NOBODY
    kept.sort(key=lambda part: (size_order(part), part.excluded), reverse=True)
    return replace(kept[0], kept=tuple(kept[1:]))


def _within_itself(part: Exposure) -> Exposure:
    """A part without segments that its own share (everybody) or a whole segment covers."""
    if part.share >= ALL:
        return Exposure(share=ALL, excluded=part.excluded)
    return replace(
        part, capped={name: cap for name, cap in part.capped.items() if part.segments.get(name, 0.0) < ALL}
    )


def _left_over(part: Exposure, wide: Iterable[Exposure]) -> Exposure:
    """What of ``part`` none of the ``wide`` parts lets in for certain."""
    for cover in wide:
        if not frozenset(cover.excluded) <= frozenset(part.excluded):
            continue
        everybody = cover.share >= ALL
        part = Exposure(
            share=0.0 if cover.share >= part.share else part.share,
            segments={}
            if everybody
            else {n: p for n, p in part.segments.items() if cover.segments.get(n, 0.0) < p},
            capped={}
            if everybody
            else {
                name: cap
                for name, cap in part.capped.items()
                if cover.capped.get(name, 0.0) < cap and cover.segments.get(name, 0.0) < ALL
            },
            excluded=part.excluded,
        )
    return part


def _overlap(one: Exposure, other: Exposure) -> Exposure:
    """Those certainly in both of two flat parts."""
    return Exposure(
        share=min(one.share, other.share),
        segments=_most(_shared_segments(one, other), _shared_segments(other, one)),
        capped=_most(_shared_capped(one, other), _shared_capped(other, one)),
        excluded=tuple(sorted({*one.excluded, *other.excluded})),
    )


def _shared_segments(one: Exposure, other: Exposure) -> dict[str, float]:
    """The segments of ``one``, as far as ``other`` lets the same people in."""
    return {
        name: min(p, ALL if other.share >= ALL else other.segments.get(name, 0.0))
        for name, p in one.segments.items()
    }


def _shared_capped(one: Exposure, other: Exposure) -> dict[str, float]:
    """The capped segments of ``one``, as far as ``other`` lets the same people in."""
    return {
        name: cap
        if other.share >= ALL or other.segments.get(name, 0.0) >= ALL
        else min(cap, other.capped.get(name, 0.0))
        for name, cap in one.capped.items()
    }


def _most(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """By name, the larger of both, in the order of the names."""
    return {name: max(one.get(name, 0.0), other.get(name, 0.0)) for name in sorted({*one, *other})}
