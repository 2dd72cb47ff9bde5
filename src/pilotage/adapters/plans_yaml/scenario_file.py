"""A scenario file: what the simulated world does, for ``pilotage plan simulate --scenario FILE``.

    scenario: payments fail
    describe: The payment provider fails for an hour while the pilot runs
    faults:
      - {metric: error rate, value: 8%, stage: pilot, after: 2h, lasts: 1h}
      - {metric: latency p95, silent: true}
    away: [manager]                     # these roles never answer
    failing: {smoke: 2}                 # this step fails twice, then passes
    traits: {schema changes: true}      # what people answer
    inputs: {project: Checkout}
    patience: 2h                        # how long people take to answer

Read as strictly as a plan, with the same kind of messages. Names are those of the plan it is played with.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pilotage.adapters.plans_yaml.grammar.durations import parse_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.numbers import (
    parse_boolean,
    parse_count,
    parse_number,
    parse_percent,
)
from pilotage.adapters.plans_yaml.keys.shape import (
    BOOLEAN,
    DURATION,
    NAME,
    NUMBER,
    ROLES,
    TEXT,
    Key,
    ListOf,
    Named,
    Table,
    Word,
)
from pilotage.adapters.plans_yaml.reader import decode, read_tree
from pilotage.adapters.plans_yaml.strict import check_file
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Problems, Text
from pilotage.application.simulation.scenario import Fault, FaultKind, Scenario
from pilotage.domain.errors import PlanError, UsageError
from pilotage.domain.time import Duration

Value = TypeVar("Value")

FAULT = Table(
    "a fault",
    "One metric that goes wrong.",
    {
        "metric": Key(Word("a metric of the plan", ("error rate",)), "Which one.", required=True),
        "value": Key(Word("a number with its unit", ("8%", "900ms", "12")), "How bad.", "beyond every limit"),
        "silent": Key(BOOLEAN, "It falls silent instead.", "false"),
        "stage": Key(
            Word("a stage of the plan", ("pilot",)), "Where.", "the first that lets in more than segments"
        ),
        "after": Key(DURATION, "How long after users meet the change there.", "30m"),
        "lasts": Key(DURATION, "How long.", "until the change is taken back"),
    },
)

SCENARIO = Table(
    "a scenario",
    "What the simulated world does.",
    {
        "scenario": Key(NAME, "Its name.", required=True),
        "describe": Key(TEXT, "One line for readers."),
        "faults": Key(ListOf(FAULT), "Metrics that go wrong."),
        "away": Key(ROLES, "Roles that never answer."),
        "nobody-approves": Key(
            BOOLEAN, "Whoever is asked first for an approval or a go stays silent.", "false"
        ),
        "failing": Key(Named("a step", NUMBER), "Steps that fail, and how often."),
        "traits": Key(Named("a trait", BOOLEAN), "What people answer.", "false"),
        "inputs": Key(Named("an input", TEXT), "What people answer."),
        "patience": Key(DURATION, "How long people take to answer.", "1h"),
    },
)


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises PlanError with every mistake, UsageError when there is no such file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or 'it cannot be read'}",
            "Name a scenario file, or one of the built-in scenarios (`pilotage plan simulate --help` lists them).",
        ) from error
    problems = Problems()
    text = decode(data, str(path), problems)
    tree = None if text is None else read_tree(text, str(path), problems)
    if tree is not None:
        check_file(tree, SCENARIO, problems)
    scenario = None if tree is None else _Reading(problems).scenario(tree)
    if scenario is None or problems.errors:
        raise PlanError(problems.errors)
    return scenario


class _Reading:
    """Nodes to values; what the strict check has told of already reads as missing."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def scenario(self, tree: Entries) -> Scenario:
        faults = tree.get("faults")
        away = tree.get("away")
        return Scenario(
            name=self._text(tree.get("scenario")),
            describe=self._text(tree.get("describe")),
            faults=tuple(
                self._fault(item)
                for item in (faults.items if isinstance(faults, Items) else ())
                if isinstance(item, Entries)
            ),
            away=frozenset(
                self._text(item) for item in (away.items if isinstance(away, Items) else (away,)) if item
            ),
            nobody_approves=self._read(tree.get("nobody-approves"), parse_boolean, False),
            failing=self._named(tree.get("failing"), parse_count),
            traits=self._named(tree.get("traits"), parse_boolean),
            inputs=self._named(tree.get("inputs"), str),
            patience=self._read(tree.get("patience"), parse_duration, Duration(seconds=3600)),
        )

    def _fault(self, tree: Entries) -> Fault:
        value = self._read(tree.get("value"), _measured, None)
        silent = self._read(tree.get("silent"), parse_boolean, False)
        if silent and (key := tree.key("value")) is not None:
            self._problems.error(key.place, '"value" and "silent" contradict each other; keep one')
        return Fault(
            FaultKind.SILENT if silent else FaultKind.BAD,
            metrics=frozenset({self._text(tree.get("metric"))}),
            stage=self._text(tree.get("stage")),
            after=self._read(tree.get("after"), parse_duration, Duration(seconds=1800)),
            lasts=self._read(tree.get("lasts"), parse_duration, None),
            value=value,
        )

    def _text(self, node: Node | None) -> str:
        return node.value if isinstance(node, Text) else ""

    def _read(self, node: Node | None, parse: Callable[[str], Value], default: Value) -> Value:
        if not isinstance(node, Text):
            return default
        try:
            return parse(node.value)
        except GrammarError as error:
            self._problems.error(node.place, error.message, error.offset)
            return default

    def _named(self, node: Node | None, parse: Callable[[str], Value]) -> dict[str, Value]:
        """A mapping of the plan's names; entries that cannot be read are told and left out."""
        found = {}
        for key, value in node if isinstance(node, Entries) else ():
            read: Value | None = self._read(value, parse, None)
            if read is not None:
                found[key.value] = read
        return found


def _measured(text: str) -> float | None:
    """``8%`` as 8, ``900ms`` as 0.9 (seconds), ``12`` as 12."""
    if text.endswith("%"):
        return parse_percent(text)
    try:
        return parse_number(text)
    except GrammarError:
        return parse_duration(text).approximate_seconds
