"""Plans in a few words, for tests: ``plan_of(stage("pilot", expose=share(10), bake=hours(1), go="primary"))``.

They build what the reader of plan files builds, with the same keys and ids, so a test's plan behaves like a file's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pilotage.domain.conditions import ApprovedBy, Comparison, Condition, Operator
from pilotage.domain.exposure import NOBODY, Audience, Exposure, ExposurePlan, Segment, SegmentTest
from pilotage.domain.gates import Check
from pilotage.domain.ids import slug
from pilotage.domain.messages import Channel, MessageRow
from pilotage.domain.metrics import Guard, Metric, Source, Unit
from pilotage.domain.people import Ask, Role, Who
from pilotage.domain.plan import EvidenceSettings, Plan
from pilotage.domain.rollback import RollbackPlan, Trigger, TriggerClass
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Action, Do, Notify, Run, Step, Undo, UndoKind
from pilotage.domain.time import Bake, Duration

EVERYONE = Exposure(share=100)


def seconds(number: float) -> Duration:
    """``30s``."""
    return Duration(seconds=float(number))


def minutes(number: float) -> Duration:
    """``15m``."""
    return seconds(60 * number)


def hours(number: float) -> Duration:
    """``2h``."""
    return seconds(3600 * number)


def days(number: int) -> Duration:
    """``7d``, in calendar days."""
    return Duration(days=number)


# --- who meets the change -------------------------------------------------------------------------------------------


def share(percent: float) -> Exposure:
    """``10%`` of all users."""
    return Exposure(share=percent)


def segment(*names: str) -> Exposure:
    """Everybody in the named segments."""
    return Exposure(segments=dict.fromkeys(names, 100.0))


def audience(exposure: Exposure) -> Audience:
    """An audience of exactly ``exposure``."""
    return Audience(exposure, exposure, str(exposure))


# --- lines of gates, guards and triggers ----------------------------------------------------------------------------


def below(metric: str, limit: float, lasting: Duration | None = None) -> Condition:
    """``error rate < 1% for 3d``."""
    return _compared(metric, Operator.BELOW, limit, lasting)


def above(metric: str, limit: float, lasting: Duration | None = None) -> Condition:
    """``error rate > 5% for 5m``."""
    return _compared(metric, Operator.ABOVE, limit, lasting)


def _compared(metric: str, operator: Operator, limit: float, lasting: Duration | None) -> Condition:
    text = f"{metric} {operator} {limit:g}" + (f" for {lasting}" if lasting else "")
    return Condition((Comparison(metric, operator, limit, sustained=lasting, text=text),), text)


def approved(*roles: str, needed: int | None = None) -> Condition:
    """``approved by primary and on-call``, or ``2 of`` them."""
    ask = Ask(roles, needed)
    return Condition((ApprovedBy(ask, text=f"approved by {ask}"),), f"approved by {ask}")


def guard(metric: str, target: float | None = None, alert: float | None = None) -> Guard:
    """``error rate: target < 1%, alert > 2%``."""
    return Guard(
        metric,
        Comparison(metric, Operator.BELOW, target, text=f"target < {target:g}")
        if target is not None
        else None,
        Comparison(metric, Operator.ABOVE, alert, text=f"alert > {alert:g}") if alert is not None else None,
    )


def automatic(condition: Condition) -> Trigger:
    """A trigger that acts by itself."""
    return Trigger(slug(condition.text), condition.text, TriggerClass.AUTOMATIC, condition)


# --- steps ----------------------------------------------------------------------------------------------------------


def run(name: str, *commands: str, undo: Sequence[str] | UndoKind = UndoKind.HARMLESS, **fields: Any) -> Step:
    """A step of commands called ``name``; ``undo`` are commands, or how else it stands with undoing it."""
    back = Undo(undo) if isinstance(undo, UndoKind) else Undo(UndoKind.COMMANDS, tuple(undo))
    return step(name, Run(commands or (f"./{slug(name)}",)), undo=back, **fields)


def do(text: str, by: str = "", **fields: Any) -> Step:
    """A person's work."""
    return step(text, Do(text), undo=Undo(UndoKind.HARMLESS), by=Who((by,)) if by else None, **fields)


def notify(message: str) -> Step:
    """A step that sends a named message."""
    return step(f"notify {message}", Notify(message), undo=Undo(UndoKind.HARMLESS))


def step(name: str, action: Action, **fields: Any) -> Step:
    """Any step; its key is made by the stage it stands in."""
    return Step(key=slug(name), id=slug(name), name=name, action=action, **fields)


# --- stages and plans -----------------------------------------------------------------------------------------------


def stage(
    name: str,
    *,
    expose: Exposure | None = None,
    ramp: Sequence[Exposure] = (),
    bake: Duration | None = None,
    steps: Sequence[Step] = (),
    gate: Sequence[Condition | str] = (),
    go: str | Ask | None = None,
    **fields: Any,
) -> Stage:
    """A stage. A text in ``gate`` is a line that a person ticks; ``go`` a role, or an ``Ask``."""
    id_ = slug(name)
    rungs = tuple(audience(e) for e in ((expose,) if expose else ramp))
    return Stage(
        id=id_,
        name=name,
        rungs=rungs,
        bake=Bake(bake or Duration()),
        steps=tuple(replace(s, key=f"{id_}/{s.key}") for s in steps),
        gate=tuple(_check(f"{id_}/gate", line) for line in gate),
        go=Ask((go,)) if isinstance(go, str) else go,
        **fields,
    )


def _check(place: str, line: Condition | str) -> Check:
    text = line if isinstance(line, str) else line.text
    conditions = () if isinstance(line, str) else (line,)
    return Check(f"{place}/{slug(text)}", slug(text), text, conditions, attested=isinstance(line, str))


def metric(name: str, unit: Unit = Unit.PERCENT, **fields: Any) -> Metric:
    """A metric that a connected source called ``main`` answers for."""
    return Metric(name, unit, **{"source": "main", "query": slug(name), "connected": True, **fields})


def tell(message: str, to: str, channel: str = "log") -> MessageRow:
    """A named message, sent by ``notify(message)``."""
    return MessageRow(id=slug(message), to=(to,), via=(channel,), text=f"{message}: {{{{version}}}}")


def plan_of(
    *stages: Stage,
    plan: str = "checkout",
    roles: Mapping[str, Sequence[str]] | None = None,
    metrics: Sequence[Metric] = (),
    rollback: Sequence[Trigger] = (),
    messages: Sequence[MessageRow] = (),
    **fields: Any,
) -> Plan:
    """A plan of these stages. Everybody in ``roles`` may approve their own release; ``team`` is a segment."""
    exposing = any(s.rungs for s in stages)
    settings: dict[str, Any] = {
        "roles": {
            name: Role(name, tuple(people), self_approval=True) for name, people in (roles or {}).items()
        },
        "metrics": {m.name: m for m in metrics},
        "sources": {"main": Source("main", "scripted", url="memory")},
        "evidence": EvidenceSettings(every=seconds(15), minimum=0),
        "exposure": ExposurePlan(
            flag=plan,
            segments={"team": Segment("team", (SegmentTest("email", "ends with", ("@example.org",)),))},
            starts=NOBODY,
        )
        if exposing
        else None,
        "rollback": RollbackPlan(triggers=tuple(rollback)),
        "messages": tuple(messages),
        "channels": {"log": Channel("log", "file", address="messages.jsonl", connected=True)},
        **fields,
    }
    built = Plan(id=plan, digest="", title=plan, stages=stages, **settings)
    return replace(built, digest=hashlib.sha256(repr(built).encode()).hexdigest())
