"""The source documents' plans through the built-in scenarios: they end as their documents want."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

import pytest

from pilotage.application.simulation.outcome import Simulation
from pilotage.domain import events as e
from pilotage.domain.events import Happened, QuestionKind
from tests.simulation.conftest import START, document, played

_E = TypeVar("_E")
EVERY = [
    "staged-rollout", "compile-time-connection", "release-strategy/feature", "release-strategy/major", "release-strategy/hotfix",
    "release-strategy/maintenance", "release-management/standard", "release-management/patch", "release-management/major",
    "release-management/hotfix",
]  # fmt: skip


def log(sim: Simulation, kind: type[_E]) -> list[tuple[Happened, _E]]:
    """The events of a kind, with their circumstances."""
    return [(m.happened, m.happened.event) for m in sim.moments if isinstance(m.happened.event, kind)]


@pytest.mark.parametrize("name", EVERY)
def test_on_a_good_day_every_document_is_carried_out_to_its_end(name: str) -> None:
    sim = played(name)
    assert sim.outcome == "completed", [w.text for w in sim.stuck]
    assert not log(sim, e.Held)
    assert not log(sim, e.ActionRefused), "nobody in this world says what is not allowed"


@pytest.mark.parametrize("name", EVERY)
def test_an_error_spike_takes_every_document_back_and_everybody_out(name: str) -> None:
    sim = played(name, "error-spike")
    assert sim.outcome == "rolled back"
    assert sim.release.exposure.nobody


@pytest.mark.parametrize("name", EVERY)
def test_without_data_nobody_new_gets_in_and_people_are_paged(name: str) -> None:
    sim = played(name, "no-data")
    assert sim.outcome == "stuck"
    assert any(held.cause == e.HoldCause.NO_DATA and held.page for _, held in log(sim, e.Held))
    assert sim.fault_at is not None
    later = [
        x for h, x in log(sim, e.ExposureChanged) if h.at > sim.fault_at + timedelta(minutes=16) and x.raised
    ]
    assert not later


# --- 003: staged rollout ----------------------------------------------------------------------------------------------


@pytest.mark.requirement(37, 60)
def test_003_goes_out_in_four_stages_each_after_a_recorded_go() -> None:
    sim = played("staged-rollout")
    rises = [x.stage for _, x in log(sim, e.ExposureChanged) if x.raised]
    assert rises == ["internal", "pilot", "expanded", "ga"]
    gates = [(h.by.role, x.stage) for h, x in log(sim, e.GatePassed)]
    assert gates[:3] == [("primary", "internal"), ("primary", "pilot"), ("primary", "expanded")]


@pytest.mark.requirement(44, 50)
def test_003_bakes_the_pilot_a_week_and_asks_its_owner_whom_to_choose() -> None:
    sim = played("staged-rollout")
    baked = {x.stage: h.at for h, x in log(sim, e.BakeStarted)}
    left = {x.stage: h.at for h, x in log(sim, e.StageCompleted)}
    for stage in ("pilot", "expanded"):
        assert timedelta(days=7) <= left[stage] - baked[stage] < timedelta(days=14)
    asked = [x for _, x in log(sim, e.Asked) if x.kind is QuestionKind.AUDIENCE]
    assert [(x.about, x.roles) for x in asked] == [
        ("pilot/audience/0", ("primary",)),
        ("expanded/audience/0", ("primary",)),
    ]
    assert asked[0].options == ("pilot users as 5% to 10% of users", "power users", "one department")
    assert asked[1].options == ("25%", "more departments")


@pytest.mark.requirement(250)
def test_003_rolls_back_by_itself_on_an_error_spike_exposure_first() -> None:
    sim = played("staged-rollout", "error-spike")
    fired_at, fired = log(sim, e.TriggerFired)[0]
    assert sim.fault_at is not None
    assert fired.kind == "automatic"
    assert fired_at.at - sim.fault_at <= timedelta(seconds=15)
    falls = [(h.at, x) for h, x in log(sim, e.ExposureChanged) if not x.raised]
    assert falls[0][0] == fired_at.at
    assert falls[0][1].after.nobody
    steps = [h.at for h, x in log(sim, e.StepStarted) if x.step.startswith("rollback")]
    assert min(steps) > falls[0][0], "users are safe before any step of the procedure"
    taken = next(x for _, x in log(sim, e.StepStarted) if x.step.startswith("rollback") and x.option)
    assert taken.option == "flag", "a choice takes its default at once"
    opened = {x.text for _, x in log(sim, e.FollowUpOpened)}
    assert opened == {"What went wrong", "How to prevent recurrence", "When to retry the rollout"}


def test_003_whoever_is_asked_for_the_go_has_two_days_and_then_the_manager_is_asked() -> None:
    sim = played("staged-rollout", "approver-away")
    asked = next(h.at for h, x in log(sim, e.Asked) if x.kind is QuestionKind.GO)
    escalated = next((h.at, x.to) for h, x in log(sim, e.Escalated) if "/go/" in x.question)
    assert escalated == (asked + timedelta(days=2), "manager")
    assert sim.outcome == "completed", "the manager stands in for the go"


# --- 001: compile-time connection -------------------------------------------------------------------------------------


@pytest.mark.requirement(65)
def test_001_keeps_its_weeks_and_its_shares() -> None:
    sim = played("compile-time-connection")
    entered = {x.stage: (h.at - START).days // 7 + 1 for h, x in log(sim, e.StageEntered)}
    weeks = {
        "development": 1,
        "staging": 2,
        "dark-launch": 3,
        "first-ramp": 4,
        "second-ramp": 5,
        "everyone": 6,
        "stabilization": 7,
        "flag-removal": 8,
    }
    assert {stage: entered[stage] for stage in weeks} == weeks
    shares = [x.after.share for _, x in log(sim, e.ExposureChanged) if x.raised]
    assert shares == [0, 0, 10, 25, 50, 75, 100]


@pytest.mark.requirement(67)
def test_001_removes_the_flag_only_after_two_stable_weeks_at_everyone() -> None:
    sim = played("compile-time-connection")
    everyone = next(h.at for h, x in log(sim, e.ExposureChanged) if x.after.share == 100)
    removed = next(h.at for h, x in log(sim, e.FlagRetired))
    assert removed - everyone >= timedelta(days=14)


@pytest.mark.requirement(69)
def test_001_starts_nothing_before_every_prerequisite_is_met() -> None:
    sim = played("compile-time-connection")
    entered = log(sim, e.StageEntered)[0][0].at
    ready = [h.at for h, x in log(sim, e.CheckPassed) if x.check.startswith("before/")]
    assert len(ready) == 5
    assert max(ready) <= entered


def test_001_deploys_to_production_in_its_quiet_hours_alone() -> None:
    sim = played("compile-time-connection")
    machine = {s.key for s in document("compile-time-connection").stage("dark-launch").steps}
    begun = [h.at.hour for h, x in log(sim, e.StepStarted) if x.step in machine and x.effect]
    assert begun
    assert all(1 <= hour < 5 for hour in begun)


def test_001_asks_the_engineering_lead_for_fifteen_minutes_and_silence_rolls_back() -> None:
    sim = played("compile-time-connection", "error-spike")
    asked_at, asked = next((h, x) for h, x in log(sim, e.Asked) if x.kind is QuestionKind.CONFIRM)
    assert asked.roles == ("engineering lead",)
    assert asked.until == asked_at.at + timedelta(minutes=15)
    confirm = document("compile-time-connection").rollback.confirm
    assert confirm is not None
    assert confirm.otherwise == "roll back"


# --- 002: release management ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["release-management/standard", "release-management/hotfix"])
def test_002_asks_a_person_to_confirm_before_it_rolls_back(name: str) -> None:
    sim = played(name, "error-spike")
    asked = next(h.at for h, x in log(sim, e.Asked) if x.kind is QuestionKind.CONFIRM)
    back = next((h, x) for h, x in log(sim, e.RollbackStarted))
    assert asked < back[0].at
    assert back[0].by.person
    assert not back[1].automatic


# --- the simulation itself --------------------------------------------------------------------------------------------


def test_the_same_seed_plays_the_same_way_and_another_another() -> None:
    first, again, other = (
        [m.happened for m in played.__wrapped__("staged-rollout", "healthy", seed).moments]
        for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_what_blocks_is_told_with_who_can_act_and_for_how_long() -> None:
    sim = played("staged-rollout")
    go = next(b for b in sim.blocked if "Go or no-go" in b.text)
    assert "primary" in go.who[0]
    assert go.until - go.since == timedelta(hours=1)
