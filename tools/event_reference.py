"""docs/reference/events.md: every event with its meaning, its fields, and how it reads, from the code and the golden logs."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from itertools import groupby
from typing import Any, get_args

from pilotage.application.shapes import snake_case
from pilotage.decisions.evolve import evolve
from pilotage.decisions.explain import sentence
from pilotage.domain.events import Event, HoldCause, QuestionKind
from pilotage.domain.release import Release
from tools import golden

_INTRO = """# Events

An event is something that became true. Events are stored for ever, in order and chained by hash; the state of a release,
its log in sentences, its messages and its audit pack are all derived from them. The log of a release holds one JSON
object an event:

```json
{example}
```

`at` is when (UTC), `by` the person (with `role` and `on_behalf_of`, where they matter) or the `rule` of the plan, `because`
why in words where the event itself does not say it, and `event` the name; then its own fields. A field that holds its
default is left out. Names and fields are a public seam: a field with a default may be added, nothing else changes
without a decision and a migration.
"""

_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "yes or no",
    "datetime": "moment",
    "Exposure": "exposure",
    "Arm": "`canary` or `baseline`",
    "QuestionKind": "[kind](#kinds-of-questions)",
    "HoldCause": "[cause](#causes-of-a-hold)",
    "Evidence": "`e_value`, `needed`, `low`, `high`: the evidence for `worse` against what the budget asks for, and the bounds of the ratio to the control",
    "tuple[str, ...]": "texts",
    "dict[str, str]": "texts by name",
    "dict[str, bool]": "yes or no by name",
    "dict[str, tuple[str, ...]]": "texts by name, several each",
}


def page() -> str:
    """The whole page."""
    examples = _examples()
    first = golden.FOLDER.joinpath("smooth-release.jsonl").read_text(encoding="utf-8").splitlines()[2]
    parts = [_INTRO.format(example=first)]
    for module, kinds in groupby(get_args(Event), key=lambda kind: kind.__module__):
        parts.append(f"## {_plain(sys.modules[module].__doc__).rstrip('.')}\n")
        parts += [_event(kind, examples.get(kind, "")) for kind in kinds]
    parts.append(_values("Kinds of questions", QuestionKind))
    parts.append(_values("Causes of a hold", HoldCause))
    return "\n".join(parts)


def _event(kind: type, example: str) -> str:
    lines = [f"### {snake_case(kind)}\n", f"{_plain(kind.__doc__)}\n"]
    if own := [_field(each) for each in fields(kind)]:
        lines.append("Fields: " + ", ".join(own) + ".\n")
    if example:
        lines.append(f"> {example}\n")
    return "\n".join(lines)


def _field(each: Field[Any]) -> str:
    written = str(each.type).removesuffix(" | None")
    required = each.default is MISSING and each.default_factory is MISSING
    return f"`{each.name}` ({_WORDS[written]}{'' if required else ', may be left out'})"


def _values(title: str, kinds: type[StrEnum]) -> str:
    return (
        f"## {title}\n\n{_plain(kinds.__doc__)}\n\n" + ", ".join(f"`{kind.value}`" for kind in kinds) + ".\n"
    )


def _plain(doc: str | None) -> str:
    """A docstring as a paragraph of Markdown."""
    return " ".join(inspect.cleandoc(doc or "").split()).replace("``", "`")


def _examples() -> dict[type, str]:
    """The first sentence the golden logs have for each event."""
    found: dict[type, str] = {}
    for name in golden.names():
        for kind, text in _told(golden.load(name)):
            found.setdefault(kind, text)
    return found


def _told(log: golden.Log) -> Iterator[tuple[type, str]]:
    release = Release(id=log.name, plan=log.plan)
    for happened in log.history:
        yield type(happened.event), sentence(happened, release)
        release = evolve(release, happened)
