"""Changing exposure: raised over passed gates, lowered at once, and asked again until what moves the share has taken it."""

from __future__ import annotations

import pytest

from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.effects import SetExposure
from pilotage.domain.events import HoldCause
from pilotage.domain.release import Status
from tests.support.plays import Play

HEAD = """
plan: shop
roles: {dev: ana}
exposure:
  flag: "{{plan}}-{{system}}"
  segments: {team: email ends with @example.com, pilots: {users: ask}}
system: web
"""
STAGES = """
stages:
  - {stage: inside, expose: team, bake: 1h}
  - {stage: wide, expose: 50%, bake: 1h, go: by itself}
"""


def test_a_change_names_flag_share_segments_and_seed_and_may_be_repeated() -> None:
    p = Play.of(HEAD + STAGES)
    effect = p.effect("exposure")
    action = effect.action
    assert isinstance(action, SetExposure)
    assert (action.flag, action.via, action.seed, str(action.exposure)) == (
        "shop-web",
        "flag",
        "shop-web",
        "team",
    )
    assert set(action.segments) == {"team", "pilots"}
    assert effect.repeatable


def test_who_is_in_stays_in_while_exposure_grows() -> None:
    p = Play.of(HEAD + STAGES)
    p.done("exposure")
    p.pass_time(hours=1)
    assert p.exposures() == ["team", "team and 50%"]


def test_the_bake_begins_when_the_flag_has_taken_the_change_and_not_before() -> None:
    p = Play.of(HEAD + STAGES)
    p.pass_time(hours=5)
    assert p.release.stages["inside"].bake_from is None
    p.done("exposure")
    assert p.release.stages["inside"].bake_from == p.now


def test_a_rise_that_is_not_taken_holds_pages_and_lets_nobody_in_until_somebody_resumes() -> None:
    p = Play.of(HEAD + STAGES)
    p.failed("exposure", "the flag service is down")
    assert p.release.hold is not None
    assert (p.release.hold.cause, p.release.hold.page) == (HoldCause.OUTSIDE, True)
    p.pass_time(days=1)
    assert p.exposures() == ["team"], "nobody new gets in while it is held"
    assert "it is asked again once somebody resumes" in p.waits()
    p.says("maria", f.Resume("it is up again"))
    assert p.exposures() == ["team", "team"]
    p.done("exposure")
    assert p.release.stages["inside"].bake_from == p.now


@pytest.mark.requirement(269)
def test_stopping_a_release_takes_exposure_to_nobody_and_asks_until_it_is_taken() -> None:
    p = Play.of(HEAD + STAGES)
    p.done("exposure")
    p.says("maria", f.Abort("the contract fell through"))
    assert p.exposures() == ["team", "nobody"]
    p.failed("exposure", "down")
    assert p.release.hold is None, "a stopped release is not held"
    p.pass_time(seconds=5)
    assert p.exposures() == ["team", "nobody", "nobody"]
    p.done("exposure")
    p.pass_time(days=1)
    assert len(p.exposures()) == 3
    assert p.stands(Status.ABORTED)


def test_a_fall_overtakes_a_rise_that_is_on_its_way_and_its_late_end_changes_nothing() -> None:
    p = Play.of(HEAD + STAGES)
    late = p.effect("exposure")
    p.says("maria", f.RollBack("wrong build"))
    assert p.exposures() == ["team", "nobody"]
    p.ends(late, f.Outcome(f.OutcomeKind.DONE))
    assert p.release.exposure_effect, "the fall is still to be taken"
    assert p.stands(Status.ROLLING_BACK)
    p.all_done()
    assert p.stands(Status.ROLLED_BACK)


def test_a_fall_by_hand_is_asked_of_the_owner_and_the_way_back_waits_for_it() -> None:
    p = Play.of(HEAD.replace("exposure:\n", "exposure:\n  via: by hand\n") + STAGES)
    p.says("maria", f.Attest("Set the exposure"))
    p.says("maria", f.RollBack("wrong build"))
    assert p.asked("Set the exposure of shop-web to nobody, by hand")
    assert p.stands(Status.ROLLING_BACK)
    p.says("maria", f.Attest("Set the exposure"))
    assert p.stands(Status.ROLLED_BACK)


REGIONS = """
plan: shop
exposure: {flag: shop, segments: {us: country is US, europe: country in DE}}
sources: {main: {type: prometheus, url: "http://prometheus:9090"}}
metrics: {error rate: {unit: percent, source: main, query: errors, split: [region]}}
stages:
  - {stage: "region {{each}}", each: [us, europe], expose: "{{each}}", bake: 1h}
rollback:
  automatic: [{report: Broken, from: alert, procedure: one region}]
  procedures: {one region: {steps: [{expose: "everyone except {{each}}"}]}}
"""


@pytest.mark.requirement(269)
def test_a_procedure_that_keeps_the_other_regions_takes_only_the_failing_one_out() -> None:
    p = Play.of(REGIONS)
    p.done("exposure")
    p.pass_time(hours=1)
    p.done("exposure")
    assert p.exposures() == ["us", "europe and us"]
    p.says("maria", f.RollBack("Germans see nothing", procedure="one region"))
    p.all_done()
    assert p.stands(Status.ROLLED_BACK)
    assert p.release.exposure.segments.get("us") == 100
    assert not p.release.exposure.segments.get("europe") or "europe" in p.release.exposure.excluded


def test_every_change_is_an_event_with_before_after_and_why() -> None:
    p = Play.of(HEAD + STAGES)
    p.done("exposure")
    p.says("maria", f.RollBack("users complain"))
    told = [
        (str(h.event.before), str(h.event.after), h.event.raised, h.because, h.by.person)
        for _, h in p.events(e.ExposureChanged)
        if isinstance(h.event, e.ExposureChanged)
    ]
    assert told == [
        ("nobody", "team", True, "the plan exposes inside to team", ""),
        ("team", "nobody", False, "users complain", "maria"),
    ]
