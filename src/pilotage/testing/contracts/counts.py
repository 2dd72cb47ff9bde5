"""The contract of counting: whatever happened is in the tallies exactly once, and what nobody saw is no zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from pilotage.domain.metrics import Arm, MetricRequest, Reading
from pilotage.domain.tallies import Tally
from pilotage.domain.time import Duration
from pilotage.testing.contracts.metrics import ERROR_RATE, LATENCY, MISTYPED, QUEUE, Place, Traffic, ask

UNKNOWN_ERRORS = replace(
    ERROR_RATE, errors='sum(increase(contract_failurs_total{variant="{{variant}}"}[1m]))'
)
"""Asks for failures by a name nobody knows."""


@dataclass(slots=True)
class Looks:
    """Look after look at the same requests, each from where the last one that counted anything ended."""

    place: Place
    asked: tuple[MetricRequest, ...]
    since: datetime

    async def look(self) -> Sequence[Tally]:
        """What was counted since the last look."""
        wanted = (replace(one, reading=Reading.COUNT, since=self.since) for one in self.asked)
        tallies = await self.place.count(*wanted)
        self.since = max((tally.ended for tally in tallies if not tally.problem), default=self.since)
        return tallies


async def looking(place: Place, *asked: MetricRequest) -> Looks:
    """Looks that have begun: what happens from now on is counted."""
    looks = Looks(place, asked, place.now() - timedelta(seconds=1))
    await looks.look()
    looks.since = max(looks.since, place.now())
    return looks


class CountsContract:
    """Subclass it and give it the fixture ``place``: a ``Place`` with your adapter."""

    async def test_what_happened_since_the_last_look_is_counted(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE), ask(ERROR_RATE, "off"))
        await place.serve(Traffic(6), Traffic(2, failed=True), Traffic(5, variant="off"))
        on, off = await looks.look()
        assert (on.requests, on.errors, on.arm, on.problem) == (8, 2, Arm.CANARY, "")
        assert (off.requests, off.errors, off.arm, off.problem) == (5, 0, Arm.BASELINE, "")
        assert on.begun < on.ended
        await place.serve(Traffic(1, failed=True))
        again, others = await looks.look()
        assert (again.requests, again.errors, others.requests) == (1, 1, 0)
        assert again.begun >= on.ended

    async def test_looks_add_up_to_what_happened(self, place: Place) -> None:
        seed = 20_260
        chance = Random(seed)  # noqa: S311 - traffic, not secrets
        looks = await looking(place, ask(ERROR_RATE), ask(LATENCY))
        counted, served = [0.0, 0.0, 0.0], [0, 0]
        for number in range(6):
            traffic = [
                Traffic(chance.randrange(4), region=region, failed=failed, seconds=chance.random())
                for region in ("east", "us west")
                for failed in (False, True)
            ]
            busy = chance.random() < 0.7 or number == 5
            if busy:
                await place.serve(*traffic)
                served[0] += sum(kind.requests for kind in traffic)
                served[1] += sum(kind.requests for kind in traffic if kind.failed)
            rate, latency = await looks.look()
            # Where nothing happened there may have been no scrape either.
            assert not busy or (rate.problem, latency.problem) == ("", ""), seed
            counted = [
                counted[0] + rate.requests,
                counted[1] + rate.errors,
                counted[2] + sum(latency.buckets),
            ]
        assert counted == [served[0], served[1], served[0]], seed

    async def test_a_histogram_is_counted_bucket_by_bucket(self, place: Place) -> None:
        looks = await looking(place, ask(LATENCY))
        await place.serve(
            Traffic(3, seconds=0.01), Traffic(2, seconds=0.2), Traffic(1, seconds=0.5), Traffic(4, seconds=3)
        )
        [tally] = await looks.look()
        assert tally.problem == ""
        assert list(tally.bounds) == [0.05, 0.2, 0.4, 0.8]
        assert list(tally.buckets) == [3, 2, 0, 1, 4]
        assert (tally.requests, tally.errors) == (10, 0)

    async def test_segments_are_counted_by_themselves(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE, dimension="region"))
        await place.serve(Traffic(4, region="east"), Traffic(3, region="us west", failed=True))
        found = {tally.segment: tally for tally in await looks.look()}
        assert {tally.dimension for tally in found.values()} == {"region"}
        assert {name: (tally.requests, tally.errors) for name, tally in found.items()} == {
            "east": (4, 0),
            "us west": (3, 3),
        }

    async def test_a_label_that_appears_with_its_first_event_grew_from_nothing(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE))
        await place.serve(Traffic(3, region="north"), Traffic(2, region="north", failed=True))
        [tally] = await looks.look()
        assert (tally.requests, tally.errors, tally.problem) == (5, 2, "")

    async def test_a_counter_that_begins_anew_adds_what_it_shows(self, place: Place) -> None:
        await place.serve(Traffic(20), Traffic(5, failed=True))
        looks = await looking(place, ask(ERROR_RATE), ask(LATENCY))
        await place.restart()
        await place.serve(Traffic(4), Traffic(2, failed=True))
        rate, latency = await looks.look()
        assert (rate.requests, rate.errors, rate.problem) == (6, 2, "")
        assert (latency.requests, latency.problem) == (6, "")

    async def test_a_service_that_is_silent_is_no_data_and_nothing_is_lost(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE), ask(LATENCY))
        await place.serve(Traffic(3))
        assert [tally.requests for tally in await looks.look()] == [3, 3]
        await place.fall_silent()
        await looks.look()  # a last scrape may still have come
        await place.serve(Traffic(7), Traffic(4, failed=True))
        for tally in await looks.look():
            assert (tally.requests, tally.errors, tally.buckets) == (0, 0, ())
            assert tally.problem
        await place.speak_again()
        rate, latency = await looks.look()
        assert (rate.requests, rate.errors, latency.requests) == (11, 4, 11)

    async def test_two_looks_at_one_moment_count_nothing_twice(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE))
        await place.serve(Traffic(5, failed=True))
        [tally] = await looks.look()
        assert tally.errors == 5
        again = replace(ask(ERROR_RATE), reading=Reading.COUNT, since=tally.ended, until=tally.ended)
        [nothing] = await place.count(again)
        assert (nothing.requests, nothing.errors) == (0, 0)
        assert nothing.problem == "no time has passed since the last look"

    async def test_a_query_cannot_be_counted(self, place: Place) -> None:
        looks = await looking(place, ask(QUEUE), ask(MISTYPED))
        await place.queue(7)
        for tally in await looks.look():
            assert tally.requests == 0
            assert "errors and total" in tally.problem

    async def test_without_requests_nothing_was_counted(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE), ask(LATENCY))
        await place.serve(Traffic(4, variant="off"))
        for tally in await looks.look():
            assert (tally.requests, tally.errors, sum(tally.buckets)) == (0, 0, 0)

    async def test_a_source_out_of_reach_is_a_tally_with_the_reason(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE), ask(LATENCY))
        await place.serve(Traffic(5))
        await place.cut()
        tallies = await looks.look()
        assert [tally.requests for tally in tallies] == [0, 0]
        assert all(tally.problem for tally in tallies)


class NamesContract:
    """As ``CountsContract``, for sources that are asked for series by name."""

    async def test_a_name_nobody_knows_is_never_a_zero(self, place: Place) -> None:
        looks = await looking(place, ask(UNKNOWN_ERRORS))
        await place.serve(Traffic(5, failed=True))
        [tally] = await looks.look()
        assert "contract_failurs_total" in tally.problem
        assert tally.requests == 0


class HalvesContract:
    """As ``CountsContract``, for sources that remember what was before they were asked."""

    async def test_the_past_is_told_in_two_halves_of_the_replicas(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE))
        begun = looks.since
        for _ in range(3):
            await place.serve(
                Traffic(4, region="east"),
                Traffic(1, region="us west"),
                Traffic(2, region="us west", failed=True),
            )
        every = Duration(seconds=round((place.now() - begun).total_seconds() / 4 + 0.001, 3))
        until = begun + timedelta(seconds=4 * every.approximate_seconds)
        asked = [
            replace(
                ask(metric),
                reading=Reading.HALVES,
                since=begun,
                until=until,
                every=every,
                replicas="region",
            )
            for metric in (ERROR_RATE, LATENCY)
        ]
        told = await place.halves(*asked)
        assert {tally.problem for tally in told} == {""}
        for metric in (ERROR_RATE, LATENCY):
            first, second = (
                [t for t in told if t.metric == metric.name and t.arm is arm]
                for arm in (Arm.CANARY, Arm.BASELINE)
            )
            assert len(first) == len(second) <= 4
            assert [(t.begun, t.ended) for t in first] == [(t.begun, t.ended) for t in second]
            assert [t.ended for t in first] == sorted(t.ended for t in first)
            assert sum(t.requests for t in first) == 12
            assert sum(t.requests for t in second) == 9
            assert sum(t.errors for t in second) == (6 if metric is ERROR_RATE else 0)
            assert sum(t.errors for t in first) == 0

    async def test_one_replica_has_no_halves(self, place: Place) -> None:
        looks = await looking(place, ask(ERROR_RATE))
        await place.serve(Traffic(4))
        request = replace(
            ask(ERROR_RATE), reading=Reading.HALVES, since=looks.since, every=Duration(seconds=1)
        )
        [tally] = await place.halves(request)
        assert tally.problem == "one replica only: cannot be split in halves"
