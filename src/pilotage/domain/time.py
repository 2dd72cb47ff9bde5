"""Durations as plans write them: days and weeks are calendar units, hours and shorter are exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = 86_400.0

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Between these a release may be planned: on either side enough is left of the calendar to reckon with."""


@dataclass(frozen=True, slots=True, order=False)
class Duration:
    """A length of time: whole calendar ``days`` (09:00 stays 09:00 across a clock change) plus exact ``seconds``."""

    days: int = 0
    seconds: float = 0.0

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The moment this long after ``moment`` (aware), with days counted on the wall clock of ``zone``; in UTC."""
        return _shift(moment, zone, self.days, self.seconds)

    def before(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The moment this long before ``moment`` (aware), with days counted on the wall clock of ``zone``; in UTC."""
        return _shift(moment, zone, -self.days, -self.seconds)

    @property
    def approximate_seconds(self) -> float:
        """Length in seconds if every day had 24 hours; for comparing and sorting, never for scheduling."""
        return self.days * DAY + self.seconds

    def __bool__(self) -> bool:
        return self.approximate_seconds > 0

    def __str__(self) -> str:
        parts: list[str] = []
        weeks, days = divmod(self.days, 7)
        if weeks and not days and not self.seconds:
            return f"{weeks}w"
        if self.days:
            parts.append(f"{self.days}d")
        whole, fraction = divmod(self.seconds, 1)
        hours, rest = divmod(int(whole), 3600)
        minutes, seconds = divmod(rest, 60)
        parts += [f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (seconds, "s")) if n]
        if fraction:
            parts.append(f"{round(fraction * 1000)}ms")
        return " ".join(parts) or "0s"


def _shift(moment: datetime, zone: ZoneInfo, days: int, seconds: float) -> datetime:
    if days:
        # Wall-clock arithmetic, then back to UTC: a missing local time takes the offset before the gap (fold=0).
        moment = (moment.astimezone(zone) + timedelta(days=days)).replace(fold=0)
    return moment.astimezone(UTC) + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class DurationRange:
    """``7d to 14d``, ``up to 5m``, ``1w or more``, or one duration (``least == most``). None means open on that side."""

    least: Duration | None
    most: Duration | None

    def __str__(self) -> str:
        if self.least == self.most and self.least is not None:
            return str(self.least)
        if self.least is None:
            return f"up to {self.most}"
        return f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Bake:
    """How long a stage is watched: at least ``least``; at ``most`` a person is asked. ``ongoing`` is an end state."""

    least: Duration
    most: Duration | None = None
    ongoing: bool = False

    def __str__(self) -> str:
        if self.ongoing:
            return "ongoing"
        return str(self.least) if self.most is None else f"{self.least} to {self.most}"
