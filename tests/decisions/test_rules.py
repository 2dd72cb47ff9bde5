"""The rules that must always hold (S1 to S10, L1), on random walks through plans of every shape.

Each rule is checked on the log alone, without asking the code that decided it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotage.decisions.evolve import fold
from pilotage.decisions.exposure import within
from pilotage.decisions.flags.compiled import compile_flag
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.calendar import Dates, Weekly, Window, WindowKind
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor, Ask, Overrides, Role, Who
from pilotage.domain.plan import Environment, Plan
from pilotage.domain.release import Status
from pilotage.domain.rollback import Deciding, FollowUp, Otherwise, RollbackPlan, TriggerClass
from pilotage.domain.steps import Backup, Deploy, Migrate, OnFail, Retry, Run, Smoke, Undo, UndoKind
from pilotage.testing.builders import (
    EVERYONE,
    above,
    approved,
    automatic,
    below,
    days,
    do,
    guard,
    hours,
    metric,
    minutes,
    notify,
    plan_of,
    run,
    seconds,
    segment,
    share,
    stage,
    step,
    tell,
)  # fmt: skip
from tests.support.walks import WALKS, Walk, walked

WALKING = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
ERRORS = "error rate"
COUNTED: dict[str, Any] = {
    "query": "",
    "errors": 'failed{variant="{{variant}}"}',
    "total": 'served{variant="{{variant}}"}',
}
"""Makes a metric one whose requests are counted, so that the sequential tests decide."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans with and without windows, doors, ramps, approvals, retries, triggers of every class."""
    door = draw(st.sampled_from([UndoKind.IMPOSSIBLE, UndoKind.HARMLESS, UndoKind.UNKNOWN]))
    on_fail = draw(st.sampled_from(list(OnFail)))
    retry = draw(st.sampled_from([None, Retry(2, seconds(30))]))
    windows = draw(st.sampled_from([(), ("day",)]))
    loses = draw(st.sampled_from(["", "what was written since the backup"]))
    deploy = step("deploy", Deploy("production"), undo=Undo(UndoKind.PREVIOUS_VERSION))
    migrate = step(
        "migrate",
        Migrate(("./migrate.sh",)),
        undo=Undo(door, ("./down.sh",) if door is UndoKind.COMMANDS else ()),
        loses=loses,
    )
    first = stage(
        "internal", expose=segment("team"), bake=minutes(10), environment="production", windows=windows,
        steps=[step("backup", Backup(("./backup.sh",)), undo=Undo(UndoKind.HARMLESS)), migrate, replace(deploy, on_fail=on_fail, retry=retry),
               do("Test it", by="qa"), notify("internal is live")],
        gate=["Paths tested", approved("lead", "qa")], go="lead",
    )  # fmt: skip
    ramp = stage(
        "ramp", ramp=[share(10), share(50)], bake=hours(1), environment="production", windows=windows,
        gate=[below(ERRORS, 1, minutes(20))], go=draw(st.sampled_from([None, "lead", Ask(("lead", "qa"), needed=1)])),
        guards=(guard(ERRORS, 1, 2),), steps=[run("warm caches", retry=retry)],
    )  # fmt: skip
    last = stage(
        "everyone", expose=EVERYONE, bake=hours(1), environment="production", guards=(guard(ERRORS, 1, 2),)
    )
    kind = draw(st.sampled_from([TriggerClass.AUTOMATIC, TriggerClass.CONFIRM, TriggerClass.DISCUSS]))
    trigger = replace(automatic(above(ERRORS, 5)), kind=kind)
    watched = metric(ERRORS, **draw(st.sampled_from([{}, COUNTED])))
    deciding = Deciding(Who(("lead",)), minutes(5), draw(st.sampled_from(list(Otherwise))))
    then = draw(st.sampled_from([("hold", ""), ("abort", ""), ("back", "internal")]))
    back = RollbackPlan(
        (trigger,), confirm=deciding, discuss=deciding, then=then[0], back_to=then[1],
        follow_ups=(FollowUp("root-cause", "Root cause", days(1)),),
    )  # fmt: skip
    plan = plan_of(
        first, ramp, last, roles={"lead": ["ana"], "qa": ["ben", "cleo"]}, metrics=[watched], messages=[tell("internal is live", "internal")],
    )  # fmt: skip
    roles = {name: replace(role, self_approval=False) for name, role in plan.roles.items()}
    return replace(
        plan, rollback=back, roles={**roles, "starter": Role("starter", ("dan",))}, overrides=Overrides(Who(("lead",))),
        environments={"production": Environment("production", deploy="./deploy.sh")},
        windows={"day": DAY, "easter": EASTER},
    )  # fmt: skip


