"""``plan show``: a plan at a glance, from the plan alone. Lines in the order things happen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pilotage.domain import steps as s
from pilotage.domain.conditions import Comparison, Operator
from pilotage.domain.gates import Check
from pilotage.domain.metrics import Guard
from pilotage.domain.people import Ask, Who
from pilotage.domain.plan import Plan
from pilotage.domain.stages import Stage

_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the outline. ``weight``: strong for heads, doubt for what a reader must not miss, quiet for details."""

    text: str
    weight: str = ""


def outline(plan: Plan) -> Iterator[Line]:
    """The whole plan."""
    yield Line(plan.title or plan.id, "strong")
    if plan.summary:
        yield Line(plan.summary, "quiet")
    yield from _not_yet(plan)
    yield from _people(plan)
    yield from _calendar(plan)
    yield from _watched(plan)
    yield from _list("before", (check_line(check) for check in plan.before))
    if plan.sign_offs:
        yield from _list(f"sign-offs before {plan.sign_offs_before}", (check_line(c) for c in plan.sign_offs))
    for number, stage in enumerate(plan.stages, start=1):
        yield Line("")
        yield from _stage(number, stage, plan)
    yield Line("")
    yield from _rollback(plan)


def _not_yet(plan: Plan) -> Iterator[Line]:
    if not plan.not_yet:
        return
    yield Line("Understood, not yet carried out; a release will not start on it:", "doubt")
    for form in plan.not_yet:
        yield Line(f"  line {form.line}: {form.form}", "doubt")


def _people(plan: Plan) -> Iterator[Line]:
    rows = []
    for role in plan.roles.values():
        who = ", ".join(role.people) or ("asked when a release is created" if role.ask else "nobody")
        more = [
            w
            for w, on in (("optional", role.optional), ("may approve their own work", role.self_approval))
            if on
        ]
        rows.append(f"{role.name}: {who}" + (f" ({', '.join(more)})" if more else ""))
    yield from _list("people", rows)


def _calendar(plan: Plan) -> Iterator[Line]:
    rows = []
    for window in plan.windows.values():
        bound = f", except {', '.join(window.but_not)}" if window.but_not else ""
        bound += f", for {', '.join(window.only_for)}" if window.only_for else ""
        because = f": {window.because}" if window.because else ""
        rows.append(
            f"{window.name}: {window.kind} {window.text or window.span} ({window.zone}){bound}{because}"
        )
    yield from _list("calendar", rows)


def _watched(plan: Plan) -> Iterator[Line]:
    rows = []
    guards = {guard.metric: guard for guard in plan.guards}
    for metric in plan.metrics.values():
        if metric.source == "pilotage" and metric.name not in guards:
            continue  # every plan has these
        by_hand = not metric.connected and metric.source != "pilotage"
        source = (
            f"{metric.source}, reported by hand" if by_hand and metric.source != "manual" else metric.source
        )
        guard = f"; {guard_line(guards[metric.name])}" if metric.name in guards else ""
        rows.append(f"{metric.name} ({metric.unit}, {source}){guard}")
    yield from _list("metrics", rows)


def _stage(number: int, stage: Stage, plan: Plan) -> Iterator[Line]:
    head = f"{number}. {stage.title or stage.name}"
    if stage.title and stage.title != stage.name:
        head += f"  ({stage.name})"
    yield Line(head, "strong")
    if stage.goal:
        yield Line(f"   {stage.goal}", "quiet")
    facts = [
        ("at", getattr(stage.at, "text", "")),
        ("when", stage.when.text if stage.when else ""),
        ("in", stage.environment),
        ("windows", ", ".join(stage.windows)),
        ("owner", stage.owner),
        ("exposes", ", then ".join(rung.text for rung in stage.rungs)),
        ("bakes", str(stage.bake) if stage.bake else ""),
    ]
    for name, text in facts:
        if text:
            yield Line(f"   {name:<{_MARGIN}}{text}")
    yield from _list("before", (check_line(check) for check in stage.before), "   ")
    yield from _list("prepared", (text for step in stage.prepare for text in step_lines(step)), "   ")
    yield from _list("steps", (text for step in stage.steps for text in step_lines(step)), "   ")
    yield from _guards(stage, plan)
    yield from _list("judged", (check_line(check) for check in stage.judge), "   ")
    yield from _list("gate", (check_line(check) for check in stage.gate), "   ")
    if stage.go:
        at_the_end = " at the end" if stage.go.at_the_end else ""
        yield Line(f"   {'go':<{_MARGIN}}{stage.go}{at_the_end}{_within(stage.go)}")
    else:
        yield Line(f"   {'go':<{_MARGIN}}by itself, when the gate passes", "quiet")
    if stage.otherwise:
        after = f" after {stage.otherwise.after}" if stage.otherwise.after else ""
        yield Line(f"   {'otherwise':<{_MARGIN}}{stage.otherwise.action}{after}")


