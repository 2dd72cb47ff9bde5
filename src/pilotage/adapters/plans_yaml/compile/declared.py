"""The names a plan declares, collected before anything is read in detail, with the names Pilotage brings along."""

from __future__ import annotations

from collections.abc import Iterator

from pilotage.adapters.plans_yaml.compile.outline import Outline, entries_of, text_of
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Known, Measurable, MetricName, Names, known
from pilotage.adapters.plans_yaml.grammar.values import parse_unit
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text
from pilotage.domain.ids import same_name
from pilotage.domain.metrics import Unit

ENVIRONMENTS = ("development", "qa", "staging", "uat", "production")
CHANNELS = (
    "slack", "teams", "email", "in-app", "status page", "call", "helpdesk", "release notes", "support pages",
    "press release", "sms", "webhook",
)  # fmt: skip
AUDIENCES = ("internal", "all users", "affected users")
BUSINESS_HOURS = "business hours"
AFTER_HOURS = "after hours"
STANDARD = "standard"

BUILT_IN_METRICS = {
    "open incidents": Unit.COUNT,
    "deployment frequency": Unit.PER_SECOND,
    "lead time": Unit.TIME,
    "recovery time": Unit.TIME,
    "change failure rate": Unit.PERCENT,
    "rework rate": Unit.PERCENT,
    "time to rollback": Unit.TIME,
}
"""What Pilotage itself knows. A plan may declare one anew, to say more about it."""


def severity_metrics(severity: str) -> tuple[str, str, str]:
    """The metrics every severity brings; ``new`` counts since the stage began."""
    return f"open {severity} bugs", f"new {severity} bugs", f"open {severity} bugs without workaround"


def built_in_metrics(root: Entries) -> dict[str, Unit]:
    """Every metric a plan has without declaring it: what Pilotage knows, and what its severities bring."""
    by_severity = {name: Unit.COUNT for s in _keys(root.get("severities")) for name in severity_metrics(s)}
    declared = {same_name(name) for name in _keys(root.get("metrics"))}
    return {
        name: unit
        for name, unit in {**by_severity, **BUILT_IN_METRICS}.items()
        if same_name(name) not in declared
    }


def declared_names(root: Entries, outline: Outline) -> Names:
    """Every name that may be used in this plan."""
    exposure = root.get("exposure")
    roles = [*_keys(root.get("roles")), *_keys(root.get("people")), *_role_holders(root.get("roles"))]
    segments = _keys(exposure.get("segments")) if isinstance(exposure, Entries) else ()
    return Names(
        metrics=Known("metric", _metrics(root)),
        roles=known("role", roles),
        stages=Known("stage", {name: s.id for s in outline.stages for name in (s.id, s.name)}),
        segments=known("segment", segments),
        traits=known("trait", _keys(root.get("traits"))),
        inputs=known("input", _keys(root.get("inputs"))),
        types=known("release type", tuple(_keys(root.get("types"))) or (STANDARD,)),
        calendars=known("calendar", _keys(root.get("calendars"))),
        windows=known("window", _keys(root.get("windows"))),
        hours=known("hours", [*_keys(root.get("hours")), BUSINESS_HOURS, AFTER_HOURS]),
        channels=known("channel", [*_keys(root.get("channels")), *CHANNELS]),
        environments=known("environment", [*_keys(root.get("environments")), *ENVIRONMENTS]),
    )


def vacant_roles(root: Entries) -> frozenset[str]:
    """Folded names of the optional roles that nobody holds and nobody is asked to fill."""
    found = set()
    for key, role in entries_of(root.get("roles")):
        if isinstance(role, Entries) and text_of(role.get("optional")) == "true" and "people" not in role:
            found.add(same_name(key.value))
    return frozenset(found)


def audience_names(root: Entries, names: Names) -> Known[str]:
    """Whom a message may go to: audiences, every role, every segment."""
    return known("audience", [*_keys(root.get("audiences")), *AUDIENCES, *names.roles, *names.segments])


def _metrics(root: Entries) -> dict[str, Measurable]:
    found: dict[str, Measurable] = {}
    for key, node in entries_of(root.get("metrics")):
        fields = node if isinstance(node, Entries) else Entries(key.place, ())
        found[key.value] = MetricName(key.value, _unit(fields.get("unit")), _split(fields.get("split")))
    for name, unit in built_in_metrics(root).items():
        found[name] = MetricName(name, unit)
    return found


def _unit(node: Node | None) -> Unit:
    """The unit, or a count where it cannot be read: that is told where the metric is compiled."""
    try:
        return parse_unit(text_of(node))
    except GrammarError:
        return Unit.COUNT


def _split(node: Node | None) -> tuple[str, ...]:
    items = node.items if isinstance(node, Items) else (node,)
    return tuple(item.value for item in items if isinstance(item, Text))


def _role_holders(node: Node | None) -> Iterator[str]:
    """People a role names: a plan without ``people`` declares them by that."""
    for _, role in entries_of(node):
        holders = role.get("people") if isinstance(role, Entries) else role
        for holder in holders.items if isinstance(holders, Items) else (holders,):
            if isinstance(holder, Text) and holder.value != "ask":
                yield holder.value


def _keys(node: Node | None) -> tuple[str, ...]:
    return tuple(key.value for key, _ in entries_of(node))
