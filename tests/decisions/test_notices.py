"""Who is reminded while a release is held (rule 9), and what the calendar would rather have had."""

from __future__ import annotations

from datetime import time, timedelta

from pilotage.decisions.decide import decide
from pilotage.decisions.evolve import evolve
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.calendar import Weekly, Window, WindowKind
from pilotage.domain.judging import Judging
from pilotage.domain.people import Actor, EscalationLevel
from pilotage.domain.release import Release
from pilotage.testing.builders import minutes, plan_of, run, share, stage
from tests.support.walks import BEGIN


def _told(release: Release, after: timedelta) -> tuple[Release, list[tuple[str, str]]]:
    decision = decide(release, Judging(), f.Fact(BEGIN + after, Actor(rule="the clock"), f.Tick()))
    for happened in decision.events:
        release = evolve(release, happened)
    return release, [
        (h.event.to, h.event.text) for h in decision.events if isinstance(h.event, e.MessageQueued)
    ]


def test_while_a_rule_holds_the_escalation_is_reminded_level_by_level_and_then_daily_and_once_each() -> None:
    levels = (EscalationLevel("on-call", wait=minutes(15)), EscalationLevel("lead", wait=minutes(30)))
    plan = plan_of(stage("pilot", go="lead"), roles={"on-call": ["ana"], "lead": ["ben"]}, escalation=levels)
    release = Release("r", plan)
    created = e.ReleaseCreated("1.1.0", "1.0.0", plan.id, plan.digest, plan.type, plan.system)
    held = e.Held(e.HoldCause.GUARD, "errors are beyond their alert", page=True)
    for event in (created, e.ReleaseStarted(), e.StageEntered("pilot"), held):
        release = evolve(release, e.Happened(BEGIN, Actor(person="ana"), event))

    release, told = _told(release, timedelta(minutes=14))
    assert told == []
    release, told = _told(release, timedelta(minutes=15))
    assert [to for to, _ in told] == ["lead"]
    assert "Still held: errors are beyond their alert" in told[0][1]
    release, told = _told(release, timedelta(minutes=20))
    assert told == []
    release, told = _told(release, timedelta(days=1, minutes=16))
    assert [to for to, _ in told] == ["lead"]


def test_a_person_who_holds_is_not_reminded_of_it() -> None:
    plan = plan_of(stage("pilot", go="lead"), roles={"lead": ["ben"]})
    release = Release("r", plan)
    created = e.ReleaseCreated("1.1.0", "1.0.0", plan.id, plan.digest, plan.type, plan.system)
    for event in (created, e.ReleaseStarted(), e.StageEntered("pilot"), e.Held(e.HoldCause.PERSON, "lunch")):
        release = evolve(release, e.Happened(BEGIN, Actor(person="ben"), event))
    assert _told(release, timedelta(days=3))[1] == []


def test_outside_a_preferred_window_it_goes_on_and_the_record_says_so() -> None:
    night = Window(
        "night",
        WindowKind.PREFER,
        Weekly(frozenset(range(7)), time(1), time(3)),
        "UTC",
        text="every day 01:00 to 03:00",
    )
    pilot = stage("pilot", expose=share(10), bake=minutes(5), steps=[run("migrate")], windows=("night",))
    plan = plan_of(pilot, roles={"lead": ["ben"]}, windows={"night": night})
    release = Release("r", plan)
    created = e.ReleaseCreated("1.1.0", "1.0.0", plan.id, plan.digest, plan.type, plan.system)
    release = evolve(release, e.Happened(BEGIN, Actor(person="ben"), created))
    decision = decide(release, Judging(), f.Fact(BEGIN, Actor(person="ben"), f.Start()))
    began = next(h for h in decision.events if isinstance(h.event, e.StepStarted))
    assert 'outside the preferred time "night" (every day 01:00 to 03:00)' in began.because