def _guards(stage: Stage, plan: Plan) -> Iterator[Line]:
    """The stage's guards; those looser than the plan's are marked."""
    whole = {guard.metric: guard for guard in plan.guards}
    name = "guards"
    for guard in stage.guards:
        usual = whole.get(guard.metric)
        if usual == guard:
            continue
        loose = usual is not None and loosened(guard, usual)
        mark = f"  ▲ looser than the plan's {guard_line(usual)}" if loose and usual else ""
        yield Line(f"   {name:<{_MARGIN}}{guard.metric} {guard_line(guard)}{mark}", "doubt" if loose else "")
        name = ""


def loosened(guard: Guard, usual: Guard) -> bool:
    """Whether ``guard`` lets pass what ``usual`` does not: a target or an alert that is gone, or further away."""
    return _looser(guard.target, usual.target) or _looser(guard.alert, usual.alert)


def _looser(now: Comparison | None, usual: Comparison | None) -> bool:
    if usual is None or now == usual:
        return False
    if now is None or now.of_baseline != usual.of_baseline:
        return True
    later = (now.sustained.approximate_seconds if now.sustained else 0) > (
        usual.sustained.approximate_seconds if usual.sustained else 0
    )
    further = now.limit > usual.limit if usual.operator in _HIGHER_IS_LOOSER else now.limit < usual.limit
    return later or further


_HIGHER_IS_LOOSER = (Operator.BELOW, Operator.AT_MOST, Operator.ABOVE)


def guard_line(guard: Guard) -> str:
    """``target < 1%, alert > 2%``."""
    parts = [
        f"target {_after_metric(guard.target)}" if guard.target else "",
        f"alert {_after_metric(guard.alert)}" if guard.alert else "",
    ]
    return ", ".join(part for part in parts if part)


def _after_metric(comparison: Comparison) -> str:
    text = comparison.text.strip()
    for word in (comparison.metric, "target", "alert"):
        text = text.removeprefix(word).strip()
    return text or f"{comparison.operator} {comparison.limit:g}"


def check_line(check: Check) -> str:
    """A line of a gate: its text, what measures it, who ticks it."""
    more = [condition.text for condition in check.conditions if condition.text != check.text]
    if check.attested:
        more.append(f"ticked by {check.by or 'the owner'}" + (", with proof" if check.proof else ""))
    if check.when:
        more.append(f"when {check.when.text}")
    return f"{check.text}  ({'; '.join(more)})" if more else check.text


def step_lines(step: s.Step, depth: int = 0) -> Iterator[str]:
    """A step, and below it what is inside it."""
    notes = [_who(step.by) if isinstance(step.action, s.Do | s.ToDo) and step.by else ""]
    notes.append(f"when {step.when.text}" if step.when else "")
    notes.append(f"at {getattr(step.at, 'text', '')}" if step.at else "")
    notes.append({s.UndoKind.IMPOSSIBLE: "cannot be undone", s.UndoKind.UNKNOWN: "undo asked of a person"}.get(
        step.undo.kind, "") if isinstance(step.action, _CHANGING) else "")  # fmt: skip
    said = ", ".join(note for note in notes if note)
    yield "  " * depth + _action(step) + (f"  ({said})" if said else "")
    for part in step.parts:
        yield from step_lines(part, depth + 1)


_CHANGING = (s.Run, s.Migrate, s.Restore, s.Http, s.Deploy)


