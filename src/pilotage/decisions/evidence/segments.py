"""Segments (regions, clients, endpoints): a fault in one of them is found early, and few are tested however many there are.

    e = 0.4 e_whole + 0.6 sum_s w_s e_s,     sum of w_s <= 1

is an e-value under any dependence between segments (source: evidence.md 3.5, which takes a half each;
who asks for segments looks for faults in one). The weights are fixed when a segment is first
seen: the segments of the first look share 95 %, later ones get parts of the other 5 % that sum to at most 5 % for ever.
At most 50 are tested by themselves: of more, those with the most requests at that first look; all others are one segment.
The tests condition on how many requests each arm had, so choosing by requests alone does not favour any answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from pilotage.decisions.evidence.arrays import NOTHING, Array
from pilotage.decisions.evidence.design import MetricDesign
from pilotage.decisions.evidence.intake import counted, width
from pilotage.decisions.evidence.judgement import Pair

MOST = 50
FOR_WHOLE = 0.4
LOG_FOR_EACH = math.log(1.0 - FOR_WHOLE)
FOR_LATER = 0.05
REST = "all other segments"

Row = tuple[tuple[float, ...], tuple[float, ...]]


class Roster:
    """Which segments are tested, and with what weight: ``names`` by row, ``weights`` beside them."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.weights: list[float] = []
        self.later = 0
        self._row: dict[str, int] = {}

    def read(self, metric: MetricDesign, segments: Mapping[str, Pair]) -> tuple[Array, int]:
        """Counts by row, shape (2, S, width), and how many rows are new. A segment that misses an arm is empty."""
        usable = {name: row for name, pair in segments.items() if (row := _row(metric, pair)) is not None}
        before = len(self.names)
        fresh = [name for name in usable if name not in self._row and name != REST]
        if fresh:
            self._admit(fresh, usable)
        counts = np.zeros((2, len(self.names), width(metric)))
        rest = self._row.get(REST)
        for name, row in usable.items():
            place = self._row.get(name, rest)
            if place is not None:
                counts[:, place] += row
        return counts, len(self.names) - before

    def enrol(self, name: str, weight: float) -> None:
        """A new row."""
        self._row[name] = len(self.names)
        self.names.append(name)
        self.weights.append(weight)

    def restore(self, rows: list[tuple[str, float]]) -> None:
        """The rows (name, weight) of an earlier roster."""
        for name, weight in rows:
            self.enrol(name, weight)

    def _admit(self, fresh: list[str], usable: Mapping[str, Row]) -> None:
        """Give rows to new segments while there is room; the others are pooled."""
        own = sum(name != REST for name in self.names)
        if len(fresh) > MOST - own:
            fresh.sort(key=lambda name: (-sum(map(sum, usable[name])), name))
        chosen = fresh[: MOST - own]
        pooled = [REST] if len(fresh) > len(chosen) and REST not in self._row else []
        first = not self.names
        for name in (*chosen, *pooled):
            if first:
                self.enrol(name, (1.0 - FOR_LATER) / (len(chosen) + len(pooled)))
            else:
                self.later += 1
                self.enrol(name, FOR_LATER / (self.later * (self.later + 1)))

    def combine(self, log_whole: float, log_each: Array) -> tuple[float, str]:
        """The e-value of the whole and all segments, as a logarithm, and the segment with the most (empty: the whole)."""
        unused = max(1.0 - math.fsum(self.weights), 0.0)
        parts = np.concatenate(((log_whole,), np.log(self.weights) + log_each + LOG_FOR_EACH))
        parts[0] += math.log(FOR_WHOLE)
        best = int(parts.argmax())
        idle = LOG_FOR_EACH + math.log(unused) if unused > 0.0 else NOTHING
        total = float(np.logaddexp.reduce(np.append(parts, idle)))
        return total, self.names[best - 1] if best else ""


def _row(metric: MetricDesign, pair: Pair) -> Row | None:
    """Both arms of a segment; None where one is missing or cannot be."""
    canary = counted(pair.canary, metric)
    control = counted(pair.control, metric) if pair.control is not None else ""
    return None if isinstance(canary, str) or isinstance(control, str) else (canary, control)
