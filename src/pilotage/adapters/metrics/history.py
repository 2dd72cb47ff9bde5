"""What one scraped address showed over time: enough of it to say how much its counters grew."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilotage.adapters.metrics.exposition import Key, Page
from pilotage.adapters.metrics.promql import Selector

MOST_READINGS = 1_000
"""Readings kept of one address. Beyond that, older ones are thinned out: a span then begins up to 1/500 of it late."""

SLACK = 1.1
"""A span may begin this much earlier than asked, so that a reading a moment too old still opens it."""

OVERTAKEN = 10.0
"""Seconds by which a reading for somebody else may be newer than ours; beyond that the clock was set back."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far each counter had grown, by our own count, at one moment; ``names`` are those we counted then."""

    at: datetime
    grown: dict[Key, float]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Growth:
    """How much the series of a selector grew between the readings of two moments."""

    series: tuple[tuple[dict[str, str], float], ...]
    begun: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        """The length of the span really seen."""
        return (self.ended - self.begun).total_seconds()


class History:
    """The readings of one address, of the names that were ever asked for.

    Growth is summed as it is seen, so a counter that starts again from nothing (its process restarted) adds what it
    shows and never takes away. A series that appears between two readings grew from nothing.
    Source of the rule for resets: https://prometheus.io/docs/prometheus/latest/querying/functions/#increase; unlike
    there, nothing is extrapolated to the edges of the span.
    """

    def __init__(self) -> None:
        self.page: Page | None = None
        """The newest page, for values that are no counters; of the names that were wanted."""
        self.readings: list[Reading] = []
        self.names: frozenset[str] = frozenset()
        """What is counted and kept."""
        self._longest = 0.0
        self._raw: dict[Key, float] = {}

    def want(self, names: frozenset[str], seconds: float) -> None:
        """Count the counters of these names from now on, and remember ``seconds`` of them."""
        self.names |= names
        self._longest = max(self._longest, seconds)

    def fresh(self, names: frozenset[str], at: datetime, seconds: float) -> bool:
        """Whether the newest reading has these names and is as of ``at``: up to ``seconds`` older, or a little newer."""
        if not self.readings:
            return False
        newest = self.readings[-1]
        return names <= newest.names and -OVERTAKEN < (at - newest.at).total_seconds() < seconds

    def moment(self, at: datetime) -> datetime:
        """The moment of a reading that is taken now for somebody who asked at ``at``: after the newest, if only just.

        Of several who ask at about the same time, who asked first may be answered last.
        """
        if not self.readings:
            return at
        newest = self.readings[-1].at
        overtaken = timedelta() <= newest - at < timedelta(seconds=OVERTAKEN)
        return newest + timedelta(milliseconds=1) if overtaken else at

    def add(self, page: Page, at: datetime) -> None:
        """Take in the page read at ``at``. A clock that went back makes the earlier readings worthless: they go."""
        if self.readings and self.readings[-1].at >= at:
            self.readings.clear()
            self._raw.clear()
        before = self.readings[-1] if self.readings else None
        raw = {
            key: value for key, value in page.series.items() if key[0] in self.names and math.isfinite(value)
        }
        grown = dict(before.grown) if before else {}
        for key, value in raw.items():
            if before is None or key[0] not in before.names:
                grown[key] = 0.0
            else:
                seen = self._raw.get(key, 0.0)
                grown[key] = grown.get(key, 0.0) + (value - seen if value >= seen else value)
        self.page = page
        # What is no number now goes on from where it stood; what is gone began anew when it comes back.
        self._raw = {key: self._raw[key] for key in page.series.keys() & self._raw.keys()} | raw
        self.readings.append(Reading(at, grown, self.names))
        self._forget(at)

    def values(self, selector: Selector) -> Iterator[tuple[dict[str, str], float]]:
        """The series of a selector as the newest page shows them."""
        if self.page is not None:
            yield from _matching(self.page.series, selector)

    def growth(self, selector: Selector, seconds: float) -> Growth | None:
        """How much the series grew in the last ``seconds``; None without two readings of them in that time."""
        newest, span = self.readings[-1], timedelta(seconds=seconds)
        place = bisect_right(self.readings, newest.at - span, key=_moment) - 1
        if place < 0 or newest.at - self.readings[place].at > span * SLACK:
            place += 1
        while selector.name not in self.readings[place].names and self.readings[place] is not newest:
            place += 1
        return self._between(self.readings[place], selector)

    def growth_since(
        self, selector: Selector, since: datetime, together: frozenset[str] = frozenset()
    ) -> Growth | None:
        """How much the series grew from the last reading up to ``since`` to the newest; None without two readings.

        Where the first reading that has the names ``together`` is later than ``since``, from that one: what was before
        nobody can tell. Series that are gone from the page and did not grow are left out. Where the newest value of one
        is no number, neither is its growth.
        """
        names = together | {selector.name}
        place = max(bisect_right(self.readings, since, key=_moment) - 1, 0)
        while not names <= self.readings[place].names and place + 1 < len(self.readings):
            place += 1
        growth = self._between(self.readings[place], selector)
        if growth is None:
            return None
        shown = {_pairs(labels): value for labels, value in self.values(selector)}
        grown = {_pairs(labels): value for labels, value in growth.series}
        told: list[tuple[dict[str, str], float]] = []
        for pairs in dict.fromkeys((*shown, *grown)):
            value = grown.get(pairs, 0.0) if math.isfinite(shown.get(pairs, 0.0)) else math.nan
            if pairs in shown or value:
                told.append((dict(pairs), value))
        return Growth(tuple(told), growth.begun, growth.ended)

    def _between(self, opening: Reading, selector: Selector) -> Growth | None:
        newest = self.readings[-1]
        if opening is newest:
            return None
        grown = tuple(
            (labels, value - opening.grown.get((selector.name, _pairs(labels)), 0.0))
            for labels, value in _matching(newest.grown, selector)
        )
        return Growth(grown, opening.at, newest.at)

    def gap(self, selector: Selector) -> float | None:
        """The seconds between the last two readings of these series; None while there is only one."""
        last = [reading.at for reading in self.readings[-2:] if selector.name in reading.names]
        return (last[1] - last[0]).total_seconds() if len(last) == 2 else None

    def _forget(self, at: datetime) -> None:
        """Drop what no span reaches any more, and thin out the older half of what is too much."""
        reach = timedelta(seconds=self._longest * SLACK)
        # The last two stay in any case: how far apart they are is worth telling.
        out_of_reach = bisect_left(self.readings, at - reach, key=_moment)
        del self.readings[: max(0, min(out_of_reach, len(self.readings) - 2))]
        if len(self.readings) > MOST_READINGS:
            half = len(self.readings) // 2
            del self.readings[1:half:2]


def _pairs(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def _moment(reading: Reading) -> datetime:
    return reading.at


def _matching(series: dict[Key, float], selector: Selector) -> Iterator[tuple[dict[str, str], float]]:
    for (name, pairs), value in series.items():
        if name == selector.name:
            labels = dict(pairs)
            if all(matcher.holds(labels) for matcher in selector.matchers):
                yield labels, value
