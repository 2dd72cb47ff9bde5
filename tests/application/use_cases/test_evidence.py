"""What is shown of the evidence is what decided: the same fold over the stored looks, to the last digit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.ports.storage import Change
from pilotage.application.runtime.loading import Loader
from pilotage.application.use_cases.evidence import ShowingEvidence
from pilotage.application.use_cases.evidence_folding import fold_looks
from pilotage.application.use_cases.evidence_series import MOST_POINTS, Counted, Series
from pilotage.application.use_cases.evidence_view import EvidenceView
from pilotage.application.use_cases.past_looks import past_looks
from pilotage.decisions.weighing import weigh
from pilotage.domain import events as e
from pilotage.domain.errors import NotFound
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Arm, Metric, Unit
from pilotage.domain.tallies import Tally
from pilotage.testing.clock import MONDAY
from pilotage.testing.storage import MemoryStorage
from tests.support.past import PLAN, WORSE_FROM, with_numbers

FAILURES = Metric("failures", Unit.PERCENT, errors="e", total="t")


async def seen(storage: MemoryStorage, release: str, metric: str = "") -> EvidenceView:
    return await ShowingEvidence(storage, Loader(storage, YamlPlans())).view(release, metric)


async def test_the_interval_and_the_evidence_shown_are_those_that_decided() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage)
    view = await seen(storage, release)
    (metric,) = view.metrics
    history = await Loader(storage, YamlPlans()).history(release)
    fired = next(h for h in history if isinstance(h.event, e.TriggerFired))
    assert isinstance(fired.event, e.TriggerFired)
    proof = fired.event.evidence
    assert proof is not None
    last = metric.intervals[-1]
    assert (last.at, last.low, last.high) == (fired.at, proof.low, proof.high)
    assert metric.levels[-1].e_value == pytest.approx(proof.e_value)
    assert (metric.tests[0].verdict, metric.tests[0].since) == ("certain", fired.at)
    assert [(d.at, d.what) for d in view.decided] == [(fired.at, "rolled back")]
    assert fired.event.because in view.decided[0].sentence
    assert view.baked is None


async def test_folding_the_stored_looks_leads_to_the_judging_row_to_the_last_digit() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage, minutes=11)
    loaded = await Loader(storage, YamlPlans()).load(release)
    judging = Judging()
    for look in await past_looks(storage, release):
        judging = weigh(judging, loaded.release, look.tick.tallies, look.tick.history)
    assert judging.weighing is not None
    assert loaded.judging.weighing is not None
    assert judging.weighing.numbers == loaded.judging.weighing.numbers
    view = await seen(storage, release)
    assert view.e_value == loaded.judging.weighing.e_value


async def test_rates_requests_stages_and_what_the_traffic_could_have_shown() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage, minutes=11)
    view = await seen(storage, release)
    (metric,) = view.metrics
    assert metric.metric == "error rate"
    assert metric.canary == pytest.approx(0.1, abs=0.02)
    assert metric.baseline == pytest.approx(0.1, abs=0.02)
    looked_for = 15 * view.looks
    assert metric.canary_requests == pytest.approx(10 * looked_for, rel=0.01)
    assert metric.baseline_requests == pytest.approx(90 * looked_for, rel=0.01)
    assert metric.points[-1].requests == metric.canary_requests
    assert [(s.stage, s.exposure, s.since, s.until) for s in view.stages] == [("pilot", "10%", MONDAY, None)]
    assert metric.smallest is not None
    assert metric.smallest > 2
    assert metric.tolerated == pytest.approx(1.2)
    assert view.decided == ()
    assert view.baked == MONDAY + timedelta(minutes=30)


async def test_a_limit_without_a_control_is_judged_and_shown_without_a_ratio() -> None:
    storage = MemoryStorage()
    plan = PLAN.replace('variant="{{variant}}",', "").replace('{variant="{{variant}}"}', "")
    plan = plan.replace("worse than baseline by 20%", "> 0.4%").replace('"target < 2%"', '"target < 90%"')
    release = await with_numbers(storage, storage, plan=plan)
    view = await seen(storage, release)
    assert view.status == "rolled back"
    (metric,) = view.metrics
    assert (metric.intervals, metric.tolerated, metric.baseline) == ((), None, None)
    assert [(limit.value, limit.text) for limit in metric.limits] == [(0.4, "error rate > 0.4%")]
    assert metric.tests[0].verdict == "certain"
    assert metric.tests[0].tolerated is None


async def test_a_metric_without_counts_says_why_nothing_is_tested() -> None:
    storage = MemoryStorage()
    plan = PLAN.replace("guard: {error rate:", 'guard: {conversion: "target > 2%", error rate:')
    release = await with_numbers(storage, storage, plan=plan, minutes=1)
    view = await seen(storage, release)
    assert [m.metric for m in view.metrics] == ["error rate"]
    assert any(note.startswith("conversion is reported by hand") for note in view.notes)


async def test_one_metric_alone_and_one_that_is_not_there() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage, minutes=1)
    assert [m.metric for m in (await seen(storage, release, "Error-Rate")).metrics] == ["error rate"]
    with pytest.raises(NotFound, match="No metric called"):
        await seen(storage, release, "errors")
    with pytest.raises(NotFound):
        await seen(storage, "nothing")


async def test_before_the_first_look_there_is_nothing_and_it_says_so() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage, minutes=0)
    view = await seen(storage, release)
    assert (view.looks, view.e_value, view.decided) == (0, 1.0, ())
    assert view.metrics[0].points == ()
    assert "yet" in view.metrics[0].problem
    assert any("No look at its numbers is stored" in note for note in view.notes)


async def test_old_looks_that_are_no_longer_stored_are_told() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage)
    loader = Loader(storage, YamlPlans())
    looks = await past_looks(storage, release)
    loaded, history = await loader.load(release), await loader.history(release)
    assert fold_looks(loaded.release, history, looks).notes == ()
    late = [look for look in looks if look.at > WORSE_FROM - timedelta(minutes=5)]
    plan = loaded.release.plan
    assert (late[0].at - MONDAY).total_seconds() < plan.evidence.gap.approximate_seconds
    later = [look for look in looks if look.at > MONDAY + timedelta(minutes=12)]
    assert fold_looks(loaded.release, history, later).notes == (), "within the plan's gap nobody wonders"
    much_later = [type(look)(look.at + timedelta(hours=1), look.tick) for look in looks]
    (note,) = fold_looks(loaded.release, history, much_later).notes
    assert "no longer stored" in note


async def test_a_view_is_kept_until_there_is_something_new_and_asked_for_once_by_many() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage, minutes=5)
    showing = ShowingEvidence(storage, Loader(storage, YamlPlans()))
    first, *others = await asyncio.gather(*(showing.view(release) for _ in range(5)))
    assert all(other is first for other in others)
    looks = await storage.samples(release)
    row = await storage.release(release)
    assert row is not None
    later = replace(looks[-1], at=looks[-1].at + timedelta(seconds=15))
    assert await storage.commit([Change(row, row.version, samples=(later,))])
    assert (await showing.view(release)).looks == first.looks + 1


# --- series -------------------------------------------------------------------------------------------------------


def counted(at: int, requests: float, errors: float, arm: Arm = Arm.CANARY, problem: str = "") -> Tally:
    began, ended = MONDAY + timedelta(seconds=at - 15), MONDAY + timedelta(seconds=at)
    return Tally("failures", began, ended, requests, errors, arm=arm, problem=problem)


def test_missing_data_is_a_gap_and_never_zero() -> None:
    series = Series(FAILURES, span=15)
    for at, problem in ((15, ""), (30, "source down"), (45, "")):
        series.add(MONDAY + timedelta(seconds=at), [counted(at, 100, 1, problem=problem)], changed=False)
    assert [p.canary for p in series.points()] == [1.0, None, 1.0]
    assert [p.baseline for p in series.points()] == [None, None, None]


def test_few_requests_make_no_rate() -> None:
    series = Series(FAILURES, span=15, minimum=200)
    for look in range(1, 5):
        series.add(MONDAY + timedelta(seconds=15 * look), [counted(15 * look, 80, 8)], changed=False)
    points = [p.canary for p in series.points()]
    assert points == [None, None, 10.0, 10.0], "and more looks are pooled until there are enough"


def test_no_point_reaches_across_a_change_of_exposure() -> None:
    series = Series(FAILURES, span=60)
    for look in range(1, 5):
        errors = 100 if look < 3 else 0
        changed = look in (1, 3)
        series.add(MONDAY + timedelta(seconds=15 * look), [counted(15 * look, 100, errors)], changed=changed)
    assert [p.canary for p in series.points()] == [100.0, 100.0, 0.0, 0.0]


def test_however_many_looks_there_are_the_line_stays_short_and_ends_with_the_last() -> None:
    series = Series(FAILURES, span=15)
    for look in range(1, 5001):
        series.add(MONDAY + timedelta(seconds=15 * look), [counted(15 * look, 100, 1)], changed=look == 1)
    points = list(series.points())
    assert len(points) <= MOST_POINTS
    assert points[-1].at == MONDAY + timedelta(seconds=15 * 5000)
    assert points[-1].requests == 500_000


def test_buckets_that_change_begin_anew() -> None:
    latency = Metric("latency", Unit.TIME, histogram="h", quantile=0.5)
    arm = Counted()
    old = Tally("latency", MONDAY, MONDAY, 100, bounds=(0.1, 0.2), buckets=(100.0, 0.0, 0.0))
    new = Tally("latency", MONDAY, MONDAY, 100, bounds=(1.0,), buckets=(0.0, 100.0))
    arm.add(old)
    assert arm.value(latency, 0) == pytest.approx(0.05)
    arm.add(new)
    arm.add(old, -1)
    assert arm.value(latency, 0) == 1.0


async def test_that_nothing_ever_failed_is_worth_a_question() -> None:
    storage = MemoryStorage()
    release = await with_numbers(storage, storage, minutes=11)
    loaded = await Loader(storage, YamlPlans()).load(release)
    history = await Loader(storage, YamlPlans()).history(release)
    looks = await past_looks(storage, release)
    assert not any("was ever counted" in note for note in fold_looks(loaded.release, history, looks).notes)
    calm = [
        replace(
            look, tick=replace(look.tick, tallies=tuple(replace(t, errors=0.0) for t in look.tick.tallies))
        )
        for look in looks
    ]
    (note,) = [n for n in fold_looks(loaded.release, history, calm).notes if "was ever counted" in n]
    assert "check its errors query" in note
