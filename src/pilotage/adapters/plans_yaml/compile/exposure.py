"""Who may meet the change: the ``exposure`` section with its segments, and the audiences of stages and steps."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.grammar.audiences import parse_audience, several_audiences
from pilotage.adapters.plans_yaml.grammar.numbers import parse_percent
from pilotage.adapters.plans_yaml.grammar.segments import parse_segment
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text
from pilotage.domain.exposure import NOBODY, Audience, ExposurePlan, Segment

ASK = "ask"
FLAG = "flag"
CARRIED_OUT = (FLAG, "by hand")


def read_exposure(reading: Reading, node: Node | None, plan_id: str) -> ExposurePlan | None:
    """``exposure``; None where the plan moves none. The flag is named like the plan unless it says otherwise."""
    fields = reading.mapping(node)
    if fields is None:
        return ExposurePlan(plan_id) if node is None and _raises_exposure(reading) else None
    via = reading.text(fields.get("via")) or FLAG
    if via not in CARRIED_OUT and (place := fields.get("via")):
        reading.yet(f"exposure via {via}", place.place)
    starts = reading.parse(fields.get("starts"), parse_audience, reading.names)
    return ExposurePlan(
        flag=reading.text(fields.get("flag")) or plan_id,
        via=via,
        per_user=reading.flag(fields.get("per-user")),
        dashboard=reading.text(fields.get("dashboard")),
        select=reading.texts(fields.get("select")),
        segments={
            key.value: _segment(reading, key, value) for key, value in reading.entries(fields.get("segments"))
        },
        starts=starts.least if starts else NOBODY,
        seed=reading.text(fields.get("seed")),
    )


def _raises_exposure(reading: Reading) -> bool:
    """Whether a stage or a step lets anybody meet the change, so that a plan silent about its flag has one all the same."""
    for stage in reading.outline.stages:
        expose = stage.node.get("expose")
        if "ramp" in stage.node or (expose is not None and reading.text(expose) != str(NOBODY)):
            return True
        if any(step.kind == "expose" for step in stage.walk()):
            return True
    return False


def _segment(reading: Reading, name: Text, node: Node) -> Segment:
    """A rule (``email ends with @x.org``), or ``{users: [a, b]}``, ``{users: ask}``, with ``share`` where it is known."""
    fields = node if isinstance(node, Entries) else Entries(node.place, ())
    rule = fields.get("rule") if isinstance(node, Entries) else node
    users = reading.texts(fields.get("users"))
    asked = users == (ASK,)
    read = reading.parse(rule, parse_segment, name.value)
    return Segment(
        name.value,
        tests=read.tests if read else (),
        users=() if asked else users,
        ask=asked,
        share=reading.parse(fields.get("share"), parse_percent),
        text=reading.text(rule) or ("named when a release is created" if asked else ", ".join(users)),
    )


def read_audience(reading: Reading, node: Node | None) -> Audience | None:
    """``expose``: one audience, or ``{choose: […]}``, which the owner answers before the stage."""
    if isinstance(node, Items):
        reading.doubt(node.place, several_audiences(reading.texts(node)).message)
        return None
    if isinstance(node, Entries):
        options = tuple(
            a for item in reading.items(node.get("choose")) if (a := read_audience(reading, item))
        )
        text = " or ".join(option.text for option in options)
        return Audience(NOBODY, NOBODY, text, options=options) if options else None
    return reading.parse(node, parse_audience, reading.names)


def read_rungs(reading: Reading, stage: Entries) -> tuple[Audience, ...]:
    """``expose`` (one) or ``ramp`` (several, climbed in order)."""
    expose, ramp = stage.get("expose"), stage.get("ramp")
    if expose and ramp and (key := stage.key("ramp")):
        reading.problems.error(
            key.place,
            'a stage has "expose" (one audience) or "ramp" (rungs climbed in order), one of the two',
        )
    if ramp is None:
        audience = read_audience(reading, expose) if expose else None
        return (audience,) if audience else ()
    return tuple(a for item in reading.items(ramp) if (a := read_audience(reading, item)))
