"""The JSON Schema of plan files (draft 2020-12), made from the key table, for editors.

Editors read YAML with its own types, so a text may come as a number there (``1.10``, ``quantile: 0.95``); what a text
means is left to ``pilotage plan check``.
"""

from __future__ import annotations

from typing import Any

from pilotage.adapters.plans_yaml.keys import CAMPAIGN, PLAN, PROJECT, SECTIONS, TABLES
from pilotage.adapters.plans_yaml.keys.shape import (
    BOOLEAN,
    Either,
    Form,
    Key,
    ListOf,
    Named,
    Ref,
    Table,
    Word,
)
from pilotage.adapters.plans_yaml.keys.steps import ACTIONS, STEP

Schema = dict[str, Any]

_FILES = {"plan": PLAN, "project": PROJECT, "campaign": CAMPAIGN, "sections": SECTIONS}


def json_schema() -> Schema:
    """The schema of every kind of file: which one is told by the key it has."""
    definitions = {name: _table(table) for name, table in {**TABLES, **_FILES}.items()}
    branch: Schema = {"$ref": "#/$defs/sections"}
    for kind in ("campaign", "project", "plan"):
        branch = {"if": {"required": [kind]}, "then": {"$ref": f"#/$defs/{kind}"}, "else": branch}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pilotage plan",
        "description": "A release plan, what plans share, or a campaign.",
        "type": "object",
        **branch,
        "$defs": definitions,
    }


def _form(form: Form) -> Schema:
    """The schema of a value."""
    match form:
        case Ref(table=name):
            return {"$ref": f"#/$defs/{name}"}
        case Table():
            return _table(form)
        case ListOf(item=item):
            return {"type": "array", "items": _form(item)}
        case Named(value=value):
            return {"type": "object", "additionalProperties": _form(value)}
        case Either(forms=forms):
            return {"anyOf": [_form(each) for each in forms]}
        case Word():
            return _word(form)


def _word(word: Word) -> Schema:
    """The schema of a text, which YAML may have read as a number."""
    if word is BOOLEAN:
        return {"type": "boolean"}
    if not word.one_of:
        return {"type": ["string", "number"]}
    choices: list[Any] = [*word.one_of, *(int(each) for each in word.one_of if each.isdigit())]
    if not word.pattern:
        return {"enum": choices}
    return {"anyOf": [{"enum": choices}, {"type": "string", "pattern": f"^(?:{word.pattern})$"}]}


def _table(table: Table) -> Schema:
    """The schema of a mapping with fixed keys."""
    schema: Schema = {
        "description": table.says,
        "type": "object",
        "properties": {name: _key(key) for name, key in table.keys.items()},
        "additionalProperties": False,
    }
    required = [name for name, key in table.keys.items() if key.required]
    if required:
        schema["required"] = required
    if table.one_of_keys:
        schema["oneOf"] = [{"required": [name]} for name in table.one_of_keys]
    if table is STEP:
        # Undo alone is a step too: undo that step now.
        one_action = {"oneOf": [{"required": [name]} for name in ACTIONS]}
        only_undo = {"required": ["undo"], "not": {"anyOf": [{"required": [name]} for name in ACTIONS]}}
        schema["anyOf"] = [one_action, only_undo]
    return schema


def _key(key: Key) -> Schema:
    """The schema of one key's value, with what it is for."""
    default = f" Default: {key.default}." if key.default else ""
    return {"description": f"{key.says}{default}", **_form(key.value)}
