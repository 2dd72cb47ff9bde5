"""Every mistake of the case table is told, word for word, at its line, and nothing else is called a mistake."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pilotage.adapters.plans_yaml.plans import YamlPlans

CASES = Path(__file__).parents[3] / "cases" / "plans"
EXPECTED = re.compile(r"^\s*# (error|warning): (.*)$")


def expectations(file: Path) -> tuple[Counter[tuple[int, str]], Counter[tuple[int, str]]]:
    """The errors and warnings a case asks for, each with its line."""
    errors: Counter[tuple[int, str]] = Counter()
    warnings: Counter[tuple[int, str]] = Counter()
    line = 0
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if found := EXPECTED.match(text):
            (errors if found[1] == "error" else warnings)[line, found[2]] += 1
        elif not text.lstrip().startswith("#"):
            line = number
    return errors, warnings


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: file.stem)
def test_what_is_said_about_a_bad_plan(file: Path) -> None:
    errors, warnings = expectations(file)
    assert errors or warnings, "a case without an expectation shows nothing"

    read = YamlPlans().read(file)

    assert Counter((p.line, p.message) for p in read.errors) == errors
    told = Counter((p.line, p.message) for p in read.warnings)
    assert not warnings - told, f"missing among the warnings {sorted(told)}"
    assert (read.plan is None) == bool(errors)
