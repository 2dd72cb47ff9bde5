"""The reference page of every key (docs/reference/plan-keys.md), made from the key table."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pilotage.adapters.plans_yaml.keys import CAMPAIGN, PLAN, PROJECT, resolve
from pilotage.adapters.plans_yaml.keys.shape import Either, Form, Key, ListOf, Named, Ref, Table, Word
from pilotage.adapters.plans_yaml.keys.steps import ACTIONS, ANY_STEP, ONLY_FOR_SOME, STEP

_INTRODUCTION = """\
# Every key of a plan file

This page is made from the table `pilotage plan check` works with; `pilotage plan schema` prints the same as a JSON
Schema for editors. The key decides what its text means: values are read as text, so `1.10` stays 1.10 and `14:00` is
no number. A key that is not listed here is an error.

The first key says what a file is: `plan:`, `project:` (`pilotage.yaml`, what plans share) or `campaign:`. A file
without any of them holds sections for `include`. In front of it may stand `language: 1`.

A plan's project file is the `pilotage.yaml` in its folder or, inside a repository, in the nearest folder above it, up
to the root of the repository.
"""


def reference_page() -> str:
    """The whole page, in Markdown."""
    sections = [_INTRODUCTION]
    sections.append(_section(PLAN, "A plan", PLAN.keys))
    only = [name for name in PLAN.keys if name not in PROJECT.keys]
    sections.append(
        "## A project file\n\n"
        f"{PROJECT.says} Its keys are those of a plan, without {', '.join(f'`{name}`' for name in only)}; "
        "`project` is its id.\n"
    )
    told = _inside(PLAN)
    sections += [_section(table, _heading(table), table.keys) for table in told]
    sections.append(_section(CAMPAIGN, "A campaign", CAMPAIGN.keys))
    new = [table for table in _inside(CAMPAIGN) if not any(table is each for each in told)]
    sections += [_section(table, _heading(table), table.keys) for table in new]
    return "\n".join(sections)


def _inside(table: Table) -> list[Table]:
    """Every table below a table, in the order a reader meets them."""
    found: list[Table] = []

    def visit(form: Form) -> None:
        form = resolve(form)
        match form:
            case Table():
                if any(form is each for each in found) or form is table:
                    return
                found.append(form)
                for key in form.keys.values():
                    visit(key.value)
            case ListOf(item=inner) | Named(value=inner):
                visit(inner)
            case Either(forms=forms):
                for each in forms:
                    visit(each)
            case Word() | Ref():
                return

    for key in table.keys.values():
        visit(key.value)
    return found


def _heading(table: Table) -> str:
    """The title of a table as a heading."""
    return table.title[0].upper() + table.title[1:]


def _section(table: Table, heading: str, keys: Mapping[str, Key]) -> str:
    """One table with its keys."""
    if table is STEP:
        return _steps()
    one_of = f" {table.one_of_message[0].upper()}{table.one_of_message[1:]}." if table.one_of_message else ""
    return f"## {heading}\n\n{table.says}{one_of}\n\n{_rows(keys)}\n"


def _steps() -> str:
    """The table of steps, in three parts."""
    return (
        f"## A step\n\n{STEP.says} A step has exactly one of these:\n\n{_rows(ACTIONS)}\n\n"
        f"These belong to some of them only:\n\n{_rows(ONLY_FOR_SOME)}\n\n"
        f"And these may stand in any step:\n\n{_rows(ANY_STEP)}\n"
    )


def _rows(keys: Mapping[str, Key]) -> str:
    """A Markdown table of keys."""
    rows = ["| Key | Takes | What it is for | Default |", "|---|---|---|---|"]
    for name, key in keys.items():
        only = f" Only for {', '.join(f'`{each}`' for each in key.only_for)}." if key.only_for else ""
        needed = " **Required.**" if key.required else ""
        example = f"<br>`{name}: {key.example}`" if key.example else ""
        rows.append(
            f"| `{name}` | {_takes(key.value)}{_cell(example)} | {_cell(key.says)}{only}{needed} | {_cell(key.default)} |"
        )
    return "\n".join(rows)


def _takes(form: Form) -> str:
    """What a key takes, in words, with a link where it has a table of its own."""
    match form:
        case Ref() | Table():
            table = resolve(form)
            assert isinstance(table, Table)
            return f"[{table.title}](#{_anchor(table)})"
        case ListOf(item=item):
            return f"a list of: {_takes(item)}"
        case Named(what=what, value=value):
            return f"by name ({what}): {_takes(value)}"
        case Either(forms=(one, ListOf(item=item))) if one == item:
            return f"{_takes(one)}; or a list of them"
        case Either(forms=forms):
            return "; or ".join(dict.fromkeys(_takes(each) for each in forms))
        case Word(one_of=one_of, expected=expected, what=what, like=like):
            if one_of and not expected:
                return _cell(", ".join(f"`{each}`" for each in one_of))
            return _cell(what + (f", such as `{like[0]}`" if like else ""))


def _anchor(table: Table) -> str:
    return re.sub(r"[^\w\- ]", "", _heading(table).lower()).replace(" ", "-")


def _cell(text: str) -> str:
    """A text inside a Markdown table. Template variables stand in backticks, so that nothing takes them for markup."""
    escaped = text.replace("|", r"\|").replace("<", "&lt;") if "`" not in text else text.replace("|", r"\|")
    return re.sub(r"(?<!`)(\{\{[\w ]+\}\})(?![^`]*`)", r"`\1`", escaped)