DAY = Window(
    "day",
    WindowKind.ONLY,
    Weekly(frozenset(range(7)), time(7), time(19)),
    "UTC",
    text="every day 07:00 to 19:00",
)
EASTER = Window(
    "easter", WindowKind.FREEZE, Dates(date(2026, 3, 4), date(2026, 3, 4)), "UTC", text="2026-03-04"
)


def _position(walk: Walk, key: str) -> int:
    order = [s.key for stage_ in walk.plan.stages for s in stage_.walk()]
    return order.index(key)


@given(plans(), WALKS)
@WALKING
@pytest.mark.requirement(60, 147)
def test_s1_exposure_never_rises_before_the_gate_below_it_passed_or_was_overridden(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    order = [s.id for s in plan.stages]
    for place, happened in walk.events(e.ExposureChanged):
        rise = happened.event
        assert isinstance(rise, e.ExposureChanged)
        if not rise.raised:
            continue
        past = [h.event for h in walk.log[:place]]
        entered = max(
            n for n, ev in enumerate(past) if isinstance(ev, e.StageEntered) and ev.stage == rise.stage
        )
        for earlier in order[: order.index(rise.stage)]:
            gates = [n for n, ev in enumerate(past) if isinstance(ev, e.GatePassed) and ev.stage == earlier]
            assert gates, f"{rise.stage} was exposed before the gate of {earlier}"
            _lines_hold(plan, past[: gates[-1]], earlier)
        if rise.rung > 0:
            assert any(
                isinstance(ev, e.GatePassed) and (ev.stage, ev.rung) == (rise.stage, rise.rung - 1)
                for ev in past[entered:]
            )


def _lines_hold(plan: Plan, past: list[e.Event], stage_id: str) -> None:
    """Every line a person answers was ticked, approved or overridden (by someone allowed to, with a reason)."""
    for check in plan.stage(stage_id).gate:
        if check.attested:
            ticked = any(
                isinstance(ev, e.CheckPassed | e.CheckOverridden) and ev.check == check.key for ev in past
            )
            assert ticked, f"{check.text} was never ticked"


@given(plans(), WALKS)
@WALKING
def test_s1_only_those_allowed_override_and_with_a_reason(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    for _, happened in walked(plan, moves).events(e.CheckOverridden):
        assert happened.by.person == "ana"
        assert isinstance(happened.event, e.CheckOverridden)
        assert happened.event.reason


@given(plans(), WALKS)
@WALKING
@pytest.mark.requirement(99)
def test_s2_nothing_starts_outside_a_window_or_inside_a_freeze(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    for _, happened in walk.events(e.ExposureChanged, e.StepStarted):
        event = happened.event
        if isinstance(event, e.ExposureChanged):
            guarded, stage_id = event.raised, event.stage
        else:
            assert isinstance(event, e.StepStarted)
            written = plan.step_by_key.get(event.step)
            guarded = (
                written is not None
                and isinstance(written.action, Run | Deploy | Migrate | Backup)
                and bool(event.effect)
            )
            stage_id = event.step.split("/")[0]
        if not guarded:
            continue
        assert happened.at.date() != date(2026, 3, 4), "something started inside the freeze"
        if plan.stage(stage_id).windows:
            assert time(7) <= happened.at.time() < time(19), "something started outside the window"


@given(plans(), WALKS)
@WALKING
@pytest.mark.requirement(217)
def test_s3_exposure_never_exceeds_the_stage_and_whoever_is_in_stays_in_while_it_grows(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    assert plan.exposure is not None
    users = [(f"u{n}", {"email": f"u{n}@{'example.org' if n % 7 == 0 else 'else.where'}"}) for n in range(40)]
    for _, happened in walk.events(e.ExposureChanged):
        change = happened.event
        assert isinstance(change, e.ExposureChanged)
        flags = [
            compile_flag(Flag("f", x, dict(plan.exposure.segments), seed="f"))
            for x in (change.before, change.after)
        ]
        for key, attributes in users:
            before, after = (evaluate(key, attributes).value for evaluate in flags)
            assert after >= before if change.raised else after <= before
        if change.raised:
            reached = list(plan.stages[: [s.id for s in plan.stages].index(change.stage) + 1])
            widest = max(
                r.most.share
                for s in reached
                for r in (s.rungs if s.id != change.stage else s.rungs[: change.rung + 1])
            )
            assert change.after.share <= widest


@given(plans(), WALKS)
@WALKING
@pytest.mark.requirement(250)
def test_s4_after_an_automatic_trigger_the_next_change_of_exposure_is_a_decrease_at_once(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    for told in walk.told:
        fired = [
            h
            for h in told.decision.events
            if isinstance(h.event, e.TriggerFired) and h.event.kind == TriggerClass.AUTOMATIC
        ]
        if not fired or told.before.exposure.nobody:
            continue
        changes = [h.event for h in told.decision.events if isinstance(h.event, e.ExposureChanged)]
        assert changes, "an automatic trigger fired and exposure did not fall within the same decision"
        assert not changes[0].raised
        assert within(changes[0].after, changes[0].before)


@given(plans(), WALKS)
@WALKING
def test_s5_no_effect_is_asked_for_twice_unless_it_failed_or_a_person_said_so(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    ids = [effect.id for _, effect in walk.asked_of_the_world]
    assert len(ids) == len(set(ids)), "an effect id was used twice"
    running: dict[str, str] = {}
    for happened in walk.log:
        match happened.event:
            case e.StepStarted(step=key, effect=effect) if effect:
                assert key not in running, f"{key} was begun while {running.get(key)} is under way"
                running[key] = effect
            case (
                e.StepPassed(step=key)
                | e.StepFailed(step=key)
                | e.OutcomeUnknown(step=key)
                | e.StepSkipped(step=key)
            ):
                running.pop(key, None)
            case e.StageEntered(stage=stage_id):
                running = {k: v for k, v in running.items() if not k.startswith(f"{stage_id}/")}
            case _:
                pass


@given(plans(), WALKS)
@WALKING
def test_s5_every_step_begun_has_its_effect_on_the_way_or_its_end_in_the_log(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    under_way = {effect.id for effect in walk.open}
    for key, state in walk.release.steps.items():
        if state.status in ("running", "verifying") and state.effect:
            assert state.effect in under_way or state.effect == walk.release.exposure_effect, (
                f"{key} waits for an effect nobody carries out"
            )


@given(plans(), WALKS)
@WALKING
@pytest.mark.requirement(185, 187, 192)
def test_s6_approvals_count_for_plan_content_and_role_and_nobody_approves_their_own(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    holders = {"lead": {"ana"}, "qa": {"ben", "cleo"}}
    for _, happened in walk.events(e.ApprovalGiven):
        given_ = happened.event
        assert isinstance(given_, e.ApprovalGiven)
        assert given_.person in holders[given_.role]
        assert given_.plan_digest == plan.digest
    for place, happened in walk.events(e.StageCompleted):
        assert isinstance(happened.event, e.StageCompleted)
        if happened.event.stage != "internal":
            continue
        past = [h.event for h in walk.log[:place]]
        overridden = any(isinstance(ev, e.CheckOverridden) and "approved" in ev.check for ev in past)
        both = {ev.role for ev in past if isinstance(ev, e.ApprovalGiven) and "/gate/" in ev.about}
        assert overridden or both >= {"lead", "qa"}
        assert any(
            isinstance(ev, e.ApprovalGiven) and ev.about == "internal/go/0" and ev.person == "ana"
            for ev in past
        )


@given(plans(), WALKS)
@WALKING
def test_s7_the_state_is_the_fold_of_the_events_and_the_log_is_gapless(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    assert fold("walk", plan, walk.log) == walk.release
    assert walk.release.number == len(walk.log)


@given(plans(), WALKS)
@WALKING
def test_s8_past_a_one_way_door_nothing_below_it_is_undone_and_people_are_paged(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    doors: list[str] = []
    for happened in walk.log:
        match happened.event:
            case e.DoorPassed(step=key):
                doors.append(key)
            case e.StepUndone(step=key) if doors:
                assert all(_position(walk, key) > _position(walk, door) for door in doors)
            case e.RollbackCompleted(then=then) if doors:
                assert walk.release.exposure.nobody or walk.release.status is not Status.ROLLED_BACK
                assert then == "hold"
            case e.StageEntered(stage=stage_id):
                doors = [d for d in doors if not d.startswith(f"{stage_id}/")]
            case _:
                pass
    for place, happened in walk.events(e.RollbackCompleted):
        started = next(h.event for _, h in reversed(walk.events(e.RollbackStarted)) if h.at <= happened.at)
        assert isinstance(started, e.RollbackStarted)
        if started.blocked_by:
            after = [h.event for h in walk.log[place:]]
            assert any(
                isinstance(ev, e.Held) and ev.cause == e.HoldCause.ONE_WAY_DOOR and ev.page for ev in after
            )


@given(plans(), WALKS)
@WALKING
def test_s9_one_message_a_row_and_recipient(plan: Plan, moves: list[tuple[object, ...]]) -> None:
    walk = walked(plan, moves)
    on_the_way: set[str] = set()
    for happened in walk.log:
        match happened.event:
            case e.MessageQueued(key=key):
                assert key not in on_the_way, f"{key} was sent twice"
                on_the_way.add(key)
            case e.MessageFailed(key=key):
                on_the_way.discard(key)
            case _:
                pass


@given(plans(), WALKS)
@WALKING
@pytest.mark.requirement(59, 179)
def test_s10_no_data_is_never_a_pass(plan: Plan, moves: list[tuple[object, ...]]) -> None:
    walk = walked(plan, moves)
    for _, happened in walk.events(e.GatePassed):
        event = happened.event
        assert isinstance(event, e.GatePassed)
        if event.stage == "internal":
            continue
        overridden = any(isinstance(h.event, e.CheckOverridden) for h in walk.log)
        recent = [
            s
            for s in walk.samples
            if s.value is not None and happened.at - timedelta(minutes=16) <= s.observed_at <= happened.at
        ]
        assert recent or overridden, f"the gate of {event.stage} passed without data"
        if event.stage == "ramp" and not overridden:
            assert recent[-1].value is not None
            assert recent[-1].value < 1


@given(plans(), WALKS)
@WALKING
def test_l1_whatever_is_blocked_says_why_and_when_it_is_looked_at_again(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    for told in walk.told:
        if told.after.over or told.after.status is Status.COMPLETED:
            continue
        assert told.decision.waits, (
            f"{told.after.status} after {type(told.fact.body).__name__}, and nothing says what it waits for"
        )


@given(plans(), WALKS)
@WALKING
def test_l1_whatever_is_not_blocked_has_moved_looking_again_at_once_changes_nothing(
    plan: Plan, moves: list[tuple[object, ...]]
) -> None:
    walk = walked(plan, moves)
    assert walk.tell(f.Tick(), Actor(rule="the clock")).events == ()


def test_the_walks_reach_the_end_when_all_is_well() -> None:
    """The rules above would hold trivially if no walk ever got anywhere."""
    walk = walked(_simple(), [("smooth", 30)])
    assert walk.release.status is Status.COMPLETED
    assert walk.release.exposure.everyone


def test_the_walks_also_decide_from_counts() -> None:
    walk = walked(_simple(**COUNTED), [("smooth", 30)])
    assert walk.judging.weighing is not None
    assert walk.judging.weighing.compared
    assert walk.release.status is Status.COMPLETED


def _simple(**errors: Any) -> Plan:
    deploy = step("deploy", Deploy("production"), undo=Undo(UndoKind.PREVIOUS_VERSION))
    smoke = step("smoke", Smoke(("./smoke.sh",)), undo=Undo(UndoKind.HARMLESS))
    plan = plan_of(
        stage("internal", expose=segment("team"), bake=minutes(5), steps=[deploy, smoke, do("Test it", by="qa")], gate=["Tested"], go="lead"),
        stage("ramp", ramp=[share(10), EVERYONE], bake=minutes(5), gate=[below(ERRORS, 1, minutes(2))]),
        roles={"lead": ["ana"], "qa": ["ben"]},
        metrics=[metric(ERRORS, **errors)],
        rollback=[automatic(above(ERRORS, 5))],
    )  # fmt: skip
    checks = tuple(replace(c, by=Who(("qa",))) for c in plan.stages[0].gate)
    stages = (replace(plan.stages[0], gate=checks), *plan.stages[1:])
    starter = {**plan.roles, "starter": Role("starter", ("dan",))}
    return replace(
        plan,
        stages=stages,
        roles=starter,
        environments={"production": Environment("production", deploy="./deploy.sh")},
    )
