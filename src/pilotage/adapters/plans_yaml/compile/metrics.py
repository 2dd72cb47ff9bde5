"""Metrics: their sources, what each measures, the guards over them, the reactions and the evidence settings."""

from __future__ import annotations

from typing import TypeVar

from pilotage.adapters.plans_yaml.compile.declared import built_in_metrics
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.grammar.asks import parse_number_ask
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration
from pilotage.adapters.plans_yaml.grammar.guards import parse_baseline, parse_guard
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import MetricName
from pilotage.adapters.plans_yaml.grammar.numbers import (
    parse_false_alarms,
    parse_minimum,
    parse_number,
    parse_reveal,
    parse_tolerated,
    parse_weight,
)
from pilotage.adapters.plans_yaml.grammar.values import parse_unit
from pilotage.adapters.plans_yaml.tree import Entries, Node, Place, Text
from pilotage.domain.ids import same_name
from pilotage.domain.metrics import Baseline, Guard, Metric, Source, Unit
from pilotage.domain.plan import EvidenceSettings, Reaction, Reactions
from pilotage.domain.time import Duration

Value = TypeVar("Value")

MANUAL = "manual"
PILOTAGE = "pilotage"
CONNECTED = ("prometheus", "scrape")
ASK = "ask"
_DEFAULT_SPAN = Duration(seconds=300)
_WAYS = ("query", "errors", "histogram")


def read_sources(reading: Reading, node: Node | None) -> dict[str, Source]:
    """``sources``: where numbers come from."""
    found = {}
    for key, value in reading.entries(node):
        fields = reading.mapping(value) or Entries(value.place, ())
        usual = same_name(key.value) if same_name(key.value) in CONNECTED else ""
        kind = reading.choice(fields.get("type"), (*CONNECTED, MANUAL), usual)
        if not kind:
            reading.doubt(
                key.place, f'"{key.value}" needs a type, such as "type: prometheus" or "type: scrape"'
            )
        elif kind in CONNECTED and "url" not in fields:
            reading.problems.error(
                key.place,
                f'"{key.value}" needs the address it is asked at, such as "url: http://localhost:9090"',
            )
        timeout = reading.parse(fields.get("timeout"), parse_duration)
        found[key.value] = Source(
            key.value,
            kind,
            reading.text(fields.get("url")),
            reading.text(fields.get("token")),
            timeout or Duration(seconds=10),
            reading.parse(fields.get("delay"), parse_duration) or Duration(seconds=2),
        )
    return found


def read_metrics(reading: Reading, root: Entries, sources: dict[str, Source]) -> dict[str, Metric]:
    """``metrics``, and those a plan has without declaring them."""
    found = {
        key.value: _metric(reading, key, value, sources)
        for key, value in reading.entries(root.get("metrics"))
    }
    for name, unit in built_in_metrics(root).items():
        # What Pilotage counts itself has its own source; bugs are counted by people until a tracker is connected.
        found[name] = Metric(
            name, unit, source=MANUAL if name.endswith((" bugs", " workaround")) else PILOTAGE
        )
    return found


def _metric(reading: Reading, name: Text, node: Node, sources: dict[str, Source]) -> Metric:
    fields = reading.mapping(node) or Entries(node.place, ())
    if isinstance(node, Entries) and "unit" not in node:
        reading.doubt(name.place, f'"{name.value}" needs a unit, such as "unit: percent" or "unit: time"')
    unit = reading.recheck(fields.get("unit"), parse_unit) or Unit.COUNT
    measured = MetricName(name.value, unit, reading.texts(fields.get("split")))
    source = _source(reading, name, fields, sources)
    guard = _own_guard(reading, fields.get("guard"), measured)
    asked = reading.parse(fields.get("ask"), parse_number_ask, reading.names)
    span, whole = _over(reading, fields.get("over"))
    connected = source in sources and sources[source].type in CONNECTED
    if whole and connected and (over := fields.get("over")):
        reading.yet(f"{name.value} over the whole {whole}", over.place)
    _check_way(reading, name, fields)
    return Metric(
        name.value,
        unit,
        source=source,
        query=reading.text(fields.get("query")),
        errors=reading.text(fields.get("errors")),
        total=reading.text(fields.get("total")),
        histogram=reading.text(fields.get("histogram")),
        quantile=reading.parse(fields.get("quantile"), parse_number),
        over=span,
        over_whole=whole,
        lower_is_better=reading.choice(fields.get("better"), ("lower", "higher"), "lower") == "lower",
        baseline=reading.parse(fields.get("baseline"), parse_baseline, measured) or Baseline(),
        split=measured.split,
        target=guard.target if guard else None,
        alert=guard.alert if guard else None,
        ask_every=asked.every if asked else None,
        ask_who=asked.who if asked else None,
        best_score=reading.parse(fields.get("of"), parse_number),
        describe=reading.text(fields.get("describe")),
        connected=connected,
        tolerate=reading.parse(fields.get("tolerate"), parse_tolerated),
        weight=reading.parse(fields.get("weight"), parse_weight),
    )


