"""What each kind of step does: from its keys to an ``Action``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pilotage.adapters.plans_yaml.compile.checks import step_key
from pilotage.adapters.plans_yaml.compile.environments import read_commands
from pilotage.adapters.plans_yaml.compile.exposure import FLAG, read_audience
from pilotage.adapters.plans_yaml.compile.outline import StepOutline
from pilotage.adapters.plans_yaml.compile.reading import LeftOut, Reading
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.tree import Entries, Node, Text
from pilotage.domain.ids import same_name
from pilotage.domain.steps import (
    Action,
    Backup,
    Choose,
    Deploy,
    Do,
    Expose,
    Git,
    Http,
    Meeting,
    Migrate,
    Notes,
    Notify,
    Option,
    Restore,
    Retire,
    Run,
    Smoke,
    Step,
    ToDo,
    Together,
    UndoStep,
    Use,
    Wait,
)

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REQUEST = re.compile(rf"({'|'.join(_METHODS)})\s+((?:https?://|\{{\{{).*\S)\s*")
_THEN = re.compile(r"\s*,\s*(?:then\s+)?")
PREVIOUS = "previous"
PREVIOUS_VERSION = "{{previous}}"
THIS_VERSION = "{{version}}"


@dataclass(frozen=True, slots=True)
class Written:
    """A step as written: its outline, its keys, and the place where its references are looked for.

    ``home`` is a stage id, or ``rollback/NAME`` in a procedure, where versions must be said and ``automatic`` is known.
    """

    outline: StepOutline
    fields: Entries
    home: str

    @property
    def value(self) -> Node | None:
        """What stands behind the action's key."""
        if isinstance(self.outline.node, Text):
            return self.outline.node
        return self.fields.get(self.outline.kind)

    @property
    def in_rollback(self) -> bool:
        """Whether it belongs to a rollback procedure."""
        return self.home.startswith("rollback/")


def read_action(reading: Reading, written: Written, parts: tuple[Step, ...]) -> Action | None:
    """The action of a step; ``parts`` are the steps inside it, already read. None where it cannot be told."""
    kind = written.outline.kind
    if kind in _GROUPS:
        return _GROUPS[kind](reading, written, parts)
    return _SINGLE[kind](reading, written) if kind in _SINGLE else None


def _commanded(
    reading: Reading, written: Written
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...], str, bool]:
    fields = written.fields
    shell = reading.flag(fields.get("shell"))
    commands = read_commands(reading, written.value, shell)
    return commands, reading.pairs(fields.get("env")), reading.text(fields.get("in")), shell


def _migrate(reading: Reading, written: Written) -> Migrate:
    commands, environment, folder, shell = _commanded(reading, written)
    additive, transaction = (reading.flag(written.fields.get(key)) for key in ("additive", "transaction"))
    return Migrate(commands, additive, transaction, environment, folder, shell)


def _http(reading: Reading, written: Written) -> Http | None:
    fields, text = written.fields, reading.text(written.value)
    found = _REQUEST.fullmatch(text)
    if not found:
        if isinstance(written.value, Text):
            message = (
                f'expected a method and an address, such as "GET https://example.com/health"; found "{text}"'
            )
            reading.error(written.value, GrammarError(message))
        return None
    return Http(
        found[1],
        found[2],
        reading.pairs(fields.get("headers")),
        reading.text(fields.get("body")),
        reading.text(fields.get("expect")),
    )


def _deploy(reading: Reading, written: Written) -> Deploy | None:
    environment = reading.name(written.value, reading.names.environments)
    version = reading.text(written.fields.get("version"))
    if written.in_rollback and not version and (key := written.fields.key("deploy")):
        reading.problems.error(
            key.place, 'a deploy in a rollback says which version; write "version: previous"'
        )
    return Deploy(environment, PREVIOUS_VERSION if version == PREVIOUS else version or THIS_VERSION)


def _expose(reading: Reading, written: Written) -> Expose | None:
    audience = read_audience(reading, written.value)
    return Expose(audience) if audience else None


def _retire(reading: Reading, written: Written) -> Retire | None:
    node = written.value
    flag = reading.text(node)
    if not isinstance(node, Text):
        return None
    if not reading.flag_name:
        reading.problems.error(node.place, 'there is no flag to retire; this plan has no "exposure" section')
    elif same_name(flag) != same_name(reading.flag_name):
        reading.error(node, UnknownName("flag", flag, [reading.flag_name]))
    elif reading.exposure_via != FLAG:
        reading.yet(f"retiring a flag moved via {reading.exposure_via}", node.place)
    return Retire(reading.flag_name)


