"""What only the whole plan shows: numbers nobody brings, roles nobody holds, windows too short, names misread."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.metrics import CONNECTED, MANUAL, PILOTAGE
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.rises import check_rises
from pilotage.adapters.plans_yaml.compile.rollback import HOME as ROLLBACK
from pilotage.adapters.plans_yaml.tree import Entries
from pilotage.decisions.readiness import is_machine_work
from pilotage.domain.calendar import Weekly, WindowKind
from pilotage.domain.conditions import Comparison, OnTarget, WorseThanBaseline
from pilotage.domain.gates import Check
from pilotage.domain.metrics import Metric
from pilotage.domain.people import Who
from pilotage.domain.plan import Plan
from pilotage.domain.steps import Meeting, Step
from pilotage.domain.time import DAY

RESERVED = ("rollback", "procedures", "before", "sign-offs", "incident", "monitoring")
"""First words of keys that belong to no stage."""


def check_coherence(reading: Reading, root: Entries, plan: Plan) -> None:
    """All checks over the whole plan."""
    _check_stages(reading, root, plan)
    if not plan.stages:
        return
    check_rises(reading, plan)
    _check_numbers(reading, root, plan)
    _check_roles(reading, root, plan)
    _check_windows(reading, plan)
    _hint_at_names(reading, plan)


def _check_stages(reading: Reading, root: Entries, plan: Plan) -> None:
    for stage in plan.stages:
        if stage.id in RESERVED:
            reading.problems.error(
                reading.stage_place(stage.id, "id", "stage"),
                f'"{stage.id}" means something else already; give the stage another name, or an "id"',
            )
    stages = root.get("stages")
    if not plan.stages and stages:  # the document layer tells of a plan without the key
        reading.problems.error(stages.place, "a plan has at least one stage")


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
                reading.stage_place(stage.id, "window", "stage"),
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
                reading.stage_place(stage.id, "stage"),
                f'stage "{stage.name}" is named like an environment in which other stages work too; moments such as '
                f'"{stage.name} ends" will be misread; name it after what happens',
            )
