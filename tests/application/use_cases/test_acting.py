"""What people do: answered in sentences, refused with who may, and the same click twice is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pilotage.application.use_cases.acting import NotCarriedOutYet
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.effects import SetExposure
from pilotage.domain.errors import Refused, UsageError
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor, Permission, Role
from pilotage.domain.plan import NotYet, Plan
from pilotage.domain.release import Status
from pilotage.testing.builders import approved, hours, plan_of, share, stage
from pilotage.testing.world import World

MARIA = Actor(person="maria")


def signed() -> Plan:
    return plan_of(
        stage("only", gate=[approved("primary", "on-call"), "Docs written"], owner="primary"),
        roles={"primary": ["maria"], "on-call": ["sam"]},
    )


async def test_a_wish_is_answered_with_what_became_true_in_sentences() -> None:
    world = World()
    release = await world.started(signed())
    acted = await world.act(release, f.Hold("a doubt"))
    assert any("a doubt" in sentence and "maria" in sentence.lower() for sentence in acted.said)
    assert acted.waits


async def test_an_approval_given_twice_is_one() -> None:
    world = World()
    release = await world.started(signed())
    questions = (await world.release(release)).questions.values()
    about = next(q.about for q in questions if q.kind is e.QuestionKind.APPROVAL)
    await world.act(release, f.Approve(about))
    before = len(await world.history(release))
    again = await world.act(release, f.Approve(about))
    assert again.said == ()
    assert len(await world.history(release)) == before
    assert len(await world.events(release, e.ApprovalGiven)) == 1


async def test_the_same_click_twice_is_one_whatever_words_it_was_meant_with() -> None:
    world = World()
    release = await world.started(signed())
    await world.act(release, f.Attest("Docs written"))
    await world.act(release, f.Approve("approved"))
    before = len(await world.history(release))
    for again in (f.Attest("Docs written"), f.Attest("docs"), f.Approve("approved"), f.Approve()):
        assert (await world.act(release, again)).said == ()
    assert len(await world.history(release)) == before
    await world.act(release, f.Approve(), by="sam")
    assert (await world.release(release)).status is Status.COMPLETED


async def test_a_refusal_says_who_may_and_is_on_record() -> None:
    world = World()
    plan = plan_of(stage("only", gate=["Docs written"], owner="primary"))
    roles = {
        "primary": Role("primary", ("maria",), can=frozenset({Permission.ROLL_BACK})),
        "qa": Role("qa", ("kim",)),
    }
    release = await world.started(plan_with(plan, roles))
    with pytest.raises(Refused, match="kim may not stop it"):
        await world.act(release, f.Abort("no time"), by="kim")
    refused = await world.events(release, e.ActionRefused)
    assert len(refused) == 1
    assert (await world.release(release)).status is Status.RUNNING


def plan_with(plan: Plan, roles: dict[str, Role]) -> Plan:
    return replace(plan, roles=roles, digest=plan.digest[::-1])


async def test_a_plan_with_forms_not_carried_out_yet_is_refused_with_every_line_and_may_be_rehearsed() -> (
    None
):
    world = World()
    forms = (NotYet("a rota", 12), NotYet("release notes", 40))
    plan = plan_of(stage("only"), roles={"primary": ["maria"]}, not_yet=forms)
    release = await world.create(plan, "1.0")
    with pytest.raises(NotCarriedOutYet) as caught:
        await world.start(release)
    assert caught.value.forms == forms
    assert "line 12: a rota" in str(caught.value)
    assert "line 40: release notes" in str(caught.value)
    assert (await world.release(release)).status is Status.PLANNED
    await world.start(release, rehearsal=True)
    assert (await world.release(release)).rehearsal


async def test_what_only_the_machine_tells_is_no_wish_of_a_person() -> None:
    world = World()
    release = await world.started(signed())
    with pytest.raises(UsageError, match="Tick is not something a person tells"):
        await world.app.acting.act(release, f.Tick(), MARIA)


async def test_a_killed_flag_holds_the_releases_that_use_it_and_no_others() -> None:
    world = World()
    pilot = stage("pilot", expose=share(10), bake=hours(1))
    uses = await world.started(plan_of(pilot, plan="uses", roles={"primary": ["maria"]}))
    other = await world.started(plan_of(pilot, plan="other", roles={"primary": ["maria"]}))
    assert world.done(SetExposure)
    assert await world.storage.put_flag(
        Flag("uses", revision=1), 0, '{"made": "by the test"}', "2026-01-05T09:00:00Z"
    )
    await world.app.flags.kill("uses", Actor(person="somebody in the web"), "it burns")
    await world.settle()
    held = (await world.release(uses)).hold
    assert held is not None
    assert "it burns" in held.reason
    assert (await world.release(other)).hold is None
