"""Guards in force: which limits count in which stage. The nearest wins, target and alert each for itself."""

from __future__ import annotations

from dataclasses import dataclass

from pilotage.adapters.plans_yaml.compile.metrics import read_guards
from pilotage.adapters.plans_yaml.compile.outline import StageOutline
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.grammar.guards import parse_same_as
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.tree import Node, Place, Text
from pilotage.domain.conditions import Comparison, Operator
from pilotage.domain.metrics import Guard, Metric

_UPWARD = (Operator.ABOVE, Operator.AT_LEAST)


@dataclass(frozen=True, slots=True)
class GuardLevels:
    """The guards around the stages: those of the plan and its project, and each metric's own usual limits."""

    plan: dict[str, Guard]
    usual: dict[str, Guard]

    def in_force(self, own: dict[str, Guard], guarded: bool) -> tuple[Guard, ...]:
        """The guards of a stage: its ``own``, and around them all others where the stage is ``guarded``."""
        names = [*own, *((*self.plan, *self.usual) if guarded else ())]
        return tuple(self._nearest(name, own) for name in dict.fromkeys(names))

    def _nearest(self, metric: str, own: dict[str, Guard]) -> Guard:
        levels = [level[metric] for level in (own, self.plan, self.usual) if metric in level]
        return Guard(
            metric,
            target=next((guard.target for guard in levels if guard.target), None),
            alert=next((guard.alert for guard in levels if guard.alert), None),
        )


def guard_levels(reading: Reading, node: Node | None, metrics: dict[str, Metric]) -> GuardLevels:
    """The plan's ``guard`` section, and around it the usual limits each metric has of its own."""
    usual = {name: Guard(name, m.target, m.alert) for name, m in metrics.items() if m.target or m.alert}
    return GuardLevels(read_guards(reading, node), usual)


def own_guards(reading: Reading, stage: StageOutline, seen: tuple[str, ...] = ()) -> dict[str, Guard]:
    """What a stage's ``guard`` says: limits, or ``same as`` another stage's."""
    node = stage.node.get("guard")
    if not isinstance(node, Text):
        return read_guards(reading, node)
    try:
        same = parse_same_as(node.value, reading.names)
    except GrammarError as mistake:
        reading.error(node, mistake)
        return {}
    if same is None:
        reading.error(
            node, GrammarError(f'expected guards of metrics, or "same as STAGE"; found "{node.value}"')
        )
        return {}
    if same in (*seen, stage.id):
        reading.error(
            node,
            GrammarError(f'the guards of "{stage.name}" refer to themselves; write them out in one stage'),
        )
        return {}
    other = reading.outline.stage(same)
    return own_guards(reading, other, (*seen, stage.id)) if other else {}


def warn_of_loosening(
    reading: Reading, stage: StageOutline, own: dict[str, Guard], levels: GuardLevels
) -> None:
    """Say where a stage's own limit lets more pass than the plan's would."""
    node = stage.node.get("guard")
    for metric, guard in own.items():
        outer = levels.in_force({}, guarded=True)
        usual = next((g for g in outer if g.metric == metric), None)
        if node is None or usual is None:
            continue
        for word, mine, wider in (
            ("target", guard.target, usual.target),
            ("alert", guard.alert, usual.alert),
        ):
            if mine and wider and _looser(mine, wider, is_alert=word == "alert"):
                _say_loosened(reading, node.place, stage.name, word, mine, wider)


def _say_loosened(
    reading: Reading, place: Place, stage: str, word: str, mine: Comparison, wider: Comparison
) -> None:
    reading.problems.warn(
        place, f'the guard of "{stage}" is loosened: {word} "{mine.text}", where the plan says "{wider.text}"'
    )


def _looser(mine: Comparison, usual: Comparison, *, is_alert: bool) -> bool:
    """Whether ``mine`` lets more pass. An alert is what must not be reached, a target what must."""
    if mine.of_baseline != usual.of_baseline or (mine.operator in _UPWARD) != (usual.operator in _UPWARD):
        return False
    higher_is_looser = (mine.operator in _UPWARD) == is_alert
    return mine.limit > usual.limit if higher_is_looser else mine.limit < usual.limit
