"""A judgement says what had been seen at its look, whenever it is read."""

from __future__ import annotations

from collections.abc import Iterator

from pilotage.decisions.evidence import Design, Evidence, Judgement, Kind, Limit, Margin, MetricDesign, Pair
from tests.decisions.evidence.feeding import BOUNDS, arm, hour, looks, seeded

DESIGN = Design(
    (
        MetricDesign(
            "errors", margins=(Margin("more", by_segment=True),), limits=(Limit("most", by_segment=True),)
        ),
        MetricDesign(
            "latency",
            Kind.LATENCY,
            (Margin("slower", 1.1),),
            (Limit("slow", times_control=2.0, by_segment=True),),
            bounds=BOUNDS,
        ),
    ),
    horizon=1800.0,
    grace=0.0,
)


def read(judgement: Judgement) -> tuple[object, ...]:
    """All that people read of it."""
    found, intervals = judgement.found, dict(judgement.intervals)
    return judgement.because, found, intervals, dict(judgement.smallest), judgement.missing


def judged() -> Iterator[Judgement]:
    """The judgements of a release with segments, a look without a control, and one without data."""
    rng = seeded(51)
    evidence = Evidence(DESIGN, hour(rng, latency=True))
    for look, pair in enumerate(looks(rng, 45, (0.02, 0.004), slower=1.2)):
        segments = {
            f"s{place}": Pair(arm(rng, 20, 0.1, 1.3), arm(rng, 100, 0.01, 1.0)) for place in range(look // 5)
        }
        bare = Pair(pair.canary) if look % 4 == 3 else pair
        yield evidence.observe(15.0 * (look + 1), {} if look % 9 == 8 else bare, segments)


def test_a_later_look_does_not_change_an_earlier_judgement() -> None:
    at_once = [read(judgement) for judgement in judged()]
    at_the_end = [read(judgement) for judgement in list(judged())]
    assert at_the_end == at_once
    assert len({because for because, *_ in at_once}) > 20


def test_judgements_are_equal_where_all_they_say_is() -> None:
    rng = seeded(52)
    pairs = list(looks(rng, 3, slower=1.0))
    one, same, other = Evidence(DESIGN), Evidence(DESIGN), Evidence(DESIGN)
    for look, pair in enumerate(pairs):
        one.observe(15.0 * (look + 1), pair)
        same.observe(15.0 * (look + 1), pair)
        other.observe(15.0 * (look + 1), Pair(pair.canary, pairs[0].control))
    assert one.judgement == same.judgement
    assert one.judgement != other.judgement
    assert one.judgement != "continue"
