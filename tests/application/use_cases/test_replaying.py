"""Judging again: the same rules lead to the same moment, others to another, and nothing is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.runtime.loading import Loader
from pilotage.application.use_cases.past_looks import past_looks
from pilotage.application.use_cases.replaying import Replayed, Replaying, judge_again
from pilotage.domain import facts as f
from pilotage.domain.errors import NotFound, PlanError
from pilotage.testing.clock import MONDAY
from pilotage.testing.storage import MemoryStorage
from tests.support.past import PLAN, WORSE_FROM, with_numbers
from tests.support.playing import Play, plan_from

LAX = "rollback: {automatic: error rate worse than baseline by 900%, then: hold}\n"
ALERTING = 'guard: {error rate: "target < 0.1%, alert > 0.3%"}\n'


async def replayed(storage: MemoryStorage, release: str, rules: str = "") -> Replayed:
    plans = YamlPlans()
    return await Replaying(storage, plans, Loader(storage, plans)).replay(release, rules, "rules.yaml")


@pytest.fixture
async def past() -> tuple[MemoryStorage, str]:
    """A release that was rolled back by its numbers."""
    storage = MemoryStorage()
    return storage, await with_numbers(storage, storage)


async def test_its_own_rules_lead_to_the_same_moment_on_the_same_numbers(
    past: tuple[MemoryStorage, str],
) -> None:
    storage, release = past
    before = await storage.release(release)
    found = await replayed(storage, release)
    assert found.stopped is not None
    assert found.stopped == found.really_stopped
    assert WORSE_FROM < found.stopped.at <= WORSE_FROM + timedelta(minutes=1)
    assert found.comparison == "It would have been rolled back when it was."
    assert found.rules == ""
    assert found.e_value >= found.needed
    assert await storage.release(release) == before, "nothing is written"


async def test_rules_that_tolerate_it_would_not_have_rolled_it_back(past: tuple[MemoryStorage, str]) -> None:
    found = await replayed(*past, LAX)
    assert found.stopped is None
    assert found.really_stopped is not None
    assert found.comparison.startswith("It would not have been rolled back by 2026-01-05 09:12")
    assert found.e_value < found.needed
    assert found.rules == "rules.yaml"


async def test_a_guard_that_alerts_would_have_held_it_first(past: tuple[MemoryStorage, str]) -> None:
    found = await replayed(*past, ALERTING)
    assert [turned.what for turned in found.held] == ["held"]
    assert "alert" in found.held[0].by
    assert found.comparison == "It would have been rolled back when it was.", (
        "the rollback is still its own plan's"
    )
    alone = await replayed(*past, ALERTING + LAX)
    assert alone.comparison.startswith("It would have been held at 2026-01-05 09:")
    assert any("After a hold" in note for note in found.notes)


async def test_stricter_rules_stop_what_really_went_on() -> None:
    storage = MemoryStorage()
    release = await with_numbers(
        storage, storage, plan=PLAN.replace("worse than baseline by 20%", "> 90%"), minutes=25
    )
    found = await replayed(storage, release, "rollback: {automatic: error rate worse than baseline by 20%}\n")
    assert found.really_stopped is None
    assert found.stopped is not None
    assert found.stopped.at <= WORSE_FROM + timedelta(minutes=1)
    assert found.stopped.requests == pytest.approx(10 * (found.stopped.at - MONDAY).total_seconds(), rel=0.05)
    assert "really it was not, and it is running" in found.comparison


async def test_a_harmless_release_stays_harmless() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage, worse_from=MONDAY + timedelta(days=1))
    found = await replayed(storage, release)
    assert (found.stopped, found.held, found.really_stopped) == (None, (), None)
    assert found.comparison == "It would not have been rolled back, and it was not."


async def test_mistakes_in_the_rules_are_told_with_their_place(past: tuple[MemoryStorage, str]) -> None:
    with pytest.raises(PlanError) as told:
        await replayed(*past, "guard: {error rte: target < 1%}\nstages: []\n")
    words = [str(problem) for problem in told.value.problems]
    assert any(text.startswith("rules.yaml:1:9") and "error rate" in text for text in words), words
    assert any(text.startswith("rules.yaml:2:1") and "has happened" in text for text in words), words


async def test_a_release_that_is_not_there() -> None:
    storage = MemoryStorage()
    with pytest.raises(NotFound):
        await replayed(storage, "nothing")


async def test_without_looks_there_is_nothing_to_judge() -> None:
    storage = MemoryStorage()
    found = await replayed(storage, await with_numbers(storage, storage, minutes=0))
    assert found.comparison == "There are no numbers to judge again."
    assert any("No look at its numbers is stored" in note for note in found.notes)


async def test_looks_written_before_there_were_tallies_still_judge_by_thresholds(
    past: tuple[MemoryStorage, str],
) -> None:
    storage, release = past
    loader = Loader(storage, YamlPlans())
    loaded, history = await loader.load(release), await loader.history(release)
    old = [type(look)(look.at, f.Tick(look.tick.samples)) for look in await past_looks(storage, release)]
    again = judge_again(loaded.release, loaded.release.plan, history, old)
    assert again.judging.weighing is None
    assert again.judging.samples


STAGE = "stages: [{stage: pilot, expose: 10%, bake: 2d}]\n"


def test_numbers_that_people_brought_are_judged_again_too() -> None:
    played = Play(f"{STAGE}rollback: {{automatic: error rate > 50%, then: hold}}")
    played.now += timedelta(minutes=5)
    played.says("maria", f.ReportMetric("error rate", 8.0, 1000.0))
    assert judge_again(played.release, played.plan, played.log, []).stopped is None
    strict = plan_from(f"{STAGE}rollback: {{automatic: error rate > 5%, then: hold}}")
    again = judge_again(played.release, strict, played.log, [])
    assert again.stopped is not None
    assert "error rate is 8 %" in again.stopped.sentence
