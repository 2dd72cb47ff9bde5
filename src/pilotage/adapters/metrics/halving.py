"""The old version's last hour in two halves of its replicas: how much two equal things differ (A/A).

The replicas seen in that time, in the order of their names, go to the two halves in turn; each half is counted look by
look as any count is (``counting``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pilotage.adapters.metrics.counting import Counter, Counting, counting
from pilotage.adapters.metrics.promql import Matcher
from pilotage.adapters.metrics.questions import Found, Series
from pilotage.adapters.metrics.tallying import no_tally, tallies
from pilotage.domain.metrics import Arm, MetricRequest
from pilotage.domain.tallies import Tally

ONE_REPLICA = "one replica only: cannot be split in halves"

_ARMS = (Arm.CANARY, Arm.BASELINE)


@dataclass(frozen=True, slots=True)
class Halving:
    """A request for halves, taken apart."""

    asked: Counting
    every: timedelta

    @classmethod
    def of(cls, request: MetricRequest, at: datetime) -> Halving:
        """What to ask for ``request`` at ``at``."""
        every = max(request.every.approximate_seconds, 0.001)
        return cls(counting(request, at), timedelta(seconds=every))

    @property
    def first(self) -> datetime:
        """The end of the first look."""
        return self.asked.begun + self.every

    @property
    def who(self) -> str:
        """The query for the replicas: one series each, at the end."""
        whole = self.asked.counters[0].selector
        span = (self.asked.ended - self.asked.begun) // timedelta(milliseconds=1)
        return f"count by ({self.asked.request.replicas}) (last_over_time({whole}[{span}ms]))"

    def halves(self, found: Iterable[Mapping[str, str]]) -> tuple[Matcher, Matcher] | str:
        """What selects either half, by the labels of the replicas ``found``; or in words why there are no two."""
        label = self.asked.request.replicas
        names = sorted(labels.get(label, "") for labels in found)
        if not names:
            return f"nothing is known of {self.asked.counters[0].selector} before {self.asked.ended:%H:%M:%S} UTC"
        if names == [""]:
            return (
                f'the series carry no label "{label}" to tell replicas apart; '
                "name the one they have in evidence: {replicas: …}"
            )
        if len(names) < 2:
            return ONE_REPLICA
        first, second = ("|".join(re.escape(name) for name in names[half::2]) for half in (0, 1))
        return Matcher(label, "=~", first), Matcher(label, "=~", second)

    def query(self, counter: Counter, half: Matcher) -> str:
        """The growth of a counter in one half over one look."""
        span = self.every // timedelta(milliseconds=1)
        return str(counter.among(half).growth(span, self.asked.request.replicas, self.asked.by))

    def tallies(
        self, tables: Sequence[Mapping[Counter, Mapping[float, Sequence[Series]]]], delay: timedelta
    ) -> list[Tally]:
        """The looks in which both halves were seen, oldest first; ``tables`` hold each half's series by moment."""
        made: list[Tally] = []
        problem = "neither half was seen"
        for moment in sorted({moment for table in tables for part in table.values() for moment in part}):
            ended = datetime.fromtimestamp(moment, UTC) + delay
            pair = [
                tally
                for arm, table in zip(_ARMS, tables, strict=True)
                for tally in tallies(
                    self.asked,
                    {counter: Found(tuple(part.get(moment, ()))) for counter, part in table.items()},
                    ended - self.every,
                    ended,
                    arm,
                )
            ]
            problem = next((tally.problem for tally in pair if tally.problem), "")
            if not problem:
                made += pair
        return made or self.without(f"there is no look in which both halves were seen: {problem}")

    def without(self, problem: str) -> list[Tally]:
        """The answer that there are no halves, and why."""
        return [no_tally(self.asked.request, self.asked.begun, self.asked.ended, problem)]