def _source(reading: Reading, name: Text, fields: Entries, sources: dict[str, Source]) -> str:
    """The declared spelling of a source; one nobody declares stays as written, and is reported by hand (ruling 6)."""
    written = reading.text(fields.get("source"))
    measured = next((way for way in _WAYS if way in fields), "")
    if not written and measured:
        connected = [s.name for s in sources.values() if s.type in CONNECTED]
        if len(connected) == 1:
            return connected[0]
        reading.problems.error(
            name.place,
            f'"{name.value}" has "{measured}" and does not say where it is asked; add "source: NAME"',
        )
    return next((s for s in sources if same_name(s) == same_name(written)), written) or MANUAL


def _check_way(reading: Reading, name: Text, fields: Entries) -> None:
    """A metric is read in one way, and that way is complete."""
    ways = [way for way in _WAYS if way in fields]
    if len(ways) > 1:
        reading.problems.error(
            name.place, f'"{name.value}" is read in two ways, "{ways[0]}" and "{ways[1]}"; keep one'
        )
    for one, other in (
        ("errors", "total"),
        ("total", "errors"),
        ("histogram", "quantile"),
        ("quantile", "histogram"),
    ):
        if one in fields and other not in fields and (key := fields.key(one)):
            reading.problems.error(key.place, f'"{one}" goes with "{other}"; add it')
    quantile = reading.parse(fields.get("quantile"), parse_number)
    if quantile is not None and not 0 < quantile < 1 and (node := fields.get("quantile")):
        reading.problems.error(
            node.place, f'a quantile lies between 0 and 1, such as 0.95; found "{quantile:g}"'
        )


def _over(reading: Reading, node: Node | None) -> tuple[Duration, str]:
    text = reading.text(node)
    if text in ("stage", "release"):
        return _DEFAULT_SPAN, text
    return reading.parse(node, parse_duration) or _DEFAULT_SPAN, ""


def _own_guard(reading: Reading, node: Node | None, metric: MetricName) -> Guard | None:
    """A metric's own limits. ``guard: ask`` is for the day the release is created."""
    if node and reading.text(node) == ASK:
        reading.yet(f'asking for the guard of {metric.name} ("guard: ask")', node.place)
        return None
    guard = reading.parse(node, parse_guard, metric)
    if guard and node:
        reading.guarded.append((node.place, metric.name))
    return guard


def read_guards(reading: Reading, node: Node | None) -> dict[str, Guard]:
    """A ``guard`` section: limits that are watched."""
    found = read_limits(reading, node)
    reading.guarded += [(place, guard.metric) for place, guard in found]
    return {guard.metric: guard for _, guard in found}


def read_limits(reading: Reading, node: Node | None) -> list[tuple[Place, Guard]]:
    """Names of metrics, each with ``target …, alert …``."""
    found = []
    for key, value in reading.entries(node):
        metric = reading.parse(key, reading.names.metrics.get)
        guard = metric and reading.parse(value, parse_guard, metric)
        if guard:
            found.append((key.place, guard))
    return found


def read_reactions(reading: Reading, node: Node | None) -> Reactions:
    """``reactions``: what a guard's state does."""
    fields = reading.mapping(node)
    usual = Reactions()
    if fields is None:
        return usual
    return Reactions(
        watch=reading.word(fields.get("watch"), Reaction, usual.watch),
        alert=reading.word(fields.get("alert"), Reaction, usual.alert),
        worse=reading.word(fields.get("worse"), Reaction, usual.worse),
        no_data=reading.word(fields.get("no-data"), Reaction, usual.no_data),
        unsure=reading.word(fields.get("unsure"), Reaction, usual.unsure),
    )


def read_evidence(reading: Reading, node: Node | None) -> EvidenceSettings:
    """``evidence``: how often is looked, how long a metric may be silent, how many samples a fixed limit needs."""
    fields = reading.mapping(node)
    usual = EvidenceSettings()
    if fields is None:
        return usual
    return EvidenceSettings(
        every=_given(reading.parse(fields.get("every"), _some_time), usual.every),
        gap=_given(reading.parse(fields.get("gap"), _some_time), usual.gap),
        grace=_given(reading.parse(fields.get("grace"), parse_duration), usual.grace),
        minimum=_given(reading.parse(fields.get("minimum"), parse_minimum), usual.minimum),
        false_alarms=_given(
            reading.parse(fields.get("false-alarms"), parse_false_alarms), usual.false_alarms
        ),
        reveal=reading.parse(fields.get("reveal"), parse_reveal) if "reveal" in fields else usual.reveal,
        replicas=reading.text(fields.get("replicas")) or usual.replicas,
    )


def _given(value: Value | None, default: Value) -> Value:
    """What the plan says; nothing said is the default, and zero is something."""
    return default if value is None else value


def _some_time(text: str) -> Duration:
    """A duration longer than nothing."""
    duration = parse_duration(text)
    if not duration:
        raise GrammarError(f'this must be longer than nothing, such as 15s; found "{text}"')
    return duration
