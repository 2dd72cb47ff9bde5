"""Faults of a scenario: each begins where and when it says, by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pilotage.application.simulation.play import simulate
from pilotage.application.simulation.scenario import Fault, FaultKind, Scenario
from pilotage.decisions.explain import sentence
from pilotage.domain import events as e
from pilotage.domain.errors import UsageError
from pilotage.domain.plan import Plan
from pilotage.testing.builders import EVERYONE, guard, hours, metric, minutes, plan_of, share, stage

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
ERRORS, LATENCY = "error rate", "latency"


def watched() -> Plan:
    guards = (guard(ERRORS, target=1, alert=90), guard(LATENCY, target=1, alert=90))
    return plan_of(
        stage("pilot", expose=share(10), bake=hours(4), guards=guards),
        stage("everyone", expose=EVERYONE, bake=hours(4), guards=guards),
        metrics=[metric(ERRORS), metric(LATENCY)],
    )


def test_each_fault_begins_where_and_when_it_says() -> None:
    faults = (
        Fault(
            FaultKind.BAD,
            metrics=frozenset({ERRORS}),
            stage="pilot",
            after=hours(1),
            lasts=minutes(30),
            value=5,
        ),
        Fault(FaultKind.BAD, metrics=frozenset({LATENCY}), stage="everyone", after=minutes(30), value=5),
    )
    played = simulate(watched(), Scenario("two faults", faults=faults), MONDAY)
    turned = {
        moment.happened.event.metric: moment.happened.at
        for moment in reversed(played.moments)
        if isinstance(moment.happened.event, e.GuardChanged) and moment.happened.event.state == "watch"
    }
    rises = {
        moment.happened.event.stage: moment.happened.at
        for moment in played.moments
        if isinstance(moment.happened.event, e.ExposureChanged)
    }
    soon = timedelta(minutes=1)
    assert timedelta() < turned[ERRORS] - (rises["pilot"] + timedelta(hours=1)) < soon
    assert timedelta() < turned[LATENCY] - (rises["everyone"] + timedelta(minutes=30)) < soon
    assert played.fault_at == rises["pilot"] + timedelta(hours=1)


@pytest.mark.parametrize("year", [1, 9999])
def test_a_start_beyond_what_can_be_reckoned_with_is_said_to_be(year: int) -> None:
    with pytest.raises(UsageError, match=f"the year {year}"):
        simulate(watched(), Scenario("healthy"), datetime(year, 6, 1, tzinfo=UTC))


def test_whoever_starts_it_is_you_in_whole_sentences() -> None:
    played = simulate(plan_of(stage("pilot", gate=["Support is told"])), Scenario("healthy"), MONDAY)
    told = [sentence(moment.happened, moment.before) for moment in played.moments]
    assert any(sentence.startswith("you are asked to check: Support is told") for sentence in told), told
    assert not [sentence for sentence in told if "you is" in sentence]
