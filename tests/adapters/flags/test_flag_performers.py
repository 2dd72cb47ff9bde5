"""Releases move exposure: idempotently, never past a kill switch, and in words where it cannot be done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pilotage.adapters.flags.builtin import BuiltInFlags
from pilotage.adapters.flags.by_hand import ByHand
from pilotage.adapters.flags.exposure import ExposurePerformer
from pilotage.application.flag_records import flag_event_from_json
from pilotage.decisions.flags.changes import fold_flag
from pilotage.domain.effects import Effect, EffectAction, RetireFlag, RunCommands, SetExposure
from pilotage.domain.errors import Bug
from pilotage.domain.exposure import NOBODY, Exposure, Segment
from pilotage.domain.facts import OutcomeKind
from pilotage.domain.flags import Flag
from pilotage.testing.contracts.performers import PerformerContract, Scene
from tests.flag_store import FlagsInMemory, SteppingClock

TEN = Exposure(share=10.0)
EVERYONE = Exposure(share=100.0)
TEAM = {"team": Segment("team", users=("maria",))}


def asks(action: EffectAction, effect: str = "r1-7") -> Effect:
    return Effect(effect, about="exposure", purpose="exposure", action=action, repeatable=True)


def sets(exposure: Exposure, **rest: object) -> Effect:
    return asks(replace(SetExposure("checkout", "flag", exposure), **rest))  # type: ignore[arg-type]  # any field


@pytest.fixture
def store() -> FlagsInMemory:
    return FlagsInMemory()


@pytest.fixture
def flags(store: FlagsInMemory) -> BuiltInFlags:
    return BuiltInFlags(store, SteppingClock())


async def stored(store: FlagsInMemory) -> Flag:
    flag = await store.flag("checkout")
    assert flag is not None
    return flag


@pytest.mark.requirement(74)
async def test_the_first_exposure_makes_the_flag_and_is_recorded(
    flags: BuiltInFlags, store: FlagsInMemory
) -> None:
    outcome = await flags.perform(sets(Exposure(segments={"team": 100.0}), segments=TEAM))
    assert (outcome.kind, outcome.detail) == (OutcomeKind.DONE, "checkout is at team")
    flag = await stored(store)
    assert (flag.exposure.segments, flag.segments, flag.seed, flag.revision) == (
        {"team": 100.0}, TEAM, "checkout", 1,
    )  # fmt: skip
    rows = await store.events("flag:checkout")
    assert fold_flag("checkout", [flag_event_from_json(row.body) for row in rows]) == flag
    assert '"effect": "r1-7"' in rows[0].body


async def test_the_same_exposure_again_is_done_and_nothing_new(
    flags: BuiltInFlags, store: FlagsInMemory
) -> None:
    effect = sets(TEN)
    assert await flags.happened(effect) is False
    await flags.perform(effect)
    assert await flags.happened(effect) is True
    assert (await flags.perform(effect)).done
    assert (await stored(store)).revision == 1
    assert await flags.happened(sets(Exposure(share=25.0))) is False


async def test_segments_known_before_stay_known(flags: BuiltInFlags, store: FlagsInMemory) -> None:
    await flags.perform(sets(Exposure(segments={"team": 100.0}), segments=TEAM))
    assert (await flags.perform(sets(Exposure(share=10.0, segments={"team": 100.0})))).done
    assert (await stored(store)).segments == TEAM


@pytest.mark.requirement(269)
async def test_a_killed_flag_is_lowered_and_never_revived(flags: BuiltInFlags, store: FlagsInMemory) -> None:
    await flags.perform(sets(TEN))
    killed = replace(await stored(store), killed=True, killed_because="payments fail", revision=2)
    assert await store.put_flag(killed, 1, "{}", "2026-03-02T09:00:00Z")
    rise = await flags.perform(sets(EVERYONE))
    assert rise.kind is OutcomeKind.FAILED
    assert 'flag "checkout" was killed (payments fail)' in rise.detail
    assert "pilotage flags revive checkout" in rise.detail
    fall = await flags.perform(sets(NOBODY))
    assert (fall.kind, fall.detail) == (
        OutcomeKind.DONE,
        "checkout is at nobody; it stays killed (payments fail)",
    )
    assert (await stored(store)).killed
    assert (await stored(store)).exposure == NOBODY


async def test_another_seed_is_refused_while_somebody_is_in(
    flags: BuiltInFlags, store: FlagsInMemory
) -> None:
    await flags.perform(sets(TEN, seed="one"))
    refused = await flags.perform(sets(TEN, seed="two"))
    assert refused.kind is OutcomeKind.FAILED
    assert 'with the seed "two" other people would be in' in refused.detail
    assert (await flags.perform(sets(NOBODY, seed="two"))).done, "a fall to nobody is never refused"
    assert (await flags.perform(sets(TEN, seed="two"))).done
    assert (await stored(store)).seed == "two"


async def test_a_segment_nobody_defined_fails_in_words(flags: BuiltInFlags, store: FlagsInMemory) -> None:
    outcome = await flags.perform(sets(Exposure(segments={"team": 100.0})))
    assert outcome.kind is OutcomeKind.FAILED
    assert 'the segment "team", which it does not define' in outcome.detail
    assert await store.flag("checkout") is None


@pytest.mark.parametrize("exposure", [NOBODY, TEN, Exposure(share=100.0, excluded=("team",))], ids=str)
async def test_retiring_lets_nobody_in(flags: BuiltInFlags, exposure: Exposure) -> None:
    await flags.perform(sets(exposure, segments=TEAM))
    outcome = await flags.perform(asks(RetireFlag("checkout")))
    assert outcome.kind is OutcomeKind.FAILED
    assert "retiring it would let everybody in" in outcome.detail


async def test_a_flag_that_is_on_for_everyone_is_retired_once(
    flags: BuiltInFlags, store: FlagsInMemory
) -> None:
    effect = asks(RetireFlag("checkout"))
    assert await flags.happened(effect) is False
    await flags.perform(sets(EVERYONE))
    assert await flags.happened(effect) is False
    assert (await flags.perform(effect)).done
    assert (await flags.perform(effect)).done
    assert await flags.happened(effect) is True
    flag = await stored(store)
    assert (flag.retired, flag.retired_variant, flag.revision) == (True, "on", 2)
    late = await flags.perform(sets(NOBODY))
    assert late.kind is OutcomeKind.FAILED
    assert "Give the plan another flag" in late.detail


async def test_a_change_meets_another_writer_and_keeps_both(
    flags: BuiltInFlags, store: FlagsInMemory
) -> None:
    await flags.perform(sets(TEN))

    async def meddle() -> None:
        forced = replace(await stored(store), forced={"user-9": False}, revision=2)
        assert await store.put_flag(forced, 1, "{}", "2026-03-02T09:00:00Z")

    store.before_write = meddle
    assert (await flags.perform(sets(EVERYONE))).done
    flag = await stored(store)
    assert (flag.forced, flag.exposure, flag.revision) == ({"user-9": False}, EVERYONE, 3)


async def test_a_lost_database_fails_in_words_and_cannot_tell(
    flags: BuiltInFlags, store: FlagsInMemory
) -> None:
    store.broken = True
    outcome = await flags.perform(sets(TEN))
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.detail == "the database cannot be opened. Look at its folder's permissions."
    assert await flags.happened(sets(TEN)) is None


async def test_by_hand_is_a_task_whose_end_a_person_tells() -> None:
    hand = ByHand()
    outcome = await hand.perform(asks(SetExposure("checkout", "by hand", TEN)))
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.detail == (
        "let exactly this meet the change, by hand: 10% (checkout); then say that it is done"
    )
    assert (await hand.perform(asks(RetireFlag("checkout")))).kind is OutcomeKind.UNKNOWN
    assert await hand.happened(asks(RetireFlag("checkout"))) is None


async def test_the_plan_names_what_moves_the_exposure(flags: BuiltInFlags, store: FlagsInMemory) -> None:
    both = ExposurePerformer({"flag": flags, "by hand": ByHand()})
    assert (await both.perform(sets(TEN))).done
    assert await both.happened(sets(TEN)) is True
    assert (await both.perform(sets(EVERYONE, via="by hand"))).kind is OutcomeKind.UNKNOWN
    elsewhere = sets(TEN, via="google play")
    outcome = await both.perform(elsewhere)
    assert outcome.kind is OutcomeKind.FAILED
    assert 'via "google play"; connected: "flag", "by hand"' in outcome.detail
    assert await both.happened(elsewhere) is None


async def test_an_effect_of_another_kind_is_our_own_mistake(flags: BuiltInFlags) -> None:
    for performer in (flags, ByHand(), ExposurePerformer({"flag": flags})):
        with pytest.raises(Bug, match="r1-7"):
            await performer.perform(asks(RunCommands(("true",))))
        with pytest.raises(Bug, match="r1-7"):
            await performer.happened(asks(RunCommands(("true",))))


class TestContract(PerformerContract):
    """The built-in flags keep the contract of every performer, through the door that ``via`` opens."""

    @pytest.fixture
    def scene(self, flags: BuiltInFlags, store: FlagsInMemory) -> Scene:
        def acted(effect: str) -> int:
            return sum(f'"effect": "{effect}"' in row.body for row in store.rows("flag:checkout"))

        return Scene(
            performer=ExposurePerformer({"flag": flags}),
            passing=lambda effect: asks(SetExposure("checkout", "flag", TEN), effect),
            failing=lambda effect: asks(RetireFlag("checkout"), effect),
            lasting=None,
            acted=acted,
            once=True,
        )
