"""What a team lives through with Pilotage, from the outside: only the words of the command line."""

from __future__ import annotations

import pytest

from tests.acceptance.team import Team


def first(sentences: list[str], words: str) -> int:
    """The place of the first sentence with these words."""
    return next(number for number, sentence in enumerate(sentences) if words in sentence)


@pytest.mark.requirement(60)
def test_a_release_goes_to_the_team_to_some_and_to_everyone(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    assert team.deployed
    assert team.exposure == "team"

    team.does("attest", "critical paths", "--release", team.release, by="kim")
    team.waits_for_people()
    team.does("approve", "--release", team.release, "-m", "looks good", by="maria")
    team.waits_for_people()
    assert team.exposure == "team and 10%"

    team.does("approve", "--release", team.release, by="maria")
    said = team.watches()
    assert said.status == 0, said.out + said.err
    assert team.exposure == "everyone"
    log = team.log
    assert first(log, "from nobody to team") < first(
        log, "maria (primary) approved the go of internal: looks good"
    )
    assert (
        first(log, "approved the go of internal") < first(log, "to team and 10%") < first(log, "to everyone")
    )
    assert team.can_prove_it()


def test_a_bad_number_takes_the_change_back_exposure_first(team: Team) -> None:
    team.has_a_plan()
    team.is_at_everyone_but_for_the_last_go()
    assert team.exposure == "team and 10%"

    team.does(
        "report", "metric", "error rate", "8%", "--count", "5000", "--release", team.release, by="maria"
    )
    said = team.watches()

    assert said.status == 3, said.out + said.err
    assert team.exposure == "nobody"
    assert not team.deployed
    log = team.log
    assert (
        first(log, 'trigger "error rate > 5%" fired')
        < first(log, "Exposure falls from")
        < first(log, f'"touch {team.name}" is undone')
    )
    assert team.can_prove_it()


@pytest.mark.requirement(218)
def test_a_person_takes_it_back_without_asking_anybody(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    team.does("release", "rollback", team.release, "--reason", "Support is overrun", by="maria")
    assert team.watches().status == 3
    assert team.exposure == "nobody"
    assert not team.deployed
    assert any("maria" in sentence and "Support is overrun" in sentence for sentence in team.log)


def test_nothing_moves_on_a_no(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    team.does("attest", "critical paths", "--release", team.release, by="kim")
    team.waits_for_people()
    team.does("reject", "--release", team.release, "--reason", "Two users could not pay", by="maria")
    team.waits_for_people()
    assert team.exposure == "team"
    assert "Two users could not pay" in " ".join(team.log)


def test_who_is_not_asked_cannot_answer_and_the_attempt_is_on_record(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    said = team.tries("attest", "critical paths", "--release", team.release, "--json", by="maria")
    assert said.status == 5
    assert said.json["error"]["fault"] == "rule"
    assert "kim" in said.json["error"]["message"] + said.json["error"]["hint"]
    said = team.tries("approve", "--release", team.release, by="mallory")
    assert said.status == 5
    assert any("mallory" in sentence and "refused" in sentence for sentence in team.log)
    assert team.exposure == "team"


def test_whoever_started_it_does_not_approve_it(team: Team) -> None:
    team.has_a_plan(("primary: maria", "primary: [ana, maria]"))
    team.has_started()
    team.does("attest", "critical paths", "--release", team.release, by="kim")
    team.waits_for_people()
    assert team.tries("approve", "--release", team.release, by="ana").status == 5
    team.does("approve", "--release", team.release, by="maria")


def test_the_same_click_twice_is_one_approval(team: Team) -> None:
    team.has_a_plan(("go: primary\n  - {stage: pilot", "go: primary and qa\n  - {stage: pilot"))
    team.has_started()
    team.does("attest", "critical paths", "--release", team.release, by="kim")
    team.waits_for_people()
    question = next(q["id"] for q in team.sees()["questions"] if q["kind"] == "go")
    team.does("approve", question, "--release", team.release, by="maria")
    number = team.sees()["line"]["number"]
    assert "nothing changed" in team.does("approve", question, "--release", team.release, by="maria").out
    assert team.sees()["line"]["number"] == number
    assert team.exposure == "team"
    team.does("approve", question, "--release", team.release, by="kim")
    team.waits_for_people()
    assert team.exposure == "team and 10%"


@pytest.mark.requirement(177)
def test_a_gate_is_overridden_only_by_whom_the_plan_lets_with_a_reason(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    words = ("override", "critical paths", "--release", team.release, "--reason", "tested by the vendor")
    assert team.tries(*words, by="maria").status == 5
    team.does(*words, by="max")
    team.waits_for_people()
    assert any("max" in s and "tested by the vendor" in s for s in team.log)
    assert "Go or no-go" in team.pilotage.done("release", "why", team.release).out


def test_why_says_what_it_waits_for_and_who_can_act(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    said = team.pilotage.done("release", "why", team.release)
    sentence, *answers = said.out.splitlines()
    assert "All critical paths tested" in sentence
    assert "qa (kim)" in sentence
    assert any("pilotage attest" in line and team.release in line for line in answers)


def test_a_hold_keeps_who_is_in_and_lets_nobody_new_in(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    team.does("release", "hold", team.release, "--reason", "Black Friday", by="max")
    team.does("attest", "critical paths", "--release", team.release, by="kim")
    team.waits_for_people()
    assert team.exposure == "team"
    assert "Black Friday" in team.pilotage.done("release", "why", team.release).out
    team.does("release", "resume", team.release, "--reason", "It is over", by="max")
    team.waits_for_people()
    assert "Go or no-go" in team.pilotage.done("release", "why", team.release).out


@pytest.mark.requirement(211)
def test_a_killed_flag_is_off_at_once_and_the_release_hears_of_it(team: Team) -> None:
    team.has_a_plan()
    team.has_started()
    team.does("flags", "kill", team.name, "--reason", "Payments fail", by="max")
    assert team.pilotage.done("flags", "show", team.name, "--json").json["flag"]["killed"] is True
    assert team.deployed
    assert any("Payments fail" in sentence for sentence in team.log)
    history = team.pilotage.done("flags", "show", team.name, "--json").json["history"]
    assert history[-1]["event"] == "flag_killed"


def test_a_wrong_plan_makes_no_release(team: Team) -> None:
    team.has_a_plan(("expose: team", "expose: teams"))
    said = team.creates("2.0.0")
    assert said.status == 1
    problem = said.json["error"]["problems"][0]
    assert (problem["file"], problem["line"]) == ("plan.yaml", 10)
    assert 'did you mean "team"?' in problem["message"]


def test_what_the_plan_asks_is_asked_before_there_is_a_release(team: Team) -> None:
    team.has_a_plan(("qa: kim", "qa: ask"))
    said = team.creates("2.0.0")
    assert said.status == 2
    assert [m["name"] for m in said.json["error"]["missing"]] == ["qa"]
    assert "--role 'qa=NAME'" in said.json["error"]["message"]


def test_a_release_nobody_knows(team: Team) -> None:
    said = team.tries("release", "why", "nothing-1.0", "--json", by="ana")
    assert said.status == 2
    assert said.json["error"]["fault"] == "you"


def test_a_rehearsal_decides_and_acts_on_nothing(team: Team) -> None:
    team.has_a_plan()
    assert team.creates("3.0.0").status == 0
    team.does("release", "start", team.release, "--rehearse", by="ana")
    team.waits_for_people()
    assert not team.deployed
    assert team.tries("flags", "show", team.name, by="ana").status == 2
