"""Steps: the fields any step may carry, and what each kind means where a plan says nothing (part 4, "Steps")."""

from __future__ import annotations

import re
from dataclasses import replace

from pilotage.adapters.plans_yaml.compile.actions import Written, read_action
from pilotage.adapters.plans_yaml.compile.checks import read_conditions, read_required
from pilotage.adapters.plans_yaml.compile.environments import read_command, read_commands
from pilotage.adapters.plans_yaml.compile.outline import KINDS, StepOutline
from pilotage.adapters.plans_yaml.compile.people import read_who, read_within
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.traits import read_moment, read_one_moment, read_when
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration, parse_duration_range
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, suggest
from pilotage.adapters.plans_yaml.grammar.replies import parse_retry
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text
from pilotage.domain.moments import Anchor, Repeated
from pilotage.domain.people import Who
from pilotage.domain.steps import Action, AfterCrash, Http, OnFail, Retry, Step, Undo, UndoKind
from pilotage.domain.time import Duration

_DEFAULT_UNDO = {
    "run": UndoKind.UNKNOWN,
    "http": UndoKind.UNKNOWN,
    "deploy": UndoKind.PREVIOUS_VERSION,
    "migrate": UndoKind.UNKNOWN,
    "backup": UndoKind.HARMLESS,
    "restore": UndoKind.UNKNOWN,
    "expose": UndoKind.PREVIOUS_EXPOSURE,
    "retire": UndoKind.IMPOSSIBLE,
    "smoke": UndoKind.HARMLESS,
    "notify": UndoKind.HARMLESS,
    "notes": UndoKind.HARMLESS,
    "git": UndoKind.UNKNOWN,
    "wait": UndoKind.HARMLESS,
    "do": UndoKind.HARMLESS,
    "to do": UndoKind.HARMLESS,
    "meeting": UndoKind.HARMLESS,
    "choose": UndoKind.PARTS,
    "together": UndoKind.PARTS,
    "use": UndoKind.PARTS,
    "undo": UndoKind.UNKNOWN,
}
_REPEATABLE = ("deploy", "expose", "smoke", "notify", "wait")
_PEOPLES = ("do", "to do", "meeting", "choose")
_READS_ONLY = ("GET", "HEAD")
_MACHINE_TIMEOUT = Duration(seconds=1800)
_REQUEST_TIMEOUT = Duration(seconds=30)
_GET_RETRY = Retry(3, Duration(seconds=30))
_MUST_SAY_UNDO = {"migrate": "a migration", "restore": "a restore"}


def read_steps(
    reading: Reading, outlines: tuple[StepOutline, ...], home: str, by: Who | None = None
) -> tuple[Step, ...]:
    """Steps in order. ``by`` is who does those of a group that name nobody themselves."""
    found = (reading.line(each.node, lambda one: _step(reading, one, home, by), each) for each in outlines)
    return tuple(step for step in found if step is not None)


def _step(reading: Reading, outline: StepOutline, home: str, by: Who | None) -> Step | None:
    node = outline.node
    if isinstance(node, Items):
        reading.doubt(node.place, "expected a step, such as run: ./deploy.sh")
        return None
    written = Written(outline, node if isinstance(node, Entries) else Entries(node.place, ()), home)
    _check_one_action(reading, written)
    own = read_who(reading, written.fields.get("by")) or by
    parts = read_steps(reading, outline.parts, home, own)
    action = read_action(reading, written, parts)
    if action is None:
        return None
    return _timed(reading, written, _with_fields(reading, written, action, own))


def _check_one_action(reading: Reading, written: Written) -> None:
    actions = [key for key, _ in written.fields if key.value in KINDS and key.value != "undo"]
    if len(actions) > 1:
        one, two = actions[0].value, actions[1].value
        reading.problems.error(actions[1].place, f'a step does one thing; "{one}" and "{two}" are two steps')
    elif not written.outline.kind and isinstance(written.outline.node, Entries):
        key = next((key for key, _ in written.fields), None)
        name = key.value if key else ""
        reading.doubt(
            key.place if key else written.outline.node.place, f'unknown step "{name}"{suggest(name, KINDS)}'
        )


_SAYS_ALONE_TOO_LITTLE = {"wait": "wait", "deploy": "deploy to", "retire": "retire", "expose": "expose"}
"""What stands before the text of a step of that kind where people read its name: ``2s`` alone is no step."""


def _called(written: Written) -> str:
    """What people call the step: its own name, else its text."""
    outline = written.outline
    own = written.fields.get("name") is not None
    before = "" if own else _SAYS_ALONE_TOO_LITTLE.get(outline.kind, "")
    return f"{before} {outline.name}".strip()


