"""How the release and its stages move on."""

from __future__ import annotations

from dataclasses import replace

from pilotage.decisions.folds.common import anchor, with_stage
from pilotage.domain import events as e
from pilotage.domain.release import (
    Release,
    StageState,
    Status,
)  # fmt: skip


def created(r: Release, ev: e.ReleaseCreated, h: e.Happened) -> Release:
    return replace(
        r, version=ev.version, previous=ev.previous, type=ev.type, system=ev.system, title=ev.title, roles=ev.roles,
        traits=ev.traits, inputs=ev.inputs, named_segments=ev.segments, planned_at=ev.planned_at, created=h.at,
        created_by=h.by.person,
        exposure=r.plan.exposure.starts if r.plan.exposure else r.exposure,
    )  # fmt: skip


def started(r: Release, ev: e.ReleaseStarted, h: e.Happened) -> Release:
    return replace(
        r, status=Status.RUNNING, started=h.at, started_by=h.by.person, rehearsal=ev.rehearsal,
        anchors=anchor(r, "release starts", h),
    )  # fmt: skip


def completed(r: Release, ev: e.ReleaseCompleted, h: e.Happened) -> Release:
    return replace(
        r, status=Status.COMPLETED, ended=h.at, questions={}, hold=None, anchors=anchor(r, "release ends", h)
    )


def aborted(r: Release, ev: e.ReleaseAborted, h: e.Happened) -> Release:
    return replace(
        r, status=Status.ABORTED, ended=h.at, questions={}, hold=None, anchors=anchor(r, "release ends", h)
    )


def stage_entered(r: Release, ev: e.StageEntered, h: e.Happened) -> Release:
    """Entering begins the stage anew: whatever it and the stages after it remembered from an earlier pass is gone."""
    order = [s.id for s in r.plan.stages] if ev.stage in r.stages else []
    fresh = set(order[order.index(ev.stage) :]) if ev.stage in order else set()
    r = _without(r, fresh) if fresh else r
    anchors = {**r.anchors, f"{ev.stage} starts": h.at}
    if _is_the_deployment(r, ev.stage):
        anchors["deployment starts"] = h.at
    return replace(
        r, stage=ev.stage, stages={**r.stages, ev.stage: StageState(entered=h.at)}, anchors=anchors
    )


def _is_the_deployment(r: Release, stage_id: str) -> bool:
    stage = r.plan.stage_by_id.get(stage_id)
    return stage is not None and stage.marks == "deployment"


def _without(r: Release, fresh: set[str]) -> Release:
    """The release with nothing remembered of these stages."""
    past = {f"{stage} {edge}" for stage in fresh for edge in ("starts", "ends")}
    return replace(
        r,
        stages={k: s for k, s in r.stages.items() if k not in fresh},
        steps={k: s for k, s in r.steps.items() if k.split("/", 1)[0] not in fresh},
        checks={k: c for k, c in r.checks.items() if k.split("/", 1)[0] not in fresh},
        approvals=tuple(a for a in r.approvals if a.about.split("/", 1)[0] not in fresh),
        questions={k: q for k, q in r.questions.items() if q.about.split("/", 1)[0] not in fresh},
        passed=tuple(k for k in r.passed if k.split("/", 1)[0] not in fresh),
        doors=tuple(k for k in r.doors if k.split("/", 1)[0] not in fresh),
        chosen_audiences={k: v for k, v in r.chosen_audiences.items() if k.split("/", 1)[0] not in fresh},
        anchors={k: at for k, at in r.anchors.items() if k not in past},
    )


def stage_skipped(r: Release, ev: e.StageSkipped, h: e.Happened) -> Release:
    state = StageState(entered=h.at, completed=h.at, skipped=ev.reason, gate_passed=True)
    return replace(r, stages={**r.stages, ev.stage: state})


def stage_completed(r: Release, ev: e.StageCompleted, h: e.Happened) -> Release:
    return replace(with_stage(r, ev.stage, completed=h.at), anchors=anchor(r, f"{ev.stage} ends", h))


def bake_started(r: Release, ev: e.BakeStarted, h: e.Happened) -> Release:
    """The machine's part of the stage is done: where the stage itself is the deployment, it has ended."""
    after = with_stage(r, ev.stage, bake_from=h.at, held_for=0.0, rung=ev.rung, gate_passed=False)
    deploys = _is_the_deployment(r, ev.stage)
    return replace(after, anchors=anchor(r, "deployment ends", h)) if deploys else after


def gate_passed(r: Release, ev: e.GatePassed, h: e.Happened) -> Release:
    return with_stage(r, ev.stage, gate_passed=True)