def _notify(reading: Reading, written: Written) -> Notify | None:
    node = written.value
    if not isinstance(node, Text):
        return None
    row = reading.messages.get(same_name(node.value))
    if row is None:
        reading.error(node, UnknownName("message", node.value, reading.names_of_messages))
        return None
    return Notify(row)


def _notes(reading: Reading, written: Written) -> Notes:
    what = reading.text(written.value)
    reading.yet(f'the step "notes: {what}"', written.outline.node.place)
    return Notes(what)


def _git(reading: Reading, written: Written) -> Git:
    what = reading.text(written.value)
    reading.yet(f'the step "git: {what}"', written.outline.node.place)
    return Git(what)


def _wait(reading: Reading, written: Written) -> Wait | None:
    duration = reading.parse(written.value, parse_duration)
    return None if duration is None else Wait(duration)


def _meeting(reading: Reading, written: Written) -> Meeting:
    fields, roles = written.fields, reading.names.roles
    return Meeting(
        reading.text(written.value),
        who=reading.occupied(reading.names_in(fields.get("who"), roles)),
        agenda=reading.texts(fields.get("agenda")),
        outputs=reading.texts(fields.get("outputs")),
        votes=reading.occupied(reading.names_in(fields.get("votes"), roles)),
    )


def _undo_step(reading: Reading, written: Written) -> UndoStep | None:
    node = written.value
    if not isinstance(node, Text):
        return None
    key = step_key(reading, node, node.value, written.home)
    return UndoStep(key) if key else None


def _choose(reading: Reading, written: Written, parts: tuple[Step, ...]) -> Choose:
    by_key = {part.key: part for part in parts}
    options: dict[str, list[Step]] = {}
    for part in written.outline.parts:  # an option all of whose steps are left out is none
        if part.key in by_key:
            options.setdefault(part.option, []).append(by_key[part.key])
    if not written.outline.parts:
        reading.problems.error(written.outline.node.place, 'a choice has "options", each with its steps')
    elif not options:
        raise LeftOut("every option of it is left out")
    default = written.fields.get("default")
    return Choose(
        reading.text(written.value),
        tuple(Option(name, tuple(steps)) for name, steps in options.items()),
        _preferred(reading, default, tuple(options)) if isinstance(default, Text) else (),
    )


def _preferred(reading: Reading, node: Text, options: tuple[str, ...]) -> tuple[str, ...]:
    """``flag, then hosting platform``: options in the order in which they are taken."""
    spelled = {same_name(option): option for option in options}
    found = []
    for word in _THEN.split(node.value.strip()):
        if same_name(word) not in spelled:
            reading.error(node, UnknownName("option", word, options, max(0, node.value.find(word))))
            continue
        found.append(spelled[same_name(word)])
    return tuple(found)


def _use(reading: Reading, written: Written, parts: tuple[Step, ...]) -> Use | None:
    node = written.value
    if not isinstance(node, Text):
        return None
    spelled = {same_name(name): name for name in reading.outline.procedures}
    if same_name(node.value) not in spelled:
        reading.error(node, UnknownName("procedure", node.value, reading.outline.procedures))
        return None
    return Use(spelled[same_name(node.value)], parts)


_SINGLE: dict[str, Callable[[Reading, Written], Action | None]] = {
    "run": lambda reading, written: Run(*_commanded(reading, written)),
    "backup": lambda reading, written: Backup(*_commanded(reading, written)),
    "restore": lambda reading, written: Restore(*_commanded(reading, written)),
    "smoke": lambda reading, written: Smoke(*_commanded(reading, written)),
    "do": lambda reading, written: Do(reading.text(written.value)),
    "migrate": _migrate,
    "http": _http,
    "deploy": _deploy,
    "expose": _expose,
    "retire": _retire,
    "notify": _notify,
    "notes": _notes,
    "git": _git,
    "wait": _wait,
    "meeting": _meeting,
    "undo": _undo_step,
}

_GROUPS: dict[str, Callable[[Reading, Written, tuple[Step, ...]], Action | None]] = {
    "to do": lambda _reading, _written, parts: ToDo(parts),
    "together": lambda _reading, _written, parts: Together(parts),
    "choose": _choose,
    "use": _use,
}
