"""The whole plan, section by section."""

from __future__ import annotations

from dataclasses import replace

from pilotage.adapters.plans_yaml.compile.calendar import note_windows, read_windows
from pilotage.adapters.plans_yaml.compile.checks import read_checks
from pilotage.adapters.plans_yaml.compile.coherence import check_coherence
from pilotage.adapters.plans_yaml.compile.environments import (
    read_environments,
    read_severities,
    read_type,
    read_types,
)
from pilotage.adapters.plans_yaml.compile.exposure import read_exposure
from pilotage.adapters.plans_yaml.compile.guards import guard_levels
from pilotage.adapters.plans_yaml.compile.messages import read_audiences, read_channels, read_messages
from pilotage.adapters.plans_yaml.compile.metrics import (
    read_evidence,
    read_metrics,
    read_reactions,
    read_sources,
)
from pilotage.adapters.plans_yaml.compile.people import (
    read_escalation,
    read_hours,
    read_overrides,
    read_people,
    read_roles,
    read_zone,
)
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.rollback import read_rollback
from pilotage.adapters.plans_yaml.compile.sections import read_later_sections, read_risks, read_settings
from pilotage.adapters.plans_yaml.compile.stages import read_stages
from pilotage.adapters.plans_yaml.compile.steps import read_steps
from pilotage.adapters.plans_yaml.compile.templates import check_templates
from pilotage.adapters.plans_yaml.compile.traits import read_inputs, read_traits
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration_range
from pilotage.adapters.plans_yaml.tree import Entries, Node, Problems, Text
from pilotage.domain.exposure import NOBODY
from pilotage.domain.gates import Check
from pilotage.domain.ids import slug
from pilotage.domain.plan import NotYet, Plan
from pilotage.domain.steps import Step

ASK = "ask"
TAG = "v{{version}}"


def compile_plan(
    root: Entries, problems: Problems, *, digest: str, folder: str = "", file: str = "", shared: str = ""
) -> Plan:
    """The plan of a merged document. Mistakes and doubts go to ``problems``; with an error among them the plan is no use.

    ``file`` is the name places carry for the plan's own file, ``shared`` for its project's. A resolved document is all
    ``shared``: what may be left out was left out when it was first read.
    """
    reading = Reading(problems, root, file, shared)
    plan_id = slug(reading.text(root.get("plan")))
    zone = _zone(reading, root.get("timezone"))

    # Whatever others refer to comes first: people, messages and the flag before the steps, types before the gates.
    roles = read_roles(reading, root.get("roles"))
    plan_type = read_type(reading, root.get("type"))
    types = read_types(reading, root.get("types"), plan_type)
    reading.has_matrix = plan_type in types and types[plan_type].approvals is not None
    environments = read_environments(reading, root.get("environments"))
    system = reading.text(root.get("system"))
    tags = tuple(filter(None, (*types, system, *environments)))
    sources = read_sources(reading, root.get("sources"))
    metrics = read_metrics(reading, root, sources)
    levels = guard_levels(reading, root.get("guard"), metrics)
    exposure = read_exposure(reading, root.get("exposure"), plan_id)
    reading.flag_name, reading.exposure_via = (exposure.flag, exposure.via) if exposure else ("", "")
    audiences = read_audiences(reading, root.get("audiences"))
    messages = read_messages(reading, root, audiences)
    escalation = read_escalation(reading, root.get("escalation"))
    sign_offs_before, sign_offs = _sign_offs(reading, root.get("sign-offs"))
    read_later_sections(reading, root)

    windows = read_windows(reading, root.get("windows"), zone, tags)

    plan = Plan(
        id=plan_id,
        digest=digest,
        title=reading.text(root.get("title")),
        summary=reading.text(root.get("summary")),
        type=plan_type,
        system=system,
        timezone=zone,
        stages=read_stages(reading, levels, exposure.starts if exposure else NOBODY),
        before=read_checks(reading, root.get("before"), "before", ""),
        sign_offs_before=sign_offs_before,
        sign_offs=sign_offs,
        roles=roles,
        people=read_people(reading, root.get("people"), roles, root.get("roles")),
        hours=read_hours(reading, root.get("hours")),
        escalation=escalation,
        overrides=read_overrides(reading, root.get("overrides")),
        environments=environments,
        types=types,
        inputs=read_inputs(reading, root.get("inputs")),
        windows=windows,
        sources=sources,
        metrics=metrics,
        guards=tuple(levels.plan.values()),
        reactions=read_reactions(reading, root.get("reactions")),
        evidence=read_evidence(reading, root.get("evidence")),
        severities=read_severities(reading, root.get("severities")),
        channels=read_channels(reading, root.get("channels")),
        audiences=audiences,
        messages=messages,
        settings=read_settings(reading, root.get("settings")),
        exposure=exposure,
        rollback=read_rollback(reading, root, escalation),
        procedures=_procedures(reading),
        risks=read_risks(reading, root.get("risks")),
        takes=reading.parse(root.get("takes"), parse_duration_range),
        trade_off=reading.text(root.get("trade-off")),
        tag=_tag(reading, root.get("versioning")),
        traits=read_traits(reading, root.get("traits")),  # last: which are asked for is known now
        folder=folder,
    )
    note_windows(reading, root, plan)
    check_templates(reading, root)
    check_coherence(reading, root, plan)
    reading.finish()
    return _with_not_yet(plan, reading)


def _with_not_yet(plan: Plan, reading: Reading) -> Plan:
    unique: dict[NotYet, None] = dict.fromkeys(reading.not_yet)
    return replace(plan, not_yet=tuple(sorted(unique, key=lambda form: (form.file, form.line, form.form))))


def _zone(reading: Reading, node: Node | None) -> str:
    if isinstance(node, Text) and node.value == ASK:
        reading.yet('asking for the time zone ("timezone: ask")', node.place)
        return "UTC"
    return read_zone(reading, node)


def _sign_offs(reading: Reading, node: Node | None) -> tuple[str, tuple[Check, ...]]:
    fields = reading.mapping(node)
    if fields is None:
        return "", ()
    stage = reading.name(fields.get("before"), reading.names.stages)
    return stage, read_checks(reading, fields.get("checks"), "sign-offs", stage)


def _procedures(reading: Reading) -> dict[str, tuple[Step, ...]]:
    return {
        name: read_steps(reading, outlines, f"procedures/{name}")
        for name, outlines in reading.outline.procedures.items()
    }


def _tag(reading: Reading, node: Node | None) -> str:
    tag = node.get("tag") if isinstance(node, Entries) else None
    return reading.text(tag) or TAG
