"""Scales: from numbers and moments to places in a picture, with ticks that people read easily."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Scale:
    """From ``low``..``high`` to ``start``..``end`` (pixels); ``log`` for ratios and evidence. Values outside are clipped."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value."""
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, self._within(value)))
        return self.start + (self.end - self.start) * ((at - low) / (high - low))

    def _within(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    def has(self, value: float) -> bool:
        """Whether a value lies inside."""
        return self.low <= value <= self.high


def linear_ticks(high: float, most: int = 4) -> Sequence[float]:
    """Round numbers from 0 up to ``high``.

    >>> linear_ticks(3.4)
    [0.0, 1.0, 2.0, 3.0]
    """
    rough = high / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return [step * i for i in range(int(high / step * 1.0001) + 1)]


def ratio_ticks(low: float, high: float) -> Sequence[float]:
    """Halves, doubles and tens between ``low`` and ``high``, at most six.

    >>> ratio_ticks(0.4, 6)
    [0.5, 1.0, 2.0, 5.0]
    """
    steps = [m * 10.0**e for e in range(-3, 4) for m in (1, 2, 5)]
    inside = [step for step in steps if low <= step <= high]
    if len(inside) > 6:
        inside = [10.0**e for e in range(-3, 4) if low <= 10.0**e <= high]
    return inside


def evidence_ticks(high: float) -> Sequence[float]:
    """Powers of ten from 1 to ``high``, at most five.

    >>> evidence_ticks(1000.0)
    [1.0, 10.0, 100.0, 1000.0]
    """
    last = math.floor(math.log10(high) + 1e-9)
    step = max(1, math.ceil(last / 4))
    return [10.0**e for e in range(0, last + 1, step)]


_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds between two marks of the time axis."""


def time_ticks(
    since: datetime, until: datetime, zone: tzinfo, most: int = 7
) -> Sequence[tuple[datetime, str]]:
    """Moments at round clock times with their words, in ``zone``."""
    seconds = max((until - since).total_seconds(), 1.0)
    days = math.ceil(seconds / most / 86400) * 86400
    step = next((s for s in _STEPS if seconds / s <= most), days)
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86400 else "%d %b"
    local = since.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + timedelta(seconds=math.ceil((local - midnight).total_seconds() / step) * step)
    found = []
    for i in range(most + 2):
        at = first + timedelta(seconds=i * step)
        if at <= until:
            day = (
                form == "%H:%M" and at.date() != local.date() and (at - midnight).total_seconds() % 86400 == 0
            )
            found.append((at, f"{at:%d %b}" if day else f"{at:{form}}"))
    return found
