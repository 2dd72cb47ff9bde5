"""How far exposure may rise from stage to stage."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.comparisons import check_comparisons
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.decisions.exposure import join, within
from pilotage.domain.exposure import NOBODY, Exposure
from pilotage.domain.plan import Plan
from pilotage.domain.steps import Expose


def check_rises(reading: Reading, plan: Plan) -> None:
    """All checks of exposure over the whole plan, which has a stage at least."""
    ceilings = _ceilings(plan)
    _check_steps_of_exposure(reading, plan, ceilings)
    _check_expose_steps(reading, plan, ceilings)
    check_comparisons(reading, plan, ceilings)
    _hint_at_rises(reading, plan, ceilings)


def _ceilings(plan: Plan) -> list[Exposure]:
    """The most that may meet the change in each stage: exposure only adds, so each stage keeps what was reached."""
    reached, found = plan.exposure.starts if plan.exposure else NOBODY, []
    for stage in plan.stages:
        for audience in stage.rungs:
            for option in audience.options or (audience,):
                reached = join(reached, option.most)
        found.append(reached)
    return found


def _check_steps_of_exposure(reading: Reading, plan: Plan, ceilings: list[Exposure]) -> None:
    """From nobody to everyone in one stage is refused; those who may override gates may have it so."""
    before = plan.exposure.starts if plan.exposure else NOBODY
    for stage, ceiling in zip(plan.stages, ceilings, strict=True):
        first = stage.rungs[0] if stage.rungs else None
        if first and before.nobody and first.least.everyone:
            place = reading.stage_place(stage.id, "expose", "ramp")
            message = '"everyone" follows "nobody"; put a stage between, such as "expose: 10%" (a release goes out in steps)'
            if plan.overrides.by:
                reading.problems.warn(place, message)
            else:
                reading.problems.error(place, message)
        before = ceiling


def _check_expose_steps(reading: Reading, plan: Plan, ceilings: list[Exposure]) -> None:
    """An expose step says when inside its stage exposure rises; how far, the stage says (ruling 7)."""
    for stage, ceiling in zip(plan.stages, ceilings, strict=True):
        outlines = {o.key: o for s in reading.outline.stages if s.id == stage.id for o in s.walk()}
        for step in stage.walk():
            if isinstance(step.action, Expose) and step.key in outlines:
                wanted = step.action.audience
                if any(not within(one.most, ceiling) for one in wanted.options or (wanted,)):
                    reading.problems.error(
                        outlines[step.key].node.place,
                        f'"expose: {wanted.text}" goes beyond what the stage "{stage.name}" allows ({ceiling}); '
                        f'say so there: "expose: {wanted.text}"',
                    )


def _hint_at_rises(reading: Reading, plan: Plan, ceilings: list[Exposure]) -> None:
    """Exposure that rises by itself when a stage is left, at whatever hour that is."""
    for index, stage in enumerate(plan.stages[1:], start=1):
        left = plan.stages[index - 1]
        rises = not within(ceilings[index], ceilings[index - 1])
        asked = stage.at or stage.windows or stage.start_in or any(c.approvals for c in stage.before)
        if (
            rises
            and not ceilings[index - 1].nobody
            and not asked
            and "go" not in reading.outline.node(left.id)
        ):
            reading.problems.warn(
                reading.stage_place(stage.id, "expose", "ramp"),
                f'exposure rises by itself when "{left.name}" is left, at any hour; '
                'write "go: ROLE" or "go: by itself" there, or "window:" here',
            )
