"""Write the sentences of the golden logs again, or record a log that is not there yet.

``tests/golden/NAME.jsonl`` is the log of a release as it was recorded once. Logs are kept for ever and never recorded
over: they show that yesterday's log loads under today's code (S7). Only ``NAME.txt``, the story told from it, follows the
code; look at the difference before it is committed.

``python -m tools.golden`` writes every story again; ``python -m tools.golden --record`` first plays the stories of
``tools.golden_stories`` that have no log yet.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.codec import event_from_json, event_to_json
from pilotage.decisions.evolve import fold
from pilotage.decisions.explain import Importance, headline, importance, story
from pilotage.domain.errors import PlanError
from pilotage.domain.events import Happened, ReleaseCreated
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release
from tools.golden_stories import STORIES

FOLDER = Path(__file__).parent.parent / "tests" / "golden"
MARKS = {Importance.QUIET: " ", Importance.USUAL: "-", Importance.TURN: "*"}
"""How a line of a story shows how much it matters."""


@dataclass(frozen=True, slots=True)
class Log:
    """A golden log: the events as they were recorded, and the plan they happened on."""

    name: str
    plan: Plan
    history: tuple[Happened, ...]

    @property
    def release(self) -> Release:
        """The state folded from it."""
        return fold(self.name, self.plan, self.history)

    def told(self) -> str:
        """The story: how it stands at the end, then a line an event."""
        lines = [headline(self.release), ""]
        told = story(self.name, self.plan, self.history)
        for happened, (at, text) in zip(self.history, told, strict=True):
            lines.append(f"{at:%Y-%m-%d %H:%M:%S} {MARKS[importance(happened.event)]} {text}")
        return "\n".join(lines) + "\n"


def names(folder: Path = FOLDER) -> list[str]:
    """Every golden log there is."""
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def load(name: str, folder: Path = FOLDER) -> Log:
    """A golden log. Raises StoreUnusable when an event cannot be read, PlanError when its plan cannot."""
    lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    history = tuple(event_from_json(line) for line in lines)
    created = history[0].event
    assert isinstance(created, ReleaseCreated)  # the first event of every release
    return Log(name, plan(created.plan, folder), history)


@cache
def plan(name: str, folder: Path = FOLDER) -> Plan:
    """The plan of some golden logs. Raises PlanError when it does not read."""
    read = YamlPlans().read(folder / f"{name}.yaml")
    if read.plan is None:
        raise PlanError(read.problems)
    return read.plan


def record(folder: Path = FOLDER) -> list[str]:
    """Play every story that has no log yet, and keep its log. Returns their names."""
    missing = [name for name in STORIES if not (folder / f"{name}.jsonl").exists()]
    for name in missing:
        on, play = STORIES[name]
        lines = [event_to_json(happened) for happened in play(plan(on, folder)).history]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return missing


def main(arguments: Sequence[str] | None = None) -> int:
    """Record what is missing where asked for, and write every story again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="first play the stories that have no log yet")
    if parser.parse_args(arguments).record:
        for name in record():
            print(f"recorded {name}")
    for name in names():
        (FOLDER / f"{name}.txt").write_text(load(name).told(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