def _action(step: s.Step) -> str:
    match step.action:
        case s.Do(text=text):
            return text
        case s.Deploy(environment=where, version=version):
            return f"deploy {version} to {where}"
        case s.Expose(audience=audience):
            return f"expose {audience.text}"
        case s.Retire(flag=flag):
            return f"retire the flag {flag}"
        case s.Wait(duration=duration):
            return f"wait {duration}"
        case s.Http(method=method, url=url):
            return f"{method} {url}"
        case s.Meeting(title=title):
            return f"meeting: {title}"
        case s.Choose(question=question):
            return f"choose: {question}"
        case (
            s.Run(commands=commands)
            | s.Smoke(commands=commands)
            | s.Migrate(commands=commands)
            | s.Backup(commands=commands)
            | s.Restore(commands=commands)
        ):
            kind = type(step.action).__name__.lower()
            return f"{kind}: {' && '.join(commands)}" if commands else f"{kind}: {step.name}"
        case _:
            return step.name


def _who(who: Who | None) -> str:
    return f"by {who}" if who else ""


def _within(ask: Ask) -> str:
    text = f" within {ask.within}" if ask.within else ""
    return f"{text} then {ask.then}" if ask.then else text


def _rollback(plan: Plan) -> Iterator[Line]:
    going_back = plan.rollback
    yield Line("Going back", "strong")
    if not going_back.triggers:
        yield Line("   nothing triggers a rollback; a person can always ask for it", "doubt")
    for trigger in going_back.triggers:
        who = {"confirm": going_back.confirm, "discuss": going_back.discuss}.get(str(trigger.kind))
        asked = f"  ({who.who} within {who.within}, otherwise {who.otherwise})" if who else ""
        yield Line(f"   {trigger.kind!s:<{_MARGIN}}{trigger.text}{asked}")
    then = f"back to {going_back.back_to}" if going_back.then == "back" else going_back.then
    yield Line(f"   {'then':<{_MARGIN}}{then}")
    for procedure in going_back.procedures:
        lines = [text for step in procedure.steps for text in step_lines(step)]
        yield from _list(procedure.name, lines, "   ")
    yield from _list(
        "follow-ups",
        (
            f"{f.text} ({f'within {f.after}' if f.after else 'at once'}{f' by {f.by}' if f.by else ''})"
            for f in going_back.follow_ups
        ),
        "   ",
    )


def _list(name: str, rows: Iterable[str], margin: str = "") -> Iterator[Line]:
    for row in rows:
        yield Line(f"{margin}{name:<{_MARGIN}}{row}" if len(name) < _MARGIN else f"{margin}{name}  {row}")
        name = ""


def as_object(plan: Plan) -> dict[str, Any]:
    """The outline as a program reads it."""
    from pilotage.application.use_cases.views import plain

    whole = {guard.metric: guard for guard in plan.guards}
    return {
        "plan": plan.id,
        "title": plan.title,
        "digest": plan.digest,
        "timezone": plan.timezone,
        "roles": {
            r.name: {"people": list(r.people), "ask": r.ask, "optional": r.optional}
            for r in plan.roles.values()
        },
        "windows": {
            w.name: {"kind": str(w.kind), "span": w.text, "zone": w.zone} for w in plan.windows.values()
        },
        "metrics": {
            m.name: {"unit": str(m.unit), "source": m.source, "connected": m.connected}
            for m in plan.metrics.values()
        },
        "stages": [
            {
                "id": stage.id,
                "name": stage.name,
                "environment": stage.environment,
                "exposes": [rung.text for rung in stage.rungs],
                "bake": str(stage.bake) if stage.bake else None,
                "steps": [text for step in (*stage.prepare, *stage.steps) for text in step_lines(step)],
                "gate": [check_line(check) for check in stage.gate],
                "go": str(stage.go) if stage.go else None,
                "loosened": [
                    g.metric for g in stage.guards if g.metric in whole and loosened(g, whole[g.metric])
                ],
            }
            for stage in plan.stages
        ],
        "rollback": {
            "triggers": [{"kind": str(t.kind), "text": t.text} for t in plan.rollback.triggers],
            "then": plan.rollback.back_to or plan.rollback.then,
        },
        "not_yet": plain(plan.not_yet),
    }
