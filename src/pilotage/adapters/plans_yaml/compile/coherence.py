"""What only the whole plan shows: gaps between stages, numbers nobody brings, roles nobody holds, windows too short."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.metrics import CONNECTED, MANUAL, PILOTAGE
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.rollback import HOME as ROLLBACK
from pilotage.adapters.plans_yaml.tree import Entries, Place
from pilotage.decisions.exposure import join, within
from pilotage.decisions.readiness import is_machine_work
from pilotage.domain.calendar import Weekly, WindowKind
from pilotage.domain.conditions import Comparison, OnTarget, WorseThanBaseline
from pilotage.domain.exposure import NOBODY, Exposure
from pilotage.domain.gates import Check
from pilotage.domain.metrics import BaselineKind, Metric
from pilotage.domain.people import Who
from pilotage.domain.plan import Plan
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Expose, Meeting, Step
from pilotage.domain.time import DAY

RESERVED = ("rollback", "procedures", "before", "sign-offs", "incident", "monitoring")
"""First words of keys that belong to no stage."""


def check_coherence(reading: Reading, root: Entries, plan: Plan) -> None:
    """All checks over the whole plan."""
    _check_stages(reading, root, plan)
    if not plan.stages:
        return
    ceilings = _ceilings(plan)
    _check_steps_of_exposure(reading, plan, ceilings)
    _check_expose_steps(reading, plan, ceilings)
    _check_comparisons(reading, plan, ceilings)
    _check_numbers(reading, root, plan)
    _check_roles(reading, root, plan)
    _check_windows(reading, plan)
    _hint_at_rises(reading, plan, ceilings)
    _hint_at_names(reading, plan)


def _stage_node(reading: Reading, stage: Stage) -> Entries:
    return next(outline.node for outline in reading.outline.stages if outline.id == stage.id)


def _place(node: Entries, *keys: str) -> Place:
    """Where the first of these keys has its value; else the whole."""
    return next((value.place for key in keys if (value := node.get(key))), node.place)


def _check_stages(reading: Reading, root: Entries, plan: Plan) -> None:
    for stage in plan.stages:
        if stage.id in RESERVED:
            reading.problems.error(
                _place(_stage_node(reading, stage), "id", "stage"),
                f'"{stage.id}" means something else already; give the stage another name, or an "id"',
            )
    if not plan.stages and (
        stages := root.get("stages")
    ):  # the document layer tells of a plan without the key
        reading.problems.error(stages.place, "a plan has at least one stage")


# ---------------------------------------------------------------------------------------------- exposure


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
            place = _place(_stage_node(reading, stage), "expose", "ramp")
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


def _check_comparisons(reading: Reading, plan: Plan, ceilings: list[Exposure]) -> None:
    """A comparison with those who do not have the change needs somebody who does not have it."""
    alone = {stage.id for stage, ceiling in zip(plan.stages, ceilings, strict=True) if ceiling.everyone}
    if alone or ceilings[-1].nobody:
        alone.add(ROLLBACK)  # triggers count in every stage, also in the last
    for place, condition, home in reading.conditions:
        for term in condition.terms:
            relative = isinstance(term, WorseThanBaseline) or (
                isinstance(term, Comparison) and term.of_baseline
            )
            if not isinstance(term, Comparison | WorseThanBaseline) or not relative:
                continue
            metric = plan.metrics.get(term.metric)
            if metric and metric.baseline.kind is BaselineKind.LAST:
                reading.yet(f"comparing {metric.name} with the last {metric.baseline.span}", place)
            if metric and metric.baseline.kind is BaselineKind.CONTROL and home in alone:
                reading.problems.error(
                    place,
                    f'at 100 % exposure nobody is left to compare with; {metric.name} needs "baseline: previous"',
                )


def _hint_at_rises(reading: Reading, plan: Plan, ceilings: list[Exposure]) -> None:
    """Exposure that rises by itself when a stage is left, at whatever hour that is."""
    for index, stage in enumerate(plan.stages[1:], start=1):
        left = plan.stages[index - 1]
        rises = not within(ceilings[index], ceilings[index - 1])
        asked = stage.at or stage.windows or stage.start_in or any(c.approvals for c in stage.before)
        if rises and not ceilings[index - 1].nobody and not asked and "go" not in _stage_node(reading, left):
            reading.problems.warn(
                _place(_stage_node(reading, stage), "expose", "ramp"),
                f'exposure rises by itself when "{left.name}" is left, at any hour; '
                'write "go: ROLE" or "go: by itself" there, or "window:" here',
            )


# ---------------------------------------------------------------------------------------------- numbers


def _check_numbers(reading: Reading, root: Entries, plan: Plan) -> None:
    """Numbers that a guard or a trigger waits for come from a connected source, or from somebody who is asked for them."""
    triggers = [
        (place, term.metric)
        for place, condition, home in reading.conditions
        if home == ROLLBACK
        for term in condition.terms
        if isinstance(term, Comparison | WorseThanBaseline | OnTarget)
    ]
    told: set[str] = set()
    for place, name in (*reading.guarded, *triggers):
        metric = plan.metrics.get(name)
        if metric is None or metric.connected or metric.ask_every or metric.source == PILOTAGE:
            continue
        if metric.source == MANUAL:
            reading.problems.error(
                place,
                f"{name} is typed in by a person, and a guard or a rollback waits for it; "
                'say who is asked, such as "ask: every 2h of support"',
            )
        elif name not in told:
            told.add(name)
            reading.yet(
                f"{name} from {metric.source}, which is not connected, for a guard or a rollback", place
            )
    _warn_of_sources(reading, root, plan)


def _warn_of_sources(reading: Reading, root: Entries, plan: Plan) -> None:
    by_source: dict[str, list[Metric]] = {}
    for metric in plan.metrics.values():
        if not metric.connected and metric.source not in (MANUAL, PILOTAGE):
            by_source.setdefault(metric.source, []).append(metric)
    section = root.get("metrics")
    for source, metrics in by_source.items():
        key = section.key(metrics[0].name) if isinstance(section, Entries) else None
        hint = (
            f'; to connect it write "sources: {{{source}: {{type: {source}, url: …}}}}"'
            if source in CONNECTED
            else ""
        )
        reading.problems.warn(
            key.place if key else root.place,
            f'"{source}" is not connected, so {_listed([m.name for m in metrics])} '
            f"{'is' if len(metrics) == 1 else 'are'} reported by hand{hint}",
        )


def _listed(names: list[str]) -> str:
    """Two or three names, or two and how many more."""
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


# ---------------------------------------------------------------------------------------------- people


def _check_roles(reading: Reading, root: Entries, plan: Plan) -> None:
    section = root.get("roles")
    needed = _needed_roles(plan)
    for role in plan.roles.values():
        if role.people or role.ask or role.name not in needed:
            continue
        key = section.key(role.name) if isinstance(section, Entries) else None
        reading.problems.warn(
            key.place if key else root.place,
            f'nobody holds the role "{role.name}", and {needed[role.name]} waits for it; name its people, or "people: ask"',
        )


def _needed_roles(plan: Plan) -> dict[str, str]:
    """Each role somebody waits for, with the first line that does, in words."""
    found: dict[str, str] = {}

    def need(roles: tuple[str, ...], what: str) -> None:
        for role in roles:
            found.setdefault(role, what)

    for stage in plan.stages:
        need((stage.owner,) if stage.owner else (), f'the stage "{stage.name}"')
        need(stage.go.roles if stage.go else (), f'the go of "{stage.name}"')
        for check in (*stage.before, *stage.judge, *stage.gate):
            need(_asked_by(check), f'"{check.text}"')
        for step in stage.walk():
            need(_done_by(step), f'the step "{step.name}"')
    for check in (*plan.before, *plan.sign_offs):
        need(_asked_by(check), f'"{check.text}"')
    for deciding in (plan.rollback.confirm, plan.rollback.discuss):
        need(_roles(deciding.who if deciding else None), "a rollback")
    for procedure in plan.rollback.procedures:
        for step in procedure.steps:
            for inner in step.walk():
                need(_done_by(inner), f'the step "{inner.name}"')
    return found


def _roles(who: Who | None) -> tuple[str, ...]:
    return who.roles if who else ()


def _asked_by(check: Check) -> tuple[str, ...]:
    return (*_roles(check.by), *(role for approval in check.approvals for role in approval.ask.roles))


def _done_by(step: Step) -> tuple[str, ...]:
    votes = step.action.votes if isinstance(step.action, Meeting) else ()
    return (*_roles(step.by), *votes)


# ---------------------------------------------------------------------------------------------- time and names


def _check_windows(reading: Reading, plan: Plan) -> None:
    """Automatic steps that may take longer than the window they must fit into."""
    for stage in plan.stages:
        names = stage.windows or (plan.types[plan.type].windows if plan.type in plan.types else ())
        lengths = [length for name in names if (length := _length(plan, name))]
        takes = sum(_minutes(step) for step in stage.steps)
        if lengths and takes > max(lengths):
            reading.problems.warn(
                _place(_stage_node(reading, stage), "window", "stage"),
                f'the steps of "{stage.name}" may take {takes:g}m and the window is {max(lengths):g}m long; '
                "what does not fit waits for the next one",
            )


def _minutes(step: Step) -> float:
    """How long a machine's step may take, in minutes; people work outside windows."""
    if not step.parts and not is_machine_work(step):
        return 0
    longest = step.takes and (step.takes.most or step.takes.least)
    return longest.approximate_seconds / 60 if longest else sum(_minutes(part) for part in step.parts)


def _length(plan: Plan, name: str) -> float:
    """How long a weekly window that blocks is open, in minutes; 0 for others."""
    window = plan.windows.get(name)
    if window is None or window.kind is not WindowKind.ONLY or not isinstance(window.span, Weekly):
        return 0
    starts = window.span.starts.hour * 60 + window.span.starts.minute
    ends = window.span.ends.hour * 60 + window.span.ends.minute if window.span.ends else DAY / 60
    return ends - starts if ends > starts else ends - starts + DAY / 60


def _hint_at_names(reading: Reading, plan: Plan) -> None:
    for stage in plan.stages:
        shared = any(s is not stage and s.environment == stage.name for s in plan.stages)
        if stage.name in plan.environments and shared:
            reading.problems.warn(
                _place(_stage_node(reading, stage), "stage"),
                f'stage "{stage.name}" is named like an environment in which other stages work too; moments such as '
                f'"{stage.name} ends" will be misread; name it after what happens',
            )
