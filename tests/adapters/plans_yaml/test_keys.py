"""The key table itself, and what is made from it: JSON Schema, reference page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from pilotage.adapters.plans_yaml.keys import CAMPAIGN, FILES, PLAN, PROJECT, TABLES, resolve
from pilotage.adapters.plans_yaml.keys.other_words import OTHER_WORDS, meant
from pilotage.adapters.plans_yaml.keys.shape import Either, Form, Key, ListOf, Named, Table, Word
from pilotage.adapters.plans_yaml.reader import read_tree
from pilotage.adapters.plans_yaml.reference import reference_page
from pilotage.adapters.plans_yaml.schema import json_schema
from pilotage.adapters.plans_yaml.strict import check_file
from pilotage.adapters.plans_yaml.tree import Problems
from tests.adapters.plans_yaml.plan_files import shipped_plans


def tables() -> Iterator[Table]:
    """Every table of the language, each once."""
    seen: list[Table] = []

    def visit(form: Form) -> Iterator[Table]:
        form = resolve(form)
        if isinstance(form, Table):
            if any(form is each for each in seen):
                return
            seen.append(form)
            yield form
            for key in form.keys.values():
                yield from visit(key.value)
        elif isinstance(form, Either):
            for each in form.forms:
                yield from visit(each)
        elif isinstance(form, ListOf):
            yield from visit(form.item)
        elif isinstance(form, Named):
            yield from visit(form.value)

    for table in (*FILES.values(), *TABLES.values()):
        yield from visit(table)


KEYS = [(table, name, key) for table in tables() for name, key in table.keys.items()]


def test_every_key_says_what_it_is_for_in_one_sentence() -> None:
    silent = [f"{name} of {table.title}" for table, name, key in KEYS if not key.says.endswith((".", "…"))]
    assert silent == []


@pytest.mark.parametrize(
    ("table", "name", "key"),
    [pytest.param(t, n, k, id=f"{t.title}-{n}") for t, n, k in KEYS if k.example],
)
def test_every_example_passes_the_check_it_illustrates(table: Table, name: str, key: Key) -> None:
    problems = Problems()
    tree = read_tree(f"{name}: {key.example}\n", "example", problems)
    assert tree is not None
    alone = Table("an example", "", {name: key})
    check_file(tree, alone, problems)
    assert [str(problem) for problem in problems.found] == []


def test_words_that_are_keys_are_no_words_of_yaml() -> None:
    forbidden = {"yes", "no", "on", "off", "y", "n", "true", "false", "null", "~"}
    fixed = {word for _, _, key in KEYS for word in _words(key.value)} - {"true", "false"}
    assert ({name for _, name, _ in KEYS} | fixed) & forbidden == set()


def _words(form: Form) -> Iterator[str]:
    form = resolve(form)
    if isinstance(form, Word):
        yield from form.one_of
    elif isinstance(form, Either):
        for each in form.forms:
            yield from _words(each)
    elif isinstance(form, ListOf):
        yield from _words(form.item)
    elif isinstance(form, Named):
        yield from _words(form.value)


def test_words_of_other_tools_lead_to_keys_there_are() -> None:
    keys = {name for _, name, _ in KEYS}
    assert {ours for targets in OTHER_WORDS.values() for ours in targets} - keys == set()
    assert meant("Probability", TABLES["risk"].keys) == "likelihood"
    assert meant("duration", TABLES["stage"].keys) == "bake"
    assert meant("duration", TABLES["step"].keys) == "takes"
    assert meant("gibberish", TABLES["step"].keys) is None


def test_a_project_file_has_the_keys_of_a_plan_but_those_of_one_plan() -> None:
    assert set(PLAN.keys) - set(PROJECT.keys) == {
        "plan",
        "extends",
        "replace",
        "drop",
        "type",
        "takes",
        "stages",
    }
    assert set(PROJECT.keys) - set(PLAN.keys) == {"project"}


# ---------------------------------------------------------------------------------------------- schema


def as_editors_read(node: Any) -> Any:
    """YAML as an editor's JSON Schema check sees it: dates are texts there."""
    if isinstance(node, dict):
        return {str(key): as_editors_read(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_editors_read(item) for item in node]
    return node if isinstance(node, (str, int, float, bool)) else str(node)


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", shipped_plans(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_shipped_plan_fits_the_schema(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    document = as_editors_read(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    assert [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(document)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"plan": "x", "bakee": "1d"},
        {"plan": "x", "stages": [{"stage": "a", "bake": ["1d"]}]},
        {"plan": "x", "stages": [{"title": "a"}]},
        {"plan": "x", "stages": [{"stage": "a", "steps": [{"run": "a", "smoke": "b"}]}]},
        {"plan": "x", "stages": [{"stage": "a", "steps": [{"name": "b"}]}]},
        {"plan": "x", "messages": [{"at": "a", "message": "b", "to": "c"}]},
        {"plan": "x", "roles": {"a": {"optional": "yes"}}},
        {"plan": "x", "settings": {"canary": "off"}},
        {"project": "x", "stages": []},
        {"campaign": "x", "starts": "2024-01-06"},
        {"metrics": {"a": {"unit": "seconds"}}},
    ],
)
def test_the_schema_refuses_what_the_check_refuses(
    wrong: dict[str, Any], validator: jsonschema.Draft202012Validator
) -> None:
    assert not validator.is_valid(wrong)


def test_the_schema_takes_numbers_and_undo_alone(validator: jsonschema.Draft202012Validator) -> None:
    steps = [{"undo": "database-migration"}, {"deploy": "production", "version": 1.1}]
    plan = {"language": 1, "plan": "x", "stages": [{"stage": 1, "steps": steps}]}
    assert validator.is_valid(plan)


# ---------------------------------------------------------------------------------------------- reference


def test_the_reference_page_is_up_to_date(repository: Path) -> None:
    page = repository / "docs" / "reference" / "plan-keys.md"
    assert page.read_text(encoding="utf-8") == reference_page(), "run make docs"


def test_the_reference_page_has_every_key() -> None:
    page = reference_page()
    missing = [name for table, name, _ in KEYS if table is not PROJECT and f"| `{name}` |" not in page]
    assert missing == []
    assert f"## A campaign\n\n{CAMPAIGN.says}" in page
