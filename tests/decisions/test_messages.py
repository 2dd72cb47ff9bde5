"""Messages: which row goes out when, to whom, by which channel; once each; tried again; and told to those who are asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.effects import Effect, SendMessage
from pilotage.domain.release import Status
from tests.support.plays import Play

HEAD = """
plan: shop
roles: {dev: ana, qa: [ben, cleo], client: {people: [], optional: true}}
people: {ana: {email: ana@example.org}, ben: {email: ben@example.org}, cleo: {name: Cleo}, maria: {name: Maria}}
channels: {hook: {type: webhook, url: "https://chat.example.org/hook"}}
exposure: {flag: new-shop}
"""
STAGES = """
stages:
  - {stage: build, steps: [{do: Build it, by: dev}]}
  - {stage: pilot, at: 2026-03-04 10:00, expose: 10%, bake: 3d, go: by itself}
  - {stage: wide, expose: 50%, bake: 1d}
"""


def play(*rows: str, head: str = HEAD, stages: str = STAGES, more: str = "", **settings: object) -> Play:
    """A release with these rows of messages."""
    lines = "\n".join(f"  - {row}" for row in rows)
    return Play.of(f"{head}{stages}{more}\nmessages:\n{lines}\n", **settings)


def texts(p: Play) -> list[str]:
    return [m.text for m in p.sent()]


def last(p: Play) -> Effect:
    """The message that was given to its channel last."""
    return p.wanted(SendMessage)[-1]


def built(p: Play) -> Play:
    """The first stage is over."""
    p.says("ana", f.Attest("Build it"))
    return p


def answer_all(p: Play) -> None:
    """Everything but messages comes back well."""
    for effect in [x for x in p.open if not isinstance(x.action, SendMessage)]:
        p.ends(effect, f.Outcome(f.OutcomeKind.DONE))


# --- when ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement(346)
def test_a_row_goes_out_before_at_and_after_its_anchor_and_not_a_second_earlier() -> None:
    p = built(play(
        "{at: 1d before pilot starts, to: internal, via: hook, text: Pilot starting tomorrow}",
        "{at: pilot starts, to: internal, via: hook, text: Pilot live}",
        "{at: 4h after pilot starts, to: internal, via: hook, text: Four hours of pilot}",
    ))  # fmt: skip
    p.pass_time(days=1, hours=1, minutes=59)
    assert texts(p) == []
    p.pass_time(minutes=1)
    assert texts(p) == ["Pilot starting tomorrow"]
    p.pass_time(days=1)
    assert texts(p)[1:] == ["Pilot live"]
    p.pass_time(hours=4)
    assert texts(p)[2:] == ["Four hours of pilot"]
    p.pass_time(days=10)
    answer_all(p)
    p.pass_time(days=10)
    assert len(texts(p)) == 3


def test_what_is_told_when_a_stage_starts_waits_until_it_really_has_started() -> None:
    p = play("{at: pilot starts, to: internal, via: hook, text: Pilot live}")
    p.pass_time(days=5)
    assert texts(p) == [], "it was planned for the 4th, and the build is not done"
    built(p)
    assert texts(p) == ["Pilot live"]


@pytest.mark.requirement(346)
def test_a_moment_already_past_when_it_becomes_known_goes_out_at_once_and_is_marked_late() -> None:
    stages = STAGES.replace("at: 2026-03-04 10:00, ", "")
    p = built(play("{at: 7d before pilot starts, to: internal, via: hook, text: Next week}", stages=stages))
    assert texts(p) == ["Next week"]
    queued = p.happened(e.MessageQueued)
    assert [q.late_seconds for q in queued if isinstance(q, e.MessageQueued) and q.row == "next-week"] == [
        7 * 86400
    ]


def test_a_repeated_row_goes_out_each_time_during_its_stage_and_not_before_or_after() -> None:
    p = play("{at: every day during pilot, to: internal, via: hook, text: 'Day of {{stage}}, {{share}}'}")
    p.pass_time(days=3)
    assert texts(p) == []
    built(p)
    answer_all(p)
    p.pass_time(days=30)
    answer_all(p)
    assert [text.startswith("Day of pilot") for text in texts(p)] == [True] * len(texts(p))
    assert 3 <= len(texts(p)) <= 4


def test_after_a_pause_in_which_nobody_worked_only_the_latest_goes_out_and_the_missed_are_said_to_be() -> (
    None
):
    p = built(play("{at: every day during pilot, to: internal, via: hook, text: A day}"))
    p.pass_time(days=2, hours=3)
    answer_all(p)
    p.now = datetime(2026, 3, 7, 8, 0, tzinfo=UTC)
    p.look()
    assert len(texts(p)) == 2
    skipped = [x.reason for x in p.happened(e.MessageSkipped) if isinstance(x, e.MessageSkipped)]
    assert skipped == ["missed: the next one is due"]


def test_rows_follow_their_moment_when_it_moves() -> None:
    stages = STAGES.replace("at: 2026-03-04 10:00", "at: 2d after build ends")
    p = play("{at: 1d before pilot starts, to: internal, via: hook, text: Tomorrow}", stages=stages)
    p.pass_time(days=5)
    assert texts(p) == []
    built(p)
    p.pass_time(hours=23)
    assert texts(p) == []
    p.pass_time(hours=1)
    assert texts(p) == ["Tomorrow"]


def test_rows_of_a_rollback_go_out_at_each_rollback() -> None:
    rows = ("{at: rollback starts, to: internal, via: hook, text: 'Rollback: {{reason}}'}",
            "{at: rollback ends, to: internal, via: hook, text: Rolled back}")  # fmt: skip
    p = built(play(*rows, stages=STAGES.replace("at: 2026-03-04 10:00, ", "")))
    for number in (1, 2):
        answer_all(p)
        p.pass_time(minutes=10)
        p.says("maria", f.RollBack(f"reason {number}"))
        answer_all(p)
        assert texts(p)[-2:] == [f"Rollback: reason {number}", "Rolled back"]
        p.pass_time(minutes=10)
        p.says("maria", f.Resume("again"))
    assert len(texts(p)) == 4


@pytest.mark.parametrize("ending", [f.Abort("no more"), f.RollBack("no more")])
def test_what_was_announced_for_later_is_not_told_once_the_release_was_stopped_or_rolled_back(
    ending: f.Body,
) -> None:
    p = built(play(
        "{at: 1d before pilot starts, to: internal, via: hook, text: Pilot starting tomorrow}",
        "{at: 2026-03-04 12:00, to: internal, via: hook, text: It is Wednesday}",
        "{at: every day from build starts until wide ends, to: internal, via: hook, text: Another day}",
        "{at: release ends, to: internal, via: hook, text: It is over}",
    ))  # fmt: skip
    assert texts(p) == ["Another day"]
    p.says("maria", ending)
    answer_all(p)
    p.pass_time(days=9)
    assert texts(p)[1:] == (["It is over"] if isinstance(ending, f.Abort) else [])


def test_a_row_whose_when_is_not_so_is_left_out_with_the_reason() -> None:
    p = play("{at: build ends, to: internal, via: hook, when: client is named, text: Dear client}")
    built(p)
    assert texts(p) == []
    skipped = p.happened(e.MessageSkipped)
    assert [x.reason for x in skipped if isinstance(x, e.MessageSkipped)] == ["does not apply"]


def test_an_optional_role_that_nobody_holds_is_not_written_to_and_it_is_said() -> None:
    p = play("{at: build ends, to: [client, qa], via: hook, text: It is built}")
    built(p)
    assert [m.to for m in p.sent() if m.text == "It is built"] == ["qa"]
    skipped = p.happened(e.MessageSkipped)
    assert [x.reason for x in skipped if isinstance(x, e.MessageSkipped)] == ["nobody holds client"]


# --- to whom, how, and once ----------------------------------------------------------------------------------------


@pytest.mark.requirement(347)
def test_variables_are_filled_in_and_recipients_are_those_who_hold_the_role() -> None:
    head = HEAD + "audiences: {press: {via: hook, addresses: [desk@paper.example]}}\n"
    p = built(play(
        "{at: build ends, to: [dev, press], via: hook, subject: '{{plan}} {{version}}', text: 'After {{previous}}: {{title}}'}",
        "{at: build ends, to: internal, via: hook, text: All of us}", head=head,
    ))  # fmt: skip
    told = {(m.to, m.recipients, m.subject, m.text) for m in p.sent()}
    assert told == {
        ("dev", ("ana@example.org",), "shop 1.1.0", "After 1.0.0: shop"),
        ("press", ("desk@paper.example",), "shop 1.1.0", "After 1.0.0: shop"),
        ("internal", ("ana@example.org", "ben@example.org"), "All of us", "All of us"),
    }


def test_one_message_for_each_row_audience_and_channel_however_often_it_is_looked_at() -> None:
    p = built(play("{at: build ends, to: [dev, qa], via: [hook, call], text: Built}"))
    for _ in range(5):
        p.look()
        p.restarts()
    assert [(m.to, m.channel) for m in p.sent()] == [("dev", "hook"), ("qa", "hook")]
    assert sorted(q.text for q in p.release.questions.values()) == [
        'Tell dev by call: "Built"',
        'Tell qa by call: "Built"',
    ]


@pytest.mark.requirement(387)
def test_a_channel_nobody_connects_is_a_persons_task_that_survives_a_rollback() -> None:
    p = built(play("{at: build ends, to: internal, via: status page, text: 'We are building {{version}}'}"))
    assert 'Tell internal by status page: "We are building 1.1.0"' in p.waits() or p.asked("Tell internal")
    p.says("maria", f.RollBack("wrong"))
    answer_all(p)
    assert p.asked("Tell internal by status page"), "nobody has told them yet"
    p.says("maria", f.Attest("Tell internal by status page"))
    assert [m.status for m in p.release.messages.values() if m.channel == "status page"] == ["sent"]


def test_a_person_who_cannot_deliver_is_not_asked_again_and_it_is_shown() -> None:
    p = built(play("{at: build ends, to: internal, via: call, text: Built}"))
    p.says("maria", f.Attest("Tell internal", passed=False, comment="nobody answers"))
    assert "a message to internal by call could not be delivered" in p.waits()
    p.pass_time(days=1)
    assert not p.asked("Tell internal")


# --- delivery -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement(347)
def test_a_message_that_fails_is_tried_again_less_and_less_often_then_failed_and_visible() -> None:
    p = built(play("{at: build ends, to: internal, via: hook, text: Built}"))
    for number, pause in enumerate((30, 120, 600, 3600), start=1):
        p.ends(last(p), f.Outcome(f.OutcomeKind.FAILED, "503"))
        assert "is tried again" in p.waits()
        p.pass_time(seconds=pause - 1)
        assert len(p.sent()) == number
        p.pass_time(seconds=1)
        assert len(p.sent()) == number + 1
    p.ends(last(p), f.Outcome(f.OutcomeKind.FAILED, "503"))
    p.pass_time(days=1)
    assert len(p.sent()) == 5
    assert "a message to internal by hook could not be delivered" in p.waits()
    ids = [x.id for x in p.wanted(SendMessage)]
    assert len(ids) == len(set(ids))
    assert p.stands(Status.RUNNING)


def test_only_channels_that_take_a_key_are_repeated_after_a_crash() -> None:
    head = HEAD.replace("channels: {hook:", "channels: {email: {host: mail.example.org}, hook:")
    p = built(play("{at: build ends, to: internal, via: [hook, email], text: Built}", head=head))
    told = {
        x.action.channel: x.repeatable for x in p.wanted(SendMessage) if isinstance(x.action, SendMessage)
    }
    assert told == {"hook": True, "email": False}


@pytest.mark.parametrize(("answer", "messages"), [("it arrived", 1), ("send it again", 2)])
def test_where_it_is_not_known_whether_it_arrived_a_person_is_asked(answer: str, messages: int) -> None:
    p = built(play("{at: build ends, to: internal, via: hook, text: Built}"))
    p.ends(last(p), f.Outcome(f.OutcomeKind.UNKNOWN, "the line broke"))
    assert p.question("Did internal get the message by hook?").roles == ("owner",)
    p.pass_time(days=1)
    assert len(p.sent()) == 1
    p.says("maria", f.ChooseOption(answer))
    assert len(p.sent()) == messages


# --- Pilotage's own ------------------------------------------------------------------------------------------------


def notices(p: Play) -> list[tuple[str, str]]:
    """The notices to people, in order: to whom, and what."""
    actions = [x.action for _, x in p.asked_of_the_world if x.about.startswith("notice/")]
    return [(a.to, a.text) for a in actions if isinstance(a, SendMessage)]


def test_whoever_is_asked_and_asked_as_well_is_told_once_each() -> None:
    stages = STAGES.replace("{do: Build it, by: dev}", "{do: Build it, by: dev, within: 2h then qa}")
    p = play("{at: wide ends, to: internal, via: hook, text: Done}", stages=stages)
    assert notices(p) == [("dev", "shop-1.1.0: You are asked: Build it")]
    p.pass_time(hours=2)
    assert notices(p)[1:] == [("qa", "shop-1.1.0: You are asked as well: Build it")]
    p.look()
    assert len(notices(p)) == 2


def test_a_hold_that_pages_tells_the_first_of_the_escalation() -> None:
    head = HEAD + "escalation: [{to: qa}]\n"
    p = play(
        "{at: build ends, to: internal, via: hook, text: Done}", head=head,
        stages="stages:\n  - {stage: build, steps: [{run: ./it.sh, verify: ./ok.sh}]}",
    )  # fmt: skip
    p.done("build/run")
    p.failed("build/run", "no answer")
    assert notices(p)[-1] == ("qa", "shop-1.1.0: Held: ./it.sh could not be verified: no answer")


def test_notices_never_go_to_a_channel_the_world_reads() -> None:
    head = HEAD.replace(
        "channels: {hook:", 'channels: {status page: {url: "https://status.example.org"}, hook:'
    )
    p = play("{at: wide ends, to: internal, via: hook, text: Done}", head=head)
    channels = {x.action.channel for _, x in p.asked_of_the_world if isinstance(x.action, SendMessage)}
    assert channels == {"hook"}


def test_that_a_notice_may_not_have_arrived_is_asked_and_not_told_by_the_same_channel_again() -> None:
    p = play("{at: wide ends, to: internal, via: hook, text: Done}")
    p.ends(p.open[0], f.Outcome(f.OutcomeKind.UNKNOWN, "the line broke"))
    assert p.asked("Did dev get the message")
    assert len(notices(p)) == 1


def test_a_rehearsal_tells_those_it_asks_that_it_is_one_and_nobody_else_anything() -> None:
    p = play("{at: build ends, to: all users, via: hook, text: New}", rehearsal=True)
    assert notices(p) == [("dev", "Rehearsal of shop-1.1.0: You are asked: Build it")]
    built(p)
    assert texts(p) == []
    skipped = [x.reason for x in p.happened(e.MessageSkipped) if isinstance(x, e.MessageSkipped)]
    assert skipped == ["this is a rehearsal: all users would be told by hook"]
