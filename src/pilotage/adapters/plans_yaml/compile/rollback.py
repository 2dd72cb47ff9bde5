"""Rollback: what triggers it, who decides, the written procedures, what follows."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.checks import read_condition
from pilotage.adapters.plans_yaml.compile.outline import Ids
from pilotage.adapters.plans_yaml.compile.people import read_who
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.steps import read_steps
from pilotage.adapters.plans_yaml.compile.traits import read_when
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration, parse_duration_range
from pilotage.adapters.plans_yaml.grammar.mistakes import UnknownName
from pilotage.adapters.plans_yaml.grammar.replies import parse_deadline, parse_then
from pilotage.adapters.plans_yaml.tree import Entries, Node
from pilotage.domain.conditions import ApprovedBy, Condition, StableFor, StepPassed
from pilotage.domain.ids import same_name
from pilotage.domain.people import EscalationLevel, Who
from pilotage.domain.rollback import (
    Deciding,
    FollowUp,
    Otherwise,
    Procedure,
    RollbackPlan,
    Trigger,
    TriggerClass,
)
from pilotage.domain.time import Duration

HOME = "rollback"
_WITHIN = {TriggerClass.CONFIRM: Duration(seconds=300), TriggerClass.DISCUSS: Duration(seconds=900)}
_WHO = {TriggerClass.CONFIRM: "by", TriggerClass.DISCUSS: "who"}
_ON_CALL = "on call"


def read_rollback(reading: Reading, root: Entries, escalation: tuple[EscalationLevel, ...]) -> RollbackPlan:
    """The ``rollback`` section. ``escalation`` says who decides where ``confirm`` and ``discuss`` do not."""
    fields = reading.mapping(root.get("rollback"))
    if fields is None:
        return RollbackPlan()
    ids = Ids()
    by_class = {kind: fields.get(kind) for kind in TriggerClass}
    deciding = {kind: _deciding(reading, by_class[kind], kind, escalation) for kind in _WHO}
    triggers = [
        trigger
        for kind, node in by_class.items()
        for trigger in _triggers(reading, _lines_of(node) if kind in _WHO else node, kind, ids)
    ]
    then = reading.parse(fields.get("then"), parse_then, reading.names)
    return RollbackPlan(
        tuple(triggers),
        confirm=deciding[TriggerClass.CONFIRM],
        discuss=deciding[TriggerClass.DISCUSS],
        then=then.action if then else "hold",
        back_to=then.back_to if then else "",
        target=reading.parse(fields.get("target"), parse_duration),
        procedures=_procedures(reading, fields.get("procedures")),
        follow_ups=_follow_ups(reading, fields.get("follow-up")),
    )


def _lines_of(node: Node | None) -> Node | None:
    """The triggers of ``confirm`` and ``discuss`` stand under ``when``."""
    return node.get("when") if isinstance(node, Entries) else None


def _deciding(
    reading: Reading, node: Node | None, kind: TriggerClass, escalation: tuple[EscalationLevel, ...]
) -> Deciding | None:
    fields = reading.mapping(node)
    if fields is None:
        return None
    for key in ("when", "otherwise"):
        if key not in fields:
            reading.doubt(fields.place, f'"{kind}" needs "{key}"')
    who = reading.kept(fields.get(_WHO[kind]), read_who) or _usual_deciders(reading, escalation)
    within = reading.parse(fields.get("within"), parse_duration)
    otherwise = reading.word(fields.get("otherwise"), Otherwise, Otherwise.HOLD)
    return Deciding(who, _WITHIN[kind] if within is None else within, otherwise)


def _usual_deciders(reading: Reading, escalation: tuple[EscalationLevel, ...]) -> Who:
    """The first level of the escalation, else the role on-call, else the owner (no role at all)."""
    if escalation:
        return Who((escalation[0].to,), any_of=True)
    on_call = tuple(role for role in reading.names.roles if same_name(role) == _ON_CALL)
    return Who(on_call[:1], any_of=True)


def _triggers(reading: Reading, node: Node | None, kind: TriggerClass, ids: Ids) -> tuple[Trigger, ...]:
    return reading.lines(node, lambda item: _trigger(reading, item, kind, ids))


def _trigger(reading: Reading, node: Node, kind: TriggerClass, ids: Ids) -> Trigger | None:
    if not isinstance(node, Entries):
        condition = read_condition(reading, node, HOME)
        if condition is None:
            return None
        _watches_metrics(reading, node, condition)
        return Trigger(ids.give(condition.text), condition.text, kind, condition, line=node.place.line)
    report = reading.text(node.get("report"))
    if not report:
        return None
    return Trigger(
        id=ids.give(reading.text(node.get("id")) or report),
        text=report,
        kind=kind,
        report=report,
        by=read_who(reading, node.get("by")),
        from_alert="from" in node,
        procedure=_procedure_name(reading, node.get("procedure")),
        severity=reading.texts(node.get("severity")),
        line=node.place.line,
    )


def _watches_metrics(reading: Reading, node: Node, condition: Condition) -> None:
    other = next((t for t in condition.terms if isinstance(t, ApprovedBy | StepPassed | StableFor)), None)
    if other:
        reading.problems.error(
            node.place,
            f'"{other.text}" is a line of a gate; a trigger watches metrics, or is a "report" of a person',
        )


def _procedure_name(reading: Reading, node: Node | None) -> str:
    spelled = {same_name(name): name for name in reading.outline.rollbacks}
    for item in reading.text_nodes(node):
        if same_name(item.value) in spelled:
            return spelled[same_name(item.value)]
        reading.error(item, UnknownName("rollback procedure", item.value, reading.outline.rollbacks))
    return ""


def _procedures(reading: Reading, node: Node | None) -> tuple[Procedure, ...]:
    found = []
    for key, value in reading.entries(node):
        fields = reading.mapping(value)
        if fields is None:
            continue
        name = key.value
        found.append(
            Procedure(
                name,
                read_steps(reading, reading.outline.rollbacks.get(name, ()), f"{HOME}/{name}"),
                title=reading.text(fields.get("title")),
                when=read_when(reading, fields.get("when"), after_a_trigger=True),
                takes=reading.parse(fields.get("takes"), parse_duration_range),
                downtime=reading.choice(fields.get("downtime"), ("none", "full"), ""),
                prefer=reading.text(fields.get("prefer")),
            )
        )
    return tuple(found)


def _follow_ups(reading: Reading, node: Node | None) -> tuple[FollowUp, ...]:
    ids, found = Ids(), []
    for key, value in reading.entries(node):
        deadline = reading.parse(value, parse_deadline, reading.names)
        if deadline:
            found.append(FollowUp(ids.give(key.value), key.value, deadline.after, deadline.by))
    return tuple(found)