def _with_fields(reading: Reading, written: Written, action: Action, by: Who | None) -> Step:
    fields, outline = written.fields, written.outline
    within, then = read_within(reading, fields.get("within"))
    shell = reading.flag(fields.get("shell"))
    harmless = isinstance(action, Http) and action.method in _READS_ONLY
    repeatable = harmless or outline.kind in _REPEATABLE
    return Step(
        key=outline.key,
        id=outline.id,
        name=_called(written),
        action=action,
        undo=_undo(reading, written, shell, harmless),
        by=by,
        when=read_when(reading, fields.get("when"), after_a_trigger=written.in_rollback),
        within=within,
        then=then,
        takes=reading.parse(fields.get("takes"), parse_duration_range),
        timeout=reading.parse(fields.get("timeout"), parse_duration) or _timeout(outline.kind),
        retry=reading.parse(fields.get("retry"), parse_retry) or (_GET_RETRY if harmless else None),
        on_fail=reading.word(fields.get("on-fail"), OnFail, OnFail.HOLD),
        after_crash=reading.word(
            fields.get("after-crash"), AfterCrash, AfterCrash.REPEAT if repeatable else AfterCrash.ASK
        ),
        probe=read_command(reading, fields.get("probe"), shell),
        loses=reading.text(fields.get("loses")),
        verify=read_commands(reading, fields.get("verify"), shell),
        capture=_capture(reading, fields.get("capture")),
        proof=read_required(reading, fields.get("proof")),
        measure=read_conditions(reading, fields.get("measure"), written.home),
        look_at=_metric_names(reading, fields.get("look-at")),
        ticks=reading.text(fields.get("ticks")),
        marks=reading.text(fields.get("marks")),
        covers=reading.texts(fields.get("covers")),
        by_hand=reading.texts(fields.get("by-hand")),
        required=reading.flag(fields.get("required")),
        line=outline.node.place.line,
    )


def _timed(reading: Reading, written: Written, step: Step) -> Step:
    due = read_one_moment(reading, written.fields.get("due"))
    at = read_moment(reading, written.fields.get("at"))
    if isinstance(at, Repeated) and not at.starts:
        # Repeated without a beginning: from that of its stage, and unless it says until when, to its end.
        starts, ends = (Anchor(written.home, edge, is_stage=True) for edge in ("starts", "ends"))
        at = replace(at, starts=starts, ends=at.ends or ends)
    return replace(step, at=at, due=due)


def _timeout(kind: str) -> Duration | None:
    """People have no timeout (they are reminded after ``takes``), and a wait ends by itself."""
    if kind in _PEOPLES or kind in ("wait", "together", "use"):
        return None
    return _REQUEST_TIMEOUT if kind == "http" else _MACHINE_TIMEOUT


def _undo(reading: Reading, written: Written, shell: bool, harmless: bool) -> Undo:
    kind = written.outline.kind
    node = written.fields.get("undo") if kind != "undo" else None
    if node is None:
        if (what := _MUST_SAY_UNDO.get(kind)) and (key := written.fields.key(kind)):
            reading.problems.error(
                key.place,
                f'{what} says how it is undone: "undo: COMMAND", or "undo: impossible" for a one-way door',
            )
        return Undo(UndoKind.HARMLESS if harmless else _DEFAULT_UNDO.get(kind, UndoKind.UNKNOWN))
    if isinstance(node, Text) and node.value in (UndoKind.HARMLESS, UndoKind.IMPOSSIBLE):
        return Undo(UndoKind(node.value))
    if isinstance(node, Text) and node.value in ("none", "no", "nothing", "never", "n/a"):
        reading.error(
            node,
            GrammarError(
                f'"undo: {node.value}" could be read two ways; '
                'write "undo: impossible" (a one-way door) or "undo: nothing to undo"'
            ),
        )
        return Undo(UndoKind.UNKNOWN)
    if isinstance(node, Items) and any(isinstance(item, Entries) for item in node.items):
        # Undo steps have keys below their step's; a bare text among them is a command, as in a list of texts.
        inner = reading.outliner.steps(_as_steps(node), f"{written.outline.key}/undo")
        return Undo(UndoKind.STEPS, steps=read_steps(reading, inner, written.home))
    return Undo(UndoKind.COMMANDS, commands=read_commands(reading, node, shell))


def _as_steps(node: Items) -> Items:
    wrapped = (
        Entries(item.place, ((Text(item.place, "run"), item),)) if isinstance(item, Text) else item
        for item in node.items
    )
    return Items(node.place, tuple(wrapped), node.flow)


def _capture(reading: Reading, node: Node | None) -> tuple[tuple[str, str], ...]:
    found = []
    for key, value in reading.entries(node):
        pattern = reading.text(value)
        try:
            groups = re.compile(pattern).groups
        except re.error as wrong:
            reading.problems.error(value.place, f'"{pattern}" is no regular expression: {wrong.msg}')
            continue
        if groups != 1:
            reading.problems.error(
                value.place,
                f'a pattern has one group, such as "([0-9]+) rows"; "{pattern}" has {groups or "none"}',
            )
            continue
        found.append((key.value, pattern))
    return tuple(found)


def _metric_names(reading: Reading, node: Node | None) -> tuple[str, ...]:
    found = (reading.parse(item, reading.names.metrics.get) for item in reading.text_nodes(node))
    return tuple(metric.name for metric in found if metric)
