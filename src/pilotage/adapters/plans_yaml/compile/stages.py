"""Stages: each with its environment, guards and audience worked out from what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pilotage.adapters.plans_yaml.compile.checks import read_checks
from pilotage.adapters.plans_yaml.compile.exposure import read_rungs
from pilotage.adapters.plans_yaml.compile.guards import GuardLevels, own_guards, warn_of_loosening
from pilotage.adapters.plans_yaml.compile.outline import StageOutline
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.steps import read_steps
from pilotage.adapters.plans_yaml.compile.traits import read_one_moment, read_when
from pilotage.adapters.plans_yaml.grammar.asks import parse_go
from pilotage.adapters.plans_yaml.grammar.durations import parse_bake, parse_duration_range
from pilotage.adapters.plans_yaml.grammar.replies import parse_otherwise
from pilotage.adapters.plans_yaml.tree import Node, Text
from pilotage.domain.exposure import Audience, Exposure
from pilotage.domain.moments import Moment
from pilotage.domain.people import Ask
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Deploy, Expose

PRODUCTION = "production"


def read_stages(reading: Reading, levels: GuardLevels, starts: Exposure) -> tuple[Stage, ...]:
    """All stages in order. ``starts`` is who can meet the change before the first."""
    stages: list[Stage] = []
    exposed, environment = not starts.nobody, ""
    for outline in reading.outline.stages:
        stage = _stage(reading, outline)
        environment = stage.environment or _deployed_to(stage) or environment
        exposed = _exposes(stage, exposed)
        own = own_guards(reading, outline)
        warn_of_loosening(reading, outline, own, levels)
        guards = levels.in_force(own, guarded=exposed or environment == PRODUCTION)
        stages.append(replace(stage, environment=environment, guards=guards))
    return tuple(stages)


def _stage(reading: Reading, outline: StageOutline) -> Stage:
    node, key = outline.node, outline.id
    at: Moment | None = reading.kept(node.get("at"), read_one_moment)
    windows = reading.names.windows
    return Stage(
        id=key,
        name=outline.name,
        title=reading.text(node.get("title")),
        goal=reading.text(node.get("goal")),
        audience=reading.text(node.get("audience")),
        owner=_owner(reading, node.get("owner")),
        each=_each(node.get("each")),
        at=at,
        when=read_when(reading, node.get("when")),
        environment=reading.name(node.get("environment"), reading.names.environments),
        windows=reading.names_in(node.get("window"), windows),
        start_in=reading.names_in(node.get("start-in"), windows),
        before=read_checks(reading, node.get("before"), f"{key}/before", key),
        prepare=read_steps(reading, outline.prepare, key),
        rungs=read_rungs(reading, node),
        bake=reading.parse(node.get("bake"), parse_bake),
        steps=read_steps(reading, outline.steps, key),
        judge=read_checks(reading, node.get("judge"), f"{key}/judge", key),
        gate=read_checks(reading, node.get("gate"), f"{key}/gate", key),
        go=reading.kept(node.get("go"), _go),
        otherwise=reading.parse(node.get("otherwise"), parse_otherwise),
        takes=reading.parse(node.get("takes"), parse_duration_range),
        marks=reading.text(node.get("marks")),
        ticks=reading.text(node.get("ticks")),
        line=node.place.line,
    )


def _go(reading: Reading, node: Node | None) -> Ask | None:
    ask = reading.parse(node, parse_go, reading.names)
    return replace(ask, roles=reading.occupied(ask.roles)) if ask else None


def _owner(reading: Reading, node: Node | None) -> str:
    return reading.name(node, reading.names.roles)


def _each(node: Node | None) -> str:
    """The value this copy of a stage with ``each`` stands for; the document layer writes it when it expands them."""
    return node.value if isinstance(node, Text) else ""


def _deployed_to(stage: Stage) -> str:
    return next((s.action.environment for s in stage.walk() if isinstance(s.action, Deploy)), "")


def _exposes(stage: Stage, before: bool) -> bool:
    """Whether users can meet the change while this stage lasts. Exposure only adds, so it stays as it was."""
    return before or any(not audience.most.nobody or audience.options for audience in _audiences(stage))


def _audiences(stage: Stage) -> Iterator[Audience]:
    yield from stage.rungs
    yield from (step.action.audience for step in stage.walk() if isinstance(step.action, Expose))
