"""People: who may say yes, for what, for how long; who is asked next; who may steer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.decisions import people
from pilotage.decisions.people import match
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.facts import Surroundings
from pilotage.domain.release import Release, Status
from pilotage.testing.builders import plan_of, stage
from tests.support.playing import MONDAY, Play, plan_from

OVER = Status.COMPLETED


def asking(
    line: str, head: str = "", roles: str = "", by: str = "dan", start: datetime = MONDAY, **fields: object
) -> Play:
    """A release whose only gate is this line, baked."""
    text = f"{head}\nstages:\n  - stage: pilot\n    expose: 10%\n    bake: 1m\n    gate: [{line}]\n"
    play = Play(plan_from(text, roles=roles), start, by=by, **fields)  # type: ignore[arg-type]  # fields of the created event
    play.passes("2m")
    return play


def status(play: Play) -> Status:
    """Where it stands."""
    return play.status()


def test_every_role_named_has_to_say_yes() -> None:
    play = asking("approved by primary and qa")
    assert play.asked("approved by") == ("primary", "qa")
    play.says("maria", f.Approve())
    assert status(play) is Status.RUNNING
    assert play.wait("approved by primary and qa").who == ("qa (kim)",)
    assert "nobody waits for an approval from sam" in play.refused("sam", f.Approve())
    assert "is not asked here; asked is primary (maria), qa (kim)" in play.refused(
        "sam", f.Approve("approved by")
    )
    play.says("kim", f.Approve())
    assert status(play) is OVER


def test_two_of_three_roles_needs_two_people() -> None:
    play = asking('"approved by 2 of primary, on-call, qa"')
    play.says("sam", f.Approve())
    play.says("lee", f.Approve())
    assert status(play) is Status.RUNNING, "sam and lee are both on-call"
    play.says("kim", f.Approve())
    assert status(play) is OVER


@pytest.mark.requirement(192)
def test_one_person_in_two_roles_counts_once_unless_the_plan_lets_them() -> None:
    play = asking("approved by primary and lead", roles="lead: maria")
    play.says("maria", f.Approve())
    play.says("maria", f.Approve())
    assert status(play) is Status.RUNNING
    play = asking("approved by primary and lead", "settings: {double-roles: allow}", roles="lead: maria")
    play.says("maria", f.Approve())
    assert status(play) is OVER
    play = asking(
        '"approved by 2 of primary, lead, qa"', "settings: {double-roles: allow}", roles="lead: maria"
    )
    play.says("maria", f.Approve())
    assert status(play) is OVER


def test_people_are_matched_to_roles_so_that_as_many_as_possible_are_filled() -> None:
    play = asking("approved by primary and lead", roles="lead: [maria, ana]")
    play.says("maria", f.Approve())
    play.says("ana", f.Approve())
    assert status(play) is OVER


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.sampled_from("uvwxy"), unique=True), max_size=4))
def test_a_matching_is_as_large_as_any(able: dict[str, list[str]]) -> None:
    found = match(able)
    assert all(person in able[role] for role, person in found.items())
    assert len(set(found.values())) == len(found)

    def largest(roles: list[str], taken: frozenset[str]) -> int:
        if not roles:
            return 0
        head, *tail = roles
        with_it = [1 + largest(tail, taken | {p}) for p in able[head] if p not in taken]
        return max([largest(tail, taken), *with_it])

    assert len(found) == largest(list(able), frozenset())


def test_nobody_approves_their_own_release_not_even_ahead_of_being_asked() -> None:
    play = asking("approved by primary", by="maria")
    assert "nobody approves their own" in play.refused("maria", f.Approve())
    text = "stages:\n  - {stage: pilot, expose: 10%, bake: 1h, go: primary}\n"
    play = Play(plan_from(text), by="maria")
    assert "nobody approves their own" in play.refused("maria", f.Approve("pilot/go"))
    play = asking("approved by lead", roles="lead: {people: maria, self-approval: true}", by="maria")
    play.says("maria", f.Approve())
    assert status(play) is OVER


AWAY = """
people:
  sam: {name: Sam}
  lee: {name: Lee}
  kim: {name: Kim}
  ana: {name: Ana}
  maria: {name: Maria, away: 2026-01-05 to 2026-01-06, stand-in: sam}
