"""Environments, release types and severities: where things run, what kinds of release there are, how bad a bug is."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.commands import problem_with
from pilotage.adapters.plans_yaml.compile.declared import ENVIRONMENTS, STANDARD
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.grammar.cadences import parse_cadence
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration_range
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.numbers import parse_count
from pilotage.adapters.plans_yaml.tree import Entries, Node, Text
from pilotage.domain.ids import same_name
from pilotage.domain.plan import Approvals, Environment, ReleaseType, Severity

ANY_TIME = "any time"
_SEVERITY_BLOCKS = ("always", "unless a workaround exists", "never")


def read_environments(reading: Reading, node: Node | None) -> dict[str, Environment]:
    """``environments``; development, qa, staging, uat and production are there without being declared."""
    found = {name: Environment(name) for name in ENVIRONMENTS}
    for key, value in reading.entries(node):
        fields = reading.mapping(value) or Entries(value.place, ())
        name = next((each for each in ENVIRONMENTS if same_name(each) == same_name(key.value)), key.value)
        found[name] = Environment(
            name,
            host=reading.text(fields.get("host")),
            url=reading.text(fields.get("url")),
            health=reading.text(fields.get("health")),
            version=reading.text(fields.get("version")),
            dashboard=reading.text(fields.get("dashboard")),
            deploy=read_command(reading, fields.get("deploy"), shell=False),
            checks=reading.text(fields.get("checks")),
        )
    return found


def read_command(reading: Reading, node: Node | None, shell: bool) -> str:
    """One command. Without ``shell`` it may hold nothing that only a shell understands."""
    command = reading.text(node)
    if isinstance(node, Text) and (problem := problem_with(command, shell)):
        reading.error(node, GrammarError(*problem))
    return command


def read_commands(reading: Reading, node: Node | None, shell: bool) -> tuple[str, ...]:
    """One command or a list of them."""
    return tuple(read_command(reading, item, shell) for item in reading.text_nodes(node))


def read_types(reading: Reading, node: Node | None, own: str) -> dict[str, ReleaseType]:
    """``types``; without any there is one, ``standard``. ``own`` is the plan's, the only one that binds its releases."""
    found = {
        key.value: _type(reading, key.value, value, key.value == own) for key, value in reading.entries(node)
    }
    return found or {STANDARD: ReleaseType(STANDARD)}


def _type(reading: Reading, name: str, node: Node, own: bool) -> ReleaseType:
    fields = reading.mapping(node) or Entries(node.place, ())
    for key, what in (("cadence", "cadence"), ("lead-time", "lead time"), ("triggers", "triggers")):
        if own and (written := fields.get(key)):
            reading.yet(f"{what} of the release type {name}", written.place)
    window = fields.get("window")
    any_time = reading.text(window) == ANY_TIME if isinstance(window, Text) else False
    lead = fields.get("lead-time")
    lead = lead.get("time") if isinstance(lead, Entries) else lead
    cadence = _text(fields.get("cadence"))
    reading.parse(cadence, parse_cadence)
    return ReleaseType(
        name,
        windows=() if any_time else reading.names_in(window, reading.names.windows),
        any_time=any_time,
        approvals=_approvals(reading, fields.get("approvals")),
        bump=reading.choice(fields.get("bump"), ("major", "minor", "patch"), ""),
        cadence=reading.text(cadence),
        lead_time=reading.parse(lead, parse_duration_range),
        contents=reading.texts(fields.get("contents")),
    )


def _text(node: Node | None) -> Text | None:
    """The node if it is a text: a cadence may be a recurrence rule as well."""
    return node if isinstance(node, Text) else None


def _approvals(reading: Reading, node: Node | None) -> Approvals | None:
    fields = reading.mapping(node)
    if fields is None:
        return None
    roles = reading.names.roles
    required, optional = (reading.names_in(fields.get(key), roles) for key in ("required", "optional"))
    minimum = reading.parse(fields.get("minimum"), parse_count) or 0
    asked = len(required) + len(optional)
    if minimum > asked and (said := fields.get("minimum")):
        reading.problems.error(said.place, f"{minimum} approvals out of {asked} roles can never be reached")
    return Approvals(required, optional, minimum, also=reading.names_in(fields.get("also"), roles))


def read_type(reading: Reading, node: Node | None) -> str:
    """The plan's own ``type``."""
    return (reading.name(node, reading.names.types) if node else "") or STANDARD


def read_severities(reading: Reading, node: Node | None) -> dict[str, Severity]:
    """``severities``, worst first."""
    found = {}
    for key, value in reading.entries(node):
        fields = reading.mapping(value) or Entries(value.place, ())
        blocks = reading.choice(fields.get("blocks"), _SEVERITY_BLOCKS, "always")
        found[key.value] = Severity(key.value, reading.texts(fields.get("also")), blocks)
    return found
