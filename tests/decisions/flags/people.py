"""Users and exposures for hypothesis: who is in is always asked of the flag itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from pilotage.decisions.flags.compiled import compile_flag
from pilotage.domain.exposure import Exposure, Segment, SegmentTest
from pilotage.domain.flags import Flag

SEGMENTS = {
    "team": Segment("team", tests=(SegmentTest("email", "ends with", ("@example.com",)),)),
    "beta testers": Segment("beta testers", tests=(SegmentTest("", "opted in"),), share=20.0),
    "pilot users": Segment("pilot users", users=tuple(f"user-{n}" for n in range(0, 400, 7))),
    "europe": Segment("europe", tests=(SegmentTest("country", "in", ("DE", "AT", "ES")),)),
    "grown-ups": Segment("grown-ups", tests=(SegmentTest("age", "at least", ("18",)),)),
}
NAMES = sorted(SEGMENTS)


@dataclass(frozen=True)
class User:
    """One user of the released thing."""

    key: str
    attributes: dict[str, object] = field(default_factory=dict)


percents = st.one_of(
    st.sampled_from([0.0, 0.001, 1.0, 5.0, 10.0, 25.0, 50.0, 99.999, 100.0]),
    st.floats(0, 100).map(lambda percent: round(percent, 4)),
)
by_segment = st.dictionaries(st.sampled_from(NAMES), percents, max_size=3)
flat_exposures = st.builds(
    Exposure,
    share=st.one_of(st.just(0.0), percents),
    segments=by_segment,
    capped=by_segment,
    excluded=st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
)
exposures = st.builds(
    lambda flat, kept: Exposure(flat.share, flat.segments, flat.capped, flat.excluded, tuple(kept)),
    flat_exposures,
    st.one_of(st.just([]), st.lists(flat_exposures, max_size=2)),
)
users = st.builds(
    User,
    key=st.integers(0, 400).map(lambda n: f"user-{n}"),
    attributes=st.fixed_dictionaries(
        {},
        optional={
            "email": st.sampled_from(["a@example.com", "b@elsewhere.org"]),
            "opted in": st.booleans(),
            "country": st.sampled_from(["DE", "es", "US"]),
            "age": st.sampled_from([17, 18, 40.5, "21"]),
        },
    ),
)
crowds = st.lists(users, min_size=20, max_size=60)


def flag_with(exposure: Exposure) -> Flag:
    """A flag with that exposure and the segments above."""
    return Flag(name="checkout", seed="checkout", exposure=exposure, segments=SEGMENTS)


def who_is_in(exposure: Exposure, crowd: list[User]) -> set[int]:
    """The positions in the crowd of those the flag lets in."""
    evaluate = compile_flag(flag_with(exposure))
    return {n for n, user in enumerate(crowd) if evaluate(user.key, user.attributes).value}