"""


def test_a_stand_in_acts_for_somebody_away_and_is_recorded_as_such() -> None:
    play = asking("approved by primary", AWAY)
    assert "is not asked here" in play.refused("kim", f.Approve("approved"))
    assert play.wait("approved by primary").who == ("primary (sam for maria)",)
    play.says("sam", f.Approve())
    assert status(play) is OVER
    given_ = next(h for h in play.log if isinstance(h.event, e.ApprovalGiven))
    assert str(given_.by) == "sam for maria (primary)"


def test_a_stand_ins_yes_still_counts_when_the_person_is_back() -> None:
    play = asking("approved by primary and qa", AWAY)
    play.says("sam", f.Approve())
    play.passes("4d")
    assert "is not asked here" in play.refused("sam", f.Approve("approved"))
    play.says("kim", f.Approve())
    assert status(play) is OVER


def test_a_no_needs_a_reason_and_holds() -> None:
    play = asking("approved by primary")
    assert "needs a reason" in play.refused("maria", f.Reject(" "))
    play.says("maria", f.Reject("vouchers are missing"))
    assert "said no: vouchers are missing" in play.held()
    play.says("dan", f.Resume("vouchers are there"))
    play.says("maria", f.Approve())
    assert status(play) is OVER


@pytest.mark.requirement(60)
def test_a_no_go_holds_and_the_go_is_recorded_with_who_and_when() -> None:
    text = "stages:\n  - {stage: pilot, expose: 10%, bake: 1m, go: primary}\n  - {stage: rest, expose: everyone}\n"
    play = Play(plan_from(text))
    play.passes("2m")
    play.says("maria", f.Reject("not on a Friday", "go"))
    assert play.held()
    assert play.exposed == "10%"
    play.says("dan", f.Resume("it is Monday"))
    play.passes("1h")
    play.says("maria", f.Approve("go", "good numbers"))
    passed = next(h for h in play.log if isinstance(h.event, e.GatePassed))
    assert (passed.by.person, passed.by.role, passed.at) == ("maria", "primary", play.now)


def test_an_approval_is_taken_back_until_it_has_been_used() -> None:
    play = Play(
        plan_from(
            "stages:\n  - {stage: pilot, expose: 10%, bake: 1d, gate: [approved by primary]}\n  - {stage: rest, expose: everyone}\n"
        )
    )
    play.says("maria", f.Approve("approved by primary"))
    play.passes("1h")
    play.says("maria", f.Withdraw("approved by primary", "too early"))
    play.passes("1d")
    assert play.stage == "pilot"
    play.says("maria", f.Approve("approved by primary"))
    assert play.stage == "rest"
    assert "still unused" in play.refused("maria", f.Withdraw("approved by primary"))


def test_an_approval_counts_for_the_version_it_was_given_for() -> None:
    play = Play("""
sign-offs: {before: pilot, checks: [approved by primary]}
rollback: {then: back to pilot}
stages:
  - {stage: code, steps: [{smoke: ./smoke.sh}]}
  - {stage: pilot, expose: 10%, bake: 1h, gate: [approved by qa]}
  - {stage: rest, expose: everyone, bake: 1d}
""")
    play.says("maria", f.Approve("sign-offs"))
    play.says("kim", f.Approve("approved by qa"))
    play.passes("2h")
    assert play.stage == "rest"
    play.says("ana", f.RollBack("users complain"))
    play.says("ana", f.Resume("mended", version="1.1.1"))
    play.passes("5h")
    assert play.stage == "pilot", "kim approved 1.1.0, not 1.1.1"
    play.says("kim", f.Approve("approved by qa"))
    assert play.stage == "rest"


@pytest.mark.requirement(185)
def test_the_matrix_needs_the_required_roles_and_so_many_people() -> None:
    head = "types: {standard: {approvals: {required: [primary, qa], optional: [manager], minimum: 3}}}"
    play = asking("approved by matrix", head)
    assert set(play.asked("matrix")) == {"primary", "qa", "manager"}
    play.says("maria", f.Approve())
    play.says("ana", f.Approve())
    assert status(play) is Status.RUNNING
    play.says("kim", f.Approve())
    assert status(play) is OVER


# --- silence ----------------------------------------------------------------------------------------------------------


def test_an_answer_that_may_mean_several_questions_is_asked_back() -> None:
    play = asking("approved by primary, approved by primary and qa")
    said = play.refused("maria", f.Approve())
    assert said.startswith("maria is asked more than one thing; say which: pilot/gate/approved-by-primary")


def test_who_has_said_yes_is_not_named_again_nor_said_to_be_silent() -> None:
    text = "stages: [{stage: pilot, expose: 10%, bake: 1m, gate: [open incidents = 0], go: primary and qa within 1h}]"
    play = Play(plan_from(text))
    play.passes("2m")
    assert play.wait("Go or no-go").who == ("primary (maria)", "qa (kim)")
    play.says("maria", f.Approve())
    assert play.wait("Go or no-go").who == ("qa (kim)",)
    play.says("dan", f.ReportIncident("INC-1"))
    play.says("kim", f.Approve())
    play.passes("2h")
    assert play.stage == "pilot"
    assert not play.events(e.Escalated), "an incident is in the way, and nobody's silence"


def test_who_can_act_are_those_whose_answer_counts_also_after_silence() -> None:
    play = asking("{check: Tested, by: qa, within: 1h then manager}")
    play.passes("2h")
    assert play.wait('"Tested"').who == ("qa (kim)", "manager (ana)")
    play = asking("approved by qa within 1h then manager", "escalation: [{to: on-call, wait: 1h}]")
    play.passes("26h")
    assert play.asked("approved") == ("qa", "manager", "on-call", "owner")
    assert play.wait("approved by qa").who == ("qa (kim)", "manager (ana)"), "who reminds does not approve"


def test_silence_asks_the_next_one_as_well_and_never_passes_a_gate() -> None:
    play = asking("approved by primary within 1d then manager", "escalation: [{to: qa, wait: 15m}]")
    play.passes("23h")
    assert play.asked("approved") == ("primary",)
    play.passes("2h")
    assert play.asked("approved") == ("primary", "manager")
    play.passes("23h 10m")
    assert play.asked("approved") == ("primary", "manager", "qa")
    play.passes("15m")
    assert play.asked("approved") == ("primary", "manager", "qa", "owner")
    count = len(play.events(e.Escalated))
    play.passes("3d")
    assert len(play.events(e.Escalated)) == count + 3, "the owner, daily"
    assert status(play) is Status.RUNNING
    assert "is not asked here" in play.refused("kim", f.Approve("approved")), (
        "the escalation reminds; it does not approve"
    )
    play.says("ana", f.Approve())
    assert status(play) is OVER, "the plan's own deputy does"


@pytest.mark.parametrize(("start", "to"), [
    (datetime(2026, 1, 5, 9, 0, tzinfo=UTC), "manager"),      # Monday 09:00, a day later again business hours
    (datetime(2026, 1, 9, 12, 0, tzinfo=UTC), "on-call"),     # a day after Friday noon
])  # fmt: skip
def test_the_escalation_knows_its_hours(start: datetime, to: str) -> None:
    head = "escalation: [{to: manager, during: business hours, wait: 15m}, {to: on-call, during: after hours, wait: 15m}]"
    play = asking("approved by primary", head, start=start)
    play.passes("1d")
    assert play.asked("approved") == ("primary", to)


def test_hours_may_run_past_midnight() -> None:
    head = """
