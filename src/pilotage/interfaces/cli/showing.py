"""A release and its log as a person reads them."""

from __future__ import annotations

from pilotage.interfaces.cli.asking import full_stop, waiting
from pilotage.interfaces.cli.gateway import Json
from pilotage.interfaces.cli.output import BAD, DOUBT, GOOD, QUIET, STRONG, clock, say

MARKS = {"done": "✓", "current": "●", "ahead": "○", "skipped": "–"}
"""How a stage is marked."""

STATUS_STYLE = {"completed": GOOD, "rolled back": BAD, "rolling back": BAD, "aborted": BAD}


def say_shown(shown: Json) -> None:
    """A release for a person."""
    line = shown["line"]
    previous = f"   was {line['previous']}" if line["previous"] else ""
    say(f"{line['id']}   {line['title'] or line['plan']} {line['version']}{previous}", STRONG)
    say(line["headline"], STATUS_STYLE.get(line["status"]))
    if line["held"]:
        say(f"Held: {line['held']}", DOUBT)
    say(stages_line(shown["stages"]))
    say(f"Exposure: {line['exposure']}")
    for metric, state in sorted(shown["guards"].items()):
        say(f"  {metric}: {state}", GOOD if state == "on target" else DOUBT)
    _say_list(
        "Asked",
        [
            f"{q['text']}  [{q['id']}]  {', '.join((*q['roles'], *q['asked_also']))}"
            for q in shown["questions"]
        ],
    )
    say_answers(shown["answers"])
    _say_list("Waits for", [waiting(wait) for wait in shown["waits"]])
    _say_list("Follow-ups", shown["follow_ups"])
    _say_list("Open incidents", shown["incidents"])


def say_answers(answers: list[Json], most: int | None = None) -> None:
    """The commands that answer the open questions, to be copied; of at most so many questions."""
    shown = [way for way in answers if way["commands"]][:most]
    if not shown:
        return
    if len(shown) == 1:
        way = shown[0]
        _say_list("To answer", [*way["commands"], *filter(None, [way["refusing"]])])
        return
    say("To answer:", STRONG)
    for way in shown:
        say(f"  {full_stop(way['text'])}")
        for command in way["commands"]:
            say(f"    {command}")


def _say_list(name: str, lines: list[str]) -> None:
    if lines:
        say(f"{name}:", STRONG)
        for line in lines:
            say(f"  {line}")


def stages_line(stages: list[Json]) -> str:
    """``✓ internal ── ● pilot 2/3 ── ○ everyone``."""
    words = []
    for stage in stages:
        rung = (
            f" {stage['rung']}/{stage['rungs']}" if stage["state"] == "current" and stage["rungs"] > 1 else ""
        )
        words.append(f"{MARKS[stage['state']]} {stage['name']}{rung}")
    return " ── ".join(words)


def say_told(told: Json) -> None:
    """One event of a log."""
    say(f"{clock(told['at'])}  {full_stop(told['sentence'])}", {0: QUIET, 2: STRONG}.get(told["importance"]))
