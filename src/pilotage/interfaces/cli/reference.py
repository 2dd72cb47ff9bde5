"""docs/reference/cli.md: every command with its options and an example, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import typer

from pilotage.interfaces.cli.main import WORDS, app

_HEAD = """\
# The command line

Generated from the commands; `pilotage COMMAND --help` says the same.

Without `--server` a command works on the embedded database (`.pilotage/pilotage.db` in the current folder); with it, on a
server. Both give the same answers. The options for every command may stand anywhere in a call.

## Exit status

| | |
|---|---|
| 0 | done; a watched release completed |
| 1 | an error, or a release stopped for good |
| 2 | the call is wrong: an argument, an unknown id |
| 3 | the release was rolled back |
| 4 | a login is needed |
| 5 | blocked: a rule says no, or only people can move the release on |
| 6 | still running when the time was over |
| 130 | Ctrl-C |

## JSON

With `--json` a command prints one object on standard output, and whatever else it has to say on standard error. Its first
name is `schema`, now 1; it grows when a name changes its meaning or goes away. Moments are ISO 8601 in UTC. `release watch`
prints one event a line and the outcome in the last one. An error is
`{"schema": 1, "error": {"message", "hint", "fault", "exit"}}`, where `fault` is `plan`, `you`, `rule`, `login`, `outside` or
`ours`; a plan's mistakes are in `problems`, answers a plan still asks for in `missing`, forms not carried out yet in `forms`.

"""


def reference_page() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(app)
    parts = [
        _HEAD,
        "### What is in the objects\n\n",
        *_objects(),
        "\n## Options for every command\n\n",
        _table(root),
    ]
    section = ""
    for name, word in WORDS.items():
        command = root.commands[name]
        if word.section != section:
            section = word.section
            parts.append(f"\n## {section}\n")
        if word.group:
            parts += [
                text for inner, each in command.commands.items() for text in _command(f"{name} {inner}", each)
            ]
        else:
            parts += _command(name, command)
    return "".join(parts)


def _objects() -> Iterator[str]:
    """The names of the objects that answers are made of."""
    from pilotage.application.use_cases.acting import Acted
    from pilotage.application.use_cases.audit import StreamVerified, Verified
    from pilotage.application.use_cases.doctor import Finding
    from pilotage.application.use_cases.evidence_view import EvidenceView, LineEvidence, MetricEvidence
    from pilotage.application.use_cases.flag_story import FlagTold
    from pilotage.application.use_cases.looking import Told, Why
    from pilotage.application.use_cases.replaying import Replayed, Turned
    from pilotage.application.use_cases.views import Line, Shown, StageLine
    from pilotage.application.use_cases.ways_to_answer import WayToAnswer
    from pilotage.decisions.revealing import Revealed, Revealing
    from pilotage.domain.decision import Wait
    from pilotage.domain.flags import Flag
    from pilotage.domain.people import Actor
    from pilotage.domain.release import Question, Release

    yield "| Object | Printed by | Names |\n|---|---|---|\n"
    printed: list[tuple[type[Any], str]] = [
        (Line, "`release list` (in `releases`), `release create` (as `release`)"),
        (Shown, "`release show`"),
        (StageLine, "in Shown"),
        (Question, "in Shown"),
        (WayToAnswer, "in Shown and Why (in `answers`)"),
        (Wait, "in Shown, Why and Acted"),
        (Release, "in Shown, Why and Acted: the whole state, without the plan"),
        (Why, "`release why`"),
        (Told, "`release log` (in `told`), `release watch`"),
        (Actor, "in Told: who did it"),
        (Acted, "`release start`, and every answer, report and steering command"),
        (EvidenceView, "`release evidence`"),
        (MetricEvidence, "in EvidenceView (in `metrics`)"),
        (LineEvidence, "in MetricEvidence (in `tests`): a line of the plan"),
        (Replayed, "`release replay`"),
        (Turned, "in Replayed"),
        (Revealing, "`plan check --traffic` (as `traffic`)"),
        (Revealed, "in Revealing (in `stages`)"),
        (Flag, "`flags list` (in `flags`), `flags show` and the others (as `flag`)"),
        (FlagTold, "`flags show` (in `history`)"),
        (Verified, "`audit verify`, with `holds` and `events`"),
        (StreamVerified, "in Verified"),
        (Finding, "`doctor` (in `findings`)"),
    ]
    for kind, where in printed:
        names = ", ".join(
            f"`{field.name}`" for field in fields(kind) if not (kind is Release and field.name == "plan")
        )
        yield f"| {kind.__name__} | {where} | {names} |\n"


def _command(words: str, command: Any) -> Iterator[str]:
    context = typer.Context(command, info_name=f"pilotage {words}")
    usage = _usage(command.collect_usage_pieces(context))
    yield f"\n### pilotage {words}\n\n"
    yield f"{_one_paragraph_each(command.help)}\n\n"
    yield f"```\npilotage {words} {usage}\n```\n\n"
    yield _table(command)
    yield f"\n{command.epilog.replace('Example: ', 'Example: `', 1)}`\n"


def _one_paragraph_each(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _table(command: Any) -> str:
    """Arguments and options with what they mean."""
    rows = []
    for parameter in command.params:
        if parameter.name in ("help", "install_completion", "show_completion") or getattr(
            parameter, "hidden", False
        ):
            continue
        argument = parameter.param_type_name == "argument"
        names = _usage(parameter.get_usage_pieces(None)) if argument else _option(parameter)
        required = " Required." if parameter.required else ""
        rows.append(
            f"| `{names.replace('|', chr(92) + '|')}` | {(parameter.help or '').replace('|', chr(92) + '|')}{required} |\n"
        )
    return "| | |\n|---|---|\n" + "".join(rows) if rows else "It takes nothing.\n"


def _usage(pieces: list[str]) -> str:
    """The pieces of a usage line; what must be given stands without Typer's braces."""
    return " ".join(pieces).replace("{", "").replace("}", "")


def _option(parameter: Any) -> str:
    names = ", ".join(parameter.opts)
    if parameter.secondary_opts:
        return f"{names} / {', '.join(parameter.secondary_opts)}"
    if parameter.is_flag:
        return names
    return f"{names} {parameter.metavar or str(parameter.name).upper()}"