hours: {nights: Monday to Sunday 22:00 to 06:00}
escalation: [{to: on-call, during: nights, wait: 15m}, {to: manager}]
"""
    play = asking("approved by primary within 1h", head, start=MONDAY + timedelta(hours=14))
    play.passes("1h 5m")
    assert play.asked("approved") == ("primary", "on-call")


# --- steering ---------------------------------------------------------------------------------------------------------

RUNNING = "escalation: [{to: qa, wait: 15m}]\nstages:\n  - {stage: pilot, expose: 10%, bake: 7d}\n  - {stage: rest, expose: everyone}\n"


def test_a_refusal_is_recorded_changes_nothing_and_keeps_the_next_look() -> None:
    play = Play(RUNNING)
    look = play.last.look_again
    assert look == MONDAY + timedelta(days=7)
    for wish in (
        f.Approve(),
        f.Reject("no"),
        f.Attest("x"),
        f.ChooseOption("x"),
        f.Override("x", "y"),
        f.Resume("go"),
        f.Withdraw("x"),
    ):
        play.refused("kim", wish)
        assert play.last.look_again == look
    refused = play.first(e.ActionRefused)
    assert refused.reason
    assert "not among the people of this plan" in play.refused("mallory", f.RollBack("because"))


def test_stopping_takes_less_than_going_on() -> None:
    play = Play(RUNNING)
    play.says("kim", f.Hold("something is odd"))
    assert "may not resume it" in play.refused("kim", f.Resume("fine")), (
        "the escalation reminds; it does not go on"
    )
    assert "needs a reason" in play.refused("dan", f.Resume(""))
    assert "held already" in play.refused("lee", f.Hold("me too"))
    play.says("ana", f.Resume("it was the printer"))
    assert not play.held()


def test_rolling_back_and_stopping_need_a_reason_and_the_right() -> None:
    play = Play("stages:\n  - {stage: pilot, expose: 10%, bake: 7d}\n  - {stage: rest, expose: everyone}\n")
    assert "may not roll it back; manager (ana) or dan may" in play.refused("kim", f.RollBack("odd"))
    assert "needs a reason" in play.refused("ana", f.RollBack(""))
    assert "may not stop it" in play.refused("kim", f.Abort("odd"))
    play.says("ana", f.RollBack("odd numbers"))
    assert status(play) is Status.ROLLED_BACK
    back = next(h for h in play.log if isinstance(h.event, e.RollbackStarted))
    assert (back.by.person, back.because) == ("ana", "odd numbers")


def test_a_release_is_started_once_and_by_somebody_known() -> None:
    play = Play(RUNNING)
    assert "it was started before" in play.refused("dan", f.Start())


def test_a_held_release_names_those_who_may_let_it_go_on() -> None:
    play = Play(RUNNING)
    play.says("kim", f.Hold("something is odd"))
    held = play.wait("the release is held")
    assert "manager (ana)" in held.who
    assert "dan" in held.who, "who started it may"
    assert not any("kim" in who for who in held.who)


def test_a_go_that_only_the_starter_could_give_says_that_nobody_may_and_what_to_do() -> None:
    plan = plan_of(stage("pilot", go="lead"), roles={"lead": ["ana"]})
    roles = {"lead": replace(plan.roles["lead"], self_approval=False)}
    release = replace(Release("r", plan), plan=replace(plan, roles=roles), started_by="ana")
    words = people.nobody_may(release, ("lead",), Surroundings())
    assert "ana made this release and may not approve it" in words
    assert "self-approval: true" in words
    assert people.nobody_may(replace(release, started_by="ben"), ("lead",), Surroundings()) == ""
