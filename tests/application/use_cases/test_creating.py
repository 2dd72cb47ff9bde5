"""Creating releases: readable ids, every missing answer named with how to give it, nothing taken silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pilotage.application.ports.plans import ReadPlan
from pilotage.application.use_cases.answers import Answers, AnswersMissing
from pilotage.application.use_cases.creating import Wanted
from pilotage.domain import facts as f
from pilotage.domain.errors import Conflict, PlanError, PlanProblem, UsageError
from pilotage.domain.exposure import ExposurePlan, Segment
from pilotage.domain.people import Actor, Role
from pilotage.domain.plan import Plan, ReleaseType
from pilotage.domain.release import Status
from pilotage.domain.traits import Input, Trait, TraitTerm, When
from pilotage.testing.builders import plan_of, segment, share, stage
from pilotage.testing.world import World

MARIA = Actor(person="maria")


def asking() -> Plan:
    """A plan that asks for one thing of each kind, and for a slug only where a release is a hotfix."""
    hotfix = When((TraitTerm("type", "hotfix"),))
    plan = plan_of(stage("pilot", expose=segment("pilot schools")), plan="school")
    return replace(
        plan,
        roles={"client": Role("client", ask=True), "observer": Role("observer", ask=True, optional=True)},
        traits={"schema changes": Trait("schema changes", "Does it change the schema?")},
        inputs={
            "release date": Input("release date", "When is it?"),
            "slug": Input("slug", "Two words for the branch", when=hotfix),
        },
        exposure=ExposurePlan(flag="school", segments={"pilot schools": Segment("pilot schools", ask=True)}),
        types={"standard": ReleaseType("standard"), "hotfix": ReleaseType("hotfix")},
    )


ALL = Answers(
    roles={"client": ("ana",)},
    traits={"schema_changes": False},
    inputs={"Release-Date": "2026-02-01"},
    segments={"pilot schools": ("s1", "s2")},
)


async def create(world: World, plan: Plan, wanted: Wanted) -> str:
    return (await world.app.creating.create(world.plans.add(plan), wanted, MARIA)).release.id


async def test_every_missing_answer_is_named_at_once_with_how_to_give_it() -> None:
    world = World()
    with pytest.raises(AnswersMissing) as caught:
        await create(world, asking(), Wanted("1.0"))
    assert [(m.kind, m.name) for m in caught.value.missing] == [
        ("role", "client"), ("trait", "schema changes"), ("input", "release date"), ("segment", "pilot schools"),
    ]  # fmt: skip
    assert "Does it change the schema?  (--trait 'schema changes=yes' or '=no')" in str(caught.value)
    assert await world.app.looking.list() == ()


async def test_a_question_that_depends_on_the_type_is_asked_only_of_that_type() -> None:
    with pytest.raises(AnswersMissing) as caught:
        await create(World(), asking(), Wanted("1.0", type="hotfix", answers=ALL))
    assert [m.name for m in caught.value.missing] == ["slug"]


async def test_answers_are_taken_under_the_plan_s_names_however_they_are_spelt() -> None:
    world = World()
    release = await world.release(await create(world, asking(), Wanted("1.0", answers=ALL)))
    assert release.roles == {"client": ("ana",)}
    assert release.traits == {"schema changes": False}
    assert release.inputs == {"release date": "2026-02-01"}
    assert release.named_segments == {"pilot schools": ("s1", "s2")}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (Answers(roles={"clent": ("ana",)}), 'The plan has no role "clent".\nDid you mean "client"?'),
        (Answers(traits={"breaking": True}), 'The plan has no trait "breaking".\nIt has: schema changes.'),
    ],
)
async def test_an_answer_to_nothing_asked_is_an_error_not_ignored(answers: Answers, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        await create(World(), asking(), Wanted("1.0", answers=answers))
    assert str(caught.value) == said


async def test_an_unknown_type_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match='no release type "patch"'):
        await create(World(), asking(), Wanted("1.0", type="patch", answers=ALL))


async def test_ids_can_be_read_and_are_never_given_twice() -> None:
    world, plan = World(), plan_of(stage("only"))
    versions = ("1.2.0", "1.2.0", "1.2.0", "release/7 b")
    ids = [await create(world, plan, Wanted(version, again=True)) for version in versions]
    assert ids == ["checkout-1.2.0", "checkout-1.2.0-2", "checkout-1.2.0-3", "checkout-release-7-b"]


async def test_a_second_release_of_a_version_on_its_way_is_refused_until_somebody_means_it() -> None:
    world, plan = World(), plan_of(stage("only", gate=["Somebody has looked"]), roles={"primary": ["maria"]})
    first = await create(world, plan, Wanted("1.2.0"))
    with pytest.raises(Conflict) as caught:
        await create(world, plan, Wanted(" 1.2.0 "))
    assert "There is a release of 1.2.0 already: checkout-1.2.0, planned." in str(caught.value)
    assert "release start checkout-1.2.0" in str(caught.value)
    assert "--again" in str(caught.value)
    await world.start(first)
    with pytest.raises(Conflict, match=r"checkout-1\.2\.0, running"):
        await create(world, plan, Wanted("1.2.0"))
    assert len(await world.app.looking.list()) == 1


async def test_a_second_release_of_a_version_is_named_beside_the_first() -> None:
    world, plan = World(), plan_of(stage("only"), roles={"primary": ["maria"]})
    await world.started(plan, "1.0", previous="")  # completes at once
    second = await world.app.creating.create(world.plans.add(plan), Wanted("1.0"), MARIA)
    assert second.release.id == "checkout-1.0-2"
    assert second.notes == (
        "There was a release of 1.0 already: checkout-1.0 (completed). This one is checkout-1.0-2.",
    )


async def test_another_version_whose_id_looks_alike_is_no_release_of_this_one() -> None:
    world, plan = World(), plan_of(stage("only"))
    await create(world, plan, Wanted("1/2"))
    other = await world.app.creating.create(world.plans.add(plan), Wanted("1 2"), MARIA)
    assert (other.release.id, other.notes) == ("checkout-1-2-2", ())


async def test_an_id_is_short_enough_for_the_name_of_a_file() -> None:
    release = await create(World(), plan_of(stage("only"), plan="试" * 90), Wanted("版" * 90))
    assert release == f"{'试' * 21}-{'版' * 21}"


async def test_the_version_before_is_the_last_one_that_completed() -> None:
    world, plan = World(), plan_of(stage("only"), roles={"primary": ["maria"]})
    await world.started(plan, "1.0", previous="")
    assert (await world.release("checkout-1.0")).status is Status.COMPLETED
    await world.create(plan, "1.1")
    assert (await world.release("checkout-1.1")).previous == "1.0"
    assert (await world.release(await world.create(plan, "1.2"))).previous == "1.0"


async def test_a_version_is_needed() -> None:
    with pytest.raises(UsageError, match="A release needs a version"):
        await create(World(), plan_of(stage("only")), Wanted("  "))


async def test_a_plan_with_mistakes_makes_no_release() -> None:
    problems = (
        PlanProblem("p.yaml", 3, 5, 'unknown key "bakee"'),
        PlanProblem("p.yaml", 1, 1, "a doubt", warning=True),
    )
    with pytest.raises(PlanError) as caught:
        await World().app.creating.create(ReadPlan(None, "", problems), Wanted("1"), MARIA)
    assert caught.value.problems == problems[:1]


async def test_the_plan_is_pinned_and_a_later_edit_is_told_at_the_start(tmp_path: Path) -> None:
    world, file = World(), tmp_path / "plan.yaml"
    file.touch()
    world.plans.add(plan_of(stage("only", gate=["Tested"]), roles={"primary": ["maria"]}), file)
    release = (await world.app.creating.create(file, Wanted("1.0"), MARIA)).release.id
    world.plans.add(plan_of(stage("only"), roles={"primary": ["maria"]}), file)
    acted = await world.start(release)
    assert len(acted.notes) == 1
    assert acted.notes[0].startswith(
        "plan.yaml has changed since this release was created; the release keeps the plan"
    )
    assert (await world.release(release)).plan.stages[0].gate[0].text == "Tested"


async def test_an_unchanged_plan_is_not_mentioned(tmp_path: Path) -> None:
    world, file = World(), tmp_path / "plan.yaml"
    file.touch()
    world.plans.add(plan_of(stage("only"), roles={"primary": ["maria"]}), file)
    release = (await world.app.creating.create(file, Wanted("1.0"), MARIA)).release.id
    assert (await world.start(release)).notes == ()


async def test_a_release_that_was_created_waits_for_its_start_and_says_so() -> None:
    world = World()
    release = await world.create(plan_of(stage("only"), roles={"primary": ["maria"]}), "1.0")
    await world.clock.pass_time(timedelta(days=3).total_seconds())
    await world.settle()
    assert (await world.waits(release))[0].text.endswith("has not been started")
    assert (await world.release(release)).status is Status.PLANNED
    await world.act(release, f.ReportIncident("early"))


async def test_a_release_is_planned_within_what_can_be_reckoned_with() -> None:
    world = World()
    plan = plan_of(stage("only", gate=["Tested"]), roles={"primary": ["maria"]})
    wanted = Wanted("1", planned_at=datetime(9999, 12, 31, tzinfo=UTC))
    with pytest.raises(UsageError, match="the year 9999"):
        await world.app.creating.create(world.plans.add(plan), wanted, MARIA)


async def test_an_id_stays_short_enough_to_type_and_keeps_its_version() -> None:
    world = World()
    long = plan_of(stage("pilot", expose=share(10)), plan="x" * 5000)
    assert await create(world, long, Wanted("1.0")) == f"{'x' * 64}-1.0"
