"""People and flags: every change with who and why, the kill switch at once, and nothing lost between two writers."""

from __future__ import annotations

import pytest

from pilotage.application.use_cases.flags import Flags
from pilotage.decisions.flags.changes import fold_flag
from pilotage.domain.errors import NotFound, Refused, StoreUnusable, UsageError
from pilotage.domain.exposure import Exposure
from pilotage.domain.flag_events import FlagKilled, FlagRevived, FlagUserSwitched
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor
from tests.flag_store import FlagsInMemory, SteppingClock

MARIA = Actor(person="maria", role="primary")
SAM = Actor(person="sam")
REASON = "payments fail"


class Told:
    """Remembers what releases were told."""

    def __init__(self) -> None:
        self.words: list[tuple[str, str, str]] = []

    async def __call__(self, flag: Flag, by: Actor, reason: str) -> None:
        self.words.append((flag.name, by.person, reason))


@pytest.fixture
def store() -> FlagsInMemory:
    return FlagsInMemory(Flag("new-checkout", Exposure(share=25.0), seed="new-checkout"), Flag("search"))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def flags(store: FlagsInMemory, told: Told) -> Flags:
    return Flags(store, store, SteppingClock(), told)


@pytest.mark.requirement(211, 218)
async def test_killing_is_one_action_recorded_and_told_to_the_releases(flags: Flags, told: Told) -> None:
    killed = await flags.kill("new-checkout", MARIA, REASON)
    assert (killed.killed, killed.killed_because, killed.revision) == (True, REASON, 1)
    assert await flags.show("new-checkout") == killed
    assert told.words == [("new-checkout", "maria", REASON)]
    (happened,) = await flags.history("new-checkout")
    assert (happened.event, happened.by, happened.because) == (FlagKilled(), MARIA, REASON)


async def test_killing_twice_changes_nothing_but_tells_again(
    flags: Flags, told: Told, store: FlagsInMemory
) -> None:
    first = await flags.kill("new-checkout", MARIA, REASON)
    assert await flags.kill("new-checkout", SAM, "again, to be sure") == first
    assert len(told.words) == 2
    assert len(await flags.history("new-checkout")) == 1


async def test_a_revived_flag_has_its_exposure_again(flags: Flags) -> None:
    await flags.kill("new-checkout", MARIA, REASON)
    revived = await flags.revive("new-checkout", MARIA, "mended")
    assert (revived.killed, revived.killed_because, revived.exposure) == (False, "", Exposure(share=25.0))
    assert await flags.revive("new-checkout", SAM, "twice") == revived
    assert [h.event for h in await flags.history("new-checkout")] == [FlagKilled(), FlagRevived()]


@pytest.mark.requirement(213)
async def test_one_user_is_switched_on_off_and_given_back(flags: Flags) -> None:
    assert (await flags.switch_user("search", "user-1", True, MARIA, "pilot")).forced == {"user-1": True}
    assert (await flags.switch_user("search", "user-2", False, MARIA, "asked to")).forced == {
        "user-1": True,
        "user-2": False,
    }
    assert (await flags.switch_user("search", "user-1", None, MARIA, "pilot over")).forced == {
        "user-2": False
    }
    again = await flags.switch_user("search", "user-2", False, MARIA, "asked twice")
    assert again.revision == 3
    assert [h.event for h in await flags.history("search")] == [
        FlagUserSwitched("user-1", True),
        FlagUserSwitched("user-2", False),
        FlagUserSwitched("user-1", None),
    ]


async def test_the_record_folds_to_the_flag(flags: Flags) -> None:
    await flags.switch_user("search", "user-1", True, MARIA, "pilot")
    await flags.kill("search", SAM, REASON)
    await flags.revive("search", SAM, "mended")
    killed = await flags.kill("search", SAM, "not mended")
    assert fold_flag("search", await flags.history("search")) == killed


async def test_a_change_meets_another_writer_and_keeps_both(
    flags: Flags, store: FlagsInMemory, told: Told
) -> None:
    other = Flags(store, store, SteppingClock(), told)

    async def meddle() -> None:
        await other.switch_user("new-checkout", "user-9", True, SAM, "meanwhile")

    store.before_write = meddle
    killed = await flags.kill("new-checkout", MARIA, REASON)
    assert (killed.forced, killed.killed, killed.revision) == ({"user-9": True}, True, 2)


async def test_two_people_killing_at_once_are_one_kill(
    flags: Flags, store: FlagsInMemory, told: Told
) -> None:
    async def meddle() -> None:
        await Flags(store, store, SteppingClock(), told).kill("new-checkout", SAM, "sam was faster")

    store.before_write = meddle
    assert (await flags.kill("new-checkout", MARIA, REASON)).killed_because == "sam was faster"
    assert [person for _, person, _ in told.words] == ["sam", "maria"]


async def test_an_unknown_flag_is_answered_with_the_near_one(flags: Flags) -> None:
    with pytest.raises(NotFound, match='there is no flag "new-checkuot"\nDid you mean "new-checkout"\\?'):
        await flags.kill("new-checkuot", MARIA, REASON)
    with pytest.raises(NotFound, match="There are: new-checkout, search"):
        await flags.show("zzz")
    empty = FlagsInMemory()
    with pytest.raises(NotFound, match="There is none yet"):
        await Flags(empty, empty, SteppingClock(), Told()).show("zzz")


async def test_a_change_without_a_reason_or_a_user_is_refused(flags: Flags) -> None:
    with pytest.raises(UsageError, match="a reason is missing"):
        await flags.kill("search", MARIA, "  ")
    with pytest.raises(UsageError, match="no user was named"):
        await flags.switch_user("search", "", True, MARIA, REASON)


async def test_a_retired_flag_has_only_its_kill_switch(told: Told) -> None:
    store = FlagsInMemory(Flag("done", Exposure(share=100.0), retired=True))
    flags = Flags(store, store, SteppingClock(), told)
    with pytest.raises(Refused, match='flag "done" is retired: everybody gets "on" for good'):
        await flags.switch_user("done", "user-1", False, MARIA, REASON)
    assert (await flags.kill("done", MARIA, REASON)).killed


async def test_a_lost_database_is_said_and_nobody_is_told_a_kill_that_did_not_happen(
    flags: Flags, store: FlagsInMemory, told: Told
) -> None:
    store.broken = True
    with pytest.raises(StoreUnusable):
        await flags.kill("new-checkout", MARIA, REASON)
    assert told.words == []
